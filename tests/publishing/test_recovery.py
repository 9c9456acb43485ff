"""Answers that were lost, workers that died: one record in Zoho, and the page true."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from connections.models import Connection
from connections.zoho import client
from connections.zoho.client import ZohoBooks
from connections.zoho.types import Expense, Page
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import recovery, results
from publishing.models import Item, Step
from tests.publishing.dying import die_at
from tests.publishing.factories import make_supplier, paid_receipt, ready_item
from tests.publishing.steps import (
    attempts_of,
    begun,
    item_now,
    now,
    page_of,
    publish,
    publish_into,
    step_of,
    take_lease,
    trail_of,
    work,
    work_until_settled,
)
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("connection")

LOST_WRITES = ["answer_lost", "error_500_after", "error_500", "call_lost", "html_502"]
STORED = ["answer_lost", "error_500_after"]


class TestALostAnswerForTheRecord:
    @pytest.mark.parametrize("fault", LOST_WRITES)
    def test_ends_with_one_bill(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        fault: str,
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails(fault, method="POST", path="/bills")

        publication = publish(item, bob)

        page = page_of(item)
        assert page.status == Item.Status.CHECKING
        assert "Zoho is asked whether it arrived" in page.headline
        assert page.waits_until is not None
        assert not page.can_publish
        work_until_settled(publication, clock)
        assert len(zoho.bills) == 1
        assert len(zoho.bills[0]["documents"]) == 1
        assert item_now(item).status == "published"
        assert (
            step_of(publication, Step.Kind.RECORD).zoho_id == (zoho.bills[0]["bill_id"])
        )

    @pytest.mark.parametrize("fault", LOST_WRITES)
    def test_ends_with_one_expense(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        fault: str,
    ) -> None:
        item = paid_receipt(bakery, bob)
        zoho.fails(fault, method="POST", path="/expenses")

        publication = publish(item, bob)
        work_until_settled(publication, clock)

        assert len(zoho.expenses) == 1
        assert len(zoho.expenses[0]["documents"]) == 1
        assert item_now(item).status == "published"

    def test_what_was_stored_is_found_and_not_sent_again(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("answer_lost", path="/bills")

        work_until_settled(publish(item, bob), clock)

        assert len(zoho.calls("POST", "/bills")) == 1
        assert "publication.found" in trail_of(bakery, item)

    def test_nobody_looks_before_the_request_can_have_finished(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        publication = publish_into(zoho, ready_item(bakery, bob), bob, "answer_lost")

        clock.shift(110)
        work(publication)
        assert zoho.calls("GET", "/bills") == []
        clock.shift(11)
        work(publication)

        assert len(zoho.calls("GET", "/bills")) == 1
        assert now(publication).state == "published"

    def test_zoho_is_asked_twice_before_it_is_sent_again(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        publication = publish_into(zoho, item, bob, "call_lost")
        zoho.standin.calls.clear()

        clock.shift(121)
        work(publication)
        after_one_look = [call["method"] for call in zoho.standin.calls]
        clock.shift(31)
        work(publication)

        assert after_one_look == ["GET"]
        assert [call["method"] for call in zoho.standin.calls][:3] == [
            "GET",
            "GET",
            "POST",
        ]
        assert len(zoho.bills) == 1
        assert attempts_of(publication) == [
            ("record", "no_answer"),
            ("record", "done"),
            ("document", "done"),
        ]
        told = trail_of(bakery, item)
        assert told.count("publication.uncertain") == 1
        assert told.count("publication.not_found") == 1

    def test_a_list_that_lags_behind_fails_nothing(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("list_stale", method="GET", path="/bills", times=50, seconds=400)
        publication = publish_into(zoho, item, bob, "answer_lost")
        clock.shift(121)
        work(publication)
        clock.shift(31)
        work(publication)

        assert now(publication).waiting_reason == "list_lags"
        assert item_now(item).status == "publishing"
        work_until_settled(publication, clock)
        assert item_now(item).status == "published"
        assert len(zoho.bills) == 1

    def test_a_list_that_lags_behind_fails_nothing_of_a_supplier_of_many_bills_either(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(recovery, "MOST_PAGES", 1)
        monkeypatch.setattr(client, "PER_PAGE", 1)
        for number in ("INV-1", "INV-2"):
            zoho.person_types(
                "bill",
                vendor="Acme Paper Ltd",
                bill_number=number,
                date="2026-11-01",
                line_items=[{"account": "Office Supplies", "rate": 5, "quantity": 1}],
            )
        clock.shift(3600)
        zoho.fails("list_stale", method="GET", path="/bills", times=50, seconds=400)
        item = ready_item(bakery, bob)
        publication = publish_into(zoho, item, bob, "answer_lost")

        work_until_settled(publication, clock)

        assert item_now(item).status == "published"
        assert len(zoho.bills) == 3

    def test_old_expenses_of_the_day_are_not_read(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        publish(item, bob)
        more_expenses(zoho, 450)
        clock.shift(3600)
        method = item.payment_method
        other = paid_receipt(bakery, bob, payment_method=method)
        publication = publish_into(zoho, other, bob, "call_lost", path="/expenses")

        clock.shift(121)
        work(publication)

        assert len(zoho.calls("GET", "/expenses")) == 2

    def test_a_list_without_end_is_said_and_not_trusted(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(recovery, "MOST_PAGES", 3)
        item = paid_receipt(bakery, bob)
        publication = publish_into(zoho, item, bob, "answer_lost", path="/expenses")
        zoho.expenses[0]["description"] = "Something else"
        more_expenses(zoho, recovery.MOST_PAGES * 200)
        clock.shift(121)

        work(publication)

        assert now(publication).waiting_reason == "long_list"
        assert item_now(item).status == "checking"
        assert len(zoho.calls("POST", "/expenses")) == 1

    def test_a_list_that_takes_long_is_read_by_one_worker(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Else each takes it from the one before, and none comes to its end."""
        publication = publish_into(
            zoho, paid_receipt(bakery, bob), bob, "answer_lost", path="/expenses"
        )
        zoho.expenses[0]["description"] = "Something else"
        more_expenses(zoho, 600)
        clock.shift(121)
        read = ZohoBooks.expenses

        def slowly(books: ZohoBooks, **asked: Any) -> Page[Expense]:
            clock.shift(50)
            work(
                publication
            )  # The sweep's, which finds it only where the lease is over.
            return read(books, **asked)

        monkeypatch.setattr(ZohoBooks, "expenses", slowly)
        work(publication)

        assert len(zoho.calls("GET", "/expenses")) == 5
        assert step_of(publication, Step.Kind.RECORD).look_ups == 1

    def test_it_is_not_sent_while_zoho_cannot_be_asked(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        publication = publish_into(zoho, item, bob, "answer_lost")
        zoho.fails("html_502", method="GET", path="/bills", times=3)

        for _turn in range(3):
            clock.shift(700)
            work(publication)
            assert item_now(item).status == "checking"
            assert now(publication).waiting_reason == "unavailable"
        clock.shift(700)
        work(publication)

        assert len(zoho.bills) == 1
        assert item_now(item).status == "published"

    def test_it_may_be_lost_again_and_again(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        zoho.fails("call_lost", method="POST", path="/expenses", times=2)
        zoho.fails("answer_lost", path="/expenses")

        work_until_settled(publish(item, bob), clock)

        assert len(zoho.expenses) == 1
        assert item_now(item).status == "published"


class TestALostAnswerForTheContact:
    @pytest.mark.parametrize("fault", LOST_WRITES)
    def test_ends_with_one_contact(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        fault: str,
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        item = ready_item(bakery, bob, supplier=new)
        other = ready_item(bakery, bob, supplier=new, reference="INV-105")
        zoho.fails(fault, method="POST", path="/contacts")

        first, second = publish(item, bob), publish(other, bob)
        work_until_settled(first, clock)
        work_until_settled(second, clock)

        assert len(zoho.contacts("New Mill")) == 1
        assert len(zoho.bills) == 2


class TestALostAnswerForTheDocument:
    @pytest.mark.parametrize("fault", LOST_WRITES)
    @pytest.mark.parametrize("paid", [False, True])
    def test_ends_with_one_document(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        fault: str,
        *,
        paid: bool,
    ) -> None:
        item = paid_receipt(bakery, bob) if paid else ready_item(bakery, bob)
        zoho.fails(fault, method="POST", path="/*/*/*")

        work_until_settled(publish(item, bob), clock)

        (record,) = zoho.expenses if paid else zoho.bills
        assert len(record["documents"]) == 1
        assert item_now(item).status == "published"
        assert not item_now(item).document_missing


class TestAWorkerThatDies:
    @pytest.mark.parametrize("arrived", [False, True])
    @pytest.mark.parametrize(
        "at", [Step.Kind.CONTACT, Step.Kind.RECORD, Step.Kind.DOCUMENT]
    )
    def test_at_any_step_leaves_one_of_everything(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        connection: Connection,
        clock: time_machine.Traveller,
        at: Step.Kind,
        *,
        arrived: bool,
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        item = ready_item(bakery, bob, supplier=new)
        publication = begun(item, bob)

        die_at(publication, at, arrived=arrived)
        assert page_of(item).is_moving
        work(publication)
        in_its_lease = attempts_of(publication)
        work_until_settled(publication, clock)

        assert in_its_lease[-1] == (at, "open")
        assert len(zoho.contacts("New Mill")) == 1
        assert len(zoho.bills) == 1
        assert len(zoho.bills[0]["documents"]) == 1
        assert item_now(item).status == "published"

    def test_before_it_has_sent_anything(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        publication = take_lease(begun(item, bob))

        work_until_settled(publication, clock)

        assert len(zoho.bills) == 1
        assert item_now(item).status == "published"

    def test_a_late_answer_of_the_first_worker_counts(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        publication = begun(item, bob)
        step, done = die_at(publication, Step.Kind.RECORD, arrived=True)
        assert done is not None
        clock.shift(130)
        work(publication)
        assert item_now(item).status == "checking"

        with acting_in(bakery.pk):
            results.settle(publication, step, done)
        work_until_settled(publication, clock)

        assert len(zoho.bills) == 1
        assert len(zoho.calls("GET", "/bills")) == 0
        assert item_now(item).status == "published"


def more_expenses(zoho: Zoho, count: int) -> None:
    """Others of the same day, entered one second after the other."""
    rows = zoho.organisation.expenses
    pattern = zoho.expenses[0]
    first = datetime.fromisoformat(pattern["created_time"])
    for number in range(1, count + 1):
        stamp = (first + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S%z")
        row = {"expense_id": f"2082599{number:010}", "created_time": stamp}
        rows[row["expense_id"]] = pattern | row | {"documents": []}
