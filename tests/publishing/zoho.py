"""The stand-in for Zoho in this process, and a business connected to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import time_machine
from pytest_django.fixtures import Settings

from connections.models import (
    Account,
    BankAccount,
    Connection,
    Contact,
    Currency,
    TaxRate,
)
from connections.zoho.oauth import SCOPES
from dext_sync.businesses.models import Business
from tests.publishing.factories import make_connection, make_entry
from tests.zoho_standin import StandIn, changes, serve
from tests.zoho_standin.faults import Fault, Match
from tests.zoho_standin.tokens import AccessToken, Code
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

    def person_types(self, kind: str, **body: Any) -> dict[str, Any]:
        """A bill, expense or contact that somebody enters in Zoho Books."""
        made: dict[str, Any] = changes.CHANGES[kind](self.standin, BAKERY, **body)
        return made

    def calls(self, method: str, path: str) -> list[dict[str, Any]]:
        return [
            call
            for call in self.standin.calls
            if call["method"] == method and call["path"] == path
        ]


@contextmanager
def served(settings: Settings) -> Iterator[Zoho]:
    standin = StandIn()
    with serve(standin) as running:
        settings.ZOHO_REGIONS = json.dumps(running.regions)
        # Redis counts in real minutes, and the tests share one.
        settings.ZOHO_CALLS_A_MINUTE = settings.ZOHO_USER_CALLS_A_MINUTE = 100_000
        settings.ZOHO_CLIENT_ID = standin.client_id
        settings.ZOHO_CLIENT_SECRET = standin.client_secrets["eu"]
        yield Zoho(standin)


def connected_to(
    zoho: Zoho, business: Business, organisation: str = BAKERY
) -> Connection:
    """As after Finish and a refresh: Alice's consent, and every list that items use."""
    books = zoho.standin.organisation(organisation)
    connection = make_connection(
        business,
        region=books.centre,
        organisation_id=books.organisation_id,
        edition=books.edition,
        currency=str(books.profile["currency_code"]),
        tokens=tokens_of(zoho.standin, next(iter(books.members))),
    )
    _mirror(connection, books)
    return connection


def tokens_of(standin: StandIn, email: str) -> tuple[str, str]:
    now = standin.clock()
    tokens = standin.tokens[standin.user(email).centre]
    scopes = list(SCOPES)
    code = Code(email, standin.client_id, scopes, "", now, offline=True)
    refresh = tokens.new_refresh_token(code, now)
    access = tokens.new_access_token(
        AccessToken(email, scopes, now + 3600, refresh), now
    )
    return refresh, access


def _mirror(connection: Connection, books: Organisation) -> None:
    for number, row in books.currencies.items():
        make_entry(
            Currency,
            connection,
            row["currency_name"],
            zoho_id=number,
            code=row["currency_code"],
            places=row["price_precision"],
            is_base=row["is_base_currency"],
        )
    for number, row in books.accounts.items():
        kind = row["account_type"]
        model = BankAccount if kind in ("bank", "cash", "credit_card") else Account
        make_entry(
            model,
            connection,
            row["account_name"],
            zoho_id=number,
            account_type=kind,
            is_active=row["is_active"],
        )
    for number, row in books.taxes.items():
        make_entry(
            TaxRate,
            connection,
            row["tax_name"],
            zoho_id=number,
            percentage=Decimal(row["tax_percentage"]),
            kind=row["tax_type"],
            specification=row["tax_specification"],
            is_active=not row["is_inactive"],
        )
    for number, row in books.contacts.items():
        make_entry(
            Contact,
            connection,
            row["contact_name"],
            zoho_id=number,
            kind=row["contact_type"],
            currency_code=row["currency_code"],
            is_active=row["status"] == "active",
        )


def until_settled(clock: time_machine.Traveller) -> None:
    """Let the two minutes pass in which a lost request may still be at work."""
    clock.shift(121)
