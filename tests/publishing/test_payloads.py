"""What is sent to Zoho, field by field."""

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from publishing import payloads
from publishing.decision import (
    ContactFacts,
    Entry,
    Facts,
    LocationFacts,
    ProjectFacts,
    Publish,
    SupplierFacts,
    decide,
)
from publishing.payloads import Amounts, Claim
from tests.publishing.test_decision import (
    BOOKS,
    CARD,
    EURO_BOOKS,
    INVOICE,
    PAID_RECEIPT,
)
from tests.publishing.test_decision_sales import HOTEL, SALE

MARK = "DS-23456789AB"


def claimed(facts: Facts) -> Claim:
    decision = decide(facts)
    assert isinstance(decision, Publish)
    return payloads.claim(facts, decision, mark=MARK, supplier_id=7)


def bill(facts: Facts) -> dict[str, Any]:
    return payloads.bill(claimed(facts), vendor_id="501", mark=MARK).fields()


def expense(facts: Facts) -> dict[str, Any]:
    return payloads.expense(claimed(facts), vendor_id="501", mark=MARK).fields()


def invoice(facts: Facts) -> dict[str, Any]:
    return payloads.invoice(claimed(facts), customer_id="501", mark=MARK).fields()


def test_a_bill_is_one_line_with_the_tax_inside() -> None:
    assert bill(INVOICE) == {
        "vendor_id": "501",
        "bill_number": "INV-104",
        "reference_number": MARK,
        "date": "2026-11-20",
        "due_date": "2026-12-20",
        "currency_id": "101",
        "is_inclusive_tax": True,
        "line_items": [
            {
                "account_id": "401",
                "rate": Decimal("120.00"),
                "quantity": Decimal(1),
                "description": "Printer paper",
                "tax_id": "301",
            }
        ],
    }


def test_an_expense_says_how_it_was_paid_and_ends_with_our_mark() -> None:
    assert expense(replace(PAID_RECEIPT, reference="R-77")) == {
        "account_id": "401",
        "date": "2026-11-20",
        "amount": Decimal("120.00"),
        "paid_through_account_id": "201",
        "vendor_id": "501",
        "currency_id": "101",
        "tax_id": "301",
        "is_inclusive_tax": True,
        "reference_number": "R-77",
        "description": f"Printer paper · {MARK}",
    }


def test_a_sale_is_one_line_under_its_own_number() -> None:
    assert invoice(SALE) == {
        "customer_id": "501",
        "invoice_number": "2026-17",
        "reference_number": MARK,
        "date": "2026-11-20",
        "due_date": "2026-12-20",
        "currency_id": "101",
        "is_inclusive_tax": True,
        "line_items": [
            {
                "name": "Bread in October",
                "account_id": "402",
                "rate": Decimal("120.00"),
                "quantity": Decimal(1),
                "tax_id": "301",
            }
        ],
    }


def test_a_sale_without_description_is_named_after_its_category() -> None:
    (line,) = invoice(replace(SALE, description=""))["line_items"]

    assert line["name"] == "Sales"
    assert "description" not in line


def test_a_long_description_is_kept_whole_beside_the_name_that_it_begins() -> None:
    (line,) = invoice(replace(SALE, description="loaf " * 40))["line_items"]
    (short,) = invoice(replace(SALE, description="l" * 100))["line_items"]

    assert line["name"] == ("loaf " * 20).rstrip()
    assert line["description"] == "loaf " * 40
    assert "description" not in short


def test_a_sale_in_euro_names_rate_project_and_location() -> None:
    fields = invoice(
        replace(
            SALE,
            currency="EUR",
            books=EURO_BOOKS,
            supplier=replace(HOTEL, contact=ContactFacts(zoho_id="501")),
            exchange_rate=Decimal("0.86"),
            rate_date=dt.date(2026, 11, 20),
            project=ProjectFacts(zoho_id="601", customer_id="501"),
            location=LocationFacts(zoho_id="603"),
        )
    )

    (line,) = fields["line_items"]
    assert (fields["currency_id"], fields["exchange_rate"]) == ("102", Decimal("0.86"))
    assert (line["project_id"], line["location_id"]) == ("601", "603")
    assert fields["location_id"] == "603"
    assert "is_billable" not in line


def test_a_new_customer_is_created_as_one() -> None:
    new = SupplierFacts(name="New Café", create_agreed=True)

    contact = payloads.contact(claimed(replace(SALE, supplier=new)))

    assert contact.fields() == {
        "contact_name": "New Café",
        "contact_type": "customer",
        "currency_id": "101",
        "company_name": "New Café",
    }


def test_an_expense_without_description_or_reference_has_the_mark_alone() -> None:
    fields = expense(replace(PAID_RECEIPT, description=""))

    assert fields["description"] == MARK
    assert "reference_number" not in fields


def test_the_american_edition_gets_no_tax_fields() -> None:
    books = replace(BOOKS, edition="us")
    facts = replace(INVOICE, books=books, tax=None, tax_amount=None)

    fields = bill(facts)

    assert "is_inclusive_tax" not in fields
    assert "tax_id" not in fields["line_items"][0]


def test_a_business_not_registered_for_tax_sends_none_even_if_some_is_left() -> None:
    facts = replace(INVOICE, tax_registered=False)

    fields = bill(facts)

    assert claimed(facts).tax is None
    assert "is_inclusive_tax" not in fields
    assert "tax_id" not in fields["line_items"][0]


