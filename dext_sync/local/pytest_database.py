"""The tests' databases: one migrated template, and a clone of it for each worker."""

import os
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connections
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from pytest_django.plugin import DjangoDbBlocker

from dext_sync.local import roles

KEPT = ("django_migrations", "django_content_type", "auth_permission")
LOCK = 0x0DE7  # any number, as long as every worker takes the same


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Replaces pytest-django's: there the application's role would create and migrate."""
    owner = os.environ["DATABASE_OWNER_URL"]
    template = str(connections["owner"].settings_dict["NAME"])
    clone = f"{template}_{os.environ.get('PYTEST_XDIST_WORKER', 'test')}"
    with django_db_blocker.unblock():
        make_clone(owner, template, clone)
        use_database(clone)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        end_sessions(os.environ["DATABASE_URL"], clone)
        with roles.cursor_at(roles.address(owner, database="postgres")) as cursor:
            drop_database(cursor, clone)


def make_clone(owner: str, template: str, clone: str) -> None:
    """The first worker to come migrates the template; the others wait for it."""
    with roles.cursor_at(roles.address(owner, database="postgres")) as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        connections.close_all()  # a template must have no connections
        drop_database(cursor, clone)
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(clone), sql.Identifier(template)
            )
        )


def end_sessions(application: str, name: str) -> None:
    """Threads of a test may have left some; only their own role may end them."""
    with roles.cursor_at(roles.address(application, database="postgres")) as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [name],
        )


def drop_database(cursor: Cursor, name: str) -> None:
    cursor.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def use_database(name: str) -> None:
    """Also for processes that tests start: they read the addresses."""
    for alias, variable in (
        ("default", "DATABASE_URL"),
        ("owner", "DATABASE_OWNER_URL"),
    ):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        connections.settings[alias]["NAME"] = name
        os.environ[variable] = roles.address(os.environ[variable], database=name)


@pytest.fixture
def committed_db(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Commits are real and seen by other processes; at the end every row is gone."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            connections.close_all()  # with them app.business and app.person
            empty_tables()


def empty_tables() -> None:
    """Only those with rows: emptying all of them would take longer than most tests."""
    with roles.cursor_at(os.environ["DATABASE_OWNER_URL"]) as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> ALL(%s)",
            [list(KEPT)],
        )
        tables = [name for (name,) in cursor.fetchall()]
        filled = [name for name in tables if has_rows(cursor, name)]
        if filled:
            names = sql.SQL(", ").join(map(sql.Identifier, filled))
            cursor.execute(
                sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names)
            )


def has_rows(cursor: Cursor, table: str) -> bool:
    cursor.execute(
        sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
    )
    return bool(cursor.fetchone() == (True,))
