"""Sales in other currencies and countries: what each organisation gets, to the cent."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from connections.models import Connection, TaxRate
from dext_sync.businesses.models import Business, User
from publishing import facts
from tests.factories import make_business
from tests.publishing.factories import entry, make_customer, ready_sale
from tests.publishing.steps import item_now, page_of, publish
from tests.publishing.zoho import Zoho, connected_to
from tests.zoho_standin.editions import SeedTax
from tests.zoho_standin.records import tax_record

EUROS: dict[str, Any] = {
    "currency": "EUR",
    "exchange_rate": Decimal("0.86"),
    "rate_date": dt.date(2026, 11, 20),
}


@pytest.fixture
def french_customer(zoho: Zoho) -> str:
    """Entered in Zoho Books before the lists are read."""
    zoho.person_types("contact", contact_name="Hôtel du Port", currency="EUR")
    return "Hôtel du Port"


def test_a_euro_sale_goes_to_a_euro_customer_at_the_rate_shown(
    zoho: Zoho, bakery: Business, bob: User, french_customer: str
) -> None:
    connected_to(zoho, bakery)
    hotel = make_customer(bakery, french_customer)

    wrong = ready_sale(bakery, bob, **EUROS)
    right = ready_sale(bakery, bob, **EUROS, supplier=hotel, reference="18")
    publish(right, bob)

    (invoice,) = zoho.invoices
    assert wrong.reasons == ["customer_currency"]
    assert invoice["customer_name"] == french_customer
    assert invoice["currency_code"] == "EUR"
    assert invoice["exchange_rate"] == Decimal("0.86")
    assert invoice["total"] == Decimal("120.00")
    assert page_of(right).problem == ""


def test_a_new_customer_of_a_euro_sale_is_a_euro_contact(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    new = make_customer(bakery, "Café Neuf", agreed_by=bob)

    publish(ready_sale(bakery, bob, **EUROS, supplier=new), bob)

    assert [row["currency_code"] for row in zoho.contacts("Café Neuf")] == ["EUR"]
    assert zoho.invoices[0]["currency_code"] == "EUR"


@pytest.mark.parametrize("total", ["0.03", "19.99", "99999.97"])
def test_what_we_compute_is_what_zoho_computes(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection, total: str
) -> None:
    tax_rate = entry(TaxRate, bakery, "Reduced Rate")
    tax = facts.suggest_tax(Decimal(total), tax_rate)

    item = ready_sale(
        bakery, bob, total=Decimal(total), tax_rate=tax_rate, tax_amount=tax
    )
    publish(item, bob)

    assert zoho.invoices[0]["total"] == Decimal(total)
    assert zoho.invoices[0]["tax_total"] == tax
    assert page_of(item).problem == ""


class TestTheUnitedStates:
    DOLLARS: dict[str, Any] = {"currency": "USD", "tax_rate": None, "tax_amount": None}

    def test_a_sale_may_go_without_tax(self, zoho: Zoho, bob: User) -> None:
        diner = make_business("Sunnyside Diner", owner=bob, country="US")
        connected_to(zoho, diner, "Sunnyside Diner Inc")

        publish(ready_sale(diner, bob, **self.DOLLARS), bob)

        books = zoho.standin.organisation("Sunnyside Diner Inc")
        (invoice,) = books.invoices.values()
        assert (invoice["total"], invoice["tax_total"]) == (Decimal(120), Decimal(0))

    def test_sales_tax_that_is_set_up_there_is_taken(
        self, zoho: Zoho, bob: User
    ) -> None:
        books = zoho.standin.organisation("Sunnyside Diner Inc")
        sales_tax = SeedTax("Sales Tax", "8.25")
        books.taxes["4600000000000777001"] = tax_record(
            "4600000000000777001", sales_tax, [], "2026-01-05T09:00:00-0500"
        )
        diner = make_business("Sunnyside Diner", owner=bob, country="US")
        connected_to(zoho, diner, "Sunnyside Diner Inc")
        taxed = self.DOLLARS | {
            "total": Decimal("108.25"),
            "tax_rate": entry(TaxRate, diner, "Sales Tax"),
            "tax_amount": Decimal("8.25"),
        }

        item = ready_sale(diner, bob, **taxed)
        publish(item, bob)

        (invoice,) = books.invoices.values()
        assert invoice["total"] == Decimal("108.25")
        assert invoice["tax_total"] == Decimal("8.25")
        assert page_of(item).problem == ""


class TestIndia:
    RUPEES: dict[str, Any] = {
        "currency": "INR",
        "total": Decimal("118.00"),
        "tax_amount": Decimal("18.00"),
    }

    def test_a_sale_within_the_state_has_its_two_halves_of_gst(
        self, zoho: Zoho, bob: User
    ) -> None:
        spices = make_business("Spice Route", owner=bob, country="IN", currency="INR")
        connected_to(zoho, spices, "Spice Route Pvt")
        gst = entry(TaxRate, spices, "GST18")

        item = ready_sale(spices, bob, **self.RUPEES, tax_rate=gst)
        publish(item, bob)

        books = zoho.standin.organisation("Spice Route Pvt")
        (invoice,) = books.invoices.values()
        assert invoice["gst_treatment"] == "business_gst"
        assert invoice["total"] == Decimal("118.00")
        assert page_of(item).problem == ""

    def test_the_wrong_kind_of_tax_is_the_tax_rates_fault(
        self, zoho: Zoho, bob: User
    ) -> None:
        spices = make_business("Spice Route", owner=bob, country="IN", currency="INR")
        connected_to(zoho, spices, "Spice Route Pvt")
        igst = entry(TaxRate, spices, "IGST18")

        item = ready_sale(spices, bob, **self.RUPEES, tax_rate=igst)
        publish(item, bob)

        page = page_of(item)
        assert item_now(item).status == "failed"
        assert page.problem_field == "tax_rate"
        assert "IGST cannot be applied" in page.zoho_words
