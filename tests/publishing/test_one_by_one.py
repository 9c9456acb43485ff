"""One item that raises: the others go on, and what passes by itself is tried again."""

import datetime as dt
from contextlib import suppress
from threading import Event

import pytest
from django.db import OperationalError, transaction
from django.db import connection as database
from django.utils import timezone

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import automatic, coding, one_by_one, ruling
from publishing.models import Item
from tests.locks import until_awaited
from tests.publishing.factories import (
    make_connection,
    make_lists,
    make_supplier,
    ready_item,
)
from tests.publishing.steps import item_now
from tests.publishing.test_races import together

BROKEN_OFF = "DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"
"""As PostgreSQL answers who has waited in a circle."""


@pytest.mark.usefixtures("committed_db")
def test_a_deadlock_does_not_put_off_for_an_hour(
    bakery: Business, alice: User, bob: User
) -> None:
    """Another transaction looked for duplicates first and wants this item then. Where
    ours has the item back before the other one wakes, they deadlock once more, and
    either may be the one that is broken off."""
    make_lists(make_connection(bakery))
    acme = make_supplier(bakery)
    with acting_in(bakery.pk):
        ruling.set_supplier_rule(acme, {"auto_publish": "always"}, by=alice)
    item = ready_item(bakery, bob)
    other = ready_item(bakery, bob)
    with acting_in(bakery.pk):
        due = timezone.now() - dt.timedelta(seconds=1)
        Item.unscoped.update(auto_due_at=None)
        Item.unscoped.filter(pk=item.pk).update(auto_due_at=due)
    looked = Event()

    def two_in_one() -> None:
        with suppress(OperationalError), acting_in(bakery.pk), transaction.atomic():
            coding.review(other)
            looked.set()
            until_awaited()
            coding.review(item)

    def decides() -> None:
        assert looked.wait(60)
        with acting_in(bakery.pk):
            automatic.decide_due(bakery)

    together(two_in_one, decides)

    now = item_now(item)
    assert now.auto_due_at is None or now.auto_due_at < timezone.now() + dt.timedelta(
        minutes=5
    ), now.auto_due_at


def test_one_that_is_broken_off_each_time_stays_due(
    connected_bakery: Business,
    alice: User,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    acme = make_supplier(connected_bakery)
    with acting_in(connected_bakery.pk):
        ruling.set_supplier_rule(acme, {"auto_publish": "always"}, by=alice)
    item = ready_item(connected_bakery, bob, supplier=acme)
    due = timezone.now() - dt.timedelta(seconds=1)

    def is_broken_off(_item_id: int) -> None:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(BROKEN_OFF)

    monkeypatch.setattr(automatic, "decide_about", is_broken_off)
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(auto_due_at=due)
        automatic.decide_due(connected_bakery)

    assert item_now(item).auto_due_at == due


def test_an_error_of_the_database_inside_leaves_the_outer_transaction_whole(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)

    def breaks() -> None:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    with acting_in(connected_bakery.pk), transaction.atomic():
        assert not one_by_one.managed(
            breaks, business_id=connected_bakery.pk, item_id=item.pk
        )
        Item.unscoped.filter(pk=item.pk).update(description="after")
    assert item_now(item).description == "after"
