"""The budget of calls: one for all processes, people first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections import budget
from connections.budget import Priority
from connections.models import Allowance, Connection
from connections.zoho.errors import (
    Limit,
    ZohoNoAnswer,
    ZohoRateLimited,
    ZohoUnavailable,
)
from connections.zoho.types import DailyLimit
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.factories import make_connection

pytestmark = pytest.mark.django_db

SUMMER_EVENING = datetime(2026, 7, 1, 19, tzinfo=UTC)
"""Eight o'clock in London."""


@pytest.fixture
def connection(bakery: Business) -> Connection:
    return make_connection(bakery)


def calls(connection: Connection, count: int, priority: Priority) -> int:
    """How many of so many calls, one after the other, were let through."""
    made = 0
    with acting_in(connection.business_id):
        for _call in range(count):
            try:
                with budget.call(connection, priority):
                    made += 1
            except ZohoRateLimited:
                continue
    return made


def refusal(connection: Connection, priority: Priority) -> ZohoRateLimited:
    with (
        acting_in(connection.business_id),
        pytest.raises(ZohoRateLimited) as refused,
        budget.call(connection, priority),
    ):
        pass
    return refused.value


def test_a_refresh_leaves_room_in_the_minute_for_people(
    connection: Connection, settings: Settings
) -> None:
    settings.ZOHO_CALLS_A_MINUTE = 20

    assert calls(connection, 30, Priority.REFRESH) == 16
    assert calls(connection, 30, Priority.AUTOMATIC) == 2
    assert calls(connection, 30, Priority.PERSON) == 2
    assert refusal(connection, Priority.PERSON).limit == "minute"


def test_the_wait_is_until_the_oldest_call_of_the_minute_is_over(
    connection: Connection, settings: Settings
) -> None:
    settings.ZOHO_CALLS_A_MINUTE = 1
    calls(connection, 1, Priority.PERSON)

    wait = refusal(connection, Priority.PERSON).retry_after

    assert wait is not None
    assert 55 < wait <= 60


def test_four_calls_at_once_and_fewer_for_a_refresh(connection: Connection) -> None:
    with (
        acting_in(connection.business_id),
        budget.call(connection, Priority.REFRESH),
        budget.call(connection, Priority.REFRESH),
    ):
        assert refusal(connection, Priority.REFRESH).limit == "at_once"
        with (
            budget.call(connection, Priority.PERSON),
            budget.call(connection, Priority.PERSON),
        ):
            assert refusal(connection, Priority.PERSON).limit == "at_once"
    assert calls(connection, 1, Priority.REFRESH) == 1


def test_a_failed_call_gives_its_place_back(connection: Connection) -> None:
    for _call in range(6):
        with (
            acting_in(connection.business_id),
            pytest.raises(RuntimeError),
            budget.call(connection, Priority.PERSON),
        ):
            raise RuntimeError
    assert calls(connection, 1, Priority.PERSON) == 1


def test_a_call_that_zoho_still_works_on_keeps_its_place(
    connection: Connection,
) -> None:
    for _call in range(2):
        late = ZohoNoAnswer("No answer in time.")
        late.is_under_way = True
        with (
            acting_in(connection.business_id),
            pytest.raises(ZohoNoAnswer),
            budget.call(connection, Priority.PERSON),
        ):
            raise late

    assert refusal(connection, Priority.REFRESH).limit == "at_once"
    assert calls(connection, 3, Priority.PERSON) == 3


