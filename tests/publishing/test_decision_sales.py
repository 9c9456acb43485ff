"""What of a sale may be published, and what is said of its customer."""

from dataclasses import replace
from decimal import Decimal

import pytest

from publishing.decision import (
    ContactFacts,
    CurrencyFacts,
    Entry,
    ProjectFacts,
    Publish,
    SupplierFacts,
    decide,
)
from tests.publishing.test_decision import BOOKS, EURO_BOOKS, INVOICE, held_for

HOTEL = SupplierFacts(
    name="Anchor Hotel", contact=ContactFacts(zoho_id="501", currency="GBP")
)
SALE = replace(
    INVOICE,
    is_sale=True,
    supplier=HOTEL,
    reference="2026-17",
    description="Bread in October",
    category=Entry(zoho_id="402", name="Sales"),
)
DOLLAR = CurrencyFacts(zoho_id="103", code="USD")
DINER = replace(BOOKS, edition="us", base_currency="USD", currency=DOLLAR)
NEW = SupplierFacts(name="New Café", create_agreed=True)
UNTAXED = replace(SALE, currency="USD", books=DINER, supplier=NEW, tax=None)


def test_a_sale_becomes_an_invoice() -> None:
    assert decide(SALE) == Publish("invoice")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"supplier": None}, "no_customer"),
        ({"reference": ""}, "no_reference"),
        ({"supplier": SupplierFacts(name="New Café")}, "customer_not_in_zoho"),
        (
            {"supplier": SupplierFacts(name="New Café", name_taken=True)},
            "customer_name_taken",
        ),
        (
            {
                "supplier": replace(
                    HOTEL, contact=ContactFacts(zoho_id="1", usable=False)
                )
            },
            "customer_left",
        ),
        (
            {
                "supplier": replace(
                    HOTEL, contact=ContactFacts(zoho_id="1", currency="EUR")
                )
            },
            "customer_currency",
        ),
        ({"books": replace(BOOKS, takes_invoices=False)}, "right_missing"),
        (
            {"project": ProjectFacts(zoho_id="1", customer_id="999")},
            "project_of_another",
        ),
        ({"tax": None, "tax_amount": None}, "no_tax"),
    ],
    ids=str,
)
def test_its_reasons_speak_of_a_customer(
    change: dict[str, object], reason: str
) -> None:
    assert held_for(replace(SALE, **change)) == {reason}  # type: ignore[arg-type]


def test_a_new_customer_in_india_needs_a_gst_treatment() -> None:
    india = replace(BOOKS, edition="in")

    assert held_for(replace(SALE, supplier=NEW, books=india)) == {"customer_needs_gst"}


def test_a_foreign_sale_needs_rate_and_date_and_a_customer_of_its_currency() -> None:
    euros = replace(SALE, currency="EUR", books=EURO_BOOKS)

    assert held_for(euros) == {"customer_currency", "rate_missing"}


@pytest.mark.parametrize("amount", [None, Decimal(0)])
def test_in_the_us_a_sale_may_go_untaxed(amount: Decimal | None) -> None:
    sale = replace(UNTAXED, tax_amount=amount)

    assert decide(sale) == Publish("invoice")


def test_in_the_us_a_tax_amount_needs_its_rate() -> None:
    sale = replace(UNTAXED, tax_amount=Decimal(8))

    assert held_for(sale) == {"no_tax"}


def test_in_the_us_sales_are_taxed_where_purchases_are_not() -> None:
    taxed = replace(UNTAXED, tax=SALE.tax, tax_amount=Decimal(20))

    assert decide(taxed) == Publish("invoice")
    assert held_for(replace(taxed, is_sale=False)) == {"tax_not_known_here"}
