"""Whose turn it is: people first, nobody in vain, and no crowd before a click."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections import budget
from connections.models import Allowance, Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from dext_sync.celery import PEOPLE, WORK, remind, remind_in
from publishing import tasks, turns
from publishing.models import Publication, PublishAttempt
from tests.conftest import Browse
from tests.publishing.crowd import AUTOMATIC, waiting
from tests.publishing.factories import ready_item
from tests.publishing.pages.conftest import Visitor
from tests.publishing.steps import begun, item_now, now
from tests.publishing.zoho import Zoho, connected_to, served

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def zoho(settings: Settings) -> Iterator[Zoho]:
    with served(settings) as zoho:
        budget.forget()
        yield zoho


@pytest.fixture
def connection(zoho: Zoho, bakery: Business) -> Connection:
    return connected_to(zoho, bakery)


@pytest.fixture
def broker(redis_client: redis.Redis) -> Iterator[redis.Redis]:
    redis_client.delete(PEOPLE, WORK)
    yield redis_client
    redis_client.delete(PEOPLE, WORK)


def take_turns(business: Business) -> timedelta | None:
    """Until there is nothing to do at once."""
    rest: timedelta | None = timedelta(0)
    while rest == timedelta(0):
        with acting_in(business.pk):
            rest = turns.take(business.pk)
    return rest


def numbers(zoho: Zoho) -> list[str]:
    return [bill["bill_number"] for bill in zoho.bills]


def state_of(publication: Publication) -> tuple[str, bool]:
    """What it waits for, and whether a worker could go on with it."""
    current = now(publication)
    return current.waiting_reason, current.due_at <= timezone.now()


@pytest.mark.usefixtures("connection")
def test_people_go_first_and_then_whoever_came_first(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    waiting(bakery, bob, 2, priority=AUTOMATIC, name="Auto")
    waiting(bakery, bob, 2, name="Click")

    assert take_turns(bakery) is None

    assert numbers(zoho) == ["Click-0", "Click-1", "Auto-0", "Auto-1"]


@pytest.mark.usefixtures("connection")
def test_what_another_worker_holds_is_passed_over(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    held, _free = waiting(bakery, bob, 2)
    ends = timezone.now() + timedelta(hours=1)
    with acting_in(bakery.pk):
        Publication.unscoped.filter(pk=held.pk).update(leased_until=ends)

        turns.take(bakery.pk)

    assert numbers(zoho) == ["Many-1"]


@pytest.mark.usefixtures("committed_db", "connection")
def test_where_the_minute_is_spent_all_wait_for_the_same_moment_and_none_asks_in_vain(
    zoho: Zoho, bakery: Business, bob: User, settings: Settings
) -> None:
    settings.ZOHO_CALLS_A_MINUTE = 4
    crowd = waiting(bakery, bob, 30)

    rest = take_turns(bakery)

    assert rest is not None
    assert timedelta(seconds=50) < rest <= timedelta(seconds=60)
    assert len(numbers(zoho)) == 2
    assert len({now(publication).due_at for publication in crowd[2:]}) == 1
    assert state_of(crowd[-1]) == ("minute", False)
    assert rows_across("turns_due", 4) == []
    with acting_in(bakery.pk):
        assert PublishAttempt.unscoped.count() == 4


@pytest.mark.usefixtures("connection")
def test_what_is_automatic_waits_before_people_have_to(
    zoho: Zoho, bakery: Business, bob: User, settings: Settings
) -> None:
    settings.ZOHO_CALLS_A_MINUTE = 10
    automatic = waiting(bakery, bob, 6, priority=AUTOMATIC, name="Auto")
    take_turns(bakery)
    click = begun(ready_item(bakery, bob, reference="Click-0"), bob)

    take_turns(bakery)

    assert state_of(automatic[-1]) == ("minute", False)
    assert zoho.bills[-1]["bill_number"] == "Click-0"
    assert state_of(click) == ("minute", False)  # its document is the eleventh call


def test_zohos_own_word_is_heeded_by_all_that_waits(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    crowd = waiting(bakery, bob, 5)
    zoho.fails("per_day", path="/bills")

    take_turns(bakery)

    assert len(zoho.calls("POST", "/bills")) == 1
    with acting_in(bakery.pk):
        midnight = Allowance.unscoped.get(connection=connection).blocked_until
    assert midnight is not None
    assert {now(each).waiting_reason for each in crowd} == {"day"}
    for each in crowd:
        assert abs(now(each).due_at - midnight) < timedelta(seconds=1)


@pytest.mark.usefixtures("committed_db", "connection")
def test_a_business_with_thousands_takes_no_more_turns_than_calls_at_once(
    zoho: Zoho, bakery: Business, garage: Business, bob: User, charlie: User
) -> None:
    connected_to(zoho, garage, "Garage Charlie Ltd")
    waiting(bakery, bob, 20)
    begun(ready_item(garage, charlie), charlie)

    found = rows_across("turns_due", 4)

    assert found[:2] == [(bakery.pk, 1), (garage.pk, 1)]
    assert found[2:] == [(bakery.pk, lane) for lane in (2, 3, 4)]


@pytest.mark.usefixtures("committed_db", "connection")
def test_many_are_two_tasks_and_a_click_has_a_queue_of_its_own(
    bakery: Business, bob: User, browse: Browse, broker: redis.Redis
) -> None:
    items = [ready_item(bakery, bob, reference=f"B-{number}") for number in range(5)]
    visitor = Visitor(browse(bob), bakery)
    many = {"item": [item.pk for item in items[1:]], "confirmed": "1"}

    visitor.posts("items_publish", data=many)
    visitor.posts("item_publish", items[0].pk)

    # Work is rung once the first of the four is written down, and once all are.
    assert [broker.llen(PEOPLE), broker.llen(WORK)] == [1, 2]
    assert {item_now(item).status for item in items} == {"publishing"}


@pytest.mark.usefixtures("connection")
def test_the_same_reminder_is_not_rung_twice(
    bakery: Business, broker: redis.Redis
) -> None:
    for _sweep in range(3):
        remind(tasks.take_turn, bakery.pk, 1)
        remind(tasks.take_turn, bakery.pk, 2)

    assert broker.llen(WORK) == 2


@pytest.mark.usefixtures("connection")
def test_what_people_send_does_not_rest_with_what_is_automatic(
    bakery: Business, broker: redis.Redis, settings: Settings
) -> None:
    """A turn has spent the share of what is automatic, and comes back in a minute."""
    remind_in(timedelta(seconds=60), tasks.take_turn, bakery.pk, 1)
    resting = broker.llen(WORK)

    tasks.publish_due(bakery.pk)

    assert (resting, broker.llen(WORK)) == (1, 1 + settings.ZOHO_CALLS_AT_ONCE)


@pytest.mark.usefixtures("connection")
def test_of_those_that_rest_one_is_enough(
    bakery: Business, broker: redis.Redis
) -> None:
    for _turn in range(3):
        remind_in(timedelta(seconds=40), tasks.take_turn, bakery.pk, 1)
        tasks.take_turn(bakery.pk, 1)

    assert broker.llen(WORK) == 1


@pytest.mark.usefixtures("connection")
def test_one_that_rings_may_rest_anew_at_once(
    bakery: Business, broker: redis.Redis
) -> None:
    """It found the limit spent again; Redis forgets it by whole seconds alone."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        remind_in(timedelta(seconds=7.2), tasks.take_turn, bakery.pk, 1)
        clock.shift(7.3)
        remind_in(timedelta(seconds=15.9), tasks.take_turn, bakery.pk, 1)

    assert broker.llen(WORK) == 2


