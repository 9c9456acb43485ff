"""What Zoho cannot say of one item keeps no other waiting, and is asked ever more rarely."""

from datetime import timedelta

import pytest
from django.utils import timezone
from time_machine import Traveller

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import requesting, turns
from publishing.models import Publication
from publishing.problems import Wait
from tests.publishing.crowd import waiting
from tests.publishing.factories import ready_item
from tests.publishing.steps import now, publish, work
from tests.publishing.test_attaching import asked_about, attach
from tests.publishing.test_duplicates_in_zoho import typed_bill
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("connection")


@pytest.fixture
def lost(zoho: Zoho, bakery: Business, bob: User, clock: Traveller) -> Publication:
    """Its answer was lost, and every look for it fails."""
    zoho.fails("answer_lost", method="POST", path="/bills")
    publication = publish(ready_item(bakery, bob, reference="LOST"), bob)
    clock.shift(timedelta(seconds=125))
    zoho.fails("error_500", method="GET", path="/bills", times=1000)
    return publication


def rest_after_a_hiccup(zoho: Zoho, publication: Publication) -> timedelta:
    """It is looked for, and Zoho has a fault in that moment."""
    zoho.fails("error_500", method="GET", path="/bills")
    work(publication)
    assert now(publication).waiting_reason == Wait.UNCLEAR.code
    return now(publication).due_at - timezone.now()


def test_others_go_past_an_item_that_cannot_be_looked_up(
    zoho: Zoho, bakery: Business, bob: User, lost: Publication
) -> None:
    others = waiting(bakery, bob, 5)

    with acting_in(bakery.pk):
        for _turn in range(6):
            turns.take(bakery.pk)

    assert {now(other).state for other in others} == {"published"}
    assert now(lost).waiting_reason == Wait.UNCLEAR.code


def test_it_is_looked_for_ever_more_rarely(
    zoho: Zoho, lost: Publication, clock: Traveller
) -> None:
    gaps = []
    for _look in range(8):
        work(lost)
        gap = now(lost).due_at - timezone.now()
        gaps.append(gap.total_seconds())
        clock.shift(gap + timedelta(seconds=1))

    assert gaps[0] < 10
    assert 100 < gaps[-1] <= 720
    assert gaps == sorted(gaps)


def test_so_is_anothers_record_before_a_document_goes_there(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection, clock: Traveller
) -> None:
    typed = typed_bill(zoho)
    publication = attach(asked_about(connection, ready_item(bakery, bob)), bob)
    path = f"/bills/{typed['bill_id']}"
    zoho.fails("error_500", method="GET", path=path, times=1000)
    gaps = []
    for _look in range(10):
        work(publication)
        assert now(publication).waiting_reason == Wait.UNCLEAR.code
        gap = now(publication).due_at - timezone.now()
        gaps.append(gap.total_seconds())
        clock.shift(gap + timedelta(seconds=1))

    assert gaps[0] < 10
    assert 100 < gaps[-1] <= 720


def test_a_document_that_is_sent_once_more_long_after_holds_nobody_up(
    zoho: Zoho, bakery: Business, bob: User, clock: Traveller
) -> None:
    """Zoho is away for a moment, in which its record is looked at, and others wait."""
    item = ready_item(bakery, bob)
    zoho.fails("forbidden", path="/bills/*/attachment", times=2)
    publication = publish(item, bob)
    clock.shift(timedelta(days=1))
    with acting_in(bakery.pk):
        requesting.attach_again(item, by=bob)
    (other,) = waiting(bakery, bob, 1)
    zoho.fails("html_502", method="GET", path="/bills/*", times=2)

    for _look in range(2):
        with acting_in(bakery.pk):
            turns.go_on(publication.pk)
        assert now(publication).waiting_reason == Wait.UNAVAILABLE.code
        assert now(other).due_at - timezone.now() < timedelta(seconds=30)
        clock.shift(now(publication).due_at - timezone.now())


def test_a_limit_that_was_spent_before_makes_no_look_rarer(
    zoho: Zoho, bakery: Business, bob: User, clock: Traveller
) -> None:
    zoho.fails("per_minute", method="POST", path="/bills", times=5)
    publication = publish(ready_item(bakery, bob), bob)
    for _limit in range(5):
        clock.shift(now(publication).due_at - timezone.now())
        if len(zoho.calls("POST", "/bills")) == 5:
            zoho.fails("answer_lost", method="POST", path="/bills")
        work(publication)
    assert now(publication).waiting_reason == Wait.ANSWER_LOST.code
    clock.shift(timedelta(seconds=125))

    assert rest_after_a_hiccup(zoho, publication) < timedelta(seconds=10)


