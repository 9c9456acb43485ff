"""What becomes of a publication whose business is disconnected."""

import pytest
import time_machine

from connections import books, ending
from connections.models import Connection, ConnectionEvent
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import tasks
from tests.publishing.factories import ready_item
from tests.publishing.steps import (
    begun,
    item_now,
    now,
    publish,
    take_lease,
    work,
)
from tests.publishing.zoho import Zoho


def test_one_that_a_worker_has_just_taken_is_withdrawn_by_it(
    zoho: Zoho,
    bakery: Business,
    alice: User,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item = ready_item(bakery, bob)
    publication = take_lease(begun(item, bob))
    heed(disconnect(connection, alice))

    clock.shift(121)
    work(publication)

    assert now(publication).problem_code == "disconnected"
    assert item_now(item).status == "failed"
    assert list(zoho.standin.calls) == []
    with acting_in(bakery.pk):
        assert audit.sentence(audit.about(bakery, item)[0]) == (
            f"{item} was not published: The business was disconnected from Zoho "
            "Books meanwhile."
        )


def test_one_whose_record_is_there_ends_published_without_its_document(
    zoho: Zoho, bakery: Business, alice: User, bob: User, connection: Connection
) -> None:
    zoho.fails("per_minute", method="POST", path="/bills/*/attachment")
    item = ready_item(bakery, bob)
    publication = publish(item, bob)

    heed(disconnect(connection, alice))

    assert now(publication).state == "published"
    assert item_now(item).status == "published"
    assert item_now(item).document_missing
    assert [bill["documents"] for bill in zoho.bills] == [[]]


def test_one_that_waited_for_reconnecting_goes_on_waiting(
    bakery: Business, bob: User, connection: Connection
) -> None:
    publication = begun(ready_item(bakery, bob), bob)
    with acting_in(bakery.pk):
        Connection.unscoped.update(state="needs_reconnecting")

    work(publication)

    assert now(publication).waiting_reason == "connection"
    assert now(publication).finished_at is None


def test_one_that_waited_for_tomorrow_says_at_once_that_it_waits_for_reconnecting(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    zoho.fails("per_day", path="/bills")
    publication = begun(ready_item(bakery, bob), bob)
    work(publication)
    assert now(publication).waiting_reason == "day"
    with acting_in(bakery.pk):
        books.broke(connection, Connection.Broken.WITHDRAWN)
    asked = len(zoho.standin.calls)

    heed(broken(connection))
    tasks.take_turn(bakery.pk, 1)

    assert now(publication).waiting_reason == "connection"
    assert len(zoho.standin.calls) == asked


def test_one_is_not_asked_before_its_time_where_the_connection_works_again(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    zoho.fails("per_day", path="/bills")
    publication = begun(ready_item(bakery, bob), bob)
    work(publication)
    due_at = now(publication).due_at
    with acting_in(bakery.pk):
        books.broke(connection, Connection.Broken.WITHDRAWN)
        Connection.unscoped.update(state="connected")

    heed(broken(connection))

    assert now(publication).due_at == due_at


@pytest.mark.usefixtures("connection")
class TestNewsThatComeLate:
    def test_end_nothing_that_was_begun_after_connecting_again(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> None:
        event = news(connection)
        item = ready_item(bakery, bob)
        publication = begun(item, bob)

        heed(event)
        work(publication)

        assert item_now(item).status == "published"
        assert len(zoho.bills) == 1

    def test_end_nothing_that_was_begun_since(
        self,
        bakery: Business,
        bob: User,
        connection: Connection,
        clock: time_machine.Traveller,
    ) -> None:
        event = news(connection)
        clock.shift(5)
        publication = begun(ready_item(bakery, bob), bob)
        with acting_in(bakery.pk):
            Connection.unscoped.update(state="disconnected")

        heed(event)

        assert now(publication).finished_at is None


def disconnect(connection: Connection, by: User) -> ConnectionEvent:
    with acting_in(connection.business_id):
        ending.disconnect(connection, by)
        return ConnectionEvent.unscoped.get(kind="disconnected")


def news(connection: Connection) -> ConnectionEvent:
    with acting_in(connection.business_id):
        return ConnectionEvent.unscoped.create(
            business=connection.business, connection=connection, kind="disconnected"
        )


def broken(connection: Connection) -> ConnectionEvent:
    with acting_in(connection.business_id):
        return ConnectionEvent.unscoped.get(kind="broken")


def heed(event: ConnectionEvent) -> None:
    tasks.heed_event(event.business_id, event.pk)
