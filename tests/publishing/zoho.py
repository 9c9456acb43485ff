"""The stand-in for Zoho in this process, and a business connected to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pytest_django.fixtures import Settings

from connections.models import (
    Account,
    BankAccount,
    Connection,
    Contact,
    Currency,
    ListEntry,
    TaxExemption,
    TaxRate,
)
from connections.zoho.oauth import SCOPES
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.factories import make_connection, write_entries
from tests.zoho_standin import Running, StandIn, changes, lend
from tests.zoho_standin.answers import Record
from tests.zoho_standin.faults import Fault, Match
from tests.zoho_standin.world import Organisation

ALICE = "alice@harbourbakery.example"
BAKERY = "Harbour Bakery Ltd"


@dataclass(frozen=True)
class Zoho:
    """What a test may do to Zoho, and see in it."""

    standin: StandIn

    @property
    def organisation(self) -> Organisation:
        return self.standin.organisation(BAKERY)

    @property
    def bills(self) -> list[dict[str, Any]]:
        return list(self.organisation.bills.values())

    @property
    def expenses(self) -> list[dict[str, Any]]:
        return list(self.organisation.expenses.values())

    @property
    def invoices(self) -> list[dict[str, Any]]:
        return list(self.organisation.invoices.values())

    def contacts(self, name: str) -> list[dict[str, Any]]:
        rows = self.organisation.contacts.values()
        return [row for row in rows if row["contact_name"] == name]

    def fails(
        self,
        name: str,
        *,
        method: str = "",
        path: str = "",
        times: int = 1,
        skip: int = 0,
        seconds: float = 1.0,
    ) -> None:
        """The next such call meets this fault."""
        match = Match(method=method, path=path)
        self.standin.faults.add(
            Fault(name, times=times, skip=skip, seconds=seconds, match=match)
        )

    def is_well(self) -> None:
        self.standin.faults.clear()

    @contextmanager
    def held_up(self, *, method: str, path: str) -> Iterator[None]:
        """The next such call is answered when the block is left."""
        self.standin.take_time()
        self.fails("slow", method=method, path=path, seconds=3600)
        try:
            yield
        finally:
            self.is_well()
            self.standin.hurry()

    def person_types(self, kind: str, **body: Any) -> dict[str, Any]:
        """A bill, expense, invoice or contact that somebody enters in Zoho Books."""
        made: dict[str, Any] = changes.CHANGES[kind](self.standin, BAKERY, **body)
        return made

    def calls(self, method: str, path: str) -> list[dict[str, Any]]:
        return [
            call
            for call in self.standin.calls
            if call["method"] == method and call["path"] == path
        ]


@contextmanager
def served(settings: Settings, standin: StandIn | None = None) -> Iterator[Zoho]:
    """The stand-in on its first day, or as it is given."""
    standin = standin or StandIn()
    with lend(standin) as running:
        for name, value in settings_for(running).items():
            setattr(settings, name, value)
        yield Zoho(standin)


def settings_for(running: Running) -> dict[str, Any]:
    """With them the application calls the stand-in."""
    return {
        "ZOHO_REGIONS": json.dumps(running.regions),
        # Redis counts in real minutes, and the tests share one.
        "ZOHO_CALLS_A_MINUTE": 100_000,
        "ZOHO_USER_CALLS_A_MINUTE": 100_000,
        "ZOHO_CLIENT_ID": running.standin.client_id,
        "ZOHO_CLIENT_SECRET": running.standin.client_secrets["eu"],
    }


def connected_to(
    zoho: Zoho, business: Business, organisation: str = BAKERY
) -> Connection:
    """As after Finish and a refresh: Alice's consent, and every list that items use."""
    books = zoho.standin.organisation(organisation)
    with acting_in(business.pk):
        connection = make_connection(
            business,
            region=books.centre,
            organisation_id=books.organisation_id,
            edition=books.edition,
            currency=str(books.profile["currency_code"]),
            tokens=tokens_of(zoho.standin, next(iter(books.members))),
        )
        mirror(connection, books)
    return connection


def tokens_of(standin: StandIn, email: str) -> tuple[str, str]:
    return standin.granted(email, list(SCOPES))


def mirror(connection: Connection, books: Organisation) -> None:
    """All lists as a refresh would leave them, written in a few statements."""
    rows: list[ListEntry] = [
        *(_currency(number, row) for number, row in books.currencies.items()),
        *(_account(number, row) for number, row in books.accounts.items()),
        *(_tax_rate(number, row) for number, row in books.taxes.items()),
        *(_exemption(number, row) for number, row in books.exemptions.items()),
        *(_contact(number, row) for number, row in books.contacts.items()),
    ]
    by_model: dict[type[ListEntry], list[ListEntry]] = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(row)
    write_entries(connection, *by_model.values())


def _currency(number: str, row: Record) -> Currency:
    return Currency(
        zoho_id=number,
        name=row["currency_name"],
        code=row["currency_code"],
        places=row["price_precision"],
        is_base=row["is_base_currency"],
    )


def _account(number: str, row: Record) -> Account | BankAccount:
    kind = row["account_type"]
    model = BankAccount if kind in ("bank", "cash", "credit_card") else Account
    return model(
        zoho_id=number,
        name=row["account_name"],
        account_type=kind,
        is_active=row["is_active"],
    )


def _tax_rate(number: str, row: Record) -> TaxRate:
    return TaxRate(
        zoho_id=number,
        name=row["tax_name"],
        percentage=Decimal(row["tax_percentage"]),
        kind=row["tax_type"],
        specification=row["tax_specification"],
        is_active=not row["is_inactive"],
    )


def _exemption(number: str, row: Record) -> TaxExemption:
    code = row["tax_exemption_code"]
    return TaxExemption(
        zoho_id=number,
        name=code,
        code=code,
        kind=row["type"],
        description=row["description"],
    )


def _contact(number: str, row: Record) -> Contact:
    return Contact(
        zoho_id=number,
        name=row["contact_name"],
        kind=row["contact_type"],
        currency_code=row["currency_code"],
        is_active=row["status"] == "active",
    )
