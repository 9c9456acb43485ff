"""Dates in a period that is closed: Zoho's own lock, or the business's lock date."""

import datetime as dt
from dataclasses import replace

import pytest
import time_machine

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import tasks
from publishing.decision import ClosedPeriod, Hold, Publish, decide
from publishing.reasons import Dated, Reason, why
from publishing.requesting import Held
from tests.publishing.factories import TODAY, make_supplier, reviewed_item
from tests.publishing.steps import (
    begun,
    item_now,
    now,
    page_of,
    press_publish,
    publish,
    work,
    work_until_settled,
)
from tests.publishing.test_decision import INVOICE
from tests.publishing.zoho import BAKERY, Zoho

DAY = dt.date(2026, 11, 20)
QUARTER = ClosedPeriod(reason=Reason.LOCKED_IN_ZOHO, until=dt.date(2026, 9, 30))


def zoho_has_locked(
    connection: Connection, until: dt.date, side: str = "all"
) -> Connection:
    """As a refresh leaves it."""
    period = {"side": side, "since": None, "until": until.isoformat()}
    connection.locks = {
        "organisation_id": connection.organisation_id,
        "periods": [period],
    }
    with acting_in(connection.business_id):
        connection.save(update_fields=["locks"])
    return connection


def business_locks(business: Business, until: dt.date | None) -> None:
    business.lock_date = until
    business.ask_for_review()
    with acting_in(business.pk):
        business.save(update_fields=["lock_date", "review_due_at", "reviewed_up_to"])


def heeded(business: Business) -> None:
    """As the sweep and the task that it sends do."""
    tasks.review_items(business.pk)


class TestDecision:
    @pytest.mark.parametrize("day", [DAY, DAY + dt.timedelta(days=1)])
    def test_a_date_up_to_the_last_locked_day_is_held(self, day: dt.date) -> None:
        closed = ClosedPeriod(reason=Reason.LOCKED_IN_ZOHO, until=day)

        decision = decide(replace(INVOICE, date=DAY, closed=(closed,)))

        assert decision == Hold((Dated(Reason.LOCKED_IN_ZOHO, day),))

    def test_the_day_after_a_lock_is_free(self) -> None:
        closed = replace(QUARTER, until=DAY - dt.timedelta(days=1))

        assert decide(replace(INVOICE, date=DAY, closed=(closed,))) == Publish("bill")

    def test_a_date_before_a_locked_accounting_period_is_free(self) -> None:
        closed = replace(QUARTER, since=dt.date(2026, 7, 1))

        facts = replace(INVOICE, date=dt.date(2026, 6, 30), closed=(closed,))

        assert decide(facts) == Publish("bill")

    def test_both_owners_are_named_each_with_its_last_day(self) -> None:
        here = ClosedPeriod(reason=Reason.LOCKED_HERE, until=DAY)
        earlier = replace(QUARTER, until=dt.date(2026, 3, 31))

        facts = replace(
            INVOICE, date=dt.date(2026, 1, 2), closed=(earlier, QUARTER, here)
        )

        assert decide(facts) == Hold(
            (
                Dated(Reason.LOCKED_IN_ZOHO, QUARTER.until),
                Dated(Reason.LOCKED_HERE, DAY),
            )
        )

    def test_its_code_brings_the_day_back(self) -> None:
        reason = Dated(Reason.LOCKED_HERE, DAY)

        assert reason.code == "locked_here:2026-11-20"
        assert why(reason.code) == reason
        assert "up to and including 20 Nov 2026" in reason.sentence


