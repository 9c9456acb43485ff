"""Reasons why there is no tax, on the pages of an Indian business and of another one."""

import re
from decimal import Decimal
from typing import Any

import pytest

from connections import general
from connections.models import Connection, TaxExemption, TaxRate
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, results
from publishing.models import Item
from publishing.outcomes import Refused
from publishing.picking import MOST_OPTIONS
from publishing.problems import Problem
from publishing.views import values
from tests.factories import make_business
from tests.publishing.factories import (
    entry,
    make_entry,
    paid_receipt,
    ready_item,
    ready_sale,
)
from tests.publishing.pages.conftest import At, now, text
from tests.publishing.pages.test_pickers import labels
from tests.publishing.steps import begun, take_lease
from tests.publishing.zoho import Zoho, connected_to

OPTIONS = "tax_or_exemption_options"
RUPEES: dict[str, Any] = {"currency": "INR", "tax_amount": None, "tax_rate": None}


@pytest.fixture
def spices(zoho: Zoho, alice: User) -> Business:
    business = make_business("Spice Route", owner=alice, country="IN", currency="INR")
    connected_to(zoho, business, "Spice Route Pvt")
    return business


@pytest.fixture
def export(spices: Business) -> TaxExemption:
    return entry(TaxExemption, spices, "EXPORT")


@pytest.fixture
def bill(spices: Business, alice: User) -> Item:
    return ready_item(spices, alice, **RUPEES)


def picks(at: At, by: User, item: Item, **data: object) -> str:
    visitor = at(by, item.business)
    return text(visitor.posts("item_field", item.pk, "tax_rate", data=data, htmx=True))


class TestThePicker:
    def test_offers_them_after_the_rates_in_a_group_of_their_own(
        self, at: At, alice: User, spices: Business, export: TaxExemption
    ) -> None:
        answer = at(alice, spices).opens(OPTIONS)

        assert labels(answer)[-2:] == ["IGST5", "EXPORT"]
        page = text(answer)
        assert 'role="group" aria-label="Without tax"' in page
        assert f'data-value="exemption:{export.pk}"' in page
        assert "Goods that leave the country" in page

    def test_asks_for_words_only_where_there_is_more(
        self, at: At, alice: User, spices: Business
    ) -> None:
        with acting_in(spices.pk):
            connection = Connection.unscoped.get()
        for number in range(25):
            make_entry(TaxExemption, connection, f"LUT {number}")
        visitor = at(alice, spices)
        asked = "Type to find more."

        few = visitor.opens(OPTIONS)
        for number in range(25, 30):
            make_entry(TaxExemption, connection, f"LUT {number}")
        many = visitor.opens(OPTIONS)

        assert len(labels(few)) > MOST_OPTIONS
        assert asked not in text(few)
        assert asked in text(many)

    def test_finds_them_by_their_words(
        self, at: At, alice: User, spices: Business
    ) -> None:
        assert labels(at(alice, spices).opens(OPTIONS, q="expo")) == ["EXPORT"]
        assert "EXPORT" not in labels(at(alice, spices).opens(OPTIONS, q="gst"))

    def test_a_hidden_one_and_a_customers_are_not_for_costs(
        self, at: At, alice: User, spices: Business, export: TaxExemption
    ) -> None:
        with acting_in(spices.pk):
            connection = Connection.unscoped.get()
            TaxExemption.unscoped.update(visible=False)
        make_entry(TaxExemption, connection, "RESELLER", kind="customer")

        visitor = at(alice, spices)

        assert labels(visitor.opens(OPTIONS))[-1] == "IGST5"
        assert labels(visitor.in_sales.opens(OPTIONS))[-1] == "RESELLER"

    @pytest.mark.parametrize(
        ("edition", "in_costs", "in_sales"),
        [
            ("in", True, True),
            ("au", True, False),
            ("ca", True, False),
            ("us", False, True),
            ("uk", False, False),
        ],
    )
    def test_offers_them_where_zoho_takes_them(
        self,
        at: At,
        alice: User,
        spices: Business,
        edition: str,
        *,
        in_costs: bool,
        in_sales: bool,
    ) -> None:
        with acting_in(spices.pk):
            Connection.unscoped.update(edition=edition)
        visitor = at(alice, spices)
        for where, offered in ((visitor, in_costs), (visitor.in_sales, in_sales)):
            assert ("EXPORT" in labels(where.opens(OPTIONS))) is offered

    def test_of_rules_and_of_expenses_offers_rates_alone(
        self, at: At, alice: User, spices: Business
    ) -> None:
        receipt = paid_receipt(spices, alice, **RUPEES)
        visitor = at(alice, spices)
        page = text(visitor.opens("item", receipt.pk))

        assert "/options/tax-rates/" in page
        assert "/options/taxes/" not in page
        assert "EXPORT" not in labels(visitor.opens("tax_options"))