@pytest.mark.usefixtures("connection")
def test_what_rests_shortly_does_not_wait_for_what_rests_long(
    bakery: Business, broker: redis.Redis
) -> None:
    """The share of what is automatic comes back later than that of people."""
    for seconds in (50, 10, 40, 9.5):
        remind_in(timedelta(seconds=seconds), tasks.take_turn, bakery.pk, 1)

    assert broker.llen(WORK) == 2


@pytest.mark.usefixtures("connection")
def test_it_rings_again_once_it_was_answered(
    bakery: Business, broker: redis.Redis
) -> None:
    remind(tasks.take_turn, bakery.pk, 1)
    tasks.take_turn(bakery.pk, 1)

    remind(tasks.take_turn, bakery.pk, 1)

    assert broker.llen(WORK) == 2


SOON = timedelta(seconds=30)


def as_of_now(facts: dict[str, object]) -> dict[str, object]:
    """Moments are said by how far off they are."""
    now = timezone.now()
    return {
        name: now + value if isinstance(value, timedelta) else value
        for name, value in facts.items()
    }


def rest_after(publication: Publication, **facts: object) -> timedelta | None:
    """Of a turn that comes to it: it has met the minute's limit, but for these facts.
    Another worker holds it, so that it stays as it is."""
    met = {
        "state": Publication.State.WAITING,
        "waiting_reason": "minute",
        "due_at": timezone.now() + SOON,
        "leased_until": timezone.now() + SOON,
    }
    with acting_in(publication.business_id):
        Publication.unscoped.filter(pk=publication.pk).update(**met | as_of_now(facts))
        return turns.go_on(publication.pk)


@pytest.mark.usefixtures("connection")
def test_a_turn_ends_for_a_limit_that_was_just_met(bakery: Business, bob: User) -> None:
    one, other = waiting(bakery, bob, 2)
    others_due = now(other).due_at

    rest = rest_after(one)

    assert rest is not None
    assert SOON - timedelta(seconds=5) < rest <= SOON
    assert now(other).due_at > others_due
    assert rest_after(other, waiting_reason="", leased_until=None) is None


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize(
    "facts",
    [
        {"state": Publication.State.CHECKING},
        {"waiting_reason": "unclear"},
        {"due_at": -SOON},
        {"finished_at": timedelta(0)},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_it_goes_on_after_what_waits_by_itself(
    facts: dict[str, object], bakery: Business, bob: User
) -> None:
    one, other = waiting(bakery, bob, 2)
    others_due = now(other).due_at

    assert rest_after(one, **facts) is None

    assert now(other).due_at == others_due


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize(
    "facts",
    [
        {"state": Publication.State.CHECKING},
        {"waiting_reason": "connection"},
        {"due_at": 2 * SOON},
        {"priority": Publication.Priority.PERSON},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_what_would_not_meet_that_limit_does_not_wait_for_it(
    facts: dict[str, object], bakery: Business, bob: User
) -> None:
    one, other = waiting(bakery, bob, 2, priority=AUTOMATIC)
    with acting_in(bakery.pk):
        Publication.unscoped.filter(pk=other.pk).update(**as_of_now(facts))
    before = now(other)

    rest = rest_after(one)

    assert rest is not None
    after = now(other)
    assert (after.due_at, after.waiting_reason) == (
        before.due_at,
        before.waiting_reason,
    )
