"""What differs in the US and in India."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.standin.callers import Books


def test_no_taxes_in_the_us(diner: Books) -> None:
    assert diner.get("/settings/taxes").body["taxes"] == []
    assert diner.get("/settings/taxauthorities").body["tax_authorities"] == []


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"line": {"tax_id": "4600000000000100000"}}, (400, 110817)),
        ({"is_inclusive_tax": True}, (400, 2)),
        ({"vat_treatment": "uk"}, (400, 2)),
        ({}, (201, 0)),
    ],
    ids=str,
)
def test_purchases_in_the_us_have_no_tax(
    diner: Books, changed: dict[str, Any], outcome: tuple[int, int]
) -> None:
    assert diner.post("/bills", diner.bill(**changed)).outcome == outcome


def test_ids_of_19_digits(diner: Books) -> None:
    assert len(diner.post("/bills", diner.bill()).body["bill"]["bill_id"]) == 19


def test_a_us_vendor_can_be_tracked_for_1099(diner: Books) -> None:
    body = {"contact_name": "Zest", "contact_type": "vendor", "track_1099": True}

    assert diner.post("/contacts", body).body["contact"]["track_1099"] is True


def test_exemptions_are_not_for_the_uk(books: Books, diner: Books) -> None:
    assert books.get("/settings/taxexemptions").outcome == (404, 5)
    codes = diner.get("/settings/taxexemptions").body["tax_exemptions"]
    assert [row["tax_exemption_code"] for row in codes] == ["EXPORT"]


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"tax_exemption_id": "EXPORT"}, (201, 0)),
        ({"tax_exemption_id": "4600000000000999999"}, (400, 2)),
        ({"tax_exemption_id": "EXPORT", "tax_id": "GST5"}, (400, 2)),
    ],
    ids=str,
)
def test_an_indian_bill_says_on_its_line_why_it_has_no_tax(
    spices: Books, changed: dict[str, str], outcome: tuple[int, int]
) -> None:
    known = {
        "EXPORT": spices.id("exemptions", "EXPORT"),
        "GST5": spices.id("taxes", "GST5"),
    }
    line = {name: known.get(value, value) for name, value in changed.items()}
    vendor = spices.id("contacts", "Acme Paper Ltd")

    answer = spices.post("/bills", spices.bill(vendor_id=vendor, line=line))

    assert answer.outcome == outcome
    if outcome == (201, 0):
        (kept,) = answer.body["bill"]["line_items"]
        assert kept["tax_exemption_code"] == "EXPORT"
        assert answer.body["bill"]["tax_total"] == 0


def test_elsewhere_a_bill_takes_no_exemption(books: Books, diner: Books) -> None:
    for other in (books, diner):
        line = {"tax_exemption_id": "4600000000000999999"}
        assert other.post("/bills", other.bill(line=line)).outcome == (400, 2)


def test_an_invoice_says_as_a_whole_why_it_has_no_tax(
    books: Books, diner: Books, spices: Books
) -> None:
    for other in (diner, spices):
        number = other.id("exemptions", "EXPORT")
        assert other.new_invoice(tax_exemption_id=number).outcome == (201, 0)
        in_a_line = {"line": {"tax_exemption_id": number}, "invoice_number": "2026-18"}
        assert other.new_invoice(**in_a_line).outcome == (400, 2)
    unknown = {"tax_exemption_id": "4600000000000999999", "invoice_number": "2026-19"}
    assert spices.new_invoice(**unknown).outcome == (400, 2)
    taxed = {
        "tax_exemption_id": spices.id("exemptions", "EXPORT"),
        "line": {"tax_id": spices.id("taxes", "GST5")},
        "invoice_number": "2026-20",
    }
    assert spices.new_invoice(**taxed).outcome == (400, 2)
    assert books.new_invoice(tax_exemption_id="46").outcome == (400, 2)


def test_an_expense_says_it_on_a_line_of_its_own_and_nowhere_else(
    spices: Books,
) -> None:
    number = spices.id("exemptions", "EXPORT")
    body = spices.expense()
    line = {"account_id": body["account_id"], "amount": 12.5}

    at_the_head = spices.post("/expenses", body | {"tax_exemption_id": number})
    on_a_line = spices.post(
        "/expenses", body | {"line_items": [line | {"tax_exemption_id": number}]}
    )
    unknown = spices.post(
        "/expenses", body | {"line_items": [line | {"tax_exemption_id": "46"}]}
    )

    assert at_the_head.outcome == (400, 2)
    assert on_a_line.outcome == (201, 0)
    assert unknown.outcome == (400, 2)


def test_indian_taxes_are_groups_and_igst(spices: Books) -> None:
    taxes = spices.get("/settings/taxes").body["taxes"]

    assert [(row["tax_name"], row["tax_specification"]) for row in taxes] == [
        (f"{kind}{rate}", where)
        for kind, where in (("GST", "intra"), ("IGST", "inter"))
        for rate in ("0", "12", "18", "28", "40", "5")
    ]
    assert all("parts" not in row for row in taxes)


def test_gst_is_broken_down(spices: Books) -> None:
    gst = spices.id("taxes", "GST18")
    vendor = spices.id("contacts", "Acme Paper Ltd")
    body = spices.bill(vendor_id=vendor, line={"tax_id": gst, "rate": 10000})

    bill = spices.post("/bills", body).body["bill"]

    assert (bill["source_of_supply"], bill["destination_of_supply"]) == ("TN", "TN")
    assert [(row["tax_name"], row["tax_amount"]) for row in bill["taxes"]] == [
        ("CGST9 (9%)", Decimal("900.00")),
        ("SGST9 (9%)", Decimal("900.00")),
    ]
    assert bill["line_items"][0]["line_item_taxes"] == bill["taxes"]
    assert bill["total"] == Decimal("11800.00")


@pytest.mark.parametrize(
    ("vendor", "line", "outcome"),
    [
        ("Acme Paper Ltd", {"tax_id": "GST18"}, (201, 0)),
        ("Acme Paper Ltd", {"tax_id": "IGST18"}, (400, 3032)),
        ("City Power", {"tax_id": "GST18"}, (400, 3032)),
        ("City Power", {"tax_id": "IGST18"}, (201, 0)),
        ("Chalk Farm Eggs", {"tax_id": "GST5"}, (400, 71512)),
        ("Chalk Farm Eggs", {"reverse_charge_tax_id": "GST5"}, (201, 0)),
        (
            "Acme Paper Ltd",
            {"tax_id": "GST5", "reverse_charge_tax_id": "GST5"},
            (400, 71510),
        ),
    ],
    ids=str,
)
def test_india_validates_states_and_reverse_charge(
    spices: Books, vendor: str, line: dict[str, str], outcome: tuple[int, int]
) -> None:
    taxed = {name: spices.id("taxes", tax) for name, tax in line.items()}
    body = spices.bill(vendor_id=spices.id("contacts", vendor), line=taxed)

    assert spices.post("/bills", body).outcome == outcome


def test_reverse_charge_adds_nothing(spices: Books) -> None:
    line = {"reverse_charge_tax_id": spices.id("taxes", "GST5")}
    vendor = spices.id("contacts", "Chalk Farm Eggs")
    bill = spices.post("/bills", spices.bill(vendor_id=vendor, line=line)).body["bill"]

    assert bill["total"] == Decimal("100.00")
    assert bill["is_reverse_charge_applied"] is True


def test_a_registered_indian_contact_has_a_gstin(spices: Books) -> None:
    body = {"contact_name": "Zest", "gst_treatment": "business_gst"}

    assert spices.post("/contacts", body).outcome == (400, 2)
    with_number = body | {"gst_no": "33AAAAA0000A1Z5"}
    assert spices.post("/contacts", with_number).outcome == (201, 0)


def test_a_location_can_be_used_where_locations_are_on(spices: Books) -> None:
    office = spices.id("locations", "Head Office")
    closed = spices.id("locations", "Annex")

    assert spices.post("/bills", spices.bill(location_id=office)).outcome == (201, 0)
    other = spices.bill(location_id=closed, bill_number="2")
    assert spices.post("/bills", other).status == 400


def test_some_locations_are_for_lines_alone(spices: Books) -> None:
    store = spices.id("locations", "Cold Store")
    on_its_line = {"line": {"location_id": store}}

    assert spices.post("/bills", spices.bill(location_id=store)).outcome == (400, 2)
    assert spices.new_invoice(location_id=store).outcome == (400, 2)
    expense = spices.expense(location_id=store)
    assert spices.post("/expenses", expense).outcome == (400, 2)
    assert spices.post("/bills", spices.bill(**on_its_line)).outcome == (201, 0)
    assert spices.new_invoice(**on_its_line).outcome == (201, 0)
