"""How the work is going, as Prometheus reads it.

Counters come from Redis, where all processes count together. The rest is asked of the
database through functions that answer sums only: row-level security shows no rows to
whoever acts for no business.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import redis
from django.db import DatabaseError, connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from psycopg2 import sql

from dext_sync import counters

logger = logging.getLogger(__name__)


def text() -> bytes:
    registry = CollectorRegistry()
    registry.register(Everything())
    return generate_latest(registry)


class Everything(Collector):
    def collect(self) -> Iterator[Metric]:
        for part in (_counters, _queue, _connections):
            yield from _as_far_as_known(part)

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked when it is registered."""
        return iter(())


def _as_far_as_known(part: Callable[[], list[Metric]]) -> list[Metric]:
    """Where Redis or the database is away, a hole in the graph and no false zero."""
    try:
        return part()
    except (redis.RedisError, DatabaseError) as error:
        logger.warning("Some metrics are missing: %s", type(error).__name__)
        return []


def _counters() -> list[Metric]:
    families = {
        kind: CounterMetricFamily(kind.name, kind.words, labels=kind.labels)
        for kind in counters.KINDS
    }
    for count in counters.counts():
        families[count.kind].add_metric(count.labels, count.number)
    return [*families.values()]


def _queue() -> list[Metric]:
    waiting = GaugeMetricFamily(
        "dext_sync_publications_waiting",
        "Publications under way, by what they wait for; nothing: a worker.",
        labels=["reason"],
    )
    rows = _asked("publications_waiting")
    for reason, publications, _due, _oldest in rows:
        waiting.add_metric([str(reason)], publications)
    due = GaugeMetricFamily(
        "dext_sync_publications_due",
        "Publications that a worker could go on with now.",
        value=sum(row[2] for row in rows),
    )
    age = GaugeMetricFamily(
        "dext_sync_queue_age_seconds",
        "How long the oldest of those has been due.",
        value=max((row[3] for row in rows), default=0),
    )
    return [waiting, due, age]


def _connections() -> list[Metric]:
    by_state = GaugeMetricFamily(
        "dext_sync_connections", "Connections of businesses.", labels=["state"]
    )
    rows = _asked("connections_by_state")
    for state, connections, _oldest in rows:
        by_state.add_metric([str(state)], connections)
    age = GaugeMetricFamily(
        "dext_sync_refresh_age_seconds",
        "How long ago lists were read, of the connection where that is longest ago.",
        value=max((row[2] for row in rows), default=0),
    )
    return [by_state, age]


def _asked(question: str) -> list[tuple[Any, ...]]:
    """question: one of the reviewed SECURITY DEFINER functions that answer sums."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {}()").format(sql.Identifier(question)))
        return [tuple(row) for row in cursor.fetchall()]
