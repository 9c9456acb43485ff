"""For whom the database answers: one business, one person, per unit of work.

Row-level security compares every tenant row with `app.business` and
`app.person` of the database session; without them it answers nothing.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from psycopg2 import sql

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scope:
    business: int | None = None
    person: int | None = None
    read_only: bool = False
    """Whoever only looks: the database refuses what would change something."""


NOBODY = Scope()
_scope: ContextVar[Scope] = ContextVar("scope", default=NOBODY)


class OtherBusiness(RuntimeError):
    """A unit of work that belongs to one business tried to enter another."""


@contextmanager
def acting_in(
    business_id: int, person_id: int | None = None, *, read_only: bool = False
) -> Iterator[None]:
    """Let the database answer for this business (and the person already set).

    read_only: from here on inwards, in transactions that begin inside.
    """
    before = _scope.get()
    if before.business not in (None, business_id):
        raise OtherBusiness(f"{before.business} is being worked on, not {business_id}.")
    person = person_id if person_id is not None else before.person
    with _acting(Scope(business_id, person, read_only or before.read_only)):
        yield


@contextmanager
def acting_as(person_id: int) -> Iterator[None]:
    """Let the database answer what this person may see across businesses."""
    with _acting(replace(_scope.get(), person=person_id)):
        yield


@contextmanager
def outside() -> Iterator[None]:
    """Leave the current unit of work for one of another business, which the caller has
    found through a reviewed function; nothing read inside may be shown to the first,
    but to a person of both."""
    with _acting(Scope(read_only=_scope.get().read_only)):
        yield


def current_scope() -> Scope:
    return _scope.get()


@contextmanager
def _acting(scope: Scope) -> Iterator[None]:
    before = _scope.get()
    if scope == before:
        yield
        return
    token = _scope.set(scope)
    try:
        _tell_database(scope)
        yield
    finally:
        _scope.reset(token)
        _leave(before)


def _leave(before: Scope) -> None:
    """Take the scope back; a session that cannot be reset is thrown away."""
    try:
        _tell_database(before)
    except DatabaseError:
        logger.warning("A database session could not be reset and is closed.")
        connection.close()


def _tell_database(scope: Scope) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.business', %s, false),"
            " set_config('app.person', %s, false),"
            " set_config('default_transaction_read_only', %s, false)",
            [
                _setting(scope.business),
                _setting(scope.person),
                # NULL: as whoever runs the database has set it.
                "on" if scope.read_only else None,
            ],
        )


def _setting(value: int | None) -> str:
    return "" if value is None else str(value)


def rows_across(question: str, argument: int | datetime | str) -> list[tuple[int, int]]:
    """(business, row) of what is due, whoever it belongs to.

    question: one of the reviewed SECURITY DEFINER functions, which tell ids only.
    """
    asked = sql.SQL("SELECT business_id, id FROM {}(%s)").format(
        sql.Identifier(question)
    )
    with connection.cursor() as cursor:
        cursor.execute(asked, [argument])
        return [(int(business), int(row)) for business, row in cursor.fetchall()]


UNSAFE_ROLE = """
    SELECT rolsuper OR rolbypassrls OR EXISTS (
        SELECT FROM pg_class
        WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p')
    )
    FROM pg_roles WHERE rolname = current_user
"""


def start_session(*, alias: str) -> None:
    """A new database session belongs to nobody and to a role that owns nothing.

    Raises ImproperlyConfigured.
    """
    if alias != "default":
        return
    require_safe_role()
    _tell_database(_scope.get())


def require_safe_role() -> None:
    """Raises ImproperlyConfigured where row-level security would not bind the role."""
    with connection.cursor() as cursor:
        cursor.execute(UNSAFE_ROLE)
        (unsafe,) = cursor.fetchone() or (True,)
    if unsafe:
        connection.close()
        raise ImproperlyConfigured(
            "DATABASE_URL names a role that is a superuser, may bypass row-level "
            "security or owns tables. Give the application a role of its own; the "
            "owner's address goes into DATABASE_OWNER_URL."
        )
