"""Everything that the client can send is declared in Zoho's own OpenAPI description.

Zoho's sign-in (connections.zoho.oauth) is not described there at all, and exempt. Where
the description is wrong, the exceptions stand by name beside the client.
"""

import datetime as dt
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses
import simplejson

from connections.zoho import client
from connections.zoho.client import (
    FILTER_VARIANTS,
    NOT_REQUIRED_FIELDS,
    UNDECLARED_FIELDS,
    UPLOAD_PARTS,
    ZohoBooks,
    organisations,
)
from connections.zoho.errors import ZohoRateLimited
from connections.zoho.oauth import SCOPES
from connections.zoho.types import DailyLimit
from connections.zoho.wire import Call
from connections.zoho.writes import (
    File,
    NewBill,
    NewBillLine,
    NewContact,
    NewExpense,
    NewInvoice,
    NewInvoiceLine,
)
from tests.connections.zoho.openapi import (
    body_schema,
    declared,
    missing,
    needs_openapi,
    queries,
    undeclared,
)

API = "https://www.zohoapis.uk"
DAY = dt.date(2026, 6, 9)
DOCUMENT = File("invoice.pdf", "application/pdf", b"%PDF-1.7")
CONTACT = NewContact(
    name="a",
    kind="vendor",
    currency_id="1",
    company_name="a",
    vat_treatment="uk",
    vat_reg_no="1",
    country_code="GB",
    gst_treatment="business_none",
    gst_no="1",
    place_of_contact="TN",
    tax_treatment="vat_registered",
    tax_reg_no="1",
)
LINE = NewBillLine(
    account_id="1",
    rate=Decimal(1),
    quantity=Decimal(1),
    name="a",
    description="a",
    tax_id="1",
    tax_exemption_id="1",
    item_id="1",
    project_id="1",
    customer_id="1",
    is_billable=True,
    location_id="1",
)
BILL = NewBill(
    vendor_id="1",
    bill_number="1",
    reference_number="1",
    date=DAY,
    due_date=DAY,
    currency_id="1",
    exchange_rate=Decimal(1),
    is_inclusive_tax=True,
    adjustment=Decimal(1),
    adjustment_description="a",
    location_id="1",
    notes="a",
    lines=(LINE,),
)
EXPENSE = NewExpense(
    account_id="1",
    date=DAY,
    amount=Decimal(1),
    paid_through_account_id="1",
    vendor_id="1",
    currency_id="1",
    exchange_rate=Decimal(1),
    tax_id="1",
    is_inclusive_tax=True,
    reference_number="1",
    description="a",
    project_id="1",
    customer_id="1",
    is_billable=True,
    location_id="1",
)

INVOICE_LINE = NewInvoiceLine(
    name="a",
    account_id="1",
    rate=Decimal(1),
    quantity=Decimal(1),
    description="a",
    tax_id="1",
    project_id="1",
    location_id="1",
)
INVOICE = NewInvoice(
    customer_id="1",
    invoice_number="1",
    reference_number="1",
    date=DAY,
    due_date=DAY,
    currency_id="1",
    exchange_rate=Decimal(1),
    is_inclusive_tax=True,
    tax_exemption_id="1",
    location_id="1",
    lines=(INVOICE_LINE,),
)

