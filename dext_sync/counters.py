"""What all processes count together, for Prometheus.

The counts stand in Redis: they outlive the processes, and where Redis was emptied they
begin again at nothing, which Prometheus understands. Nothing waits for them: where Redis
is away, what happens meanwhile is not counted.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

ROOT: Final = "metrics"
REMEMBERED: Final = 7 * 24 * 60 * 60
"""Seconds that an organisation is told apart after its last call."""
OTHERS: Final = "others"


@dataclass(frozen=True)
class Kind:
    """What is counted, and by what it is told apart."""

    name: str
    words: str
    labels: tuple[str, ...]


PUBLICATIONS: Final = Kind(
    "dext_sync_publications",
    "Publications that have come to an end.",
    ("kind", "outcome"),
)
TRIES: Final = Kind(
    "dext_sync_publish_tries",
    "Tries at one step of a publication, by what came of them.",
    ("step", "outcome"),
)
CALLS: Final = Kind(
    "dext_sync_zoho_calls",
    "Calls to Zoho Books: the HTTP status, and the code that Zoho gave in its answer.",
    ("organisation", "status", "code"),
)
KINDS: Final = (PUBLICATIONS, TRIES, CALLS)


@dataclass(frozen=True)
class Count:
    kind: Kind
    labels: tuple[str, ...]
    number: int


# Counting


def count(kind: Kind, *labels: str) -> None:
    """One more, once the current transaction is committed."""
    key = f"{ROOT}:{kind.name}"
    transaction.on_commit(lambda: _add(key, labels))


def _add(key: str, labels: tuple[str, ...]) -> None:
    try:
        _redis().hincrby(key, json.dumps(labels), 1)
    except redis.RedisError as error:
        _not_counted(error)


# KEYS: the organisations, by when they were last called.
# ARGV: the organisation, what came of the call, how long organisations are remembered,
# how many are told apart, the name of all the others, how many calls.
COUNT_CALL = """
local now = tonumber(redis.call('TIME')[1])
local before = now - tonumber(ARGV[3])
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', before)) do
  redis.call('DEL', KEYS[1] .. ':' .. name)
  redis.call('ZREM', KEYS[1], name)
end
local name = ARGV[1]
local known = redis.call('ZSCORE', KEYS[1], name)
if not known and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
  name = ARGV[5]
end
redis.call('ZADD', KEYS[1], now, name)
redis.call('HINCRBY', KEYS[1] .. ':' .. name, ARGV[2], ARGV[6])
"""


def count_calls(organisation: str, status: str, code: str, number: int = 1) -> None:
    """Calls to Zoho. Organisations beyond METRICS_ORGANISATIONS count together."""
    arguments: list[str | int] = [
        organisation,
        json.dumps([status, code]),
        REMEMBERED,
        settings.METRICS_ORGANISATIONS,
        OTHERS,
        number,
    ]
    try:
        _redis().eval(COUNT_CALL, 1, f"{ROOT}:{CALLS.name}", *arguments)
    except redis.RedisError as error:
        _not_counted(error)


def _not_counted(error: redis.RedisError) -> None:
    logger.debug("Redis is away, and something was not counted: %s", error)


# Reading. Raises redis.RedisError.


def counts() -> Iterator[Count]:
    for kind in (PUBLICATIONS, TRIES):
        for labels, number in _read(f"{ROOT}:{kind.name}"):
            yield Count(kind, labels, number)
    for organisation in map(str, _redis().zrange(f"{ROOT}:{CALLS.name}", 0, -1)):
        for labels, number in _read(f"{ROOT}:{CALLS.name}:{organisation}"):
            yield Count(CALLS, (organisation, *labels), number)


def _read(key: str) -> Iterator[tuple[tuple[str, ...], int]]:
    for labels, number in _redis().hgetall(key).items():
        yield tuple(json.loads(labels)), int(number)


def _redis() -> redis.Redis:
    return _client(settings.REDIS_URL)


@cache
def _client(address: str) -> redis.Redis:
    return redis.Redis.from_url(
        address, socket_timeout=1, socket_connect_timeout=1, decode_responses=True
    )
