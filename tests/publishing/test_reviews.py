"""Items are looked at again when what they stand on has changed, whatever is lost."""

import pytest
from django.db import OperationalError
from django.db import connection as database

from connections.models import Account, Connection, ConnectionEvent
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import one_by_one, tasks
from publishing.models import Item
from tests.logs import written
from tests.publishing.factories import ready_item
from tests.publishing.steps import item_now


def refreshed(connection: Connection) -> ConnectionEvent:
    """A refresh found that the accounts of all items have left Zoho."""
    with acting_in(connection.business_id):
        Account.unscoped.update(is_active=False)
        return ConnectionEvent.unscoped.create(
            business_id=connection.business_id,
            connection=connection,
            kind=ConnectionEvent.Kind.REFRESHED,
        )


def due() -> list[tuple[int, int]]:
    return rows_across("businesses_to_review", 10)


def spoil(item: Item) -> None:
    """Its row says what no code expects: whatever looks at it raises."""
    with acting_in(item.business_id):
        Item.unscoped.filter(pk=item.pk).update(sources=[], currency="")


def statuses(*items: Item) -> list[str]:
    return [item_now(item).status for item in items]


@pytest.fixture
def connection(connected_bakery: Business) -> Connection:
    with acting_in(connected_bakery.pk):
        return Connection.unscoped.get()


def test_a_review_that_no_worker_heard_of_is_found_by_the_sweep(
    connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)

    tasks.heed_event(bakery.pk, refreshed(connection).pk)

    assert statuses(item) == ["ready"]
    assert due() == [(bakery.pk, bakery.pk)]
    tasks.review_items(bakery.pk)
    assert statuses(item) == ["to_review"]
    assert due() == []


def test_a_review_of_which_a_part_is_done_goes_on_from_there(
    connection: Connection,
    bakery: Business,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "REVIEWED_AT_ONCE", 2)
    items = [ready_item(bakery, bob, reference=str(number)) for number in range(3)]
    tasks.heed_event(bakery.pk, refreshed(connection).pk)

    tasks.review_items(bakery.pk)

    assert statuses(*items) == ["to_review", "to_review", "ready"]
    assert due() == [(bakery.pk, bakery.pk)]
    tasks.review_items(bakery.pk)
    assert statuses(*items) == ["to_review"] * 3
    assert due() == []


def test_what_changes_meanwhile_begins_the_review_anew(
    connection: Connection,
    bakery: Business,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "REVIEWED_AT_ONCE", 2)
    items = [ready_item(bakery, bob, reference=str(number)) for number in range(3)]
    tasks.heed_event(bakery.pk, refreshed(connection).pk)
    tasks.review_items(bakery.pk)
    with acting_in(bakery.pk):
        Account.unscoped.update(is_active=True)
        tasks.ask_for_review(bakery.pk)

    tasks.review_items(bakery.pk)

    assert statuses(*items) == ["ready"] * 3
    assert due() == [(bakery.pk, bakery.pk)]


def test_one_that_cannot_be_reviewed_does_not_stop_the_others(
    connection: Connection, bakery: Business, bob: User
) -> None:
    before, bad, after = (
        ready_item(bakery, bob, reference=str(number)) for number in range(3)
    )
    spoil(bad)
    tasks.heed_event(bakery.pk, refreshed(connection).pk)

    with written() as lines:
        tasks.review_items(bakery.pk)

    assert statuses(before, bad, after) == ["to_review", "ready", "to_review"]
    assert due() == []
    told = [line for line in lines() if line["event"] == "An item was passed over."]
    assert [(each["business_id"], each["item_id"]) for each in told] == [
        (bakery.pk, bad.pk)
    ] * 2  # It is tried once more when the others are done.
    assert "Traceback" in told[0]["exception"]


def test_what_was_passed_over_is_reviewed_after_the_next_refresh(
    connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    spoil(item)
    tasks.heed_event(bakery.pk, refreshed(connection).pk)
    tasks.review_items(bakery.pk)
    with acting_in(bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(
            sources=item.sources, currency=item.currency
        )

    tasks.heed_event(bakery.pk, refreshed(connection).pk)
    tasks.review_items(bakery.pk)

    assert statuses(item) == ["to_review"]


def test_where_the_database_is_away_nothing_is_passed_over(
    connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)

    def loses_the_session() -> None:
        database.close()
        raise OperationalError("server closed the connection unexpectedly")

    with written() as lines, pytest.raises(OperationalError):
        one_by_one.managed(loses_the_session, business_id=bakery.pk, item_id=item.pk)

    assert lines() == []
