"""Items are looked at again when what they stand on has changed, whatever is lost."""

import pytest

from connections.models import Account, Connection, ConnectionEvent
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import tasks
from publishing.models import Item
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