def test_a_leave_to_call_whose_answer_is_lost_gives_its_place_back(
    connection: Connection,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Redis has let it in, but that comes too late to be heard."""
    at_once = f"budget:at_once:eu:{connection.organisation_id}"

    def too_late(answer: object, **_options: object) -> object:
        if isinstance(answer, list):
            raise redis.ResponseError
        return answer

    assert calls(connection, 1, Priority.PERSON) == 1  # Redis remembers from now on.
    with acting_in(connection.business_id):
        callbacks = budget._redis().response_callbacks  # noqa: SLF001
        monkeypatch.setitem(callbacks, "EVAL", too_late)
        with (
            pytest.raises(ZohoUnavailable),
            budget.call(connection, Priority.PERSON),
        ):
            pass

    assert redis_client.zcard(at_once) == 0


def test_asking_for_room_takes_none(connection: Connection, settings: Settings) -> None:
    settings.ZOHO_CALLS_A_MINUTE = 2
    with acting_in(connection.business_id):
        for _time in range(5):
            budget.require_room(connection, Priority.PERSON)

    assert calls(connection, 5, Priority.PERSON) == 2
    with acting_in(connection.business_id), pytest.raises(ZohoRateLimited):
        budget.require_room(connection, Priority.PERSON)


def test_a_slow_call_counts_from_its_end(
    connection: Connection, settings: Settings, redis_client: redis.Redis
) -> None:
    """Zoho may have counted it then, or when it was sent, or in between."""
    settings.ZOHO_CALLS_A_MINUTE = 1
    minute = f"budget:minute:eu:{connection.organisation_id}"
    with acting_in(connection.business_id), budget.call(connection, Priority.PERSON):
        names: Any = redis_client.zrange(minute, 0, -1)
        redis_client.zincrby(minute, -50_000, names[0])  # as if begun 50 seconds ago

    wait = refusal(connection, Priority.PERSON).retry_after

    assert wait is not None
    assert 55 < wait <= 60


def test_two_organisations_of_one_zoho_user_share_that_users_minute(
    connection: Connection, garage: Business, settings: Settings
) -> None:
    settings.ZOHO_USER_CALLS_A_MINUTE = 3
    other = make_connection(garage, organisation_id="20081234502")
    with acting_in(garage.pk):
        Connection.unscoped.update(grant=connection.grant)
        other.refresh_from_db()

    assert calls(connection, 2, Priority.PERSON) == 2
    assert calls(other, 2, Priority.PERSON) == 1
    assert refusal(other, Priority.PERSON).limit == "user"


def test_an_emptied_redis_means_a_spent_minute(connection: Connection) -> None:
    calls(connection, 1, Priority.PERSON)
    with acting_in(connection.business_id):
        budget.note_limits(connection, DailyLimit(1000, 900, 3600))

    budget.forget()

    refused = refusal(connection, Priority.PERSON)
    assert refused.limit == "minute"
    assert refused.retry_after is not None
    assert 60 < refused.retry_after <= 65  # known to five seconds


def test_so_it_does_where_zoho_says_nothing_of_its_limits(
    connection: Connection,
) -> None:
    """Hours after the first call of all; then only our own note tells of the last."""
    calls(connection, 1, Priority.PERSON)
    with acting_in(connection.business_id):
        Allowance.unscoped.update(last_call_at=timezone.now() - timedelta(hours=2))
    calls(connection, 1, Priority.PERSON)

    budget.forget()

    assert refusal(connection, Priority.PERSON).limit == "minute"


def test_a_first_call_ever_does_not_wait(connection: Connection) -> None:
    assert calls(connection, 1, Priority.PERSON) == 1


def test_the_last_tenth_of_the_day_is_for_people(connection: Connection) -> None:
    calls(connection, 1, Priority.PERSON)
    with acting_in(connection.business_id):
        budget.note_limits(connection, DailyLimit(1000, 100, 3600))

    refused = refusal(connection, Priority.AUTOMATIC)
    assert refused.limit == "day"
    assert refused.retry_after is not None
    assert 3500 < refused.retry_after <= 3600
    assert calls(connection, 1, Priority.PERSON) == 1


def test_a_new_day_begins_by_itself(connection: Connection) -> None:
    calls(connection, 1, Priority.PERSON)
    with acting_in(connection.business_id):
        budget.note_limits(connection, DailyLimit(1000, 0, 3600))
        Allowance.unscoped.update(day_resets_at=timezone.now() - timedelta(seconds=1))

    assert calls(connection, 1, Priority.REFRESH) == 1


def test_zohos_own_refusal_is_waited_out(connection: Connection) -> None:
    calls(connection, 1, Priority.PERSON)
    error = ZohoRateLimited("blocked", limit="minute", code=44, retry_after=60)
    with acting_in(connection.business_id):
        budget.note_refusal(connection, error)

    assert refusal(connection, Priority.PERSON).limit == "minute"


def test_a_blocked_user_blocks_all_their_organisations(
    connection: Connection, garage: Business
) -> None:
    other = make_connection(garage, organisation_id="20081234502")
    with acting_in(garage.pk):
        Connection.unscoped.update(grant=connection.grant)
        other.refresh_from_db()
    error = ZohoRateLimited("blocked", limit="user", code=43, retry_after=3600)
    with acting_in(connection.business_id):
        budget.note_refusal(connection, error)

    assert refusal(other, Priority.PERSON).limit == "user"


@pytest.mark.parametrize(
    ("limit", "code", "says", "seconds"),
    [
        ("user", 43, 3600, 3600),
        ("minute", 44, 60, 60),
        ("day", 45, 7200, 7200),
        ("day", 45, None, 4 * 3600),
        ("at_once", 1070, 2, 2),
    ],
)
def test_each_of_zohos_refusals_is_waited_out_as_its_code_says(
    connection: Connection,
    limit: Limit,
    code: int,
    says: float | None,
    seconds: int,
) -> None:
    """Without a word from Zoho the day ends at the organisation's midnight."""
    error = ZohoRateLimited("blocked", limit=limit, code=code, retry_after=says)
    with time_machine.travel(SUMMER_EVENING, tick=False) as clock:
        calls(connection, 1, Priority.PERSON)
        with acting_in(connection.business_id):
            budget.note_refusal(connection, error)

        refused = refusal(connection, Priority.PERSON)

        assert (refused.limit, refused.retry_after) == (limit, seconds)
        clock.shift(timedelta(seconds=seconds))
        assert calls(connection, 1, Priority.PERSON) == 1


@pytest.mark.parametrize(("limit", "short"), [("day", "at_once"), ("user", "user")])
def test_a_short_wait_does_not_end_a_long_one(
    connection: Connection, limit: Limit, short: Limit
) -> None:
    calls(connection, 1, Priority.PERSON)
    with acting_in(connection.business_id):
        for which, seconds in ((limit, 7200), (short, 2)):
            error = ZohoRateLimited("busy", limit=which, retry_after=seconds)
            budget.note_refusal(connection, error)

    refused = refusal(connection, Priority.PERSON)
    assert refused.limit == limit
    assert refused.retry_after is not None
    assert refused.retry_after > 7000
