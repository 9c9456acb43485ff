"""Invoices as they are written, read back, looked for and marked."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
import responses
import simplejson
from responses import matchers

from connections.zoho.client import ZohoBooks
from connections.zoho.errors import DUPLICATE_INVOICE_NUMBER, ZohoRejected
from connections.zoho.types import Invoice
from connections.zoho.writes import File, NewInvoice, NewInvoiceLine
from tests.connections.zoho.access import API, ORGANISATION
from tests.connections.zoho.recorded import listed, paged

INVOICES = f"{API}/books/v3/invoices"
ORGANISATION_ONLY = matchers.query_param_matcher({"organization_id": ORGANISATION})
EASTERN = dt.timezone(dt.timedelta(hours=-4))
# As recorded live in June 2026 (keys that we do not read left out).
ROW = {
    "invoice_id": "4600000000000122001",
    "customer_id": "4600000000000095001",
    "invoice_number": "2026-17",
    "reference_number": "DS-7KQ2M9ABCD",
    "date": "2026-06-09",
    "due_date": "2026-07-09",
    "currency_code": "USD",
    "status": "draft",
    "total": 300,
    "balance": 300,
    "has_attachment": False,
    "documents": "",
    "created_time": "2026-06-09T13:33:42-0400",
}
OURS = Invoice(
    zoho_id="4600000000000122001",
    customer_id="4600000000000095001",
    invoice_number="2026-17",
    reference_number="DS-7KQ2M9ABCD",
    date=dt.date(2026, 6, 9),
    currency_code="USD",
    total=Decimal(300),
    tax_total=None,
    status="draft",
    has_attachment=False,
    created_at=dt.datetime(2026, 6, 9, 13, 33, 42, tzinfo=EASTERN),
)
SALE = NewInvoice(
    customer_id="4600000000000095001",
    invoice_number="2026-17",
    reference_number="DS-7KQ2M9ABCD",
    date=dt.date(2026, 6, 9),
    due_date=dt.date(2026, 7, 9),
    currency_id="4600000000000000097",
    exchange_rate=Decimal("1.1850"),
    is_inclusive_tax=True,
    location_id="4600000000000038080",
    lines=(
        NewInvoiceLine(
            name="Consulting",
            account_id="4600000000000000388",
            rate=Decimal("300.00"),
            description="Two days in May",
            tax_id="4600000000000027005",
            project_id="4600000000000044019",
            location_id="4600000000000038080",
        ),
    ),
)


def test_an_invoice_keeps_its_own_number_and_is_sent_to_nobody(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    query = {
        "organization_id": ORGANISATION,
        "ignore_auto_number_generation": "true",
    }
    zoho.post(
        INVOICES,
        status=201,
        json={"code": 0, "invoice": {**ROW, "tax_total": 50}},
        match=[matchers.query_param_matcher(query)],
    )

    created = books.create_invoice(SALE)

    assert created == replace(OURS, tax_total=Decimal(50))
    body = zoho.calls[0].request.body
    assert isinstance(body, bytes)
    assert simplejson.loads(body, use_decimal=True) == {
        "customer_id": "4600000000000095001",
        "invoice_number": "2026-17",
        "reference_number": "DS-7KQ2M9ABCD",
        "date": "2026-06-09",
        "due_date": "2026-07-09",
        "currency_id": "4600000000000000097",
        "exchange_rate": Decimal("1.1850"),
        "is_inclusive_tax": True,
        "location_id": "4600000000000038080",
        "line_items": [
            {
                "name": "Consulting",
                "account_id": "4600000000000000388",
                "rate": Decimal("300.00"),
                "quantity": 1,
                "description": "Two days in May",
                "tax_id": "4600000000000027005",
                "project_id": "4600000000000044019",
                "location_id": "4600000000000038080",
            }
        ],
    }


def test_a_number_that_is_taken_is_told_by_its_code(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    taken = {"code": 1001, "message": "Invoice Number already exist"}
    zoho.post(INVOICES, status=400, json=taken)

    with pytest.raises(ZohoRejected) as refused:
        books.create_invoice(SALE)

    assert refused.value.code == DUPLICATE_INVOICE_NUMBER


def test_invoices_that_do_not_fit_are_left_out(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    query = paged(
        invoice_number="2026-17",
        reference_number="DS-7KQ2M9ABCD",
        filter_by="Status.All",
    )
    others = [
        {**ROW, "invoice_id": "2", "invoice_number": "2026-170"},
        {**ROW, "invoice_id": "3", "reference_number": ""},
    ]
    listed(zoho, "/invoices", "invoices", [ROW, *others], query)

    page = books.invoices(invoice_number="2026-17", reference_number="DS-7KQ2M9ABCD")

    assert page.rows == (OURS,)


def test_one_invoice_tells_its_status_and_its_document(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    told = {"status": "sent", "documents": [{"document_id": "1"}], "tax_total": 0}
    zoho.get(
        f"{INVOICES}/46",
        json={"code": 0, "invoice": {**ROW, **told}},
        match=[ORGANISATION_ONLY],
    )

    assert books.invoice("46") == replace(
        OURS, status="sent", has_attachment=True, tax_total=Decimal(0)
    )


def test_its_document_travels_as_the_part_attachment_and_is_not_mailed(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    part = ("invoice.pdf", b"%PDF-1.7", "application/pdf")
    zoho.post(
        f"{INVOICES}/46/attachment",
        json={"code": 0, "message": "Your file has been attached."},
        match=[ORGANISATION_ONLY, matchers.multipart_matcher({"attachment": part})],
    )

    books.attach_to_invoice("46", File("invoice.pdf", "application/pdf", b"%PDF-1.7"))

    assert len(zoho.calls) == 1


def test_marking_it_as_sent_says_nothing_else(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    zoho.post(
        f"{INVOICES}/46/status/sent",
        json={"code": 0, "message": "Invoice status has been changed to Sent."},
        match=[ORGANISATION_ONLY],
    )

    books.mark_invoice_sent("46")

    assert not zoho.calls[0].request.body
