"""Bills: what is required, what it comes to, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.standin.callers import Books
from tests.zoho_standin.answers import Record


def test_a_bill_is_open_and_located(books: Books) -> None:
    answer = books.post("/bills", books.bill())
    bill = answer.body["bill"]

    assert answer.outcome == (201, 0)
    assert answer.body["message"] == "The bill has been created."
    assert answer.headers["Location"] == f"/api/v3/bills/{bill['bill_id']}"
    assert (len(bill["bill_id"]), bill["bill_id"].isdigit()) == (18, True)
    assert bill["status"] == "open"
    assert bill["vendor_name"] == "City Power"
    assert (bill["currency_code"], bill["exchange_rate"]) == ("GBP", 1)
    assert (bill["total"], bill["balance"]) == (100, 100)
    assert books.get(f"/bills/{bill['bill_id']}").body["bill"] == bill


def test_money_has_a_decimal_point_and_absent_text_is_empty(books: Books) -> None:
    text = books.post("/bills", books.bill()).text

    assert '"total": 100.00' in text
    assert '"quantity": 1.0' in text
    assert "null" not in text


def test_the_date_is_today_unless_sent(books: Books) -> None:
    body = books.bill()
    del body["date"], body["due_date"]

    bill = books.post("/bills", body).body["bill"]

    assert (bill["date"], bill["due_date"]) == ("2026-11-22", "2026-11-22")


def test_a_late_bill_is_overdue(books: Books) -> None:
    made = books.post("/bills", books.bill(due_date="2026-11-21")).body["bill"]

    assert made["status"] == "open"
    assert books.get("/bills").body["bills"][0]["status"] == "overdue"
    assert books.get("/bills", filter_by="Status.Open").body["bills"] == []


@pytest.mark.parametrize(
    "again", ["INV-104", " INV-104", "inv-104 ", "Inv-104"], ids=repr
)
def test_a_number_is_taken_once_per_vendor(books: Books, again: str) -> None:
    books.post("/bills", books.bill())

    answer = books.post("/bills", books.bill(bill_number=again))

    assert answer.outcome == (400, 13011)
    assert len(books.stored("bills")) == 1


def test_a_number_is_free_elsewhere(books: Books) -> None:
    books.post("/bills", books.bill())
    other = books.id("contacts", "City Water")

    assert books.post("/bills", books.bill(vendor_id=other)).outcome == (201, 0)
    without_hyphen = books.bill(bill_number="INV104")
    assert books.post("/bills", without_hyphen).outcome == (201, 0)


def test_a_deleted_bills_number_is_free_but_a_void_ones_is_not(books: Books) -> None:
    first = books.post("/bills", books.bill()).body["bill"]["bill_id"]
    books.post(f"/bills/{first}/status/void")
    assert books.post("/bills", books.bill()).outcome == (400, 13011)

    books.call("DELETE", f"/bills/{first}")
    assert books.post("/bills", books.bill()).outcome == (201, 0)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"bill_number": ""}, (400, 4)),
        ({"bill_number": "  "}, (400, 4)),
        ({"vendor_id": ""}, (400, 4)),
        ({"vendor_id": "208250000000999999"}, (400, 2)),
        ({"vendor_id": 208250000000100164}, (400, 2)),
        ({"date": "20/11/2026"}, (400, 2)),
        ({"date": "2026-11-31"}, (400, 2)),
        ({"payment_terms": "Net 15"}, (400, 2)),
        ({"line_items": []}, (400, 2)),
        ({"supplier": "City Power"}, (400, 2)),
        ({"gst_treatment": "business_gst"}, (400, 2)),
        ({"vat_treatment": "mars"}, (400, 2)),
        ({"bill_number": "1" * 101}, (400, 15)),
        ({"reference_number": "1" * 101}, (400, 15)),
        ({"notes": "1" * 5001}, (400, 15)),
        ({"location_id": "208250000000999999"}, (400, 2)),
        ({"line": {"account_id": ""}}, (400, 13009)),
        ({"line": {"account_id": "208250000000999999"}}, (400, 2)),
        ({"line": {"tax_id": "208250000000999999"}}, (400, 2)),
        ({"line": {"project_id": "208250000000999999"}}, (400, 2)),
        ({"line": {"is_billable": True}}, (400, 2)),
        ({"line": {"rate": "100"}}, (400, 2)),
        ({"line": {"price": 100}}, (400, 2)),
        ({"line": {"rate": -100}}, (400, 2)),
    ],
    ids=str,
)
def test_what_a_bill_is_refused_for(
    books: Books, changed: dict[str, Any], outcome: tuple[int, int]
) -> None:
    assert books.post("/bills", books.bill(**changed)).outcome == outcome
    assert books.stored("bills") == []


def test_a_customer_is_no_vendor(books: Books) -> None:
    customer = books.id("contacts", "Anchor Hotel")

    assert books.post("/bills", books.bill(vendor_id=customer)).outcome == (400, 2)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("contacts", "City Power"),
        ("accounts", "Office Supplies"),
        ("taxes", "Standard Rate"),
    ],
)
def test_inactive_things_cannot_be_used(books: Books, table: str, name: str) -> None:
    body = books.bill(line={"tax_id": books.id("taxes", "Standard Rate")})
    organization = books.organization_id
    books.standin.change(
        "inactive", organization=organization, table=table, record=name
    )

    assert books.post("/bills", body).status == 400
    assert books.stored("bills") == []


def test_a_bill_takes_its_vendors_currency(books: Books) -> None:
    martin = books.id("contacts", "Boulangerie Martin SARL")
    euro, pound = books.id("currencies", "EUR"), books.id("currencies", "GBP")

    refused = books.post("/bills", books.bill(vendor_id=martin, currency_id=pound))
    body = books.bill(vendor_id=martin, currency_id=euro, exchange_rate=0.85)
    bill = books.post("/bills", body).body["bill"]

    assert refused.status == 400
    assert (bill["currency_code"], bill["exchange_rate"]) == ("EUR", Decimal("0.85"))
    assert books.post("/bills", books.bill(currency_id="1")).outcome == (400, 9004)


@pytest.mark.parametrize(
    ("changed", "net", "tax", "total"),
    [
        ({"rate": 100}, "100.00", "20.00", "120.00"),
        ({"rate": 120, "inclusive": True}, "100.00", "20.00", "120.00"),
        ({"rate": 0.1, "quantity": 3}, "0.30", "0.06", "0.36"),
        ({"rate": 10.005}, "10.01", "2.00", "12.01"),
        ({"rate": 9.99, "inclusive": True}, "8.32", "1.67", "9.99"),
    ],
    ids=str,
)
def test_totals_with_twenty_percent(
    books: Books, changed: dict[str, Any], net: str, tax: str, total: str
) -> None:
    inclusive = changed.pop("inclusive", False)
    line = {"tax_id": books.id("taxes", "Standard Rate"), **changed}
    body = books.bill(line=line, is_inclusive_tax=inclusive)

    bill = books.post("/bills", body).body["bill"]

    assert bill["sub_total"] == Decimal(net)
    assert bill["tax_total"] == Decimal(tax)
    assert bill["total"] == Decimal(total)


@pytest.mark.parametrize(("per_line", "tax"), [(False, "0.31"), (True, "0.32")])
def test_tax_is_rounded_per_document_or_per_line(
    books: Books, *, per_line: bool, tax: str
) -> None:
    line = {
        "account_id": books.id("accounts", "Postage"),
        "tax_id": books.id("taxes", "Standard Rate"),
    }
    lines = [line | {"rate": rate} for rate in (0.53, 0.53, 0.48)]
    body = books.bill(line_items=lines, is_item_level_tax_calc=per_line)

    bill = books.post("/bills", body).body["bill"]

    assert bill["sub_total"] == Decimal("1.54")
    assert bill["tax_total"] == Decimal(tax)


def test_an_adjustment_goes_into_the_total(books: Books) -> None:
    body = books.bill(adjustment=-0.01, adjustment_description="Rounding")
    bill = books.post("/bills", body).body["bill"]

    assert (bill["adjustment"], bill["total"]) == (Decimal("-0.01"), Decimal("99.99"))


def test_yen_have_no_sen(books: Books) -> None:
    books.standin.change(
        "contact",
        organization=books.organization_id,
        contact_name="Tokyo Tea",
        contact_type="vendor",
        currency="JPY",
    )
    body = books.bill(
        vendor_id=books.id("contacts", "Tokyo Tea"), line={"rate": 1000.4}
    )

    assert '"total": 1000.0,' in books.post("/bills", body).text


def test_several_rates_are_listed(books: Books) -> None:
    account = books.id("accounts", "Postage")
    lines = [
        {"account_id": account, "rate": 100, "tax_id": books.id("taxes", name)}
        for name in ("Standard Rate", "Reduced Rate", "Standard Rate")
    ]

    bill = books.post("/bills", books.bill(line_items=lines)).body["bill"]

    assert _amounts(bill) == {
        "Standard Rate (20%)": Decimal("40.00"),
        "Reduced Rate (5%)": Decimal("5.00"),
    }
    assert bill["total"] == Decimal("345.00")


def test_an_item_brings_its_account_and_rate(books: Books) -> None:
    flour = books.id("items", "Strong white flour, 25 kg")
    body = books.bill(line_items=[{"item_id": flour, "quantity": 2}])
    line = books.post("/bills", body).body["bill"]["line_items"][0]

    assert line["account_name"] == "Cost of Goods Sold"
    assert line["item_total"] == Decimal("37.00")


def test_an_update_replaces_lines_and_keeps_the_rest(books: Books) -> None:
    bill = books.post("/bills", books.bill()).body["bill"]
    line = books.bill(line={"rate": 50})["line_items"]

    answer = books.call("PUT", f"/bills/{bill['bill_id']}", json={"line_items": line})

    assert answer.body["message"] == "Bill information has been updated."
    assert answer.body["bill"]["total"] == Decimal("50.00")
    assert answer.body["bill"]["bill_number"] == "INV-104"
    assert answer.body["bill"]["created_time"] == bill["created_time"]


def test_void_and_open(books: Books) -> None:
    number = books.post("/bills", books.bill()).body["bill"]["bill_id"]

    void = books.post(f"/bills/{number}/status/void")
    assert void.body["message"] == "The bill has been marked as void."
    assert books.get(f"/bills/{number}").body["bill"]["status"] == "void"

    assert books.post(f"/bills/{number}/status/open").outcome == (200, 0)
    assert books.get(f"/bills/{number}").body["bill"]["balance"] == 100


def test_a_paid_bill_is_not_deleted(books: Books) -> None:
    number = books.post("/bills", books.bill()).body["bill"]["bill_id"]
    books.standin.change(
        "pay_bill", organization=books.organization_id, record="INV-104"
    )

    assert books.call("DELETE", f"/bills/{number}").status == 400
    assert books.get(f"/bills/{number}").body["bill"]["status"] == "paid"


def test_a_deleted_bill_is_gone(books: Books) -> None:
    number = books.post("/bills", books.bill()).body["bill"]["bill_id"]

    answer = books.call("DELETE", f"/bills/{number}")

    assert answer.body == {"code": 0, "message": "The bill has been deleted."}
    assert books.get(f"/bills/{number}").outcome == (404, 1002)


def test_a_mandatory_tag_is_wanted(books: Books) -> None:
    tag = books.standin.change(
        "update",
        organization=books.organization_id,
        table="tags",
        record="Department",
        is_mandatory=True,
    )
    used = {
        "tag_id": tag["tag_id"],
        "tag_option_id": tag["options"][0]["option_id"],
    }

    assert books.post("/bills", books.bill()).status == 400
    assert books.post("/bills", books.bill(tags=[used])).outcome == (201, 0)


def _amounts(bill: Record) -> dict[str, Decimal]:
    return {row["tax_name"]: row["tax_amount"] for row in bill["taxes"]}
