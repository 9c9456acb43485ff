"""What happens to a connection is heeded at once, and by the sweep if nobody heard it."""

import pytest
import redis
from django.db import transaction

from connections import events
from connections.models import Connection, ConnectionEvent
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import acting_in, rows_across
from dext_sync.celery import PEOPLE
from publishing import tasks
from tests.publishing.factories import make_connection


@pytest.fixture
def connection(committed_db: None, bakery: Business) -> Connection:
    return make_connection(bakery)


def test_workers_hear_of_it_once_it_is_committed(
    connection: Connection, redis_client: redis.Redis
) -> None:
    redis_client.delete(PEOPLE)

    with acting_in(connection.business_id), transaction.atomic():
        for _time in range(3):
            events.note(connection, ConnectionEvent.Kind.REFRESHED)
        before = redis_client.llen(PEOPLE)

    assert (before, redis_client.llen(PEOPLE)) == (0, 1)
    redis_client.delete(PEOPLE)


def test_what_nobody_heard_is_found_and_heeded_once(connection: Connection) -> None:
    with acting_in(connection.business_id):
        events.note(connection, ConnectionEvent.Kind.CONNECTED)
    ((business_id, event_id),) = rows_across("connection_events_open", 10)

    tasks.heed_event(business_id, event_id)

    assert rows_across("connection_events_open", 10) == []
    assert rows_across("businesses_to_review", 10) == [(business_id, business_id)]
