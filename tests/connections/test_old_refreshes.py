"""What nobody reads of old refreshes any more is forgotten with the next one."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from connections import lists
from connections.models import Connection, RefreshedList, RefreshRun
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.factories import make_connection

pytestmark = pytest.mark.django_db

State = RefreshedList.State
NOW = timezone.now()
LONG_AGO = NOW - lists.KEPT - timedelta(days=1)
LATELY = NOW - lists.KEPT + timedelta(days=1)


@pytest.fixture
def connection(bakery: Business) -> Connection:
    return make_connection(bakery)


@pytest.fixture
def other_connection(garage: Business) -> Connection:
    return make_connection(garage, organisation_id="700900")


def run_at(
    connection: Connection,
    at: datetime,
    *,
    problem: str = "",
    organisation_id: str = "",
    **states: str,
) -> int:
    """One that has ended then; states: of its lists, by kind."""
    run = RefreshRun.unscoped.create(
        business_id=connection.business_id,
        connection=connection,
        organisation_id=organisation_id or connection.organisation_id,
        requested_at=at,
        finished_at=at,
        problem=problem,
    )
    RefreshedList.unscoped.bulk_create(
        RefreshedList(
            business_id=run.business_id,
            run=run,
            kind=kind,
            state=state,
            finished_at=at if state != State.FAILED else None,
        )
        for kind, state in states.items()
    )
    return run.pk


def left_after_the_next(connection: Connection) -> set[int]:
    """Which of them are there once another refresh has begun."""
    begun = lists.start(connection, by=None)
    runs = RefreshRun.unscoped.exclude(pk=begun.pk)
    return set(runs.values_list("pk", flat=True))


def test_the_old_ones_go_with_their_lists_and_the_others_stay(
    connection: Connection,
) -> None:
    with acting_in(connection.business_id):
        old = run_at(connection, LONG_AGO, accounts=State.DONE)
        lately = run_at(connection, LATELY, accounts=State.DONE)

        assert left_after_the_next(connection) == {lately}
        assert not RefreshedList.unscoped.filter(run=old).exists()
        assert RefreshedList.unscoped.filter(run=lately).exists()


def test_when_each_list_last_arrived_is_known_however_long_ago(
    connection: Connection,
) -> None:
    with acting_in(connection.business_id):
        first = LONG_AGO - timedelta(days=3)
        arrived = run_at(connection, first, contacts=State.DONE, locations="failed")
        off = run_at(connection, first, locations=State.NOT_AVAILABLE)
        run_at(connection, first - timedelta(days=1), contacts=State.DONE)
        well = run_at(connection, LONG_AGO, contacts=State.FAILED)
        run_at(connection, LONG_AGO, problem="Away.", contacts=State.FAILED)
        broken = run_at(connection, LATELY, problem="Away.", contacts=State.FAILED)

        assert left_after_the_next(connection) == {arrived, off, well, broken}
        contacts = lists.last_read(connection, "contacts")
        assert contacts is not None
        assert contacts.run_id == arrived


def test_each_organisation_keeps_its_last(connection: Connection) -> None:
    """Whoever goes back to it sees when it was read."""
    with acting_in(connection.business_id):
        left = run_at(connection, LONG_AGO, organisation_id="7", contacts=State.DONE)
        run_at(
            connection,
            LONG_AGO - timedelta(days=1),
            organisation_id="7",
            contacts=State.DONE,
        )
        here = run_at(connection, LONG_AGO, contacts=State.DONE)

        assert left_after_the_next(connection) == {left, here}


def test_of_very_many_some_go_each_time(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_FORGOTTEN", 2)
    with acting_in(connection.business_id):
        old = [
            run_at(connection, LONG_AGO + timedelta(minutes=minute))
            for minute in range(5)
        ]

        assert left_after_the_next(connection) == set(old[2:])


def test_those_of_another_connection_are_not_touched(
    connection: Connection, other_connection: Connection
) -> None:
    with acting_in(other_connection.business_id):
        theirs = [run_at(other_connection, LONG_AGO) for _each in range(2)]
    with acting_in(connection.business_id):
        run_at(connection, LONG_AGO)
        lists.start(connection, by=None)

    with acting_in(other_connection.business_id):
        assert set(RefreshRun.unscoped.values_list("pk", flat=True)) == set(theirs)
