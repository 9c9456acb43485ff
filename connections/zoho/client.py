"""Zoho Books: one method for each call that this product makes, one HTTP call each."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar
from urllib.parse import quote

import requests

from connections.zoho import parsing
from connections.zoho.answers import Answer
from connections.zoho.errors import ZohoNoAnswer, ZohoUnexpected
from connections.zoho.types import (
    AccountRow,
    BankAccountRow,
    Bill,
    Contact,
    ContactKind,
    ContactRow,
    CurrencyRow,
    Expense,
    Invoice,
    LocationRow,
    LockRow,
    Member,
    Order,
    Organisation,
    Page,
    ProductRow,
    ProjectRow,
    PurchaseRow,
    TaxExemptionRow,
    TaxRateRow,
)
from connections.zoho.wire import Access, Call, Wire
from connections.zoho.writes import (
    Fields,
    File,
    NewBill,
    NewContact,
    NewExpense,
    NewInvoice,
)

__all__ = ["UPLOAD_PARTS", "Access", "ZohoBooks", "organisations"]

T = TypeVar("T")

PER_PAGE: Final = 200
# The longest text that Zoho's filters take.
LONGEST_SEARCH: Final = 100

# Where Zoho's OpenAPI description is wrong, and what is sent instead.
# Uploads: declared as query parameters of format binary; live they are parts of a
# multipart body (zoho-books-cli, Weble/ZohoBooksApi; the description of a sibling,
# POST /expenses/{expense_id}/attachment, says so too).
UPLOAD_PARTS: Final = {
    "/bills/{bill_id}/attachment": "attachment",
    "/expenses/{expense_id}/receipt": "receipt",
    "/invoices/{invoice_id}/attachment": "attachment",
}
# A line of an invoice names its income account (zoho/books-api.md 6.5; Zoho's live
# answers carry it, too); without it every sale would go to Zoho's default account. That a
# line must have an `item_id` is wrong as well: `name` does instead (recorded, June 2026).
UNDECLARED_FIELDS: Final = {"/invoices": frozenset({"account_id"})}
NOT_REQUIRED_FIELDS: Final = {"/invoices": frozenset({"item_id"})}
# Variants of a filter are named in its description, not as parameters of their own.
FILTER_VARIANTS: Final = {"/contacts": {"contact_name_startswith": "contact_name"}}


def organisations(
    api: str, access: Access, session: requests.Session | None = None
) -> list[Organisation]:
    """All organisations of the Zoho user whose token this is."""
    wire = Wire(api=api, access=access, session=session, timeout=30)
    answer = wire.make(Call("GET", "/organizations"))
    return list(_read(answer, "organizations", parsing.organisation).rows)


class ZohoBooks:
    """One organisation in Zoho Books. Every method may raise any ZohoError."""

    def __init__(
        self,
        *,
        api: str,
        organisation_id: str,
        access: Access,
        session: requests.Session | None = None,
        timeout: float = 30,
    ) -> None:
        self._organisation_id = organisation_id
        self._wire = Wire(api=api, access=access, session=session, timeout=timeout)

    def organisation(self) -> Organisation:
        path = f"/organizations/{quote(self._organisation_id, safe='')}"
        answer = self._wire.make(Call("GET", path))
        return _found(answer, "organization", parsing.organisation)

    def me(self) -> Member:
        """What the user whose token this is may do in the organisation."""
        return self._single("/users/me", "user", parsing.member)

    # Lists. Inactive entries are asked for too: "inactive" and "gone" differ. They are
    # sorted by a column that changes seldom, so that pages do not shift underway.

    def accounts(self, page: int = 1) -> Page[AccountRow]:
        """Without a page size Zoho sends 5,000 of them at once."""
        return self._list(
            "/chartofaccounts",
            "chartofaccounts",
            parsing.account,
            page=str(page),
            filter_by="AccountType.All",
            sort_column="account_name",
        )

    def taxes(self, page: int = 1) -> Page[TaxRateRow]:
        return self._page("/settings/taxes", "taxes", parsing.tax_rate, page=page)

    def tax_exemptions(self) -> Page[TaxExemptionRow]:
        path, parse = "/settings/taxexemptions", parsing.tax_exemption
        return self._list(path, "tax_exemptions", parse)

    def contacts(
        self,
        kind: ContactKind | None = None,
        page: int = 1,
        *,
        sort: Order = "created_time",
    ) -> Page[ContactRow]:
        found = self._page(
            "/contacts",
            "contacts",
            parsing.contact,
            page=page,
            contact_type=kind,
            filter_by="Status.All",
            sort_column=sort,
        )
        return _only(_of_kind(found, kind), lambda row: kind in (None, row.kind))

    def bank_accounts(self, page: int = 1) -> Page[BankAccountRow]:
        return self._page(
            "/bankaccounts",
            "bankaccounts",
            parsing.bank_account,
            page=page,
            filter_by="Status.All",
            sort_column="account_name",
        )

    def projects(self, page: int = 1) -> Page[ProjectRow]:
        return self._page(
            "/projects",
            "projects",
            parsing.project,
            page=page,
            filter_by="Status.All",
            sort_column="created_time",
        )

    def products(self, page: int = 1) -> Page[ProductRow]:
        return self._page(
            "/items",
            "items",
            parsing.product,
            page=page,
            filter_by="Status.All",
            sort_column="name",
        )

    def locations(self) -> Page[LocationRow]:
        return self._list("/locations", "locations", parsing.location)

    def currencies(self, page: int = 1) -> Page[CurrencyRow]:
        path = "/settings/currencies"
        return self._page(path, "currencies", parsing.currency, page=page)

    def bill_rows(
        self, page: int = 1, *, sort: Order = "created_time"
    ) -> Page[PurchaseRow]:
        """The first that was entered, or changed, comes first."""
        return self._page(
            "/bills",
            "bills",
            parsing.bill_row,
            page=page,
            filter_by="Status.All",
            sort_column=sort,
            sort_order="A",
        )

    def expense_rows(self, page: int = 1) -> Page[PurchaseRow]:
        """Zoho can neither sort nor filter them by change."""
        return self._page(
            "/expenses",
            "expenses",
            parsing.expense_row,
            page=page,
            filter_by="Status.All",
            sort_column="created_time",
        )

    def transaction_locks(self, page: int = 1) -> Page[LockRow]:
        """Periods that are closed in the books, and those that were."""
        path, parse = "/transactionlocks", parsing.transaction_lock
        return self._page(path, "transaction_locks", parse, page=page)

    # Contacts

    def create_contact(self, contact: NewContact) -> Contact:
        return self._created("/contacts", "contact", parsing.contact, contact.fields())

    def contact(self, zoho_id: str) -> Contact:
        return self._single(f"/contacts/{_id(zoho_id)}", "contact", parsing.contact)

    def contacts_named(self, name: str, *, loosely: bool = False) -> list[Contact]:
        """Those with exactly this name, as Zoho compares names: whatever their case.

        loosely: searched for in all words of a contact, since the filter by name may
        mind its case; among too many of them nobody is found.
        """
        short = len(name) <= LONGEST_SEARCH
        found = self._page(
            "/contacts",
            "contacts",
            parsing.contact,
            page=1,
            filter_by="Status.All",
            contact_name=name if short and not loosely else None,
            contact_name_startswith=(
                None if short or loosely else name[:LONGEST_SEARCH]
            ),
            search_text=name[:LONGEST_SEARCH] if loosely else None,
        )
        rows = [row for row in found.rows if _same(row.name, name)]
        if found.has_more and not rows and not loosely:
            # Zoho ignores a filter that it does not know and sends everything.
            raise ZohoUnexpected("Zoho Books did not search by the contact's name.")
        return rows

    # Bills

    def create_bill(self, bill: NewBill) -> Bill:
        return self._created("/bills", "bill", parsing.bill, bill.fields())

    def bill(self, zoho_id: str) -> Bill:
        return self._single(f"/bills/{_id(zoho_id)}", "bill", parsing.bill)

    def bills(
        self,
        *,
        bill_number: str | None = None,
        reference_number: str | None = None,
        vendor_id: str | None = None,
        page: int = 1,
        loosely: bool = False,
    ) -> Page[Bill]:
        """Newest first; only what fits, even if Zoho has ignored a filter.

        loosely: the number is compared here alone, since the filter may mind its case.
        """
        found = self._page(
            "/bills",
            "bills",
            parsing.bill,
            page=page,
            bill_number=None if loosely else bill_number,
            reference_number=reference_number,
            vendor_id=vendor_id,
            filter_by="Status.All",
            sort_column="created_time",
            sort_order="D",
        )
        return _only(
            found,
            lambda row: (
                _fits(row.bill_number, bill_number)
                and _fits(row.reference_number, reference_number)
                and _fits(row.vendor_id, vendor_id)
            ),
        )

    def attach_to_bill(self, zoho_id: str, file: File) -> None:
        self._upload("/bills/{bill_id}/attachment", zoho_id, file)

    # Expenses

    def create_expense(self, expense: NewExpense) -> Expense:
        path, parse = "/expenses", parsing.expense
        return self._created(path, "expense", parse, expense.fields())

    def expense(self, zoho_id: str) -> Expense:
        return self._single(f"/expenses/{_id(zoho_id)}", "expense", parsing.expense)

    def expenses(
        self,
        *,
        date: dt.date | None = None,
        search_text: str | None = None,
        page: int = 1,
    ) -> Page[Expense]:
        """Only what fits, even if Zoho has ignored a filter. `search_text` looks into
        description and names; what it finds is for the caller to check."""
        found = self._page(
            "/expenses",
            "expenses",
            parsing.expense,
            page=page,
            date=date.isoformat() if date else None,
            search_text=search_text and search_text[:LONGEST_SEARCH],
            filter_by="Status.All",
            sort_column="created_time",
        )
        return _only(found, lambda row: date in (None, row.date))

    def attach_receipt(self, zoho_id: str, file: File) -> None:
        self._upload("/expenses/{expense_id}/receipt", zoho_id, file)

    # Invoices

    def create_invoice(self, invoice: NewInvoice) -> Invoice:
        """A draft with its own number. Nobody is sent anything."""
        path, parse = "/invoices", parsing.invoice
        own_number = {"ignore_auto_number_generation": "true"}
        return self._created(path, "invoice", parse, invoice.fields(), **own_number)

    def invoice(self, zoho_id: str) -> Invoice:
        return self._single(f"/invoices/{_id(zoho_id)}", "invoice", parsing.invoice)

    def invoices(
        self,
        *,
        invoice_number: str | None = None,
        reference_number: str | None = None,
        page: int = 1,
        loosely: bool = False,
    ) -> Page[Invoice]:
        """Newest first, which this list does unasked (it declares no `sort_order`); only
        what fits, even if Zoho has ignored a filter.

        loosely: the number is searched for in several fields, since the filter may mind
        its case.
        """
        found = self._page(
            "/invoices",
            "invoices",
            parsing.invoice,
            page=page,
            invoice_number=None if loosely else invoice_number,
            search_text=invoice_number if loosely else None,
            reference_number=reference_number,
            filter_by="Status.All",
        )
        return _only(
            found,
            lambda row: (
                _fits(row.invoice_number, invoice_number)
                and _fits(row.reference_number, reference_number)
            ),
        )

    def attach_to_invoice(self, zoho_id: str, file: File) -> None:
        self._upload("/invoices/{invoice_id}/attachment", zoho_id, file)

    def mark_invoice_sent(self, zoho_id: str) -> None:
        """Out of the drafts and into the books. Nobody is sent anything."""
        query = {"organization_id": self._organisation_id}
        path = f"/invoices/{_id(zoho_id)}/status/sent"
        self._wire.make(Call("POST", path, query))

    # How all of them are asked

    def _page(
        self,
        path: str,
        name: str,
        parse: Callable[[parsing.Row], T],
        *,
        page: int,
        **filters: str | None,
    ) -> Page[T]:
        paging = {"page": str(page), "per_page": str(PER_PAGE)}
        return self._list(path, name, parse, **paging, **filters)

    def _list(
        self,
        path: str,
        name: str,
        parse: Callable[[parsing.Row], T],
        **query: str | None,
    ) -> Page[T]:
        answer = self._wire.make(self._get(path, **query))
        return _read(answer, name, parse, full=PER_PAGE if "page" in query else None)

    def _single(self, path: str, name: str, parse: Callable[[parsing.Row], T]) -> T:
        return _found(self._wire.make(self._get(path)), name, parse)

    def _created(
        self,
        path: str,
        name: str,
        parse: Callable[[parsing.Row], T],
        fields: Fields,
        **options: str,
    ) -> T:
        query = {"organization_id": self._organisation_id, **options}
        answer = self._wire.make(Call("POST", path, query, body=fields))
        try:
            return parsing.one(answer, name, parse)
        except parsing.Malformed as error:
            # It exists now, but nobody has told us what it is called.
            raise ZohoNoAnswer(str(error)) from error

    def _upload(self, template: str, zoho_id: str, file: File) -> None:
        before, _, after = template.partition("{")
        path = before + _id(zoho_id) + after.partition("}")[2]
        query = {"organization_id": self._organisation_id}
        part = UPLOAD_PARTS[template]
        self._wire.make(Call("POST", path, query, file=file, part=part))

    def _get(self, path: str, **query: str | None) -> Call:
        given = {name: text.strip() for name, text in query.items() if text is not None}
        return Call("GET", path, {"organization_id": self._organisation_id, **given})


def _read(
    answer: Answer,
    name: str,
    parse: Callable[[parsing.Row], T],
    *,
    full: int | None = None,
) -> Page[T]:
    try:
        return parsing.page(answer, name, parse, full=full)
    except parsing.Malformed as error:
        raise ZohoUnexpected(str(error)) from error


def _found(answer: Answer, name: str, parse: Callable[[parsing.Row], T]) -> T:
    try:
        return parsing.one(answer, name, parse)
    except parsing.Malformed as error:
        raise ZohoUnexpected(str(error)) from error


def _only(page: Page[T], fits: Callable[[T], bool]) -> Page[T]:
    rows = tuple(filter(fits, page.rows))
    return replace(page, rows=rows, is_cut=len(rows) < len(page.rows))


def _of_kind(page: Page[Contact], kind: ContactKind | None) -> Page[Contact]:
    """Whose kind Zoho does not tell is of the one that was asked for."""
    rows = (row if row.kind else replace(row, kind=kind or "") for row in page.rows)
    return replace(page, rows=tuple(rows))


def _fits(found: str, wanted: str | None) -> bool:
    return wanted is None or _same(found, wanted)


def _same(one: str, other: str) -> bool:
    """Zoho compares numbers and names without case and outer spaces."""
    return one.strip().casefold() == other.strip().casefold()


def _id(zoho_id: str) -> str:
    return quote(zoho_id, safe="")