def test_a_euro_receipt_is_euro_in_zoho_at_the_rate_shown() -> None:
    facts = replace(
        PAID_RECEIPT,
        currency="EUR",
        books=EURO_BOOKS,
        total=Decimal("50.000"),
        tax_amount=None,
        exchange_rate=Decimal("0.86110000"),
        rate_date=dt.date(2026, 11, 20),
    )

    fields = expense(facts)

    assert fields["currency_id"] == "102"
    assert fields["amount"] == Decimal("50.00")
    assert fields["exchange_rate"] == Decimal("0.8611")


def test_our_own_currency_is_sent_too_without_a_rate() -> None:
    fields = bill(replace(INVOICE, exchange_rate=Decimal(1)))

    assert fields["currency_id"] == "101"
    assert "exchange_rate" not in fields


def test_a_long_description_of_an_expense_leaves_room_for_the_mark() -> None:
    """Whatever Zoho took off at the end would be the mark."""
    fields = expense(replace(PAID_RECEIPT, description="d" * 400))
    words = expense(replace(PAID_RECEIPT, description="dough " * 40))

    assert fields["description"] == "d" * 84 + f" · {MARK}"
    assert len(fields["description"]) == 100
    assert words["description"] == "dough " * 13 + f"dough · {MARK}"


def test_a_receipt_without_number_is_numbered_by_our_mark() -> None:
    fields = bill(replace(INVOICE, kind="receipt", reference=""))

    assert fields["bill_number"] == MARK
    assert fields["reference_number"] == MARK


def test_what_is_billable_names_project_and_customer_on_its_line() -> None:
    project, customer = ProjectFacts(zoho_id="601"), Entry(zoho_id="602")
    location = LocationFacts(zoho_id="603")
    owed, paid = (
        replace(facts, project=project, customer=customer, location=location)
        for facts in (INVOICE, PAID_RECEIPT)
    )

    fields = bill(owed)

    (line,) = fields["line_items"]
    assert fields["location_id"] == "603"
    for named in (line, expense(paid)):
        assert (named["project_id"], named["customer_id"]) == ("601", "602")
        assert named["is_billable"] is True
        assert named["location_id"] == "603"


def test_a_claim_holds_nothing_that_its_record_does_not_take() -> None:
    project = ProjectFacts(zoho_id="601", customer_id="501")
    sale = claimed(replace(SALE, project=project, customer=Entry(zoho_id="602")))
    cost = claimed(replace(INVOICE, method=CARD, mark_as_sent=True))

    assert (sale.project_id, sale.customer_id, sale.project_customer_id) == (
        "601",
        "",
        "",
    )
    assert not sale.mark_as_sent
    assert (cost.paid_through_account_id, cost.mark_as_sent) == ("", False)


def test_a_project_goes_with_its_customer_and_bills_nobody_for_it() -> None:
    project = ProjectFacts(zoho_id="601", customer_id="602")
    (line,) = bill(replace(INVOICE, project=project))["line_items"]
    spent = expense(replace(PAID_RECEIPT, project=project))
    for fields in (line, spent):
        assert (fields["project_id"], fields["customer_id"]) == ("601", "602")
        assert fields["is_billable"] is False


def test_a_claim_from_before_projects_had_customers_is_read() -> None:
    stored = claimed(replace(INVOICE, project=ProjectFacts(zoho_id="601"))).as_json()
    del stored["project_customer_id"]
    assert Claim.from_json(stored).project_customer_id == ""


def test_a_new_supplier_gets_the_documents_currency() -> None:
    new = SupplierFacts(name="New Mill", create_agreed=True)

    contact = payloads.contact(claimed(replace(INVOICE, supplier=new)))

    assert contact.fields() == {
        "contact_name": "New Mill",
        "contact_type": "vendor",
        "currency_id": "101",
        "company_name": "New Mill",
    }


@given(
    st.decimals(min_value="0.01", max_value="9999999", places=2),
    st.none() | st.decimals(min_value="0.0001", max_value="999", places=8),
    st.none() | st.dates(),
    st.text(max_size=40),
)
def test_a_claim_is_the_same_after_it_was_stored(
    total: Decimal, rate: Decimal | None, due: dt.date | None, words: str
) -> None:
    claim = replace(
        claimed(INVOICE),
        total=total,
        exchange_rate=rate,
        due_date=due,
        description=words,
    )

    assert Claim.from_json(json.loads(json.dumps(claim.as_json()))) == claim


def test_another_currency_is_told_whatever_the_amounts_are() -> None:
    """Zoho may ignore the currency that it is sent, and book the same number of pounds."""
    pounds = claimed(INVOICE).amounts
    euros = replace(pounds, currency="EUR")

    assert payloads.differences(euros, pounds) == ["currency GBP instead of EUR"]
    assert payloads.differences(euros, replace(euros, currency="")) == []
    assert payloads.differences(euros, euros) == []


def test_other_amounts_in_zoho_are_named() -> None:
    expected = Amounts(Decimal("120.00"), Decimal("20.00"))

    assert payloads.differences(expected, Amounts(Decimal(120), None)) == []
    untaxed = replace(expected, tax=None)
    assert payloads.differences(untaxed, expected) == []
    assert payloads.differences(expected, Amounts(Decimal(121), Decimal(20))) == [
        "total 121 instead of 120.00"
    ]
    assert payloads.differences(expected, Amounts(Decimal(120), Decimal("19.99"))) == [
        "tax 19.99 instead of 20.00"
    ]
