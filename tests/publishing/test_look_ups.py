"""How often Zoho is asked whether a document has arrived: twice if its answer was lost."""

from datetime import timedelta

import pytest
import time_machine

from connections.books import open_books
from connections.budget import Priority
from connections.models import Allowance, Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import requesting, sending
from publishing.models import Publication, Step
from tests.publishing.factories import paid_receipt, ready_item
from tests.publishing.steps import (
    item_now,
    now,
    page_of,
    publish,
    step_of,
    verify,
    work,
    work_until_settled,
)
from tests.publishing.zoho import Zoho

ATTACHING = "/bills/*/attachment"

pytestmark = pytest.mark.usefixtures("connection")


def looks(zoho: Zoho, publication: Publication) -> int:
    zoho_id = step_of(publication, Step.Kind.RECORD).zoho_id
    return len(zoho.calls("GET", f"/bills/{zoho_id}"))


def test_a_lost_document_is_looked_for_twice(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    zoho.fails("call_lost", path=ATTACHING)

    publication = publish(ready_item(bakery, bob), bob)
    work_until_settled(publication, clock)

    assert looks(zoho, publication) == 2
    assert len(zoho.bills[0]["documents"]) == 1


def test_an_address_that_zoho_does_not_know_is_asked_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    zoho.fails("call_lost", path=ATTACHING)
    zoho.fails("no_such_url", method="GET", path="/bills/*")

    publication = publish(ready_item(bakery, bob), bob)
    work_until_settled(publication, clock)

    assert now(publication).problem_code == ""
    assert len(zoho.bills[0]["documents"]) == 1


def test_one_that_was_lost_and_then_had_to_wait_is_not_looked_for_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    zoho.fails("call_lost", path=ATTACHING)
    zoho.fails("at_once", method="POST", path=ATTACHING)

    publication = publish(ready_item(bakery, bob), bob)
    work_until_settled(publication, clock)

    assert looks(zoho, publication) == 2
    assert len(zoho.bills[0]["documents"]) == 1


def test_one_that_had_to_wait_for_hours_is_looked_for_once_more(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    """Zoho has stored it later than anybody thought: it is not sent a second time."""
    item = paid_receipt(bakery, bob)
    zoho.fails("call_lost", method="POST", path="/expenses")
    publication = publish(item, bob)
    zoho.fails("per_day", method="POST", path="/expenses")
    for _look in range(2):
        clock.shift(121)
        work(publication)
    assert now(publication).waiting_reason == "day"
    first = arrives_late(zoho, publication)

    work_until_settled(publication, clock)

    assert [expense["expense_id"] for expense in zoho.expenses] == [first]
    assert step_of(publication, Step.Kind.RECORD).zoho_id == first
    assert item_now(item).status == "published"


def arrives_late(zoho: Zoho, publication: Publication) -> str:
    """The lost request has its effect only now."""
    with acting_in(publication.business_id):
        Allowance.unscoped.update(blocked_until=None)
        connection = Connection.unscoped.select_related("grant").get()
        step = publication.steps.get(kind=Step.Kind.RECORD)
        sent = sending.message(publication, step)
        books = open_books(connection, Priority.PERSON)
        return sending.send(books, publication, sent).zoho_id


def test_one_that_only_had_to_wait_is_not_looked_for(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    zoho.fails("at_once", method="POST", path=ATTACHING)

    publication = publish(ready_item(bakery, bob), bob)
    work_until_settled(publication, clock)

    assert looks(zoho, publication) == 0
    assert len(zoho.bills[0]["documents"]) == 1


def test_a_document_lost_twice_is_looked_for_twice_each_time(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    zoho.fails("call_lost", path=ATTACHING, times=2)

    publication = publish(ready_item(bakery, bob), bob)
    work_until_settled(publication, clock)

    assert looks(zoho, publication) == 4
    assert len(zoho.bills[0]["documents"]) == 1


def test_one_that_zoho_fails_to_tell_of_for_a_day_is_told_and_can_be_attached_again(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item = ready_item(bakery, bob)
    zoho.fails("upload_not_stored", path=ATTACHING)
    publication = publish(item, bob)
    verify(connection)
    zoho.fails("error_500", method="GET", path="/bills/*", times=1000)
    clock.shift(timedelta(days=1))
    work(publication)
    assert now(publication).waiting_reason == "unclear"

    for _look in range(2):
        clock.shift(timedelta(days=1))
        work(publication)

    page = page_of(item)
    assert now(publication).finished_at is not None
    assert item_now(item).document_missing
    assert page.can_attach_again
    assert "could not say whether the record has its document" in page.problem
    with acting_in(bakery.pk):
        requesting.attach_again(item, by=bob)
    work(publication)
    assert now(publication).waiting_reason == "unclear"  # As long again.
    zoho.is_well()
    work_until_settled(publication, clock)
    assert len(zoho.bills[0]["documents"]) == 1
    assert page_of(item).problem == ""