class TestTheItem:
    def test_is_ready_once_a_reason_was_picked(
        self, at: At, alice: User, bill: Item, export: TaxExemption
    ) -> None:
        answer = picks(at, alice, bill, value=f"exemption:{export.pk}")

        assert now(bill).tax_exemption_id == export.pk
        assert now(bill).status == Item.Status.READY
        assert "Without tax: Goods that leave the country" in answer
        assert "from the tax exemption" in answer
        page = text(at(alice, bill.business).opens("item", bill.pk))
        assert f'value="exemption:{export.pk}"' in page
        assert 'value="EXPORT"' in page
        assert "/options/taxes/" in page

    def test_takes_a_typed_name(
        self, at: At, alice: User, bill: Item, export: TaxExemption
    ) -> None:
        picks(at, alice, bill, typed="export")
        assert now(bill).tax_exemption_id == export.pk
        picks(at, alice, bill, typed="GST18")
        gst = entry(TaxRate, bill.business, "GST18")
        assert (now(bill).tax_exemption_id, now(bill).tax_rate_id) == (None, gst.pk)
        picks(at, alice, bill, typed="")
        assert now(bill).tax is None

    @pytest.mark.parametrize("value", ["exemption:", "exemption:x", "exemption:99"])
    def test_takes_nothing_that_is_not_there(
        self, at: At, alice: User, bill: Item, value: str
    ) -> None:
        assert "This can no longer be chosen" in picks(at, alice, bill, value=value)
        assert now(bill).tax is None

    def test_does_not_take_a_rates_number_for_a_reason(
        self, at: At, alice: User, bill: Item
    ) -> None:
        rate = entry(TaxRate, bill.business, "GST18")
        picks(at, alice, bill, value=f"exemption:{rate.pk}")
        assert now(bill).tax is None

    def test_is_another_one_to_who_looked_before(
        self, at: At, alice: User, bill: Item, export: TaxExemption
    ) -> None:
        with acting_in(bill.business_id):
            coding.change(bill, "tax_amount", Decimal(0), by=alice)
            before = values.print_of(now(bill))
        picks(at, alice, bill, value=f"exemption:{export.pk}")
        with acting_in(bill.business_id):
            assert values.print_of(now(bill)) != before

    def test_says_why_in_preview_and_history(
        self, at: At, alice: User, bill: Item, export: TaxExemption
    ) -> None:
        picks(at, alice, bill, value=f"exemption:{export.pk}")
        visitor = at(alice, bill.business)

        preview = text(visitor.opens("item_preview", bill.pk))
        history = text(visitor.opens("item_history", bill.pk))

        assert "<dt>Without tax</dt><dd>EXPORT</dd>" in preview
        assert "<dt>Tax" not in preview
        assert re.search(r"tax rate.*EXPORT", history)

    def test_says_who_has_chosen_it_and_what_lost(
        self, at: At, alice: User, bill: Item, export: TaxExemption
    ) -> None:
        gst = entry(TaxRate, bill.business, "GST18")
        with acting_in(bill.business_id):
            connection = Connection.unscoped.get()
            general.change(connection, "cost_tax", gst, by=alice)
        picks(at, alice, bill, value=f"exemption:{export.pk}")

        why = text(at(alice, bill.business).opens("item_why", bill.pk, "tax_rate"))

        assert re.search(r"you, .*<dd>EXPORT <span[^>]*>holds.*<dd>GST18 ", why)

    def test_is_exempt_with_many_others(
        self, at: At, alice: User, bill: Item, export: TaxExemption
    ) -> None:
        other = ready_item(bill.business, alice, **RUPEES)
        at(alice, bill.business).posts(
            "items_code",
            data={
                "field": "tax_rate",
                "item": [bill.pk, other.pk],
                "value": f"exemption:{export.pk}",
                "typed": "EXPORT",
            },
        )
        assert {now(each).tax_exemption_id for each in (bill, other)} == {export.pk}

    def test_of_sales_takes_one_too(
        self, at: At, alice: User, spices: Business, export: TaxExemption
    ) -> None:
        sale = ready_sale(spices, alice, **RUPEES)
        visitor = at(alice, spices).in_sales
        data = {"value": f"exemption:{export.pk}"}
        visitor.posts("item_field", sale.pk, "tax_rate", data=data)
        assert now(sale).status == Item.Status.READY

    def test_that_uses_one_which_left_zoho_is_listed(
        self, at: At, alice: User, bill: Item, export: TaxExemption
    ) -> None:
        picks(at, alice, bill, value=f"exemption:{export.pk}")
        with acting_in(bill.business_id):
            TaxExemption.unscoped.update(is_active=False)
            coding.review(bill)
        visitor = at(alice, bill.business)
        page = text(visitor.opens("item", bill.pk))
        assert "The chosen tax exemption is no longer in Zoho Books" in page
        listed = text(visitor.opens("list_page", "tax-exemptions"))
        assert "No longer to be had in Zoho Books, and used here" in listed
        assert "Invoice INV-104" in listed


def test_what_zoho_refuses_of_one_is_nothing_of_the_rate_of_its_number(
    at: At, alice: User, bill: Item
) -> None:
    rate = entry(TaxRate, bill.business, "GST18")
    other = ready_item(bill.business, alice, **RUPEES)
    with acting_in(bill.business_id):
        connection = Connection.unscoped.get()
        make_entry(TaxExemption, connection, "LUT", pk=rate.pk)
    visitor = at(alice, bill.business)
    refused = Refused(Problem.REJECTED, field="tax_rate")
    for item, value in ((bill, f"exemption:{rate.pk}"), (other, str(rate.pk))):
        picks(at, alice, item, value=value)
        publication = take_lease(begun(now(item), alice))
        with acting_in(bill.business_id):
            results.settle(publication, publication.steps.get(kind="record"), refused)

    page = text(visitor.opens("costs_inbox", status="failed"))

    assert "<b>LUT</b>" in page
    assert "<b>GST18</b>" in page
    assert "/lists/tax-exemptions/" in page
    assert "/lists/tax-rates/" in page
