"""Other countries, other currencies: what each organisation gets, to the cent."""

import datetime as dt
from decimal import Decimal

import pytest

from connections.models import TaxRate
from dext_sync.businesses.models import Business, User
from publishing import facts
from tests.factories import make_business
from tests.publishing.factories import (
    entry,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.steps import item_now, page_of, publish
from tests.publishing.zoho import Zoho, connected_to


@pytest.mark.usefixtures("connection")
class TestForeignCurrency:
    def test_10_17_a_euro_receipt_from_a_pound_account_is_euro_at_the_rate_shown(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = paid_receipt(
            bakery,
            bob,
            currency="EUR",
            total=Decimal("50.00"),
            tax_amount=None,
            tax_rate=entry(TaxRate, bakery, "Zero Rate"),
            exchange_rate=Decimal("0.86"),
            rate_date=dt.date(2026, 11, 20),
        )

        publish(item, bob)

        (expense,) = zoho.expenses
        assert expense["currency_code"] == "EUR"
        assert expense["total"] == Decimal("50.00")
        assert expense["exchange_rate"] == Decimal("0.86")
        assert page_of(item).problem == ""

    def test_a_euro_bill_goes_to_a_euro_supplier(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        euros = {
            "currency": "EUR",
            "exchange_rate": Decimal("0.86"),
            "rate_date": dt.date(2026, 11, 20),
        }
        martin = make_supplier(bakery, "Boulangerie Martin SARL")

        wrong = ready_item(bakery, bob, **euros)
        right = ready_item(bakery, bob, **euros, supplier=martin)
        publish(right, bob)

        assert wrong.reasons == ["supplier_currency"]
        assert [bill["currency_code"] for bill in zoho.bills] == ["EUR"]

    def test_a_new_supplier_of_a_euro_bill_is_a_euro_contact(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        new = make_supplier(bakery, "Moulin Neuf", agreed_by=bob)

        publish(
            ready_item(
                bakery,
                bob,
                supplier=new,
                currency="EUR",
                exchange_rate=Decimal("0.86"),
                rate_date=dt.date(2026, 11, 20),
            ),
            bob,
        )

        assert [row["currency_code"] for row in zoho.contacts("Moulin Neuf")] == ["EUR"]
        assert len(zoho.bills) == 1


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("total", ["0.03", "1.23", "19.99", "100.00", "99999.97"])
@pytest.mark.parametrize("rate", ["Standard Rate", "Reduced Rate", "Zero Rate"])
def test_what_we_compute_is_what_zoho_computes(
    zoho: Zoho, bakery: Business, bob: User, total: str, rate: str
) -> None:
    tax_rate = entry(TaxRate, bakery, rate)
    tax = facts.suggest_tax(Decimal(total), tax_rate)

    item = ready_item(
        bakery, bob, total=Decimal(total), tax_rate=tax_rate, tax_amount=tax
    )
    publish(item, bob)

    assert zoho.bills[0]["total"] == Decimal(total)
    assert zoho.bills[0]["tax_total"] == tax
    assert page_of(item).problem == ""


def test_the_american_edition_gets_bills_and_expenses_without_tax(
    zoho: Zoho, bob: User
) -> None:
    diner = make_business("Sunnyside Diner", owner=bob, country="US", currency="USD")
    connected_to(zoho, diner, "Sunnyside Diner Inc")
    plain: dict[str, str | None] = {
        "currency": "USD",
        "tax_rate": None,
        "tax_amount": None,
    }

    publish(ready_item(diner, bob, **plain), bob)
    publish(paid_receipt(diner, bob, **plain), bob)

    books = zoho.standin.organisation("Sunnyside Diner Inc")
    (bill,) = books.bills.values()
    (expense,) = books.expenses.values()
    assert (bill["total"], bill["tax_total"]) == (Decimal("120.00"), Decimal(0))
    assert expense["total"] == Decimal("12.00")


def test_the_indian_edition_gets_its_two_halves_of_gst(zoho: Zoho, bob: User) -> None:
    spices = make_business("Spice Route", owner=bob, country="IN", currency="INR")
    connected_to(zoho, spices, "Spice Route Pvt")

    item = ready_item(
        spices,
        bob,
        currency="INR",
        total=Decimal("100.00"),
        tax_rate=entry(TaxRate, spices, "GST18"),
        tax_amount=Decimal("15.26"),
    )
    publish(item, bob)

    books = zoho.standin.organisation("Spice Route Pvt")
    (bill,) = books.bills.values()
    assert (bill["total"], bill["tax_total"]) == (Decimal("100.00"), Decimal("15.26"))
    assert item_now(item).status == "published"
    assert page_of(item).problem == ""