def test_nor_does_a_day_that_it_waited_before_it_was_looked_for(
    zoho: Zoho, bakery: Business, bob: User, clock: Traveller
) -> None:
    zoho.fails("answer_lost", method="POST", path="/bills")
    publication = publish(ready_item(bakery, bob), bob)
    clock.shift(timedelta(seconds=125))
    zoho.fails("per_day", method="GET", path="/bills")
    work(publication)
    assert now(publication).waiting_reason == Wait.DAY.code
    clock.shift(now(publication).due_at - timezone.now() + timedelta(seconds=1))

    assert rest_after_a_hiccup(zoho, publication) < timedelta(seconds=10)


def test_one_no_to_a_look_is_not_believed_for_an_hour(
    zoho: Zoho, bakery: Business, bob: User, clock: Traveller
) -> None:
    zoho.fails("answer_lost", method="POST", path="/bills")
    publication = publish(ready_item(bakery, bob), bob)
    clock.shift(timedelta(seconds=125))
    zoho.fails("forbidden", method="GET", path="/bills", times=4)

    gaps = []
    for _look in range(2):
        work(publication)
        assert now(publication).waiting_reason == Wait.RIGHT.code
        gaps.append(now(publication).due_at - timezone.now())
        clock.shift(gaps[-1] + timedelta(seconds=1))

    assert gaps[0] < timedelta(minutes=1)
    assert gaps[1] > timedelta(minutes=59)


def typed_already(zoho: Zoho) -> None:
    """A person has entered INV-104, and Zoho's list does not show it."""
    (acme,) = zoho.contacts("Acme Paper Ltd")
    line = {"account_id": next(iter(zoho.organisation.accounts)), "rate": 5}
    zoho.person_types(
        "bill",
        vendor_id=acme["contact_id"],
        bill_number="INV-104",
        date="2026-11-01",
        line_items=[line],
    )
    zoho.fails("list_stale", method="GET", path="/bills", times=1000, seconds=1e6)


def test_limits_that_were_spent_make_no_list_that_lags_a_question(
    zoho: Zoho, bakery: Business, bob: User, clock: Traveller
) -> None:
    typed_already(zoho)
    zoho.fails("per_minute", method="POST", path="/bills", times=9)
    publication = publish(ready_item(bakery, bob), bob)
    for _limit in range(9):
        assert now(publication).waiting_reason == Wait.MINUTE.code
        clock.shift(now(publication).due_at - timezone.now())
        work(publication)

    assert now(publication).waiting_reason == Wait.LIST_LAGS.code
    assert now(publication).due_at - timezone.now() < timedelta(seconds=10)


def test_one_that_waits_for_a_list_holds_nobody_up_when_zoho_is_away_once(
    zoho: Zoho, bakery: Business, bob: User, clock: Traveller
) -> None:
    """It has waited ever longer; that Zoho gives no token now is another matter."""
    typed_already(zoho)
    publication = publish(ready_item(bakery, bob), bob)
    for _lag in range(6):
        clock.shift(now(publication).due_at - timezone.now())
        work(publication)
    assert now(publication).waiting_reason == Wait.LIST_LAGS.code
    clock.shift(timedelta(hours=2))
    (other,) = waiting(bakery, bob, 1)
    zoho.fails("token_html_502")

    with acting_in(bakery.pk):
        turns.go_on(publication.pk)

    assert now(publication).waiting_reason == Wait.UNAVAILABLE.code
    assert now(other).due_at - timezone.now() < timedelta(seconds=10)


def test_a_number_that_zoho_never_shows_becomes_a_question(
    zoho: Zoho, bakery: Business, bob: User, clock: Traveller
) -> None:
    typed_already(zoho)
    publication = publish(ready_item(bakery, bob), bob)

    for _try in range(12):
        clock.shift(max(now(publication).due_at - timezone.now(), timedelta(0)))
        work(publication)

    assert now(publication).state == Publication.State.FAILED
    assert "does not show it in its list" in now(publication).problem
    assert len(zoho.calls("POST", "/bills")) == 9
