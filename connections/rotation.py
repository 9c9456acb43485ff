"""Every secret at rest, encrypted anew with the first of ENCRYPTION_KEYS.

Done as the owner's role, which sees the rows of all businesses, and while the site runs:
a value that somebody changes in the meantime is never overwritten.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from django.apps import apps
from django.db import connections as databases
from psycopg2 import sql

from connections.encryption import EncryptedTextField
from dext_sync.businesses.secrets import WrongKey, renewed

BATCH: Final = 500
MOST_PASSES: Final = 5


@dataclass(frozen=True)
class Place:
    """A column of secrets; `key` is the one inside a column of JSON objects."""

    table: str
    column: str
    key: str = ""

    def __str__(self) -> str:
        return ".".join(filter(None, (self.table, self.column, self.key)))


@dataclass
class Tally:
    """unreadable: ids of rows whose value no key opens."""

    place: Place
    renewed: int = 0
    current: int = 0
    changed_meanwhile: int = 0
    unreadable: list[int] = field(default_factory=list)


# allauth keeps second factors as JSON; its adapter (signup.MFAAdapter) encrypts these.
SECOND_FACTORS: Final = (
    Place("mfa_authenticator", "data", "secret"),
    Place("mfa_authenticator", "data", "seed"),
)


def places() -> list[Place]:
    """Every column that holds something encrypted."""
    return [
        *(
            Place(model._meta.db_table, column.name)  # noqa: SLF001  (public by habit)
            for model in apps.get_models()
            for column in model._meta.get_fields()  # noqa: SLF001
            if isinstance(column, EncryptedTextField)
        ),
        *SECOND_FACTORS,
    ]


def rotate(place: Place) -> Tally:
    """Again where values changed in the meantime: a process that does not know the new
    key yet may have written them."""
    tally = _one_pass(place)
    for _again in range(MOST_PASSES - 1):
        if not tally.changed_meanwhile:
            break
        later = _one_pass(place)
        later.renewed += tally.renewed
        later.current -= tally.renewed
        tally = later
    return tally


def _one_pass(place: Place) -> Tally:
    tally = Tally(place)
    for pk, secret in _secrets(place):
        try:
            fresh = renewed(secret)
        except WrongKey:
            tally.unreadable.append(pk)
            continue
        if fresh is None:
            tally.current += 1
        elif replaced(place, pk, secret, fresh):
            tally.renewed += 1
        else:
            tally.changed_meanwhile += 1
    return tally


def _secrets(place: Place) -> Iterator[tuple[int, str]]:
    """(id, ciphertext) of each row, some hundreds at a time."""
    query = sql.SQL(
        "SELECT id, {value} FROM {table} WHERE id > %s AND {value} <> ''"
        " ORDER BY id LIMIT %s"
    ).format(value=_value(place), table=sql.Identifier(place.table))
    last = 0
    while True:
        with databases["owner"].cursor() as cursor:
            cursor.execute(query, [last, BATCH])
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def replaced(place: Place, pk: int, old: str, fresh: str) -> bool:
    """Only where the row still holds what was read."""
    query = sql.SQL(
        "UPDATE {table} SET {column} = {fresh} WHERE id = %s AND {value} = %s"
    ).format(
        table=sql.Identifier(place.table),
        column=sql.Identifier(place.column),
        fresh=_fresh(place),
        value=_value(place),
    )
    with databases["owner"].cursor() as cursor:
        cursor.execute(query, [fresh, pk, old])
        return bool(cursor.rowcount)


def _value(place: Place) -> sql.Composable:
    column = sql.Identifier(place.column)
    if not place.key:
        return column
    return sql.SQL("({} ->> {})").format(column, sql.Literal(place.key))


def _fresh(place: Place) -> sql.Composable:
    """With one parameter, the new ciphertext."""
    if not place.key:
        return sql.SQL("%s")
    return sql.SQL("jsonb_set({}, ARRAY[{}], to_jsonb(%s::text))").format(
        sql.Identifier(place.column), sql.Literal(place.key)
    )
