"""A publication is one worker's at a time, and that worker's alone."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import leases
from publishing.leases import LeaseLost
from publishing.models import Publication
from tests.publishing.crowd import waiting
from tests.publishing.steps import now

State = Publication.State
LATER = timedelta(hours=1)
"""When every lease of now has ended."""
HOLDS: list[Callable[[Publication], None]] = [
    leases.extend,
    leases.hold,
    lambda publication: leases.extend_to_send(publication, timezone.now()),
]

pytestmark = pytest.mark.django_db
each_way_to_hold_it = pytest.mark.parametrize("hold", HOLDS)


@pytest.fixture
def publications(connected_bakery: Business, bob: User) -> Iterator[list[Publication]]:
    """Two that are due, inside their business."""
    found = waiting(connected_bakery, bob, 2)
    with acting_in(connected_bakery.pk):
        yield found


def taken(publication: Publication) -> Publication:
    mine = leases.taken(publication.pk, due_at=timezone.now())
    assert mine is not None
    return mine


def as_it_is(publication: Publication) -> tuple[object, ...]:
    current = now(publication)
    return (
        current.leased_until,
        current.state,
        current.waiting_reason,
        current.due_at,
        current.finished_at,
    )


def test_what_is_at_work_is_nobody_elses_until_the_lease_ends(
    publications: list[Publication],
) -> None:
    mine = taken(publications[0])

    assert leases.taken(mine.pk, due_at=None) is None
    with time_machine.travel(timezone.now() + LATER):
        assert leases.taken(mine.pk, due_at=None) is not None


def test_what_is_finished_is_taken_by_nobody(publications: list[Publication]) -> None:
    finished = publications[0]
    Publication.unscoped.filter(pk=finished.pk).update(finished_at=timezone.now())

    assert leases.taken(finished.pk, due_at=None) is None


def test_what_is_not_due_yet_is_left(publications: list[Publication]) -> None:
    one = publications[0]
    Publication.unscoped.filter(pk=one.pk).update(due_at=timezone.now() + LATER)

    assert leases.taken(one.pk, due_at=timezone.now()) is None
    assert leases.taken(one.pk, due_at=None) is not None


@each_way_to_hold_it
def test_what_another_worker_took_over_is_held_no_more(
    publications: list[Publication], hold: Callable[[Publication], None]
) -> None:
    mine = taken(publications[0])
    with time_machine.travel(timezone.now() + LATER):
        theirs = taken(publications[0])
        before = as_it_is(theirs)

        with pytest.raises(LeaseLost):
            hold(mine)

        assert as_it_is(theirs) == before


@each_way_to_hold_it
def test_what_was_finished_meanwhile_is_held_no_more(
    publications: list[Publication], hold: Callable[[Publication], None]
) -> None:
    mine = taken(publications[0])
    Publication.unscoped.filter(pk=mine.pk).update(finished_at=timezone.now())
    before = as_it_is(mine)

    with pytest.raises(LeaseLost):
        hold(mine)

    assert as_it_is(mine) == before


@each_way_to_hold_it
def test_what_ends_at_the_same_moment_is_still_another_ones(
    publications: list[Publication], hold: Callable[[Publication], None]
) -> None:
    mine, theirs = map(taken, publications)
    Publication.unscoped.filter(pk=theirs.pk).update(leased_until=mine.leased_until)
    before = as_it_is(theirs)

    hold(mine)
    leases.give_back(mine)

    assert as_it_is(theirs) == before


def test_whoever_sends_says_so_and_waits_for_nothing_more(
    publications: list[Publication],
) -> None:
    mine = taken(publications[0])
    Publication.unscoped.filter(pk=mine.pk).update(
        state=State.WAITING, waiting_reason="minute"
    )

    leases.extend_to_send(mine, timezone.now())

    current = now(mine)
    assert (current.state, current.waiting_reason) == (State.SENDING, "")
    assert current.leased_until == mine.leased_until


def test_what_is_given_back_can_be_taken_at_once(
    publications: list[Publication],
) -> None:
    leases.give_back(taken(publications[0]))

    assert leases.taken(publications[0].pk, due_at=timezone.now()) is not None


def test_only_what_is_named_becomes_due(publications: list[Publication]) -> None:
    one, other = publications
    Publication.unscoped.update(due_at=timezone.now() + LATER)

    leases.make_due(Publication.unscoped.filter(pk=one.pk))

    assert now(one).due_at <= timezone.now() < now(other).due_at
