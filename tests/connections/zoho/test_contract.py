"""Everything that the client can send is declared in Zoho's own OpenAPI description.

The description is Zoho's and not shipped: ZOHO_OPENAPI names the folder that holds it.
"""

import datetime as dt
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses
import simplejson
import yaml

from connections.zoho.client import (
    FILTER_VARIANTS,
    UPLOAD_PARTS,
    ZohoBooks,
    organisations,
)
from connections.zoho.errors import ZohoRateLimited
from connections.zoho.oauth import SCOPES
from connections.zoho.types import (
    DailyLimit,
    File,
    NewBill,
    NewBillLine,
    NewContact,
    NewExpense,
)

FOLDER = os.environ.get("ZOHO_OPENAPI")
pytestmark = pytest.mark.skipif(
    not FOLDER,
    reason="ZOHO_OPENAPI does not name the folder of Zoho's OpenAPI files: "
    "NOTHING was checked against Zoho's own description.",
)

API = "https://www.zohoapis.uk"
DAY = dt.date(2026, 6, 9)
NOW = dt.datetime(2026, 6, 9, 12, tzinfo=dt.UTC)
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
    ("chart-of-accounts", "/chartofaccounts", lambda books: books.accounts(2, NOW)),
    ("taxes", "/settings/taxes", lambda books: books.taxes(2)),
    ("taxes", "/settings/taxexemptions", lambda books: books.tax_exemptions()),
    ("contacts", "/contacts", lambda books: books.contacts("vendor", 2)),
    ("contacts", "/contacts", lambda books: books.contacts_named("a")),
    ("contacts", "/contacts", lambda books: books.contacts_named("a" * 101)),
    ("contacts", "/contacts", lambda books: books.create_contact(CONTACT)),
    ("contacts", "/contacts/{contact_id}", lambda books: books.contact("1")),
    ("bank-accounts", "/bankaccounts", lambda books: books.bank_accounts(2)),
    ("projects", "/projects", lambda books: books.projects(2)),
    ("items", "/items", lambda books: books.products(2)),
    ("locations", "/locations", lambda books: books.locations()),
    ("currency", "/settings/currencies", lambda books: books.currencies(2)),
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
        lambda books: books.expenses(
            date=DAY, reference_number="1", vendor_id="1", search_text="a", page=2
        ),
    ),
    ("expenses", "/expenses/{expense_id}", lambda books: books.expense("1")),
    (
        "expenses",
        "/expenses/{expense_id}/receipt",
        lambda books: books.attach_receipt("1", DOCUMENT),
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

    def limits(self, limits: DailyLimit) -> None: ...

    def limited(self, error: ZohoRateLimited) -> None: ...


@each_call
def test_path_and_query_are_declared(file: str, path: str, act: Act) -> None:
    request = _sent(act)
    operation = _operation(file, path, request)
    declared = _query(file, operation)

    query = dict(parse_qsl(urlsplit(str(request.url)).query))

    variants = FILTER_VARIANTS.get(path, {})
    for name, value in query.items():
        parameter = declared[variants.get(name, name)]
        assert name in parameter["name"] or name in parameter["description"]
        if name in ("filter_by", "sort_column", "contact_type", "sort_order"):
            known = str(parameter["schema"].get("enum", "")) + parameter["description"]
            assert re.search(rf"\b{re.escape(value)}\b", known)
    assert {name for name, one in declared.items() if one.get("required")} <= set(query)


@each_call
def test_every_field_of_the_body_is_declared(file: str, path: str, act: Act) -> None:
    request = _sent(act)
    operation = _operation(file, path, request)
    if "application/json" not in request.headers.get("Content-Type", ""):
        assert request.method == "GET" or path in UPLOAD_PARTS
        return
    assert isinstance(request.body, bytes)
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    body = simplejson.loads(request.body)
    assert _undeclared(file, schema, body) == []
    assert set(_resolved(file, schema).get("required", [])) <= set(body)


@each_call
def test_our_scopes_allow_it(file: str, path: str, act: Act) -> None:
    operation = _operation(file, path, _sent(act))
    needed = {scope for one in operation["security"] for scope in one["Zoho_Auth"]}
    assert needed <= set(SCOPES)


def test_the_description_still_has_the_uploads_wrong() -> None:
    """Otherwise the exception has outlived its reason."""
    for path, part in UPLOAD_PARTS.items():
        file = path.split("/")[1]
        operation = _declared(file, path, "post")
        assert part in _query(file, operation)
        assert "requestBody" not in operation


def _sent(act: Act) -> requests.PreparedRequest:
    """What goes out; that the answer is of no use to the client is no matter here."""
    with responses.RequestsMock() as zoho:
        for method in ("GET", "POST"):
            url = re.compile(re.escape(API))
            zoho.add(method, url, status=400, json={"code": 1, "message": "No."})
        zoho.assert_all_requests_are_fired = False
        books = ZohoBooks(api=API, organisation_id="60001234567", access=Free())
        with pytest.raises(Exception, match=r"^No\.$"):
            act(books)
        [call] = zoho.calls
        return call.request


def _operation(file: str, path: str, request: requests.PreparedRequest) -> Any:
    pattern = re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(f"/books/v3{path}"))
    assert re.fullmatch(pattern, urlsplit(str(request.url)).path)
    return _declared(file, path, str(request.method).lower())


def _declared(file: str, path: str, method: str) -> Any:
    """The operation, with the parameters that all of its path have."""
    every = _document(file)["paths"][path]
    own = every[method]
    shared = every.get("parameters", [])
    return {**own, "parameters": [*shared, *own.get("parameters", [])]}


def _query(file: str, operation: Any) -> dict[str, Any]:
    found = [_resolved(file, one) for one in operation["parameters"]]
    return {one["name"]: one for one in found if one["in"] == "query"}


def _undeclared(file: str, schema: Any, value: object) -> list[str]:
    schema = _resolved(file, schema)
    if isinstance(value, list):
        return [
            name for one in value for name in _undeclared(file, schema["items"], one)
        ]
    if not isinstance(value, Mapping):
        return []
    known = schema.get("properties", {})
    inside = [
        name
        for key, one in value.items()
        if key in known
        for name in _undeclared(file, known[key], one)
    ]
    return [key for key in value if key not in known] + inside


def _resolved(file: str, node: Any) -> Any:
    while "$ref" in node:
        found: Any = _document(file)
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


@cache
def _document(file: str) -> Any:
    return yaml.load(
        (Path(FOLDER or "") / f"{file}.yml").read_text(),
        Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506 – safe
    )
