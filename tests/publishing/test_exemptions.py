"""Items that say why they have no tax, where Zoho Books takes such a reason."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.db import connection as database
from django.db.transaction import atomic
from django.utils import timezone

from connections import general
from connections.models import Connection, TaxExemption, TaxRate
from connections.zoho import parsing
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, payloads, sending
from publishing.decision import Entry, Facts, Hold, decide
from publishing.models import Item
from publishing.payloads import Amounts, Claim
from publishing.reasons import Reason
from tests.factories import make_business
from tests.publishing.factories import (
    entry,
    make_connection,
    make_entry,
    paid_receipt,
    ready_item,
    ready_sale,
)
from tests.publishing.steps import begun, item_now, page_of, publish, review, trail_of
from tests.publishing.test_decision import BOOKS, INVOICE, PAID_RECEIPT, held_for
from tests.publishing.test_decision_sales import SALE
from tests.publishing.test_payloads import claimed
from tests.publishing.zoho import Zoho, connected_to
from tests.zoho_standin.world import Organisation

EXPORT = Entry(zoho_id="905", name="EXPORT")
RUPEES: Mapping[str, Any] = {
    "currency": "INR",
    "total": Decimal("100.00"),
    "tax_amount": None,
    "tax_rate": None,
}


def exempt(facts: Facts, edition: str = "in") -> Facts:
    books = replace(BOOKS, edition=edition)
    return replace(facts, books=books, tax=None, tax_amount=None, exemption=EXPORT)


class TestDeciding:
    def test_the_reason_stands_where_a_rate_does(self) -> None:
        assert held_for(replace(exempt(INVOICE), exemption=None)) == {"no_tax"}
        assert claimed(exempt(INVOICE)).tax_exemption_id == "905"
        assert claimed(exempt(SALE)).tax_exemption_id == "905"

    @pytest.mark.parametrize(
        ("facts", "edition"),
        [
            (PAID_RECEIPT, "in"),
            (PAID_RECEIPT, "ca"),
            (INVOICE, "uk"),
            (INVOICE, "gcc"),
            (SALE, "ca"),
            (SALE, "au"),
        ],
    )
    def test_where_zoho_takes_none_a_rate_is_asked_for(
        self, facts: Facts, edition: str
    ) -> None:
        assert held_for(exempt(facts, edition)) == {"exemption_not_here"}

    def test_american_purchases_have_no_tax_to_be_exempt_of(self) -> None:
        assert held_for(exempt(INVOICE, "us")) == {"tax_not_known_here"}

    def test_nobody_is_exempt_and_pays_tax(self) -> None:
        taxed = replace(exempt(INVOICE), tax_amount=Decimal("20.00"))
        assert decide(taxed) == Hold((Reason.EXEMPT_WITH_TAX,))
        assert claimed(replace(taxed, tax_amount=Decimal(0))).tax == 0

    def test_one_that_left_zoho_is_chosen_again(self) -> None:
        gone = replace(exempt(INVOICE), exemption=replace(EXPORT, usable=False))
        assert held_for(gone) == {"exemption_gone"}

    def test_a_business_without_tax_says_nothing_of_it(self) -> None:
        untaxed = replace(exempt(INVOICE), tax_registered=False)
        assert claimed(untaxed).tax_exemption_id == ""

    def test_a_rate_never_goes_beside_it(self) -> None:
        both = replace(exempt(INVOICE), tax=INVOICE.tax)
        assert claimed(both).tax_id == ""
        assert claimed(both).tax_exemption_id == "905"


class TestClaiming:
    def test_a_claim_of_before_has_none(self) -> None:
        stored = claimed(INVOICE).as_json()
        del stored["tax_exemption_id"]
        assert Claim.from_json(stored) == claimed(INVOICE)

    def test_no_tax_is_expected_of_it(self) -> None:
        amounts = claimed(exempt(INVOICE)).amounts
        assert amounts == Amounts(Decimal("120.00"), Decimal("0.00"), "GBP", "905")

    @pytest.mark.parametrize(
        ("answered", "told"),
        [
            (None, []),
            ("905", []),
            ("", ["no tax exemption"]),
            ("906", ["another tax exemption"]),
        ],
    )
    def test_what_zoho_made_of_it_is_compared(
        self, answered: str | None, told: list[str]
    ) -> None:
        expected = claimed(exempt(INVOICE)).amounts
        assert payloads.differences(
            expected, replace(expected, exemption=answered)
        ) == (told)

    def test_an_item_with_a_rate_is_not_compared(self) -> None:
        expected = claimed(INVOICE).amounts
        answered = replace(expected, exemption="")
        assert payloads.differences(expected, answered) == []


def test_a_single_bill_tells_the_exemption_of_its_line() -> None:
    row = {"bill_id": "1", "total": Decimal(1)}
    lines = [{"tax_exemption_id": "905"}]
    assert parsing.bill(row).tax_exemption_id is None
    assert parsing.bill(row | {"line_items": [{}]}).tax_exemption_id is None
    assert parsing.bill(row | {"line_items": lines}).tax_exemption_id == "905"


@pytest.fixture
def spices(zoho: Zoho, bob: User) -> Business:
    business = make_business("Spice Route", owner=bob, country="IN", currency="INR")
    connected_to(zoho, business, "Spice Route Pvt")
    return business


@pytest.fixture
def books(zoho: Zoho) -> Organisation:
    return zoho.standin.organisation("Spice Route Pvt")


def choose(item: Item, what: Any, by: User) -> Item:
    with acting_in(item.business_id):
        return coding.change(item, "tax_rate", what, by=by)


def plain_bill(business: Business, by: User, **more: Any) -> Item:
    return ready_item(business, by, **{**RUPEES, **more})


class TestInIndia:
    def test_a_bill_goes_with_its_reason_and_no_tax(
        self, spices: Business, books: Organisation, bob: User
    ) -> None:
        item = plain_bill(spices, bob)
        assert item.reasons == ["no_tax"]
        export = entry(TaxExemption, spices, "EXPORT")

        publish(choose(item, export, bob), bob)

        (bill,) = books.bills.values()
        (line,) = bill["line_items"]
        assert line["tax_exemption_code"] == "EXPORT"
        assert (line["tax_id"], bill["tax_total"]) == ("", Decimal(0))
        assert bill["total"] == Decimal("100.00")
        assert item_now(item).status == "published"
        assert page_of(item).problem == ""

    def test_a_sale_goes_with_its_reason_and_no_tax(
        self, spices: Business, books: Organisation, bob: User
    ) -> None:
        item = ready_sale(spices, bob, **RUPEES)
        assert item.reasons == ["no_tax"]

        publish(choose(item, entry(TaxExemption, spices, "EXPORT"), bob), bob)

        (invoice,) = books.invoices.values()
        (number,) = books.exemptions
        assert invoice["tax_exemption_id"] == number
        assert (invoice["total"], invoice["tax_total"]) == (Decimal(100), Decimal(0))
        assert page_of(item).problem == ""

    def test_an_expense_is_held_and_a_rate_of_nothing_helps(
        self, spices: Business, books: Organisation, bob: User
    ) -> None:
        receipt = paid_receipt(spices, bob, **RUPEES)

        held = choose(receipt, entry(TaxExemption, spices, "EXPORT"), bob)
        ready = choose(receipt, entry(TaxRate, spices, "GST0"), bob)
        publish(ready, bob)

        assert held.reasons == ["exemption_not_here"]
        assert ready.reasons == []
        assert len(books.expenses) == 1

    def test_what_zoho_takes_and_forgets_is_found_out(
        self, spices: Business, bob: User
    ) -> None:
        export = entry(TaxExemption, spices, "EXPORT")
        item = choose(plain_bill(spices, bob), export, bob)
        row = {"bill_id": "1", "total": Decimal(100), "tax_total": Decimal(0)}
        forgotten = parsing.bill(row | {"line_items": [{"tax_exemption_id": ""}]})

        done = sending.record_done(begun(item, bob), forgotten)

        assert done.differences == ("no tax exemption",)

    def test_one_that_zoho_does_not_know_is_refused(
        self, spices: Business, books: Organisation, bob: User
    ) -> None:
        export = entry(TaxExemption, spices, "EXPORT")
        item = choose(plain_bill(spices, bob), export, bob)
        books.exemptions.clear()

        publish(item, bob)

        assert books.bills == {}
        assert item_now(item).status == "failed"


class TestChoosing:
    def test_no_tax_is_expected_from_then_on(self, spices: Business, bob: User) -> None:
        gst = entry(TaxRate, spices, "GST18")
        item = choose(plain_bill(spices, bob), gst, bob)
        assert item.tax_amount == Decimal("15.26")

        item = choose(item, entry(TaxExemption, spices, "EXPORT"), bob)

        assert (item.tax_rate, item.tax_amount) == (None, Decimal(0))
        assert item.reasons == []

    def test_and_a_rate_takes_its_place_again(
        self, spices: Business, bob: User
    ) -> None:
        item = choose(
            plain_bill(spices, bob), entry(TaxExemption, spices, "EXPORT"), bob
        )

        item = choose(item, entry(TaxRate, spices, "GST18"), bob)

        assert (item.tax_exemption, item.tax_amount) == (None, Decimal("15.26"))
        assert choose(item, None, bob).reasons == ["no_tax"]

    def test_a_typed_amount_of_tax_contradicts_it(
        self, spices: Business, bob: User
    ) -> None:
        item = plain_bill(spices, bob)
        with acting_in(spices.pk):
            coding.change(item, "tax_amount", Decimal("15.26"), by=bob)

        item = choose(item, entry(TaxExemption, spices, "EXPORT"), bob)

        assert item.reasons == ["exempt_with_tax"]
        assert item.tax_amount == Decimal("15.26")

    def test_the_history_names_both(self, spices: Business, bob: User) -> None:
        item = choose(plain_bill(spices, bob), entry(TaxRate, spices, "GST18"), bob)
        choose(item, entry(TaxExemption, spices, "EXPORT"), bob)
        with acting_in(spices.pk):
            newest = audit.about(spices, item)[0].data
        assert (newest["before"], newest["after"]) == ("GST18", "EXPORT")

    def test_to_say_it_again_changes_nothing(self, spices: Business, bob: User) -> None:
        export = entry(TaxExemption, spices, "EXPORT")
        item = choose(plain_bill(spices, bob), export, bob)
        before = trail_of(spices, item)
        choose(item, export, bob)
        assert trail_of(spices, item) == before

    def test_a_default_tax_does_not_come_back(
        self, spices: Business, bob: User
    ) -> None:
        item = plain_bill(spices, bob)
        choose(item, entry(TaxExemption, spices, "EXPORT"), bob)
        gst = entry(TaxRate, spices, "GST18")
        with acting_in(spices.pk):
            connection = Connection.unscoped.get()
            general.change(connection, "cost_tax", gst, by=bob)

        review(spices)

        assert item_now(item).tax_rate_id is None
        assert item_now(item).status == Item.Status.READY

    def test_a_row_has_one_of_both_at_most(self, spices: Business, bob: User) -> None:
        item = choose(
            plain_bill(spices, bob), entry(TaxExemption, spices, "EXPORT"), bob
        )
        rate = entry(TaxRate, spices, "GST18")
        with acting_in(spices.pk), pytest.raises(IntegrityError):
            Item.unscoped.filter(pk=item.pk).update(tax_rate=rate)


class TestWhatBecomesOfIt:
    @pytest.mark.parametrize(
        ("became", "reasons"),
        [
            ({"removed_at": timezone.now()}, ["exemption_gone"]),
            ({"is_active": False}, ["exemption_gone"]),
            ({"organisation_id": "777"}, ["exemption_gone"]),
            ({"visible": False}, []),
        ],
    )
    def test_a_review_says_what_the_item_stands_on(
        self,
        spices: Business,
        bob: User,
        became: Mapping[str, object],
        reasons: list[str],
    ) -> None:
        item = choose(
            plain_bill(spices, bob), entry(TaxExemption, spices, "EXPORT"), bob
        )
        with acting_in(spices.pk):
            TaxExemption.unscoped.update(**became)

        review(spices)

        assert item_now(item).reasons == reasons

    def test_one_of_another_business_cannot_be_written(
        self, spices: Business, garage: Business, bob: User
    ) -> None:
        theirs = make_entry(
            TaxExemption, make_connection(garage, organisation_id="778"), "THEIRS"
        )
        item = plain_bill(spices, bob)
        with acting_in(spices.pk), atomic(), database.cursor() as cursor:
            Item.unscoped.filter(pk=item.pk).update(tax_exemption=theirs.pk)
            with pytest.raises(IntegrityError), atomic():
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            Item.unscoped.filter(pk=item.pk).update(tax_exemption=None)


def test_an_american_sale_may_say_why(zoho: Zoho, bob: User) -> None:
    diner = make_business("Sunnyside Diner", owner=bob, country="US", currency="USD")
    connected_to(zoho, diner, "Sunnyside Diner Inc")
    item = ready_sale(diner, bob, currency="USD", tax_rate=None, tax_amount=None)
    assert item.reasons == []

    publish(choose(item, entry(TaxExemption, diner, "EXPORT"), bob), bob)

    (invoice,) = zoho.standin.organisation("Sunnyside Diner Inc").invoices.values()
    assert invoice["tax_exemption_id"]
    assert page_of(item).problem == ""
