"""Locked periods, read from Zoho with the lists."""

from datetime import date, timedelta

import pytest
from pytest_django.fixtures import Settings

from connections import lists
from connections.locks import Lock, locks_of
from connections.models import Connection, ConnectionEvent, RefreshRun
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.zoho import BAKERY, Zoho

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patient(settings: Settings) -> None:
    """Enough budget for a refresh after a refresh."""
    settings.ZOHO_CALLS_A_MINUTE = 1000


def somebody_locks(zoho: Zoho, until: str, module: str = "all") -> None:
    zoho.standin.change(
        "settings", organization=BAKERY, locked_until=until, locked_module=module
    )


def refreshed(connection: Connection) -> RefreshRun:
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        lists.refresh(run.pk)
        run.refresh_from_db()
        connection.refresh_from_db()
        return run


def test_a_refresh_reads_every_lock_with_one_call(
    connection: Connection, zoho: Zoho
) -> None:
    assert locks_of(connection) is None
    somebody_locks(zoho, "2026-03-31")
    somebody_locks(zoho, "2026-09-30", "sales")
    somebody_locks(zoho, "2026-10-31", "banking")

    refreshed(connection)

    assert locks_of(connection) == (
        Lock("all", None, date(2026, 3, 31)),
        Lock("sales", None, date(2026, 9, 30)),
    )
    assert len(zoho.calls("GET", "/transactionlocks")) == 1


def test_locks_that_are_on_further_pages_are_read_too(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.organisation.locks_a_page = 1
    somebody_locks(zoho, "2026-03-31", "banking")
    somebody_locks(zoho, "2026-06-30", "purchase")
    somebody_locks(zoho, "2026-09-30", "sales")

    refreshed(connection)

    assert locks_of(connection) == (
        Lock("sales", None, date(2026, 9, 30)),
        Lock("purchases", None, date(2026, 6, 30)),
    )


def test_what_is_unlocked_again_is_open_after_the_next_refresh(
    connection: Connection, zoho: Zoho
) -> None:
    somebody_locks(zoho, "2026-03-31")
    refreshed(connection)
    somebody_locks(zoho, "")

    refreshed(connection)

    assert locks_of(connection) == ()


def test_a_zoho_user_who_may_not_see_locks_refreshes_all_the_same(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.fails("forbidden", path="/transactionlocks", times=9)

    run = refreshed(connection)

    assert (run.finished_at is not None, run.problem) == (True, "")
    assert locks_of(connection) == ()


def test_locks_that_cannot_be_read_just_now_stay_as_they_were(
    connection: Connection, zoho: Zoho
) -> None:
    somebody_locks(zoho, "2026-03-31")
    refreshed(connection)
    zoho.fails("error_500", path="/transactionlocks", times=9)

    run = refreshed(connection)

    assert (run.finished_at is not None, run.problem) == (True, "")
    assert locks_of(connection) == (Lock("all", None, date(2026, 3, 31)),)


def test_the_locks_of_another_organisation_say_nothing_of_this_one(
    connection: Connection, zoho: Zoho
) -> None:
    somebody_locks(zoho, "2026-03-31")
    refreshed(connection)

    connection.organisation_id = "20081234999"

    assert locks_of(connection) is None


def test_other_periods_are_told_at_once_and_the_same_ones_are_not(
    connection: Connection, zoho: Zoho
) -> None:
    somebody_locks(zoho, "2026-03-31")

    assert news_of_a_turn(connection) == ["refreshed"]
    refreshed(connection)
    assert news_of_a_turn(connection) == []


def news_of_a_turn(connection: Connection) -> list[str]:
    """Of a refresh that reads the locks and one list, and is not at its end."""
    with acting_in(connection.business_id):
        ConnectionEvent.unscoped.all().delete()
        run = lists.start(connection, None)
        lists.refresh(run.pk, turn=timedelta(0))
        run.refresh_from_db()
        assert run.finished_at is None
        return list(ConnectionEvent.unscoped.values_list("kind", flat=True))
