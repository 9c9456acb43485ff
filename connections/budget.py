"""How many calls to Zoho may be made now: one budget for all processes.

The minute and the calls at once are counted in Redis, the day and Zoho's own "wait" in
Postgres. Whoever finds the budget spent comes back later; nobody sleeps here.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import redis
from django.conf import settings
from django.db import connection as database
from django.db.models import Q
from django.utils import timezone

from connections.models import Allowance, Connection, Grant
from connections.zoho.errors import (
    Limit,
    ZohoError,
    ZohoRateLimited,
    ZohoUnavailable,
)
from connections.zoho.types import DailyLimit

BLOCKS: Final[dict[str, Limit]] = {
    "minute": "minute",
    "day": "day",
    "at_once": "at_once",
    "user": "user",
}


class Priority(IntEnum):
    """People's clicks before auto-publish, auto-publish before refresh."""

    PERSON = 0
    AUTOMATIC = 1
    REFRESH = 2


@dataclass(frozen=True)
class Standing:
    """What Zoho has said that it leaves us; moments are None where it said nothing."""

    blocked_until: datetime | None = None
    blocked_by: str = ""
    user_blocked_until: datetime | None = None
    day_limit: int | None = None
    day_remaining: int | None = None
    day_resets_at: datetime | None = None
    last_call_at: datetime | None = None


@dataclass(frozen=True)
class Share:
    """What a priority may use of a limit, as parts of ten: the rest is for those above."""

    minute: int
    at_once: int
    day: int


SHARES: Final = {
    Priority.PERSON: Share(minute=10, at_once=4, day=0),
    Priority.AUTOMATIC: Share(minute=9, at_once=3, day=1),
    Priority.REFRESH: Share(minute=8, at_once=2, day=1),
}

# KEYS: calls of the organisation's minute, calls under way, calls of the user's minute,
# the sign that Redis remembers, the time until which the minute counts as spent.
# ARGV: limits (minute, at once, user), the call's id (none: only to know), seconds of
# a slot, "1" if nothing was called in the last minute, milliseconds of a minute.
# Answers {which limit, milliseconds to wait}; an empty name is leave to call.
ENTER = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if redis.call('EXISTS', KEYS[4]) == 0 then
  if ARGV[6] ~= '1' then
    return {'forgotten', 0}
  end
  redis.call('SET', KEYS[4], '1')
end
local spent = redis.call('PTTL', KEYS[5])
if spent > 0 then
  return {'minute', spent}
end
local function full(key, limit, life, name)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - life)
  local count = redis.call('ZCARD', key)
  if count < limit then
    return nil
  end
  local nth = redis.call('ZRANGE', key, count - limit, count - limit, 'WITHSCORES')
  return {name, math.max(50, tonumber(nth[2]) + life - now)}
end
local at_once = full(KEYS[2], tonumber(ARGV[2]), ARGV[5] * 1000, 'at_once')
if at_once then
  return {'at_once', 300}
end
local refused = full(KEYS[1], tonumber(ARGV[1]), ARGV[7], 'minute')
  or full(KEYS[3], tonumber(ARGV[3]), ARGV[7], 'user')
if refused then
  return refused
end
if ARGV[4] == '' then
  return {'', 0}
end
for index, life in pairs({[1] = ARGV[7], [2] = ARGV[5] * 1000, [3] = ARGV[7]}) do
  redis.call('ZADD', KEYS[index], now, ARGV[4])
  redis.call('PEXPIRE', KEYS[index], life)
end
return {'', 0}
"""


# A call counts from its end, because Zoho may have counted it as late as that.
# KEYS: as above; ARGV: the call's id, milliseconds of a minute.
LEAVE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREM', KEYS[2], ARGV[1])
for _, key in ipairs({KEYS[1], KEYS[3]}) do
  redis.call('ZADD', key, 'XX', now, ARGV[1])
  redis.call('PEXPIRE', key, ARGV[2])
end
"""


@contextmanager
def call(connection: Connection, priority: Priority) -> Iterator[None]:
    """Held around one call to Zoho; one that is under way there when we give up waiting
    for it keeps its place among the calls at once as long as it may be at work.

    Raises ZohoRateLimited with the seconds to wait, ZohoUnavailable if Redis is away.
    """
    standing = _standing_of(connection)
    _heed_zoho(standing, priority)
    call_id = secrets.token_hex(8)
    _enter(connection, priority, call_id)
    _remember(connection, standing)
    is_over = True
    try:
        yield
    except ZohoError as error:
        is_over = not error.is_under_way
        raise
    finally:
        if is_over:
            _leave(_keys(connection), call_id)


def require_room(connection: Connection, priority: Priority) -> None:
    """Raises what `call` would, without taking a place."""
    _heed_zoho(_standing_of(connection), priority)
    _enter(connection, priority, "")


def _heed_zoho(standing: Standing, priority: Priority) -> None:
    """Refuse what Zoho has said it would refuse."""
    now = timezone.now()
    if standing.user_blocked_until and standing.user_blocked_until > now:
        raise _limited("user", standing.user_blocked_until - now)
    if standing.blocked_until and standing.blocked_until > now:
        limit = BLOCKS.get(standing.blocked_by, "minute")
        raise _limited(limit, standing.blocked_until - now)
    if _day_is_spent(standing, priority) and standing.day_resets_at:
        raise _limited("day", standing.day_resets_at - now)


def _day_is_spent(standing: Standing, priority: Priority) -> bool:
    """Whether what is left of the day belongs to those above, or is nothing at all."""
    limit, left = standing.day_limit, standing.day_remaining
    ends = standing.day_resets_at
    if limit is None or left is None or ends is None or ends <= timezone.now():
        return False
    return left <= limit * SHARES[priority].day // 10


