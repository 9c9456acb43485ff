"""Locations that Zoho Books takes on the lines of a record, and not for all of it."""

from dataclasses import replace
from typing import Any

import pytest

from connections.models import Location, TaxRate
from dext_sync.businesses.models import Business, User
from publishing.decision import Facts, LocationFacts, Publish, decide
from publishing.models import Item
from publishing.payloads import Claim
from tests.factories import make_business
from tests.publishing.factories import (
    entry,
    make_entry,
    paid_receipt,
    ready_item,
    ready_sale,
)
from tests.publishing.steps import item_now, page_of, publish
from tests.publishing.test_decision import INVOICE, PAID_RECEIPT, held_for
from tests.publishing.test_decision_sales import SALE
from tests.publishing.test_payloads import bill, claimed, invoice
from tests.publishing.zoho import Zoho, connected_to
from tests.zoho_standin.world import Organisation

STORE = LocationFacts(zoho_id="603", lines_only=True)


class TestDeciding:
    @pytest.mark.parametrize("facts", [INVOICE, SALE], ids=["bill", "invoice"])
    def test_what_has_lines_takes_any(self, facts: Facts) -> None:
        assert isinstance(decide(replace(facts, location=STORE)), Publish)

    def test_an_expense_has_no_line_for_it(self) -> None:
        at_the_store = replace(PAID_RECEIPT, location=STORE)

        assert held_for(at_the_store) == {"location_for_lines"}
        of_all = replace(STORE, lines_only=False)
        assert isinstance(decide(replace(at_the_store, location=of_all)), Publish)

    def test_one_that_left_zoho_is_no_more_than_gone(self) -> None:
        gone = replace(STORE, usable=False)
        assert held_for(replace(PAID_RECEIPT, location=gone)) == {"location_gone"}


class TestSending:
    @pytest.mark.parametrize(
        "fields",
        [
            bill(replace(INVOICE, location=STORE)),
            invoice(replace(SALE, location=STORE)),
        ],
        ids=["bill", "invoice"],
    )
    def test_it_stands_on_the_line_alone(self, fields: dict[str, Any]) -> None:
        (line,) = fields["line_items"]
        assert line["location_id"] == "603"
        assert "location_id" not in fields

    def test_a_claim_of_before_knows_of_none(self) -> None:
        stored = claimed(INVOICE).as_json()
        del stored["location_for_lines"]
        assert Claim.from_json(stored) == claimed(INVOICE)


@pytest.fixture
def books(zoho: Zoho) -> Organisation:
    return zoho.standin.organisation("Spice Route Pvt")


@pytest.fixture
def spices(zoho: Zoho, books: Organisation, bob: User) -> Business:
    business = make_business("Spice Route", owner=bob, country="IN", currency="INR")
    connection = connected_to(zoho, business, books.name)
    for number, row in books.locations.items():
        make_entry(
            Location,
            connection,
            row["location_name"],
            zoho_id=number,
            lines_only=row["type"] == "line_item_only",
        )
    return business


class TestInZoho:
    @pytest.mark.parametrize("name", ["Head Office", "Cold Store"])
    def test_a_bill_and_a_sale_are_published_with_it(
        self, spices: Business, books: Organisation, bob: User, name: str
    ) -> None:
        place = entry(Location, spices, name)
        given = {"currency": "INR", "tax_rate": entry(TaxRate, spices, "GST0")}
        untaxed = {**given, "tax_amount": None, "location": place}
        for item in (
            ready_item(spices, bob, **untaxed),
            ready_sale(spices, bob, **untaxed),
        ):
            publish(item, bob)
            assert item_now(item).status == Item.Status.PUBLISHED
            assert page_of(item).problem == ""

        for (record,) in (books.bills.values(), books.invoices.values()):
            (line,) = record["line_items"]
            assert line["location_id"] == place.zoho_id
            of_all = "" if place.lines_only else place.zoho_id
            assert record["location_id"] == of_all

    def test_an_expense_waits_for_another_one(
        self, spices: Business, books: Organisation, bob: User
    ) -> None:
        receipt = paid_receipt(
            spices,
            bob,
            currency="INR",
            tax_rate=entry(TaxRate, spices, "GST0"),
            tax_amount=None,
            location=entry(Location, spices, "Cold Store"),
        )

        assert receipt.reasons == ["location_for_lines"]
        assert books.expenses == {}
