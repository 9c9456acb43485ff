"""Messages of failures go when their cause is mended, and not before."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from connections import lists
from connections import tasks as connection_tasks
from connections.models import Account, Connection, RefreshRun
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import archiving, coding, suppliers, tasks
from publishing.models import Item, Publication
from tests.publishing.factories import TODAY, entry, ready_item
from tests.publishing.steps import begun, item_now, now, publish, review
from tests.publishing.zoho import BAKERY, Zoho


def failed(item: Item, by: User, problem_code: str) -> Publication:
    """As `results.failed` leaves it."""
    publication = begun(item, by)
    with acting_in(item.business_id):
        Publication.unscoped.filter(pk=publication.pk).update(
            state="failed", finished_at=timezone.now(), problem_code=problem_code
        )
        Item.unscoped.filter(pk=item.pk).update(status="failed")
    return now(publication)


def change(item: Item, field: str, value: Any, by: User) -> str:
    with acting_in(item.business_id):
        return coding.change(item_now(item), field, value, by=by).status


def reviewed(item: Item) -> str:
    review(item.business)
    return item_now(item).status


def test_a_review_alone_mends_nothing(connected_bakery: Business, bob: User) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "rejected")

    assert reviewed(item) == "failed"


def test_another_category_mends_a_refused_one(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "rejected:category")
    postage = entry(Account, connected_bakery, "Postage")

    assert change(item, "category", postage, bob) == "ready"


def test_a_description_does_not(connected_bakery: Business, bob: User) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "rejected:category")

    assert change(item, "description", "Pens", bob) == "failed"


def test_the_old_value_again_brings_the_message_back(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "duplicate_bill")
    assert change(item, "reference", "INV-105", bob) == "ready"

    assert change(item, "reference", "INV-104", bob) == "failed"


def test_an_entry_that_came_back_changed_mends_it_at_the_refresh(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "rejected:category")
    with acting_in(connected_bakery.pk):
        Account.unscoped.filter(name="Office Supplies").update(
            changed_at=timezone.now()
        )

    assert reviewed(item) == "ready"


def test_reconnecting_mends_a_missing_right(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "forbidden")
    with acting_in(connected_bakery.pk):
        Connection.unscoped.update(connected_at=timezone.now())

    assert reviewed(item) == "ready"


def test_an_entry_that_is_gone_stays_one_until_the_lists_were_read(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "entry_gone")
    assert reviewed(item) == "to_review"
    assert item_now(item).reasons == ["entry_gone"]

    with acting_in(connected_bakery.pk):
        RefreshRun.unscoped.create(
            business=connected_bakery,
            connection=Connection.unscoped.get(),
            finished_at=timezone.now(),
        )

    assert reviewed(item) == "ready"


def test_the_second_refresh_of_a_day_mends_it_as_well(
    connected_bakery: Business, bob: User
) -> None:
    """It may read of a long list what is new, and then counts the rest."""
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "entry_gone")

    with acting_in(connected_bakery.pk):
        RefreshRun.unscoped.create(
            business=connected_bakery,
            connection=Connection.unscoped.get(),
            complete=False,
            finished_at=timezone.now(),
        )

    assert reviewed(item) == "ready"


def test_another_contact_of_the_supplier_mends_a_taken_number(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    failed(item, bob, "duplicate_bill")
    with acting_in(bakery.pk):
        city = suppliers.named(bakery, "City Power")

    assert change(item, "supplier", city, bob) == "ready"


def test_a_contact_that_was_created_on_the_way_mends_nothing(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    with acting_in(bakery.pk):
        new = suppliers.named(bakery, "Harbour Candles")
        suppliers.agree_to_create(new, bob)
    item = ready_item(bakery, bob, supplier=new)
    zoho.fails("date_locked", path="/bills")
    publish(item, bob)

    assert reviewed(item) == "failed"


def test_what_is_taken_from_the_archive_still_says_what_failed(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "rejected")
    with acting_in(connected_bakery.pk):
        archiving.archive(item, bob)
        archiving.unarchive(item, bob, may_publish=True)

    assert item_now(item).status == "failed"


def test_publishing_again_may_be_tried_although_nothing_was_mended(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    zoho.fails("date_locked")
    publish(item, bob)

    publish(item, bob)

    assert item_now(item).status == "published"


def lock(business: Business, side: str = "", day: dt.date = TODAY) -> None:
    """As a refresh leaves it; without a side there is none."""
    period = {"side": side, "since": None, "until": day.isoformat()}
    with acting_in(business.pk):
        connection = Connection.unscoped.get()
        connection.locks = {
            "organisation_id": connection.organisation_id,
            "periods": [period] if side else [],
        }
        connection.save(update_fields=["locks"])


def test_a_lock_that_was_lifted_mends_what_it_had_refused(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "rejected")
    lock(connected_bakery, "purchases")
    assert reviewed(item) == "to_review"
    lock(connected_bakery)

    assert reviewed(item) == "ready"
    assert reviewed(item) == "ready"


@pytest.mark.parametrize(
    ("problem", "side", "day"),
    [
        ("rejected", "sales", TODAY),
        ("rejected", "all", TODAY - dt.timedelta(days=1)),
        ("rejected:category", "all", TODAY),
    ],
)
def test_another_lock_or_another_cause_mends_nothing(
    connected_bakery: Business,
    bob: User,
    problem: str,
    side: str,
    day: dt.date,
) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, problem)
    lock(connected_bakery, side, day)
    reviewed(item)
    lock(connected_bakery)

    assert reviewed(item) == "failed"


def test_a_lock_of_the_business_explains_no_refusal_of_zohos(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    failed(item, bob, "rejected")
    for day in (TODAY, None):
        with acting_in(connected_bakery.pk):
            Business.objects.filter(pk=connected_bakery.pk).update(lock_date=day)
        reviewed(item)

    assert item_now(item).status == "failed"


def test_refused_locked_unlocked_and_published(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    zoho.standin.change("settings", organization=BAKERY, locked_until="2026-11-20")
    publish(item, bob)
    assert item_now(item).status == "failed"

    read_lists(connection)
    assert item_now(item).reasons == ["locked_in_zoho:2026-11-20"]
    zoho.standin.change("settings", organization=BAKERY, locked_until="")
    read_lists(connection)

    assert item_now(item).status == "ready"
    assert publish(item, bob).state == "published"


def test_refused_for_an_inactive_account_that_is_active_again(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    """Zoho has no number that we know for it, and names the account in words."""
    item = ready_item(bakery, bob)
    supplies = {"table": "accounts", "record": "Office Supplies"}
    zoho.standin.change("inactive", organization=BAKERY, **supplies)
    assert publish(item, bob).problem_code == "rejected"
    read_lists(connection)
    assert item_now(item).reasons == ["category_gone"]

    zoho.standin.change("update", organization=BAKERY, **supplies, is_active=True)
    read_lists(connection)

    assert item_now(item).status == "ready"
    assert publish(item, bob).state == "published"


def read_lists(connection: Connection) -> None:
    """A refresh, and what it means for the items."""
    with acting_in(connection.business_id):
        lists.start(connection, None)
    connection_tasks.refresh_lists(connection.business_id, connection.pk)
    for business_id, event_id in rows_across("connection_events_open", 50):
        tasks.heed_event(business_id, event_id)
    tasks.review_items(connection.business_id)