def _enter(connection: Connection, priority: Priority, call_id: str) -> None:
    try:
        which, wait = _answer(connection, priority, call_id)
    except redis.RedisError as error:
        # Redis may have let it in and its answer come too late.
        if call_id:
            _leave(_keys(connection), call_id)
        raise ZohoUnavailable("The budget of calls cannot be read.") from error
    if which:
        raise _limited(BLOCKS[which], timedelta(milliseconds=wait))


def _answer(
    connection: Connection, priority: Priority, call_id: str
) -> tuple[str, int]:
    keys = _keys(connection)
    which, wait = _ask(priority, keys, call_id, sure=False)
    if which != "forgotten":
        return which, wait
    rest = _rest_of_minute(connection)
    if rest > 0:
        _redis().set(keys[4], "1", px=rest)
    return _ask(priority, keys, call_id, sure=True)


def _ask(
    priority: Priority, keys: list[str], call_id: str, *, sure: bool
) -> tuple[str, int]:
    share = SHARES[priority]
    arguments: list[str | int] = [
        max(1, settings.ZOHO_CALLS_A_MINUTE * share.minute // 10),
        max(1, settings.ZOHO_CALLS_AT_ONCE * share.at_once // 4),
        max(1, settings.ZOHO_USER_CALLS_A_MINUTE * share.minute // 10),
        call_id,
        # A killed process's call counts as long as it may be at work inside Zoho.
        settings.ZOHO_UNCERTAIN_SECONDS,
        "1" if sure else "0",
        _milliseconds(_minute()),
    ]
    which, wait = _redis().eval(ENTER, len(keys), *keys, *arguments)
    return which.decode(), int(wait)


def _rest_of_minute(connection: Connection) -> int:
    """Milliseconds: an emptied Redis means that the last minute was spent."""
    last = _standing_of(connection).last_call_at
    if last is None:
        return 0
    return _milliseconds(last + _noted() + _minute() - timezone.now())


def _remember(connection: Connection, standing: Standing) -> None:
    """Where Redis forgets it, Postgres knows (to a few seconds) when we last called."""
    now, last = timezone.now(), standing.last_call_at
    if last is None or last < now - _noted():
        Allowance.unscoped.filter(connection=connection).update(last_call_at=now)


def _leave(keys: list[str], call_id: str) -> None:
    try:
        _redis().eval(LEAVE, len(keys), *keys, call_id, _milliseconds(_minute()))
    except redis.RedisError:
        return  # The slot ends by itself.


def _keys(connection: Connection) -> list[str]:
    organisation = f"{connection.region}:{connection.organisation_id}"
    return [
        f"budget:minute:{organisation}",
        f"budget:at_once:{organisation}",
        f"budget:user:{connection.grant_id}",
        f"budget:known:{organisation}",
        f"budget:spent:{organisation}",
    ]


def _minute() -> timedelta:
    return timedelta(seconds=settings.ZOHO_MINUTE_SECONDS)


def _noted() -> timedelta:
    """How exactly Postgres knows when we last called."""
    return _minute() / 12


def _milliseconds(span: timedelta) -> int:
    return int(span / timedelta(milliseconds=1))


def _limited(limit: Limit, wait: timedelta) -> ZohoRateLimited:
    return ZohoRateLimited(
        "Our share of Zoho's limits is spent.",
        limit=limit,
        retry_after=max(0.05, wait.total_seconds()),
    )


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5
    )


def forget() -> None:
    """Empty the memory of calls made, as a lost Redis would."""
    client = _redis()
    for key in client.scan_iter("budget:*"):
        client.delete(key)


# What Zoho says about its limits


def _standing_of(connection: Connection) -> Standing:
    if found := _known(connection):
        return found
    Allowance.unscoped.get_or_create(
        connection=connection, defaults={"business_id": connection.business_id}
    )
    return _known(connection) or Standing()


def _known(connection: Connection) -> Standing | None:
    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM standing_of(%s)", [connection.pk])
        found = cursor.fetchone()
    return Standing(*found) if found else None


def note_limits(connection: Connection, limits: DailyLimit) -> None:
    """Zoho's headers of the day, which come with every answer."""
    now = timezone.now()
    Allowance.unscoped.filter(connection=connection).update(
        day_limit=limits.limit,
        day_remaining=limits.remaining,
        day_resets_at=now + timedelta(seconds=limits.resets_in),
        last_call_at=now,
    )


def note_refusal(connection: Connection, error: ZohoRateLimited) -> None:
    """Zoho refused a call for its limits: others share them, or we counted wrong."""
    until = timezone.now() + _wait_of(connection, error)
    # A short wait never ends a long one early.
    shorter = Q(blocked_until=None) | Q(blocked_until__lt=until)
    if error.limit == "user" and connection.grant is not None:
        grants = Grant.objects.filter(shorter, pk=connection.grant.pk)
        grants.update(blocked_until=until)
        return
    Allowance.unscoped.filter(shorter, connection=connection).update(
        blocked_until=until, blocked_by=error.limit
    )


def _wait_of(connection: Connection, error: ZohoRateLimited) -> timedelta:
    if error.retry_after is not None:
        return timedelta(seconds=error.retry_after)
    if error.limit == "day":
        return day_ends(connection) - timezone.now()
    return _minute()


def day_ends(connection: Connection) -> datetime:
    """When Zoho counts the organisation's calls anew: as it said, or at midnight there."""
    ends = (_known(connection) or Standing()).day_resets_at
    now = timezone.now()
    return ends if ends and ends > now else _midnight(connection, now)


def _midnight(connection: Connection, now: datetime) -> datetime:
    try:
        zone = ZoneInfo(connection.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, tzinfo=zone)
