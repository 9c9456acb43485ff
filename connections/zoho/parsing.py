"""Zoho's answers as our values: ids as numbers or text, "" for nothing, loose numbers."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, TypeVar

from connections.zoho import answers
from connections.zoho.edition import country_named, edition
from connections.zoho.types import (
    AccountRow,
    BankAccountRow,
    Bill,
    ContactRow,
    CurrencyRow,
    Expense,
    Invoice,
    LocationRow,
    LockedSide,
    LockRow,
    Member,
    Organisation,
    Page,
    ProductRow,
    ProjectRow,
    PurchaseRow,
    TaxExemptionRow,
    TaxRateRow,
    ZohoUser,
)

T = TypeVar("T")
Row = Mapping[str, Any]


class Malformed(ValueError):
    """The answer lacks what makes it one: a record without id, a list without rows."""


def page(
    answer: Row, name: str, parse: Callable[[Row], T], *, full: int | None = None
) -> Page[T]:
    """full: so many rows, or twice as many, may have others behind them, where the
    answer does not say; None for a list that has one page."""
    rows = answer.get(name)
    if isinstance(rows, Mapping):
        rows = [rows]
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise Malformed(f"The answer has no list {name!r}.")
    context = answer.get("page_context")
    said = _mapping(context)
    is_full = bool(full and rows) and len(rows) % (full or 1) == 0
    return Page(
        tuple(parse(row) for row in rows),
        has_more=flag(said, "has_more_page", otherwise=is_full),
        sorted_by=text(said, "sort_column"),
        is_guessed="has_more_page" not in said,
    )


def one(answer: Row, name: str, parse: Callable[[Row], T]) -> T:
    row = answer.get(name)
    if not isinstance(row, Mapping):
        raise Malformed(f"The answer has no {name!r}.")
    return parse(row)


# Records and rows, in the order of types.py


def user(row: Row) -> ZohoUser:
    first_last = f"{text(row, 'First_Name')} {text(row, 'Last_Name')}".strip()
    return ZohoUser(
        zuid=identity(row, "ZUID"),
        email=text(row, "Email"),
        name=text(row, "Display_Name") or first_last,
    )


def member(row: Row) -> Member:
    return Member(
        user_id=identity(row, "user_id"),
        role=text(row, "user_role"),
        status=text(row, "status").casefold(),
    )


def organisation(row: Row) -> Organisation:
    country = _country(row)
    settings = row.get("org_settings")
    return Organisation(
        organisation_id=identity(row, "organization_id"),
        name=text(row, "name"),
        country=country,
        currency_code=text(row, "currency_code"),
        plan_name=text(row, "plan_name"),
        time_zone=text(row, "time_zone"),
        price_precision=places(row),
        edition=edition(text(row, "version"), country),
        is_active=flag(row, "is_org_active", otherwise=True)
        and flag(_mapping(settings), "is_org_active", otherwise=True),
    )


def account(row: Row) -> AccountRow:
    return AccountRow(
        zoho_id=identity(row, "account_id"),
        name=text(row, "account_name"),
        code=text(row, "account_code"),
        kind=text(row, "account_type"),
        description=text(row, "description"),
        parent_id=text(row, "parent_account_id"),
        depth=whole(row, "depth"),
        is_active=flag(row, "is_active", otherwise=True),
    )


def contact(row: Row) -> ContactRow:
    return ContactRow(
        zoho_id=identity(row, "contact_id"),
        name=text(row, "contact_name"),
        kind=text(row, "contact_type").lower(),
        status=text(row, "status"),
        currency_id=text(row, "currency_id"),
        currency_code=text(row, "currency_code"),
        email=text(row, "email"),
        company_name=text(row, "company_name"),
        last_modified=moment(row, "last_modified_time"),
        is_active=_active(row),
    )


def bill_row(row: Row) -> PurchaseRow:
    remark = text(row, "reference_number")
    return _purchase(row, "bill", "bill_id", "bill_number", remark)


def expense_row(row: Row) -> PurchaseRow:
    remark = text(row, "description")
    return _purchase(row, "expense", "expense_id", "reference_number", remark)


def _purchase(
    row: Row,
    kind: Literal["bill", "expense"],
    identified_by: str,
    numbered_by: str,
    remark: str,
) -> PurchaseRow:
    reference, vendor = text(row, numbered_by), text(row, "vendor_name")
    status = text(row, "status")
    return PurchaseRow(
        zoho_id=identity(row, identified_by),
        name=" · ".join(filter(None, [reference, vendor])),
        kind=kind,
        vendor_id=text(row, "vendor_id"),
        vendor_name=vendor,
        reference=reference,
        remark=remark,
        date=day(row, "date"),
        currency_code=text(row, "currency_code"),
        total=_total(row),
        status=status,
        last_modified=moment(row, "last_modified_time"),
        is_active=status.casefold() != "void",
    )


def bank_account(row: Row) -> BankAccountRow:
    return BankAccountRow(
        zoho_id=identity(row, "account_id"),
        name=text(row, "account_name"),
        code=text(row, "account_code"),
        kind=text(row, "account_type"),
        currency_id=text(row, "currency_id"),
        currency_code=text(row, "currency_code"),
        bank_name=text(row, "bank_name"),
        account_number=text(row, "account_number"),
        is_active=flag(row, "is_active", otherwise=True),
    )


def tax_rate(row: Row) -> TaxRateRow:
    kind, percentage = text(row, "tax_type"), _percentage(row)
    is_known = percentage is not None
    return TaxRateRow(
        zoho_id=identity(row, "tax_id"),
        name=text(row, "tax_name"),
        percentage=percentage or Decimal(0),
        kind=kind,
        specification=text(row, "tax_specification"),
        is_group=kind == "tax_group",
        is_active=is_known and _active(row) and not flag(row, "is_inactive"),
        country=text(row, "country_code") or text(row, "country"),
    )


def _percentage(row: Row) -> Decimal | None:
    """With or without its sign. An empty one is Zoho's word for none of it; of what is
    no number nobody knows how much it is."""
    written = text(row, "tax_percentage").removesuffix("%").strip()
    return Decimal(0) if row.get("tax_percentage") == "" else _as_number(written)


def tax_exemption(row: Row) -> TaxExemptionRow:
    code = text(row, "tax_exemption_code")
    return TaxExemptionRow(
        zoho_id=identity(row, "tax_exemption_id"),
        name=code,
        code=code,
        description=text(row, "description"),
        kind=text(row, "type"),
        is_active=_active(row),
    )


def project(row: Row) -> ProjectRow:
    return ProjectRow(
        zoho_id=identity(row, "project_id"),
        name=text(row, "project_name"),
        customer_id=text(row, "customer_id"),
        customer_name=text(row, "customer_name"),
        status=text(row, "status"),
        is_active=_active(row),
    )


def product(row: Row) -> ProductRow:
    return ProductRow(
        zoho_id=identity(row, "item_id"),
        name=text(row, "name") or text(row, "item_name"),
        code=text(row, "sku"),
        kind=text(row, "item_type"),
        description=text(row, "purchase_description") or text(row, "description"),
        account_id=text(row, "purchase_account_id"),
        rate=number(row, "purchase_rate"),
        tax_id=text(row, "tax_id"),
        can_be_purchased=flag(row, "can_be_purchased"),
        is_active=_active(row),
    )


def location(row: Row) -> LocationRow:
    return LocationRow(
        zoho_id=identity(row, "location_id"),
        name=text(row, "location_name"),
        kind=text(row, "type"),
        parent_id=text(row, "parent_location_id"),
        is_primary=flag(row, "is_primary"),
        is_active=_active(row),
    )


def currency(row: Row) -> CurrencyRow:
    return CurrencyRow(
        zoho_id=identity(row, "currency_id"),
        code=text(row, "currency_code"),
        name=text(row, "currency_name") or text(row, "currency_code"),
        precision=places(row),
        exchange_rate=number(row, "exchange_rate") or None,
        is_base=flag(row, "is_base_currency"),
        is_active=_active(row),
    )


def transaction_lock(row: Row) -> LockRow:
    """A lock has a day up to which it closes the books; a locked accounting period
    has its first and its last day."""
    until = day(row, "transaction_lock_date")
    words = {text(row, name).casefold() for name in _LOCK_STATES}
    return LockRow(
        side=_locked_side(row),
        since=None if until else day(row, "start_date"),
        until=until or day(row, "end_date"),
        is_on=not words & _UNLOCKED,
    )


_LOCK_STATES: Final = ("transaction_lock_status", "lock_status", "status")
_UNLOCKED: Final = frozenset({"disabled", "unlocked", "inactive", "open", "deleted"})
_LOCKED_SIDES: Final[dict[str, LockedSide]] = {
    "all": "all",
    "sales": "sales",
    "purchase": "purchases",
    "purchases": "purchases",
}
# The numbers are declared without their meaning, but for 0; they follow the modules
# that a lock can be set for: sales, purchase, banking, accountant, inventory.
_SIDES_BY_SCOPE: Final[dict[int, LockedSide]] = {0: "all", 1: "sales", 2: "purchases"}


def _locked_side(row: Row) -> LockedSide:
    word = text(row, "lock_scope_formatted").strip().casefold()
    if word:
        return _LOCKED_SIDES.get(word, "")
    return _SIDES_BY_SCOPE.get(whole(row, "lock_scope"), "")


def bill(row: Row) -> Bill:
    return Bill(
        zoho_id=identity(row, "bill_id"),
        vendor_id=text(row, "vendor_id"),
        bill_number=text(row, "bill_number"),
        reference_number=text(row, "reference_number"),
        date=day(row, "date"),
        currency_code=text(row, "currency_code"),
        total=_total(row),
        tax_total=number(row, "tax_total"),
        tax_exemption_id=_exemption_of(row),
        status=text(row, "status"),
        has_attachment=_has_file(row, "attachment_name"),
        created_at=moment(row, "created_time"),
    )


def expense(row: Row) -> Expense:
    return Expense(
        zoho_id=identity(row, "expense_id"),
        vendor_id=text(row, "vendor_id"),
        date=day(row, "date"),
        currency_code=text(row, "currency_code"),
        total=_total(row),
        tax_total=_expense_tax(row),
        reference_number=text(row, "reference_number"),
        description=text(row, "description"),
        paid_through_account_id=text(row, "paid_through_account_id"),
        status=text(row, "status"),
        has_attachment=_has_file(row, "expense_receipt_name"),
        created_at=moment(row, "created_time"),
    )


def invoice(row: Row) -> Invoice:
    return Invoice(
        zoho_id=identity(row, "invoice_id"),
        customer_id=text(row, "customer_id"),
        invoice_number=text(row, "invoice_number"),
        reference_number=text(row, "reference_number"),
        date=day(row, "date"),
        currency_code=text(row, "currency_code"),
        total=_total(row),
        tax_total=number(row, "tax_total"),
        status=text(row, "status"),
        has_attachment=_has_file(row, "attachment_name"),
        created_at=moment(row, "created_time"),
    )


def _country(row: Row) -> str:
    code = text(row, "country_code").upper()
    if code:
        return "GB" if code == "UK" else code
    words = text(row, "country_name") or text(_mapping(row.get("address")), "country")
    return country_named(words)


# One field at a time


def identity(row: Row, name: str) -> str:
    found = text(row, name)
    if not found:
        raise Malformed(f"A row has no {name!r}.")
    return found


def text(row: Row, name: str) -> str:
    """As a column takes it."""
    found = row.get(name)
    if isinstance(found, str):
        return answers.storable(found)
    if isinstance(found, int | Decimal) and not isinstance(found, bool):
        return format(found, "f") if isinstance(found, Decimal) else str(found)
    return ""


def number(row: Row, name: str) -> Decimal | None:
    return _as_number(text(row, name))


def _as_number(written: str) -> Decimal | None:
    try:
        found = Decimal(written)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def whole(row: Row, name: str, *, otherwise: int = 0) -> int:
    found = number(row, name)
    return otherwise if found is None else int(found)


def places(row: Row) -> int:
    """Decimal places of amounts. What no currency has says nothing: most have two."""
    found = whole(row, "price_precision", otherwise=2)
    return found if 0 <= found <= _MOST_PLACES else 2


_MOST_PLACES: Final = 4  # ISO 4217


_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


def flag(row: Row, name: str, *, otherwise: bool = False) -> bool:
    """A truth as such, in words, or as 1 and 0."""
    found = row.get(name)
    if isinstance(found, bool):
        return found
    return _FLAGS.get(text(row, name).lower(), otherwise)


def day(row: Row, name: str) -> dt.date | None:
    """As it is written there, also where a time of that day follows."""
    written, _, _time = text(row, name).strip().replace("T", " ").partition(" ")
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        return None


def moment(row: Row, name: str) -> dt.datetime | None:
    """`2026-06-09T13:33:42-0400`; one without its offset says nothing certain."""
    try:
        found = dt.datetime.fromisoformat(text(row, name))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _mapping(found: object) -> Row:
    return found if isinstance(found, Mapping) else {}


def _active(row: Row) -> bool:
    """Inactive is what Zoho says so of; a list without the field has active rows."""
    return text(row, "status").lower() != "inactive"


def _total(row: Row) -> Decimal:
    total = number(row, "total")
    if total is None:
        raise Malformed("A record has no total.")
    return total


def _exemption_of(row: Row) -> str | None:
    """That of its first line; None where Zoho tells none of them."""
    lines = row.get("line_items")
    line = _mapping(lines[0]) if isinstance(lines, list) and lines else {}
    return text(line, "tax_exemption_id") if "tax_exemption_id" in line else None


def _expense_tax(row: Row) -> Decimal | None:
    """Single expenses say it; a list tells the total with and without."""
    tax, without = number(row, "tax_amount"), number(row, "total_without_tax")
    return tax if without is None or tax is not None else _total(row) - without


def _has_file(row: Row, name: str) -> bool:
    return flag(row, "has_attachment") or bool(text(row, name) or row.get("documents"))
