"""Records that look like what was lost: only one that bears our mark is ours."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import results
from publishing.models import Step
from publishing.outcomes import Done
from tests.publishing.factories import make_supplier, paid_receipt, ready_item
from tests.publishing.steps import (
    begun,
    item_now,
    now,
    page_of,
    publish,
    publish_into,
    step_of,
    take_lease,
    work,
    work_until_settled,
)
from tests.publishing.test_duplicates_in_zoho import typed_bill
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("connection")


class TestWhoseRecordItIs:
    def test_a_bill_typed_meanwhile_is_a_question(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        publication = publish_into(zoho, item, bob, "call_lost")
        clock.shift(3000)
        typed = zoho.person_types(
            "bill",
            vendor="Acme Paper Ltd",
            bill_number="INV-104",
            date="2026-11-20",
            line_items=[{"account": "Office Supplies", "rate": 120, "quantity": 1}],
        )

        work_until_settled(publication, clock)

        assert [bill["bill_id"] for bill in zoho.bills] == [typed["bill_id"]]
        assert typed["documents"] == []
        assert item_now(item).status == "failed"
        assert page_of(item).problem_field == "reference"

    def test_a_bill_whose_number_is_spelt_in_another_way_is_the_same_question(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        zoho.person_types(
            "bill",
            vendor="Acme Paper Ltd",
            bill_number="inv-104",
            date="2026-11-20",
            line_items=[{"account": "Office Supplies", "rate": 120, "quantity": 1}],
        )
        zoho.fails("case_minded", path="/bills", times=9)

        publication = publish(ready_item(bakery, bob), bob)

        assert publication.problem_code == "duplicate_bill"
        assert "inv-104" in publication.problem

    def test_one_of_this_number_that_zoho_fails_to_show_for_a_day_is_a_question(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        typed_bill(zoho)
        zoho.fails("error_500", method="GET", path="/bills", times=1000)
        item = ready_item(bakery, bob)
        publication = publish(item, bob)
        assert publication.waiting_reason == "unclear"

        for _look in range(2):
            clock.shift(timedelta(days=1))
            work(publication)

        assert now(publication).problem_code == "duplicate_bill"
        assert "does not show it in its list" in page_of(item).problem
        assert len(zoho.bills) == 1

    def test_so_is_a_supplier_of_this_name(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        item = ready_item(bakery, bob, supplier=new)
        zoho.person_types("contact", contact_name="New Mill")
        zoho.fails("error_500", method="GET", path="/contacts", times=1000)
        publication = publish(item, bob)
        assert publication.waiting_reason == "unclear"

        for _look in range(2):
            clock.shift(timedelta(days=1))
            work(publication)

        assert item_now(item).status == "failed"
        assert "already exists" in page_of(item).zoho_words
        assert len(zoho.contacts("New Mill")) == 1

    def test_10_15_two_equal_receipts_stay_two_when_an_answer_is_lost(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        first = paid_receipt(bakery, bob)
        second = paid_receipt(bakery, bob, payment_method=first.payment_method)
        lost = publish_into(zoho, first, bob, "call_lost", path="/expenses")
        publish(second, bob)

        work_until_settled(lost, clock)

        assert len(zoho.expenses) == 2
        assert len({row["description"] for row in zoho.expenses}) == 2
        assert item_now(first).status == item_now(second).status == "published"

    def test_one_that_has_lost_its_mark_is_a_question(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        publication = publish_into(zoho, item, bob, "answer_lost", path="/expenses")
        (expense,) = zoho.expenses
        expense["description"] = "Printer paper"

        work_until_settled(publication, clock)

        assert len(zoho.expenses) == 1
        assert expense["documents"] == []
        assert item_now(item).status == "failed"
        assert now(publication).problem_code == "alike"

    def test_one_that_a_person_typed_meanwhile_is_a_question(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        publication = publish_into(zoho, item, bob, "call_lost", path="/expenses")
        clock.shift(20)
        ours = step_of(publication, Step.Kind.RECORD).request
        typed = zoho.person_types("expense", **ours | {"description": "By Carol"})
        before = dict(typed)

        work_until_settled(publication, clock)

        assert zoho.expenses == [before]
        assert item_now(item).status == "failed"
        page = page_of(item)
        assert "an expense of 20 Nov 2026 over £12.00 for" in page.problem
        assert typed["expense_id"] in page.problem
        publish(item_now(item), bob)
        assert item_now(item).status == "published"
        assert len(zoho.expenses) == 2

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("total", Decimal("13.00")),
            ("vendor_id", "4711"),
            ("currency_code", "EUR"),
            ("description", "By Carol DS-AQ823PGB8U"),
        ],
    )
    def test_one_that_says_something_else_is_no_question(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        name: str,
        value: object,
    ) -> None:
        item = paid_receipt(bakery, bob)
        publication = publish_into(zoho, item, bob, "call_lost", path="/expenses")
        clock.shift(20)
        ours = step_of(publication, Step.Kind.RECORD).request
        typed = zoho.person_types("expense", **ours | {"description": "By Carol"})
        typed[name] = value

        work_until_settled(publication, clock)

        assert item_now(item).status == "published"
        assert len(zoho.expenses) == 2

    def test_a_marked_one_of_another_item_is_not_taken(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        first = paid_receipt(bakery, bob)
        publish(first, bob)
        second = paid_receipt(bakery, bob, payment_method=first.payment_method)
        lost = publish_into(zoho, second, bob, "call_lost", path="/expenses")
        zoho.expenses[0]["description"] += f" {lost.mark}"

        work_until_settled(lost, clock)

        assert len(zoho.expenses) == 2
        assert item_now(first).status == item_now(second).status == "published"

    def test_a_void_bill_is_not_taken(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        publication = publish_into(zoho, item, bob, "answer_lost")
        zoho.bills[0]["status"] = "void"

        work_until_settled(publication, clock)

        assert (
            step_of(publication, Step.Kind.RECORD).zoho_id != zoho.bills[0]["bill_id"]
        )
        assert zoho.bills[0]["documents"] == []

    def test_an_id_that_another_item_has_is_a_question(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        first = publish(paid_receipt(bakery, bob), bob)
        taken = step_of(first, Step.Kind.RECORD).zoho_id
        item = ready_item(bakery, bob)
        publication = take_lease(begun(item, bob))
        step = step_of(publication, Step.Kind.RECORD)

        with acting_in(bakery.pk):
            results.settle(publication, step, Done(zoho_id=taken, found=True))

        assert now(publication).problem_code == "alike"
        assert item_now(item).status == "failed"

    def test_an_alike_expense_of_another_day_is_not_ours(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        zoho.person_types(
            "expense",
            account="Office Supplies",
            vendor="Acme Paper Ltd",
            paid_through="Company Card",
            date="2026-11-20",
            amount=12,
        )
        clock.shift(3600)
        item = paid_receipt(bakery, bob)

        publication = publish_into(zoho, item, bob, "call_lost", path="/expenses")
        work_until_settled(publication, clock)

        assert len(zoho.expenses) == 2
