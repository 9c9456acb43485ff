"""The tests' databases: one migrated template, and a clone of it for each worker."""

import os
from collections.abc import Iterable, Iterator

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.backends.utils import CursorWrapper
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from pytest_django.plugin import DjangoDbBlocker

from dext_sync.local import roles

KEPT = ("django_migrations", "django_content_type", "auth_permission")
LOCK = 0x0DE7  # any number, as long as every worker takes the same
A_WHILE = 10_000
"""Milliseconds that a session has to end."""
SMALL = 256 * 1024
"""Bytes up to which a table is emptied by deleting."""
SIZES = """
    SELECT * FROM (
        SELECT relname, pg_relation_size(oid) AS size FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname <> ALL(%s)
    ) tables WHERE size > 0
"""
COUNT_ANEW = """
    SELECT setval(seqrelid, seqstart, false) FROM pg_sequence
    WHERE pg_sequence_last_value(seqrelid) IS NOT NULL AND NOT EXISTS (
        SELECT FROM unnest(%s) kept
        WHERE pg_get_serial_sequence(kept, 'id')::regclass = seqrelid
    )
"""


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
    """Threads of a test may have left some; only their own role may end them. Also
    those that we have closed are waited for: the server notices it a little later."""
    with roles.cursor_at(roles.address(application, database="postgres")) as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [A_WHILE, name],
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
            connections["default"].close()  # with it app.business and app.person
            with connections["owner"].cursor() as cursor:
                empty_tables(cursor)


def empty_tables(cursor: CursorWrapper) -> None:
    """Only those that had rows since they were made; with few, a new file for a table
    and each of its indexes would take longer than most tests."""
    cursor.execute(SIZES, [list(KEPT)])
    sizes = dict(cursor.fetchall())
    small = [name for name, size in sizes.items() if size <= SMALL]
    large = sizes.keys() - small
    statements = [
        *([sql.SQL("LOCK TABLE {}").format(listed(small))] if small else []),
        *([sql.SQL("TRUNCATE {} CASCADE").format(listed(large))] if large else []),
        *(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in small),
        sql.SQL(COUNT_ANEW),
    ]
    cursor.execute(sql.SQL("; ").join(statements), [list(KEPT)])


def listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
