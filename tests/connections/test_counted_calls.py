"""Every call of a refresh is counted, and each once, however it ends."""

from datetime import timedelta

import pytest
import redis
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings
from time_machine import TimeMachineFixture

from connections import budget, lists
from connections.books import ConnectionAccess
from connections.budget import Priority
from connections.models import Connection
from connections.zoho.types import DailyLimit
from dext_sync.businesses.tenancy import acting_in
from tests.project.test_metrics import read
from tests.publishing.zoho import BAKERY, Zoho

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted(redis_client: redis.Redis, settings: Settings) -> None:
    settings.ZOHO_CALLS_A_MINUTE = 1000
    for key in redis_client.scan_iter("metrics:*"):
        redis_client.delete(key)


def counted() -> float:
    return sum(read().get("dext_sync_zoho_calls_total", {}).values())


@pytest.mark.parametrize("turn", [None, timedelta(0)])
def test_all_calls_of_a_refresh_are_counted_once(
    connection: Connection,
    zoho: Zoho,
    turn: timedelta | None,
) -> None:
    zoho.standin.change("vendors", organization=BAKERY, count=450)
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        while lists.refresh(run.pk, turn=turn) is not None:
            assert counted() == len(zoho.standin.calls)
    assert counted() == len(zoho.standin.calls) > 5


def test_calls_are_counted_though_what_zoho_said_of_the_day_cannot_be_noted(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_all: object) -> None:
        raise OperationalError("The database has gone.")

    monkeypatch.setattr(budget, "note_limits", fails)
    access = ConnectionAccess(connection, Priority.REFRESH)
    access.came(200, 0)
    with pytest.raises(OperationalError):
        access.limits(DailyLimit(limit=1000, remaining=900, resets_in=3600))
    assert counted() == 1


def test_calls_without_an_answer_are_counted_once_a_second_too(
    connection: Connection,
    time_machine: TimeMachineFixture,
) -> None:
    """Zoho is away: each call takes as long as it may, and the worker may be killed."""
    access = ConnectionAccess(connection, Priority.REFRESH)
    time_machine.move_to(timezone.now())
    for _call in range(3):
        access.came(None, None)
        time_machine.shift(timedelta(seconds=30))
    access.came(None, None)
    assert counted() >= 3
