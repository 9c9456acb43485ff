"""A refresh belongs to one worker at a time, and goes on without one that was lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from connections import lists
from connections.books import end_refresh
from connections.kinds import BY_SLUG
from connections.models import (
    Allowance,
    Connection,
    RefreshedList,
    RefreshedPage,
    RefreshRun,
)
from connections.reading import LeaseLost, not_read
from connections.zoho.errors import (
    ZohoError,
    ZohoForbidden,
    ZohoUnavailable,
    ZohoUnexpected,
)
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.django_db


def line(run: RefreshRun, kind: str) -> RefreshedList:
    with acting_in(run.business_id):
        return run.lists.get(kind=kind)


def test_two_clicks_begin_one_refresh(
    connection: Connection, alice: User, bob: User
) -> None:
    with acting_in(connection.business_id):
        first = lists.start(connection, alice)
        second = lists.start(connection, bob)
        assert first.pk == second.pk
        assert RefreshRun.unscoped.count() == 1


def test_a_killed_refresh_goes_on_with_the_list_it_had_not_finished(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        run.lists.filter(kind="categories").update(state="done")
        RefreshRun.unscoped.update(leased_until=timezone.now() - timedelta(seconds=1))
        lists.refresh(run.pk)
        run.refresh_from_db()
    assert run.finished_at is not None
    assert zoho.calls("GET", "/chartofaccounts") == []
    assert line(run, "suppliers").state == "done"


def test_a_refresh_that_somebody_is_at_is_left_to_them(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        RefreshRun.unscoped.update(leased_until=timezone.now() + timedelta(minutes=1))
        lists.refresh(run.pk)
    assert list(zoho.standin.calls) == []


def test_who_has_lost_it_to_another_worker_throws_away_no_page_of_theirs(
    connection: Connection, alice: User
) -> None:
    with acting_in(connection.business_id):
        lost = lists.start(connection, alice)
        RefreshRun.unscoped.update(leased_until=timezone.now() + timedelta(minutes=3))
        suppliers = line(lost, "suppliers")
        RefreshedPage.unscoped.create(
            business_id=suppliers.business_id,
            line=suppliers,
            number=1,
            has_more=True,
            rows=[],
            read_at=timezone.now(),
        )

        with pytest.raises(LeaseLost):
            not_read(lost, suppliers, BY_SLUG["suppliers"], ZohoUnexpected("What?"))

        assert suppliers.pages.count() == 1
        assert line(lost, "suppliers").state == RefreshedList.State.WAITING


def test_pages_of_a_refresh_that_broke_off_go_when_the_next_one_begins(
    connection: Connection, alice: User
) -> None:
    """They hold names and addresses, and nobody reads them any more."""
    with acting_in(connection.business_id):
        broken_off = line(lists.start(connection, alice), "suppliers")
        page = RefreshedPage.unscoped.create(
            business_id=broken_off.business_id,
            line=broken_off,
            number=1,
            has_more=True,
            rows=[],
        )
        end_refresh(connection, "It was disconnected.")
        lists.start(connection, alice)

        assert not RefreshedPage.unscoped.filter(pk=page.pk).exists()


@pytest.mark.parametrize("error", [ZohoUnavailable("Away."), ZohoForbidden("No.")])
def test_who_has_lost_it_ends_no_list_that_another_worker_reads(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, error: ZohoError
) -> None:
    """It was held up for longer than its lease, and then its call failed."""

    def overtaken(*_all: object) -> None:
        RefreshRun.unscoped.update(leased_until=timezone.now() + timedelta(minutes=3))
        RefreshedList.unscoped.filter(kind="suppliers").update(state="reading")
        raise error

    monkeypatch.setattr(lists, "_learn_locks", overtaken)
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        lists.refresh(run.pk)
        run.refresh_from_db()
        states = set(run.lists.values_list("kind", "state"))
    assert run.finished_at is None
    assert run.leased_until is not None
    assert ("suppliers", "reading") in states
    assert {state for _kind, state in states} == {"reading", "waiting"}


def test_what_is_planned_once_answers_for_the_business_of_the_session_alone(
    connection: Connection, garage: Business
) -> None:
    """Theirs is planned and answered first, in the same session of the database."""
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        over = timezone.now() + timedelta(minutes=3)
        RefreshRun.unscoped.filter(pk=run.pk).update(leased_until=over)
        Allowance.unscoped.get_or_create(
            connection=connection, business_id=connection.business_id
        )
        kept = line(run, "suppliers")
        assert answered("standing_of(%s)", connection.pk) is not None
        assert answered("hold_refresh(%s, %s, %s, 7)", run.pk, over, over) == (True,)
    taking = "take_up_list(%s, %s, %s, %s, 99)"
    with acting_in(garage.pk):
        assert answered("standing_of(%s)", connection.pk) is None
        assert answered("hold_refresh(%s, %s, %s, 9)", run.pk, over, over) == (False,)
        assert answered(taking, run.pk, over, over, kept.pk) == (False,)
    with acting_in(connection.business_id):
        assert answered("standing_of(%s)", connection.pk) is not None
        run.refresh_from_db()
        kept.refresh_from_db()
        assert answered("hold_refresh(%s, NULL, %s, 9)", run.pk, over) == (False,)
    assert (run.pauses, kept.state, kept.rows) == (7, "waiting", 0)


def answered(function: str, *values: Any) -> tuple[object, ...] | None:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}", values)  # noqa: S608  (ours)
        found: tuple[object, ...] | None = cursor.fetchone()
    return found
