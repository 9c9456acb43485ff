"""What stands beside the process asks it: are you there, and have you all you need?"""

import os
import subprocess
import sys

import pytest
from django.conf import settings as ours
from django.db import connection
from django.test import Client
from pytest_django import Settings

from dext_sync.businesses.models import User
from dext_sync.local import roles
from tests.conftest import Browse
from tests.sessions import new_session_as

NOWHERE = "redis://127.0.0.1:1/0"
READY = {"database": "ready", "redis": "ready", "migrations": "ready"}


def test_the_process_says_that_it_answers(client: Client) -> None:
    """No `db` here: the database is not asked."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_it_is_ready_with_its_database_redis_and_migrations(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, READY)


@pytest.mark.django_db
def test_without_redis_it_is_not_ready_and_says_so(
    client: Client, settings: Settings
) -> None:
    settings.REDIS_URL = NOWHERE
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == READY | {"redis": "does not answer"}


@pytest.mark.django_db
def test_a_migration_that_is_missing_is_told(client: Client) -> None:
    """As after a new release whose migrate has not run yet."""
    with roles.cursor_at(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute(
            "DELETE FROM django_migrations WHERE app = 'sessions' RETURNING name, applied"
        )
        gone = owner.fetchall()
        try:
            answer = client.get("/readyz")
        finally:
            owner.executemany(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('sessions', %s, %s)",
                gone,
            )
    assert answer.status_code == 503
    assert answer.json() == READY | {"migrations": "1 not applied"}


ASK = """
import django
django.setup()
from django.test import Client
answer = Client().get("/readyz")
print(answer.status_code, answer.content.decode())
"""


def asked_elsewhere(database_url: str) -> str:
    return subprocess.run(  # noqa: S603  (our own Python, our own words)
        [sys.executable, "-c", ASK],
        env=os.environ | {"DATABASE_URL": database_url, "LOG_FORMAT": "line"},
        cwd=ours.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_without_its_database_it_answers_all_the_same() -> None:
    said = asked_elsewhere("postgresql://nobody@127.0.0.1:1/nothing")
    assert said.startswith("503 ")
    assert '"database": "does not answer"' in said
    assert '"redis": "ready"' in said


@pytest.mark.django_db
def test_a_role_that_owns_the_tables_is_not_good_enough(client: Client) -> None:
    with new_session_as("owner"):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "passes row-level security" in answer.json()["database"]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/healthz", "/readyz"])
def test_machines_come_by_any_name_and_without_https(
    page: str, client: Client, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["books.example"]
    answer = client.get(page, headers={"host": "10.0.0.7:8000"})
    assert answer.status_code == 200
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_nobody_is_looked_up_for_a_probe(alice: User, browse: Browse) -> None:
    client = browse(alice)
    with connection.execute_wrapper(nothing_asked):
        assert client.get("/healthz").status_code == 200


def nothing_asked(*_arguments: object) -> None:
    raise AssertionError("The database was asked.")


@pytest.mark.parametrize("page", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_only_read(page: str, client: Client) -> None:
    assert client.post(page).status_code == 405
