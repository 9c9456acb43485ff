"""The database a test gets: migrated by the owner, used by the application's role."""

import os
import subprocess
import sys

import pytest
from django.contrib.auth.models import Group
from django.db import ProgrammingError, connection


def asked(question: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question)
        (answer,) = cursor.fetchone()
    return answer


@pytest.mark.django_db
def test_the_application_works_under_a_role_that_owns_nothing() -> None:
    assert str(asked("SELECT current_user")).startswith("dext_app")
    assert asked("SELECT count(*) FROM pg_tables WHERE tableowner = current_user") == 0
    assert (
        asked(
            "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole"
            " FROM pg_roles WHERE rolname = current_user"
        )
        is False
    )


@pytest.mark.django_db
def test_the_application_cannot_create_a_table() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        asked("CREATE TABLE mine (id int)")


@pytest.mark.django_db
def test_searches_have_their_extensions() -> None:
    assert asked("SELECT similarity('bakery', 'bakery')") == 1.0


COUNT_GROUPS = """
import os, psycopg2
cursor = psycopg2.connect(os.environ["DATABASE_URL"]).cursor()
cursor.execute("SELECT count(*) FROM auth_group")
print(*cursor.fetchone())
"""


@pytest.mark.parametrize("_time", ["first", "second"])
def test_another_process_sees_what_is_committed_and_the_next_test_does_not(
    committed_db: None, _time: str
) -> None:
    Group.objects.create(name="Bakers")
    assert counted_elsewhere() == "1"


def counted_elsewhere() -> str:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", COUNT_GROUPS],
        check=True,
        capture_output=True,
        text=True,
        env=dict(os.environ),
    ).stdout.strip()
