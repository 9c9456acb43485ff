"""An item's facts as what is sent to Zoho Books: values in, values out.

The claim is written down when publishing begins; every later step sends what it says,
whatever has happened to the item or the lists since.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from connections.zoho.writes import (
    NewBill,
    NewBillLine,
    NewContact,
    NewExpense,
    NewInvoice,
    NewInvoiceLine,
)
from publishing.decision import Facts, Publish, rounded, tax_inside

LONGEST_EXPENSE_DESCRIPTION: Final = 100
LONGEST_LINE_NAME: Final = 100


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What goes to Zoho: every id is one of the organisation's own.

    `supplier_id`, `supplier_name` and `contact_id` are the customer's for an invoice;
    `customer_id` is whom a cost is billed to, `project_customer_id` whom the project of
    a cost is done for.
    """

    kind: str
    edition: str
    date: dt.date
    number: str
    reference: str
    description: str
    total: Decimal
    tax: Decimal | None
    places: int
    currency_id: str
    currency_code: str
    account_id: str
    account_name: str = ""
    supplier_id: int
    supplier_name: str
    # Empty until the contact has been created.
    contact_id: str = ""
    mark_as_sent: bool = False
    due_date: dt.date | None = None
    exchange_rate: Decimal | None = None
    tax_id: str = ""
    tax_exemption_id: str = ""
    project_id: str = ""
    location_id: str = ""
    location_for_lines: bool = False
    customer_id: str = ""
    project_customer_id: str = ""
    paid_through_account_id: str = ""

    @property
    def amounts(self) -> "Amounts":
        return Amounts(self.total, self.tax, self.currency_code, self.tax_exemption_id)

    def as_json(self) -> dict[str, object]:
        """Amounts and dates as text: JSON's numbers are not exact."""
        return {
            name: str(value) if isinstance(value, Decimal | dt.date) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Claim":
        amounts = {name: _amount(stored[name]) for name in _AMOUNTS}
        days = {name: _day(stored[name]) for name in _DAYS}
        return cls(**{**stored, **amounts, **days})


_AMOUNTS: Final = ("total", "tax", "exchange_rate")
_DAYS: Final = ("date", "due_date")


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


@dataclass(frozen=True)
class Amounts:
    """`tax` is None, and `currency` empty, where there is none to compare; `exemption`,
    the reason why there is no tax, is None where nobody says it."""

    total: Decimal
    tax: Decimal | None
    currency: str = ""
    exemption: str | None = None

    def as_json(self) -> dict[str, str | None]:
        tax = None if self.tax is None else format(self.tax, "f")
        return {"total": format(self.total, "f"), "tax": tax, "currency": self.currency}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Amounts":
        tax = _amount(stored["tax"])
        return cls(Decimal(stored["total"]), tax, stored.get("currency", ""))


def claim(facts: Facts, publish: Publish, *, mark: str, supplier_id: int) -> Claim:
    """Of facts that `decide` has found complete."""
    books = facts.books
    currency = books.currency if books is not None else None
    if (
        books is None
        or currency is None
        or facts.date is None
        or facts.total is None
        or facts.supplier is None
        or facts.category is None
    ):
        raise ValueError("An incomplete item is not claimed.")
    contact = facts.supplier.contact
    account = facts.method.account if facts.method else None
    has_number = publish.kind != "expense"
    return Claim(
        kind=publish.kind,
        edition=books.edition,
        date=facts.date,
        due_date=facts.due_date if has_number else None,
        number=(facts.reference or mark) if has_number else "",
        reference=facts.reference,
        description=facts.description,
        total=rounded(facts.total, currency.places),
        tax=expected_tax(facts, currency.places),
        places=currency.places,
        currency_id=currency.zoho_id,
        currency_code=currency.code,
        exchange_rate=facts.exchange_rate if facts.is_foreign else None,
        account_id=facts.category.zoho_id,
        account_name=facts.category.name,
        supplier_id=supplier_id,
        supplier_name=facts.supplier.name,
        contact_id=contact.zoho_id if contact else "",
        mark_as_sent=facts.is_sale and facts.mark_as_sent,
        **_tax_or_exemption(facts),
        project_id=facts.project.zoho_id if facts.project else "",
        location_id=facts.location.zoho_id if facts.location else "",
        location_for_lines=facts.location is not None and facts.location.lines_only,
        customer_id=_billed_to(facts),
        project_customer_id=_project_of(facts),
        paid_through_account_id=account.zoho_id if account and not has_number else "",
    )


def _tax_or_exemption(facts: Facts) -> dict[str, str]:
    """Never both: a record has a tax, or says why it has none."""
    if not facts.takes_tax:
        return {}
    if facts.exemption is not None:
        return {"tax_exemption_id": facts.exemption.zoho_id}
    return {"tax_id": facts.tax.zoho_id} if facts.tax else {}


def _billed_to(facts: Facts) -> str:
    return facts.customer.zoho_id if facts.customer and not facts.is_sale else ""


def _project_of(facts: Facts) -> str:
    return facts.project.customer_id if facts.project and not facts.is_sale else ""


def expected_tax(facts: Facts, places: int) -> Decimal | None:
    if facts.total is None or not facts.takes_tax:
        return None
    if facts.exemption is not None:
        return rounded(Decimal(0), places)
    if facts.tax is None:
        return None
    return tax_inside(facts.total, facts.tax, places)


def contact(claimed: Claim) -> NewContact:
    """The supplier or customer, with the document's currency."""
    return NewContact(
        name=claimed.supplier_name,
        kind="customer" if claimed.kind == "invoice" else "vendor",
        currency_id=claimed.currency_id,
        company_name=claimed.supplier_name,
    )


def bill(claimed: Claim, *, vendor_id: str, mark: str) -> NewBill:
    """One line with the whole total, tax included; our mark is its order number.

    A single inclusive line leaves Zoho nothing to round in the total, so there is no
    adjustment to send.
    """
    line = NewBillLine(
        account_id=claimed.account_id,
        rate=claimed.total,
        description=claimed.description,
        tax_id=claimed.tax_id,
        tax_exemption_id=claimed.tax_exemption_id,
        project_id=claimed.project_id,
        customer_id=_customer_of(claimed),
        is_billable=_is_billed(claimed),
        location_id=claimed.location_id,
    )
    return NewBill(
        vendor_id=vendor_id,
        bill_number=claimed.number,
        reference_number=mark,
        date=claimed.date,
        due_date=claimed.due_date,
        currency_id=claimed.currency_id,
        exchange_rate=claimed.exchange_rate,
        is_inclusive_tax=True if claimed.tax_id else None,
        location_id=_location_of_all(claimed),
        lines=(line,),
    )


def _customer_of(claimed: Claim) -> str:
    """Zoho takes a project with its customer; only who was chosen is billed for it."""
    return claimed.customer_id or claimed.project_customer_id


def _is_billed(claimed: Claim) -> bool | None:
    """Said of every customer: what Zoho takes where nothing is said is written nowhere."""
    return bool(claimed.customer_id) if _customer_of(claimed) else None


def _location_of_all(claimed: Claim) -> str:
    """The line has it in any case."""
    return "" if claimed.location_for_lines else claimed.location_id


def expense(claimed: Claim, *, vendor_id: str, mark: str) -> NewExpense:
    """Our mark closes the description: Zoho's list of expenses finds it there."""
    return NewExpense(
        account_id=claimed.account_id,
        date=claimed.date,
        amount=claimed.total,
        paid_through_account_id=claimed.paid_through_account_id,
        vendor_id=vendor_id,
        currency_id=claimed.currency_id,
        exchange_rate=claimed.exchange_rate,
        tax_id=claimed.tax_id,
        is_inclusive_tax=True if claimed.tax_id else None,
        reference_number=claimed.reference,
        description=marked(claimed.description, mark),
        project_id=claimed.project_id,
        customer_id=_customer_of(claimed),
        is_billable=_is_billed(claimed),
        location_id=claimed.location_id,
    )


def invoice(claimed: Claim, *, customer_id: str, mark: str) -> NewInvoice:
    """The document's own number, one line with the whole total, tax included; our mark
    is its order number."""
    name = claimed.description or claimed.account_name
    line = NewInvoiceLine(
        name=name[:LONGEST_LINE_NAME].rstrip(),
        description=name if len(name) > LONGEST_LINE_NAME else None,
        account_id=claimed.account_id,
        rate=claimed.total,
        tax_id=claimed.tax_id,
        project_id=claimed.project_id,
        location_id=claimed.location_id,
    )
    return NewInvoice(
        customer_id=customer_id,
        invoice_number=claimed.number,
        reference_number=mark,
        date=claimed.date,
        due_date=claimed.due_date,
        currency_id=claimed.currency_id,
        exchange_rate=claimed.exchange_rate,
        is_inclusive_tax=True if claimed.tax_id else None,
        tax_exemption_id=claimed.tax_exemption_id,
        location_id=_location_of_all(claimed),
        lines=(line,),
    )


def marked(description: str, mark: str) -> str:
    """Printer paper · DS-8F3K2MPQ7X"""
    if not description:
        return mark
    room = LONGEST_EXPENSE_DESCRIPTION - len(mark) - 3
    return f"{description[:room].rstrip()} · {mark}"


def differences(expected: Amounts, answered: Amounts) -> list[str]:
    """What Zoho made of it that the document does not say, for people."""
    found = []
    if answered.currency not in ("", expected.currency):
        found.append(f"currency {answered.currency} instead of {expected.currency}")
    if answered.total != expected.total:
        found.append(f"total {answered.total} instead of {expected.total}")
    if (
        expected.tax is not None
        and answered.tax is not None
        and answered.tax != expected.tax
    ):
        found.append(f"tax {answered.tax} instead of {expected.tax}")
    if expected.exemption and answered.exemption not in (None, expected.exemption):
        found.append(
            "another tax exemption" if answered.exemption else "no tax exemption"
        )
    return found
