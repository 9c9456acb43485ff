"""From Connect to Withdraw, with every log switched on: no secret is told anywhere."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import redis
from django.conf import settings as ours
from django.core.mail import EmailMessage
from django.db import connections as databases
from django.http import HttpResponse
from django.urls import reverse
from psycopg2 import sql
from pytest_django.fixtures import Settings

from connections import books, tasks
from connections.budget import Priority
from connections.models import Connection, Consent, Grant
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from dext_sync.celery import send
from publishing import tasks as publishing_tasks
from tests.connections.pages.conftest import Travels, travels  # noqa: F401  (a fixture)
from tests.connections.trips import Trip, text
from tests.factories import PASSWORD
from tests.publishing.factories import ready_item
from tests.publishing.steps import begun, work
from tests.publishing.zoho import BAKERY, Zoho


@pytest.fixture
def every_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)


@pytest.fixture
def broker() -> redis.Redis:
    """What is handed to workers stays there, as nobody takes it."""
    client = redis.Redis.from_url(ours.REDIS_URL)
    client.flushdb()
    return client


def in_redis(broker: redis.Redis) -> str:
    kept: list[Any] = []
    for key in broker.scan_iter():
        read: dict[Any, Callable[[Any], Any]] = {
            b"string": broker.get,
            b"list": lambda name: broker.lrange(name, 0, -1),
            b"set": broker.smembers,
            b"zset": lambda name: broker.zrange(name, 0, -1, withscores=True),
            b"hash": broker.hgetall,
        }
        kept.append((key, read[broker.type(key)](key)))
    return repr(kept)


def in_postgres() -> str:
    """Every row of every table, as text."""
    rows: list[str] = []
    with databases["owner"].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(
                sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
            )
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


class Journey:
    """What a person and the workers do, and all that they are shown meanwhile."""

    def __init__(
        self,
        trip: Trip,
        logs: pytest.LogCaptureFixture,
        output: pytest.CaptureFixture[str],
    ) -> None:
        self.trip, self.logs, self.output = trip, logs, output
        self.secrets: list[str] = []
        self.told: list[str] = []

    def connects(self) -> Connection:
        trip = self.trip
        url = trip.sets_out()
        self.told += [self.logs.text, *self.output.readouterr()]
        back = trip.answers(url)
        # That was a person's browser, whose addresses are its own affair.
        self.logs.clear()
        self.output.readouterr()
        answer = dict(parse_qsl(urlsplit(back).query))
        self.secrets += [answer["code"], answer["state"]]
        self.sees(trip.follows(back))
        self.keeps(trip.consent)
        self.sees(trip.chooses(BAKERY))
        self.sees(trip.follows(trip.finishes()["Location"]))
        connection = trip.connection
        assert connection is not None
        return connection

    def sees(self, page: HttpResponse) -> None:
        self.told += [text(page), repr(dict(page.items()))]

    def keeps(self, row: Grant | Consent) -> None:
        assert row.refresh_token
        assert row.access_token
        self.secrets += [row.refresh_token, row.access_token]
        self.told += [repr(row), str(row)]

    def renews(self, connection: Connection) -> None:
        Grant.objects.update(access_token="", access_expires_at=None)
        with acting_in(connection.business_id):
            opened = books.open_books(connection, Priority.PERSON)
            opened.prepare()
            self.told += [repr(opened), repr(connection), repr(vars(opened))]
        self.keeps(Grant.objects.get())

    def withdraws(self) -> None:
        client = self.trip.client
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        address = reverse("zoho_permission_withdraw", args=[Grant.objects.get().pk])
        self.sees(self.trip.follows(address))
        client.post(address)


@pytest.mark.usefixtures("committed_db", "every_log")
def test_no_secret_reaches_a_page_a_log_the_broker_or_the_database(
    travels: Travels,  # noqa: F811
    alice: User,
    bakery: Business,
    zoho: Zoho,
    broker: redis.Redis,
    settings: Settings,
    tmp_path: Any,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    mailoutbox: list[EmailMessage],
) -> None:
    settings.DOCUMENTS_DIR = tmp_path
    journey = Journey(travels(alice, bakery), caplog, capfd)
    connection = journey.connects()
    tasks.refresh_lists(bakery.pk, connection.pk)
    journey.renews(connection)
    publication = begun(ready_item(bakery, alice), alice)
    send(publishing_tasks.publish, bakery.pk, publication.pk)
    work(publication)
    kept = in_postgres()
    journey.withdraws()
    tasks.tell_broken(bakery.pk, connection.pk)

    assert len(zoho.bills) == 1
    assert "POST /oauth/v2/token" in caplog.text
    waiting = in_redis(broker)
    assert "publishing.tasks.publish" in waiting
    assert "connections.tasks.refresh_lists" in waiting
    printed = capfd.readouterr()
    places = {
        "pages": "\n".join(journey.told),
        "log": caplog.text,
        "arguments of the log": repr([vars(each) for each in caplog.records]),
        "output": printed.out + printed.err,
        "broker": waiting,
        "database": kept + in_postgres(),
        "mails": repr([(letter.subject, letter.body) for letter in mailoutbox]),
    }
    secrets = [
        *journey.secrets,
        settings.ZOHO_CLIENT_SECRET,
        settings.SECRET_KEY,
        *settings.ENCRYPTION_KEYS,
    ]
    assert len(secrets) >= 9
    assert [
        (name, number)
        for name, place in places.items()
        for number, secret in enumerate(secrets)
        if secret in place
    ] == []


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_page_tells_none_either(
    debug: bool,  # noqa: FBT001
    travels: Travels,  # noqa: F811
    alice: User,
    bakery: Business,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    answer = dict(parse_qsl(urlsplit(back).query))
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    settings.DEBUG = debug
    settings.ZOHO_REGIONS = "broken"
    trip.client.raise_request_exception = False
    page = trip.follows(back)
    assert page.status_code == 500
    secrets = [
        answer["code"],
        answer["state"],
        settings.ZOHO_CLIENT_SECRET,
        settings.SECRET_KEY,
        *settings.ENCRYPTION_KEYS,
    ]
    shown = text(page) + caplog.text
    assert [secret for secret in secrets if secret in shown] == []
    assert ("ZOHO_REGIONS is not valid JSON." in text(page)) is debug
