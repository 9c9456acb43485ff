"""Another session of the database than the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def new_session_as(alias: str) -> Iterator[BaseDatabaseWrapper]:
    """As where DATABASE_URL names the role of this alias; it has not begun yet."""
    mine = connections["default"]
    session = connections[alias].copy(alias="default")
    connections["default"] = session
    try:
        yield session
    finally:
        session.close()
        connections["default"] = mine
