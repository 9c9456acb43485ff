"""Invoices: their numbers, what they come to, and what becomes of a draft."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.standin.callers import Books, Consent


def test_an_invoice_is_a_draft_under_its_own_number(books: Books) -> None:
    answer = books.new_invoice(reference_number="DS-7KQ2M9ABCD")
    invoice = answer.body["invoice"]

    assert answer.outcome == (201, 0)
    assert answer.body["message"] == "The invoice has been created."
    assert answer.headers["Location"] == f"/api/v3/invoices/{invoice['invoice_id']}"
    assert invoice["invoice_number"] == "2026-17"
    assert invoice["status"] == "draft"
    assert invoice["total"] == invoice["balance"] == Decimal("100.00")
    assert invoice["line_items"][0]["account_name"] == "Sales"
    assert not invoice["is_emailed"]
    assert books.get(f"/invoices/{invoice['invoice_id']}").body["invoice"] == invoice


def test_without_being_told_otherwise_zoho_numbers_it(books: Books) -> None:
    numbers = [
        books.post("/invoices", books.invoice()).body["invoice"]["invoice_number"]
        for _time in range(2)
    ]

    assert numbers == ["INV-000001", "INV-000002"]


@pytest.mark.parametrize("number", ["a-17", " A-17 "])
def test_a_number_is_used_once_whoever_buys(books: Books, number: str) -> None:
    books.new_invoice(invoice_number="A-17")
    other = books.id("contacts", "Beacon School")

    answer = books.new_invoice(customer_id=other, invoice_number=number)

    assert answer.outcome == (400, 1001)
    assert len(books.stored("invoices")) == 1


def test_sending_is_an_email_and_nobody_asked_for_one(books: Books) -> None:
    asked = books.call(
        "POST", "/invoices", json=books.invoice(), params={"send": "true"}
    )

    assert asked.body["invoice"]["is_emailed"]
    assert asked.body["invoice"]["status"] == "sent"


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"customer_id": ""}, (400, 4)),
        ({"line_items": []}, (400, 4)),
        ({"invoice_number": ""}, (400, 4)),
        ({"line": {"name": ""}}, (400, 4)),
        ({"customer_id": "208250000000999999"}, (400, 2)),
        ({"currency_id": "208250000000999999"}, (400, 9004)),
        ({"due_date": "2026-11-19"}, (400, 2)),
        ({"vendor_id": "208250000000999999"}, (400, 2)),
        ({"gst_treatment": "consumer"}, (400, 2)),
        ({"invoice_number": "1" * 101}, (400, 15)),
        ({"line": {"name": "a" * 101}}, (400, 15)),
        ({"line": {"rate": "100"}}, (400, 2)),
        ({"line": {"quantity": 0}}, (400, 2)),
        ({"line": {"is_billable": True}}, (400, 2)),
        ({"line": {"account_id": "208250000000999999"}}, (400, 2)),
        ({"line": {"tax_id": "208250000000999999"}}, (400, 2)),
        ({"line": {"location_id": "208250000000999999"}}, (400, 2)),
    ],
    ids=str,
)
def test_what_an_invoice_is_refused_for(
    books: Books, changed: dict[str, Any], outcome: tuple[int, int]
) -> None:
    assert books.new_invoice(**changed).outcome == outcome
    assert books.stored("invoices") == []


def test_a_supplier_buys_nothing(books: Books) -> None:
    supplier = books.id("contacts", "City Power")

    assert books.new_invoice(customer_id=supplier).outcome == (400, 2)


def test_a_customer_is_invoiced_in_their_currency_only(books: Books) -> None:
    euro = books.id("currencies", "EUR")

    assert books.new_invoice(currency_id=euro).outcome == (400, 90007)


def test_a_project_is_the_customers_own(books: Books) -> None:
    theirs = books.id("projects", "Summer Fair")
    anothers = books.id("projects", "Wedding Cakes 2026")

    assert books.new_invoice(line={"project_id": anothers}).outcome == (400, 2)
    assert books.new_invoice(line={"project_id": theirs}).outcome == (201, 0)


@pytest.mark.parametrize(
    ("inclusive", "net", "tax", "total"),
    [(True, "100.00", "20.00", "120.00"), (False, "120.00", "24.00", "144.00")],
)
def test_tax_is_inside_or_on_top(
    books: Books, *, inclusive: bool, net: str, tax: str, total: str
) -> None:
    rate = books.id("taxes", "Standard Rate")

    invoice = books.new_invoice(
        line={"rate": 120, "tax_id": rate}, is_inclusive_tax=inclusive
    ).body["invoice"]

    amounts = [invoice[name] for name in ("sub_total", "tax_total", "total")]
    assert amounts == [Decimal(net), Decimal(tax), Decimal(total)]


def test_marked_as_sent_it_leaves_the_drafts_and_mails_nobody(books: Books) -> None:
    number = books.new_invoice().body["invoice"]["invoice_id"]

    answer = books.post(f"/invoices/{number}/status/sent")

    assert answer.outcome == (200, 0)
    assert answer.body["message"] == "Invoice status has been changed to Sent."
    (invoice,) = books.stored("invoices")
    assert (invoice["status"], invoice["is_emailed"]) == ("sent", False)


def test_what_is_void_is_not_marked_as_sent(books: Books) -> None:
    number = books.new_invoice().body["invoice"]["invoice_id"]
    books.post(f"/invoices/{number}/status/void")

    assert books.post(f"/invoices/{number}/status/sent").outcome == (400, 90008)


def test_the_list_is_asked_for_a_number_or_a_mark(books: Books) -> None:
    books.new_invoice(reference_number="DS-7KQ2M9ABCD")
    books.new_invoice(invoice_number="2026-18")

    by_mark = books.get("/invoices", reference_number="ds-7kq2m9abcd").body
    by_number = books.get("/invoices", invoice_number="2026-18").body
    everything = books.get("/invoices").body

    assert [row["invoice_number"] for row in by_mark["invoices"]] == ["2026-17"]
    assert [row["invoice_number"] for row in by_number["invoices"]] == ["2026-18"]
    assert len(everything["invoices"]) == 2
    assert everything["page_context"]["sort_column"] == "created_time"
    assert everything["page_context"]["sort_order"] == "D"


def test_its_document_is_kept_and_shows_in_the_list(books: Books) -> None:
    number = books.new_invoice().body["invoice"]["invoice_id"]

    answer = books.upload(
        f"/invoices/{number}/attachment", "attachment", "invoice.pdf", b"%PDF-1.7"
    )

    assert answer.outcome == (200, 0)
    (row,) = books.get("/invoices").body["invoices"]
    assert row["has_attachment"]
    assert books.get(f"/invoices/{number}/attachment").content == b"%PDF-1.7"


def test_a_file_under_another_name_is_lost(books: Books) -> None:
    number = books.new_invoice().body["invoice"]["invoice_id"]

    answer = books.upload(
        f"/invoices/{number}/attachment", "receipt", "invoice.pdf", b"%PDF-1.7"
    )

    assert answer.outcome == (200, 0)
    assert not books.get("/invoices").body["invoices"][0]["has_attachment"]


def test_a_locked_period_takes_no_sales(books: Books) -> None:
    books.standin.organisation(books.organization_id).lock("sales", "2026-11-20")

    assert books.new_invoice().outcome == (400, 90002)
    assert books.post("/bills", books.bill()).outcome == (201, 0)


def test_it_needs_a_right_of_its_own(consent: Consent) -> None:
    books = consent.books(
        "alice@harbourbakery.example", "Harbour Bakery Ltd", "ZohoBooks.bills.ALL"
    )

    assert books.post("/invoices", books.invoice()).outcome == (401, 57)


@pytest.mark.parametrize(
    ("tax", "outcome"), [("GST18", (201, 0)), ("IGST18", (400, 3032))]
)
def test_india_taxes_a_sale_by_the_state_it_goes_to(
    spices: Books, tax: str, outcome: tuple[int, int]
) -> None:
    rate = spices.id("taxes", tax)

    assert spices.new_invoice(line={"tax_id": rate}).outcome == outcome