Act = Callable[[ZohoBooks], object]
# file, path and what the client does there, with everything it can say.
CALLS: list[tuple[str, str, Act]] = [
    ("organizations", "/organizations", lambda _: organisations(API, Free())),
    (
        "organizations",
        "/organizations/{organization_id}",
        lambda books: books.organisation(),
    ),
    ("users", "/users/me", lambda books: books.me()),
    ("chart-of-accounts", "/chartofaccounts", lambda books: books.accounts(2)),
    ("taxes", "/settings/taxes", lambda books: books.taxes(2)),
    ("taxes", "/settings/taxexemptions", lambda books: books.tax_exemptions()),
    ("contacts", "/contacts", lambda books: books.contacts("vendor", 2)),
    (
        "contacts",
        "/contacts",
        lambda books: books.contacts("customer", 2, sort="last_modified_time"),
    ),
    ("contacts", "/contacts", lambda books: books.contacts_named("a")),
    ("contacts", "/contacts", lambda books: books.contacts_named("a" * 101)),
    ("contacts", "/contacts", lambda books: books.contacts_named("a", loosely=True)),
    ("contacts", "/contacts", lambda books: books.create_contact(CONTACT)),
    ("contacts", "/contacts/{contact_id}", lambda books: books.contact("1")),
    ("bank-accounts", "/bankaccounts", lambda books: books.bank_accounts(2)),
    ("projects", "/projects", lambda books: books.projects(2)),
    ("items", "/items", lambda books: books.products(2)),
    ("locations", "/locations", lambda books: books.locations()),
    ("currency", "/settings/currencies", lambda books: books.currencies(2)),
    (
        "transaction-locking",
        "/transactionlocks",
        lambda books: books.transaction_locks(2),
    ),
    (
        "bills",
        "/bills",
        lambda books: books.bill_rows(2, sort="last_modified_time"),
    ),
    ("expenses", "/expenses", lambda books: books.expense_rows(2)),
    ("bills", "/bills", lambda books: books.create_bill(BILL)),
    (
        "bills",
        "/bills",
        lambda books: books.bills(
            bill_number="1", reference_number="1", vendor_id="1", page=2
        ),
    ),
    ("bills", "/bills/{bill_id}", lambda books: books.bill("1")),
    (
        "bills",
        "/bills/{bill_id}/attachment",
        lambda books: books.attach_to_bill("1", DOCUMENT),
    ),
    ("expenses", "/expenses", lambda books: books.create_expense(EXPENSE)),
    (
        "expenses",
        "/expenses",
        lambda books: books.expenses(date=DAY, search_text="a", page=2),
    ),
    ("expenses", "/expenses/{expense_id}", lambda books: books.expense("1")),
    (
        "expenses",
        "/expenses/{expense_id}/receipt",
        lambda books: books.attach_receipt("1", DOCUMENT),
    ),
    ("invoices", "/invoices", lambda books: books.create_invoice(INVOICE)),
    (
        "invoices",
        "/invoices",
        lambda books: books.invoices(invoice_number="1", reference_number="1", page=2),
    ),
    (
        "invoices",
        "/invoices",
        lambda books: books.invoices(invoice_number="1", loosely=True),
    ),
    ("invoices", "/invoices/{invoice_id}", lambda books: books.invoice("1")),
    (
        "invoices",
        "/invoices/{invoice_id}/attachment",
        lambda books: books.attach_to_invoice("1", DOCUMENT),
    ),
    (
        "invoices",
        "/invoices/{invoice_id}/status/sent",
        lambda books: books.mark_invoice_sent("1"),
    ),
]
each_call = pytest.mark.parametrize(
    ("file", "path", "act"),
    CALLS,
    ids=[f"{number}-{path}" for number, (_, path, _) in enumerate(CALLS)],
)


class Free:
    """Access without limits."""

    def token(self, refused: str | None = None) -> str:
        return refused or "1000.token"

    @contextmanager
    def call(self) -> Iterator[None]:
        yield

    def came(self, status: int | None, code: int | None) -> None: ...

    def limits(self, limits: DailyLimit) -> None: ...

    def limited(self, error: ZohoRateLimited) -> None: ...


class Watched(ZohoBooks):
    """Notes which of the client's methods are used."""

    used: ClassVar[set[str]] = set()

    def __getattribute__(self, name: str) -> Any:
        if name in public_methods():
            self.used.add(name)
        return super().__getattribute__(name)


def public_methods() -> set[str]:
    found = inspect.getmembers(ZohoBooks, inspect.isfunction)
    return {name for name, _method in found if not name.startswith("_")}


def test_the_table_has_every_method_of_the_client() -> None:
    assert _used_by(act for _file, _path, act in CALLS) == public_methods()


