"""What a person saw in Zoho Books ends a question that we can no longer ask there."""

from datetime import timedelta

import pytest
import time_machine

from connections import ending
from connections.models import Connection, ConnectionEvent
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import by_hand, requesting, tasks
from publishing.models import Item, Publication, Step
from tests.connections.meanwhile import just_after
from tests.publishing.factories import make_supplier, ready_item, ready_sale
from tests.publishing.steps import (
    item_now,
    now,
    page_of,
    press_publish,
    publish,
    step_of,
    trail_of,
    work,
)
from tests.publishing.zoho import Zoho


def test_what_is_there_is_published(
    zoho: Zoho,
    bakery: Business,
    alice: User,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item, publication = unanswered(zoho, bakery, bob)
    disconnect(connection, alice)
    zoho.standin.calls.clear()

    assert say(item, bob, is_there=True)

    assert item_now(item).status == "published"
    assert item_now(item).archived_at is not None
    assert now(publication).state == "published"
    assert "publication.seen_there" in trail_of(bakery, item)
    page = page_of(item)
    assert "A person has seen the record in Zoho Books." in page.problem
    assert page.open_url == ""
    assert list(zoho.standin.calls) == []
    with acting_in(bakery.pk):
        assert requesting.attach_again(item, by=bob) == requesting.Held(())


def test_what_is_not_there_has_failed_and_can_be_published_again(
    zoho: Zoho,
    bakery: Business,
    alice: User,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item, publication = unanswered(zoho, bakery, bob)
    disconnect(connection, alice)

    assert say(item, bob, is_there=False)

    assert item_now(item).status == "failed"
    assert now(publication).problem_code == "seen_missing"
    assert "publication.seen_missing" in trail_of(bakery, item)
    assert page_of(item).can_publish_again


def test_a_new_supplier_that_is_there_lets_the_item_be_published_again(
    zoho: Zoho,
    bakery: Business,
    alice: User,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    new = make_supplier(bakery, "New Mill", agreed_by=bob)
    item = ready_item(bakery, bob, supplier=new)
    zoho.fails("answer_lost", method="POST", path="/contacts")
    publish(item, bob)
    disconnect(connection, alice)

    assert say(item, bob, is_there=True)

    assert item_now(item).status == "failed"


@pytest.mark.parametrize(
    ("is_there", "headline"),
    [
        (True, "Published as invoice 2026-17, marked as sent."),
        (False, "Published as draft invoice 2026-17."),
    ],
)
def test_whether_a_sale_is_marked_as_sent_ends_as_the_person_says(
    zoho: Zoho,
    bakery: Business,
    alice: User,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
    *,
    is_there: bool,
    headline: str,
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("answer_lost", method="POST", path="/invoices/*/status/sent")
    publish(item, bob)
    disconnect(connection, alice)

    assert say(item, bob, is_there=is_there)

    assert item_now(item).status == "published"
    assert page_of(item).headline == headline
    assert not item_now(item).document_missing


def test_a_sale_whose_document_is_there_is_marked_as_sent_no_more(
    zoho: Zoho,
    bakery: Business,
    alice: User,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("answer_lost", method="POST", path="/invoices/*/attachment")
    publish(item, bob)
    disconnect(connection, alice)

    assert say(item, bob, is_there=True)

    page = page_of(item)
    assert page.headline == "Published as draft invoice 2026-17."
    assert "did not mark the invoice as sent" in page.problem
    assert zoho.invoices[0]["status"] == "draft"


def test_of_another_organisation_it_can_be_said_too(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item, publication = unanswered(zoho, bakery, bob)
    connect_to("20081234503", connection)
    clock.shift(121)
    work(publication)
    assert now(publication).waiting_reason == "organisation"

    assert say(item, bob, is_there=False)

    assert item_now(item).status == "failed"


@pytest.mark.parametrize("is_there", [True, False])
def test_nobody_says_it_while_zoho_can_be_asked(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    *,
    is_there: bool,
) -> None:
    item, publication = unanswered(zoho, bakery, bob)

    assert not say(item, bob, is_there=is_there)

    assert now(publication).state == "checking"
    assert step_of(publication, Step.Kind.RECORD).state == "uncertain"
    assert "publication.seen_there" not in trail_of(bakery, item)
    assert isinstance(press_publish(item, bob), requesting.Requested)


def test_of_a_document_that_was_sent_once_more_it_is_asked_too(
    zoho: Zoho,
    bakery: Business,
    alice: User,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    """Else its item could neither be attached to again nor be taken back."""
    item = ready_item(bakery, bob)
    zoho.fails("forbidden", method="POST", path="/bills/*/attachment", times=2)
    publication = publish(item, bob)
    zoho.fails("answer_lost", method="POST", path="/bills/*/attachment")
    with acting_in(bakery.pk):
        requesting.attach_again(item, by=bob)
    work(publication)
    disconnect(connection, alice)

    page = page_of(item)
    assert page.status == "published"
    assert page.asks_a_person
    assert page.asks_about == step_of(publication, Step.Kind.DOCUMENT).pk

    assert say(item, bob, is_there=True)

    assert now(publication).finished_at is not None
    assert not item_now(item).document_missing


@pytest.mark.parametrize(("hours", "is_asked"), [(23, False), (25, True)])
def test_what_zoho_cannot_say_for_a_day_a_person_may_say(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
    *,
    hours: int,
    is_asked: bool,
) -> None:
    """It would be checked, and hold the connection, for ever."""
    item, publication = sent_and_unclear(zoho, bakery, bob, clock)
    for _look in range(2):
        clock.shift(timedelta(hours=hours / 2))
        work(publication)
    assert now(publication).waiting_reason == "unclear"

    assert page_of(item).asks_a_person is is_asked
    assert say(item, bob, is_there=True) is is_asked

    status = "published" if is_asked else "checking"
    assert item_now(item).status == status


def test_the_time_that_it_waited_for_something_else_is_no_time_of_looking(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item, publication = sent_and_unclear(zoho, bakery, bob, clock)
    clock.shift(timedelta(hours=20))
    work(publication)
    zoho.is_well()
    zoho.fails("per_day", method="GET", path="/invoices/*")
    clock.shift(timedelta(minutes=15))
    work(publication)
    assert now(publication).waiting_reason == "day"
    zoho.fails("error_500", method="GET", path="/invoices/*", times=100)
    clock.shift(timedelta(hours=30))
    work(publication)
    assert now(publication).waiting_reason == "unclear"

    assert not page_of(item).asks_a_person

    clock.shift(timedelta(hours=5))
    work(publication)

    assert page_of(item).asks_a_person


def test_after_an_answer_the_day_begins_anew(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item, publication = sent_and_unclear(zoho, bakery, bob, clock)
    clock.shift(timedelta(hours=23))
    work(publication)
    zoho.is_well()
    clock.shift(timedelta(hours=1))
    work(publication)
    assert now(publication).waiting_reason == "answer_lost"
    zoho.fails("error_500", method="GET", path="/invoices/*", times=100)
    for _look in range(2):
        clock.shift(timedelta(hours=2))
        work(publication)
    assert now(publication).waiting_reason == "unclear"

    assert not page_of(item).asks_a_person


def sent_and_unclear(
    zoho: Zoho, bakery: Business, by: User, clock: time_machine.Traveller
) -> tuple[Item, Publication]:
    """A sale whose mark “sent” was lost before it arrived; the first look fails."""
    item = ready_sale(bakery, by, mark_as_sent=True)
    zoho.fails("call_lost", method="POST", path="/invoices/*/status/sent")
    publication = publish(item, by)
    zoho.fails("error_500", method="GET", path="/invoices/*", times=100)
    clock.shift(timedelta(seconds=125))
    work(publication)
    assert now(publication).waiting_reason == "unclear"
    return item, publication


def test_what_was_seen_of_one_thing_is_not_said_of_another(
    zoho: Zoho,
    bakery: Business,
    alice: User,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    """Bob's page asks about the supplier; Alice has answered, and published again."""
    new = make_supplier(bakery, "New Mill", agreed_by=bob)
    item = ready_item(bakery, bob, supplier=new)
    zoho.fails("answer_lost", method="POST", path="/contacts")
    publish(item, bob)
    connect_to("20081234503", connection)
    clock.shift(121)
    work(publications_of(item)[0])
    shown_to_bob = page_of(item).asks_about
    assert say(item, alice, is_there=False)
    connect_to(zoho.organisation.organisation_id, connection)
    zoho.fails("answer_lost", method="POST", path="/bills")
    again = publish(item, alice)
    connect_to("20081234503", connection)
    clock.shift(121)
    work(again)
    assert now(again).waiting_reason == "organisation"

    with acting_in(bakery.pk):
        said = by_hand.settle(item, is_there=True, by=bob, step_id=shown_to_bob)

    assert not said
    assert now(again).state == "checking"
    assert now(again).leased_until is None
    assert item_now(item).status == "checking"


def publications_of(item: Item) -> list[Publication]:
    with acting_in(item.business_id):
        return list(item.publications.order_by("pk"))


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("is_there", [True, False])
def test_nobody_says_it_once_a_worker_has_found_it(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
    *,
    is_there: bool,
) -> None:
    item, publication = unanswered(zoho, bakery, bob)
    organisation = connection.organisation_id
    connect_to("20081234503", connection)
    clock.shift(121)
    work(publication)
    zoho.fails("per_minute", method="POST", path="/bills/*/attachment")

    def go_on() -> None:
        connect_to(organisation, connection)
        clock.shift(3601)
        work(publication)

    with just_after('FROM "publishing_publication"', go_on):
        said = say(item, bob, is_there=is_there)

    assert not said
    assert step_of(publication, Step.Kind.RECORD).state == "done"
    assert now(publication).waiting_reason == "minute"
    assert now(publication).leased_until is None


def connect_to(organisation_id: str, connection: Connection) -> None:
    with acting_in(connection.business_id):
        Connection.unscoped.filter(pk=connection.pk).update(
            organisation_id=organisation_id
        )


def unanswered(zoho: Zoho, bakery: Business, by: User) -> tuple[Item, Publication]:
    """It has been sent, and nobody knows whether it arrived."""
    item = ready_item(bakery, by)
    zoho.fails("answer_lost", method="POST", path="/bills")
    return item, publish(item, by)


def disconnect(connection: Connection, by: User) -> None:
    """A connection that was broken before: one that works is held until it is known."""
    with acting_in(connection.business_id):
        Connection.unscoped.update(state="needs_reconnecting")
        ending.disconnect(connection, by)
        event = ConnectionEvent.unscoped.get(kind="disconnected")
    tasks.heed_event(connection.business_id, event.pk)


def say(item: Item, by: User, *, is_there: bool) -> bool:
    with acting_in(item.business_id):
        return by_hand.settle(item, is_there=is_there, by=by)