class TestItems:
    def test_the_lock_of_zoho_holds_and_says_until_when(
        self, connected_bakery: Business, bob: User
    ) -> None:
        with acting_in(connected_bakery.pk):
            connection = Connection.unscoped.get()
        zoho_has_locked(connection, TODAY)

        item = reviewed_item(connected_bakery, bob)

        assert (item.status, item.reasons) == (
            "to_review",
            [f"locked_in_zoho:{TODAY.isoformat()}"],
        )
        assert "Zoho Books is locked up to and including 20 Nov 2026" in (
            page_of(item).detail
        )

    def test_the_lock_of_the_sales_leaves_costs_free(
        self, connected_bakery: Business, bob: User
    ) -> None:
        with acting_in(connected_bakery.pk):
            connection = Connection.unscoped.get()
        zoho_has_locked(connection, TODAY, "sales")

        assert reviewed_item(connected_bakery, bob).status == "ready"

    def test_a_lock_date_set_later_holds_what_was_ready(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = reviewed_item(connected_bakery, bob)
        business_locks(connected_bakery, TODAY)

        heeded(connected_bakery)

        assert item_now(item).reasons == [f"locked_here:{TODAY.isoformat()}"]
        assert rows_across("businesses_to_review", 10) == []

    def test_a_lock_date_taken_back_lets_it_go(
        self, connected_bakery: Business, bob: User
    ) -> None:
        business_locks(connected_bakery, TODAY)
        item = reviewed_item(connected_bakery, bob)
        business_locks(connected_bakery, None)

        heeded(connected_bakery)

        assert item_now(item).status == "ready"

    def test_it_is_looked_at_once_more_when_publish_is_pressed(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = reviewed_item(connected_bakery, bob)
        business_locks(connected_bakery, TODAY)

        answer = press_publish(item, bob)

        assert answer == Held((Dated(Reason.LOCKED_HERE, TODAY),))
        assert item_now(item).status == "to_review"


class TestSetAfterTheClick:
    def test_our_lock_date_holds_what_waits_to_be_sent(
        self, connection: Connection, bakery: Business, bob: User, zoho: Zoho
    ) -> None:
        item = reviewed_item(bakery, bob)
        publication = begun(item, bob)
        business_locks(bakery, TODAY)

        work(publication)

        assert list(zoho.standin.calls) == []
        assert now(publication).state == "failed"
        assert item_now(item).reasons == [f"locked_here:{TODAY.isoformat()}"]
        assert "has locked everything up to and including 20 Nov 2026" in (
            page_of(item).detail
        )

    def test_so_does_zohos_as_a_refresh_has_read_it(
        self, connection: Connection, bakery: Business, bob: User, zoho: Zoho
    ) -> None:
        item = reviewed_item(bakery, bob)
        publication = begun(item, bob)
        zoho_has_locked(connection, TODAY)

        work(publication)

        assert list(zoho.standin.calls) == []
        assert item_now(item).reasons == [f"locked_in_zoho:{TODAY.isoformat()}"]

    def test_a_new_supplier_is_not_created_for_it(
        self, connection: Connection, bakery: Business, bob: User, zoho: Zoho
    ) -> None:
        mill = make_supplier(bakery, "New Mill", agreed_by=bob)
        publication = begun(reviewed_item(bakery, bob, supplier=mill), bob)
        business_locks(bakery, TODAY)

        work(publication)

        assert zoho.contacts("New Mill") == []
        assert now(publication).state == "failed"

    def test_it_is_looked_at_once_more_before_it_is_repeated(
        self,
        connection: Connection,
        bakery: Business,
        bob: User,
        zoho: Zoho,
        clock: time_machine.Traveller,
    ) -> None:
        zoho.fails("call_lost", method="POST", path="/bills")
        publication = publish(reviewed_item(bakery, bob), bob)
        business_locks(bakery, TODAY)

        work_until_settled(publication, clock)

        assert now(publication).problem_code == "locked"
        assert zoho.bills == []

    def test_the_document_of_what_is_in_zoho_is_still_attached(
        self,
        connection: Connection,
        bakery: Business,
        bob: User,
        zoho: Zoho,
        clock: time_machine.Traveller,
    ) -> None:
        zoho.fails("per_minute", method="POST", path="/bills/*/attachment")
        publication = publish(reviewed_item(bakery, bob), bob)
        business_locks(bakery, TODAY)

        work_until_settled(publication, clock)

        assert len(zoho.bills[0]["documents"]) == 1

    def test_once_it_is_unlocked_it_can_be_published(
        self, connection: Connection, bakery: Business, bob: User, zoho: Zoho
    ) -> None:
        item = reviewed_item(bakery, bob)
        publication = begun(item, bob)
        business_locks(bakery, TODAY)
        work(publication)
        business_locks(bakery, None)
        heeded(bakery)

        assert item_now(item).status == "ready"
        assert publish(item, bob).state == "published"
        assert len(zoho.bills) == 1


def test_a_lock_that_zoho_set_meanwhile_is_the_items_to_mend(
    connection: Connection, bakery: Business, bob: User, zoho: Zoho
) -> None:
    item = reviewed_item(bakery, bob)
    zoho.standin.change("settings", organization=BAKERY, locked_until="2026-11-20")

    publication = publish(item, bob)

    assert (publication.state, publication.problem_code) == ("failed", "rejected")
    assert "dated on or before 2026-11-20 have been locked" in page_of(item).zoho_words
    assert page_of(item).can_publish_again
    assert zoho.bills == []