def test_the_client_calls_through_nothing_else() -> None:
    others = [
        name
        for name, found in inspect.getmembers(client, inspect.isfunction)
        if found.__module__ == client.__name__ and not name.startswith("_")
    ]
    assert others == [organisations.__name__]


@pytest.mark.parametrize(
    "record", [CONTACT, BILL, LINE, EXPENSE, INVOICE, INVOICE_LINE], ids=type
)
def test_the_table_says_everything_that_can_be_said(record: Any) -> None:
    silent = [one.name for one in fields(record) if getattr(record, one.name) is None]
    assert silent == []


@needs_openapi
@each_call
def test_path_and_query_are_declared(file: str, path: str, act: Act) -> None:
    request = _sent(act)
    operation = _operation(file, path, request)
    known = queries(file, operation)

    query = dict(parse_qsl(urlsplit(str(request.url)).query))

    variants = FILTER_VARIANTS.get(path, {})
    for name, value in query.items():
        parameter = known[variants.get(name, name)]
        assert name in parameter["name"] or name in parameter["description"]
        if name in ("filter_by", "sort_column", "contact_type", "sort_order"):
            words = str(parameter["schema"].get("enum", "")) + parameter["description"]
            assert _is_named(value, words)
    assert {name for name, one in known.items() if one.get("required")} <= set(query)


def _is_named(value: str, words: str) -> bool:
    """`Status.*` stands for every status."""
    patterns = (re.escape(value), re.escape(f"{value.partition('.')[0]}.*"))
    return any(re.search(rf"\b{one}(?!\w)", words) for one in patterns)


@needs_openapi
@each_call
def test_every_field_of_the_body_is_declared(file: str, path: str, act: Act) -> None:
    request = _sent(act)
    operation = _operation(file, path, request)
    if "application/json" not in request.headers.get("Content-Type", ""):
        assert request.method == "GET" or path in UPLOAD_PARTS or not request.body
        return
    assert isinstance(request.body, bytes)
    schema = body_schema(operation)
    body = simplejson.loads(request.body)
    assert set(undeclared(file, schema, body)) == UNDECLARED_FIELDS.get(path, set())
    assert set(missing(file, schema, body)) == NOT_REQUIRED_FIELDS.get(path, set())


@needs_openapi
@each_call
def test_our_scopes_allow_it(file: str, path: str, act: Act) -> None:
    request = _sent(act)
    operation = _operation(file, path, request)
    needed = {scope for one in operation["security"] for scope in one["Zoho_Auth"]}
    assert needed <= set(SCOPES)
    method: Any = request.method
    assert needed == {Call(method, path).scope}


@needs_openapi
def test_the_description_still_has_the_uploads_wrong() -> None:
    """Otherwise the exception has outlived its reason."""
    for path, part in UPLOAD_PARTS.items():
        file = path.split("/")[1]
        operation = declared(file, path, "post")
        assert part in queries(file, operation)
        assert "requestBody" not in operation


def _used_by(acts: Iterator[Act]) -> set[str]:
    Watched.used = set()
    for act in acts:
        _sent(act)
    return Watched.used


def _sent(act: Act) -> requests.PreparedRequest:
    """What goes out; that the answer is of no use to the client is no matter here."""
    with responses.RequestsMock() as zoho:
        for method in ("GET", "POST"):
            url = re.compile(re.escape(API))
            zoho.add(method, url, status=400, json={"code": 1, "message": "No."})
        zoho.assert_all_requests_are_fired = False
        books = Watched(api=API, organisation_id="60001234567", access=Free())
        with pytest.raises(Exception, match=r"^No\.$"):
            act(books)
        [call] = zoho.calls
        return call.request


def _operation(file: str, path: str, request: requests.PreparedRequest) -> Any:
    pattern = re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(f"/books/v3{path}"))
    assert re.fullmatch(pattern, urlsplit(str(request.url)).path)
    return declared(file, path, str(request.method).lower())
