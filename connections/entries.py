"""The lists as they are kept here: stored whole, marked when gone, read by others.

PostgreSQL compares and stores them. A list that arrives in a moment is handed over at
once; the pages of a longer one wait in `RefreshedPage`, so that a list of any length
passes through this process page by page.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction
from django.db import connection as database
from django.db.models import QuerySet
from django.utils import timezone
from psycopg2 import sql
from psycopg2.errors import UniqueViolation

from connections.kinds import BY_SLUG, ListKind
from connections.models import Connection, Contact, ListEntry, RefreshedList
from connections.zoho import types

Entry = TypeVar("Entry", bound=ListEntry)
Values = dict[str, Any]

NAMES_TOLD: Final = 25
TRIES: Final = 10
# What a refresh never writes, or writes by itself.
KEPT: Final = {"id", "business_id", "connection_id", "organisation_id", "zoho_id"}
OWN: Final = {"visible", "first_seen_at", "changed_at", "removed_at"}

ARRIVED = """
    SELECT DISTINCT ON (entry.zoho_id) entry.*, page.number
    FROM (
        SELECT reading, number, rows FROM connections_refreshedpage
        WHERE line_id = %(line)s AND number = coalesce(%(page)s, number)
        UNION ALL
        SELECT * FROM unnest(
            %(readings)s::integer[], %(numbers)s::integer[], %(rows)s::jsonb[]
        )
    ) page (reading, number, rows) CROSS JOIN LATERAL
        jsonb_populate_recordset(NULL::{table}, page.rows) WITH ORDINALITY AS entry
    ORDER BY entry.zoho_id, page.reading DESC, page.number, ordinality
"""
FRESH = """
    SELECT arrived.*, known.id AS known_id, known.id IS NULL AS is_new,
        known.id IS NULL OR known.removed_at IS NOT NULL AS is_back
    FROM arrived LEFT JOIN {table} known
        ON known.connection_id = %(connection)s
        AND known.organisation_id = %(organisation)s
        AND known.zoho_id = arrived.zoho_id
    WHERE known.id IS NULL OR known.removed_at IS NOT NULL
        OR ({values}) IS DISTINCT FROM ({as_known})
"""
COUNT = """
    WITH arrived AS ({arrived}), fresh AS ({fresh})
    SELECT count(*), count(*) FILTER (WHERE is_back) FROM fresh
"""
# One statement, since every round trip takes longer than what most lists have to say.
# `visible` and `first_seen_at` stay what they are.
# NOT IN is looked up in a hash, however many have arrived; an id is never NULL.
STORE = """
    WITH ours AS MATERIALIZED (
        SELECT hold_refresh(%(run)s, %(lease)s, %(lease)s, 0) AS held
    ), arrived AS ({arrived}), missed AS MATERIALIZED (
        SELECT id FROM {table}
        WHERE %(whole)s AND (SELECT held FROM ours)
            AND connection_id = %(connection)s AND organisation_id = %(organisation)s
            AND removed_at IS NULL AND changed_at < %(began)s AND {only}
            AND zoho_id NOT IN (SELECT zoho_id FROM arrived)
    ), verdict AS MATERIALIZED (
        SELECT held, held AND (%(surely)s OR NOT EXISTS (SELECT FROM missed)) AS stores
        FROM ours
    ), fresh AS ({fresh}), added AS (
        INSERT INTO {table} (
            business_id, connection_id, organisation_id, zoho_id, {written},
            visible, first_seen_at, changed_at
        )
        SELECT %(business)s, %(connection)s, %(organisation)s, zoho_id, {values},
            true, %(now)s, %(now)s
        FROM fresh arrived WHERE is_new AND (SELECT stores FROM verdict)
    ), changed AS (
        UPDATE {table} known
        SET {changes}, removed_at = NULL, changed_at = %(now)s
        FROM fresh arrived
        WHERE known.id = arrived.known_id AND (SELECT stores FROM verdict)
    ), gone AS (
        UPDATE {table} known SET removed_at = %(now)s
        FROM missed
        WHERE known.id = missed.id AND known.changed_at < %(began)s
            AND (SELECT stores FROM verdict)
        RETURNING name
    ), changes AS (
        SELECT count(*) FILTER (WHERE is_back) AS back,
            count(*) FILTER (WHERE is_new) AS added,
            count(*) FILTER (WHERE NOT is_new) AS changed,
            (SELECT count(*) FROM gone) AS removed
        FROM fresh
    ), noted AS (
        UPDATE connections_refreshedlist SET state = 'done', calls = %(calls)s,
            rows = %(count)s + CASE WHEN %(counts_back)s THEN back ELSE 0 END,
            newest = %(newest)s, problem = '', finished_at = %(now)s,
            added = changes.added, changed = changes.changed,
            removed = changes.removed, report = jsonb_build_object(
                'added', ARRAY(
                    SELECT name FROM fresh WHERE is_new
                    ORDER BY number, ordinality LIMIT {told}
                ),
                'changed', ARRAY(
                    SELECT name FROM fresh WHERE NOT is_new
                    ORDER BY number, ordinality LIMIT {told}
                ),
                'removed', ARRAY(SELECT name FROM gone ORDER BY name LIMIT {told})
            )
        FROM changes WHERE id = %(line)s AND (SELECT stores FROM verdict)
    ), emptied AS (
        DELETE FROM connections_refreshedpage
        WHERE line_id = %(line)s AND (SELECT stores FROM verdict)
    )
    SELECT held, stores FROM verdict
"""


@dataclass(frozen=True)
class News:
    """Of what arrived: how many rows differ from ours, and how many of these we lack."""

    differing: int
    unknown: int


class MissesSome(Exception):
    """Something that we have is in none of the pages that were read."""


# Rows on their way in


@dataclass(frozen=True)
class HeldPage:
    """A page that waits in no table: `rows` are the JSON of its staged rows."""

    reading: int
    number: int
    rows: str


def held(kind: ListKind, rows: Iterable[Any], *, reading: int, number: int) -> HeldPage:
    """Rows of Zoho's as they wait in a page, without what stands there anyway."""
    usual = _usual(kind.model)
    found = [
        {
            name: value
            for name, value in columns(kind, row).items()
            if name not in usual or value != usual[name]
        }
        for row in rows
    ]
    text = json.dumps(found, cls=DjangoJSONEncoder, separators=(",", ":"))
    return HeldPage(reading, number, text)


def columns(kind: ListKind, row: Any) -> Values:
    """A row of Zoho's as the columns of its entry here."""
    values = {
        "zoho_id": row.zoho_id,
        "name": row.name,
        "is_active": row.is_active,
        **kind.values(row),
    }
    return fitted(kind.model, values)


def fitted(model: type[models.Model], values: Values) -> Values:
    """Texts as long as their columns: one long code must not stop a whole list."""
    for name, most in _longest(model).items():
        text = values.get(name)
        if text and (len(text) > most or "\x00" in text):
            values = {**values, name: text.replace("\x00", "")[:most]}
    return values


@cache
def _longest(model: type[models.Model]) -> dict[str, int]:
    """Of the columns that hold texts."""
    fields = model._meta.concrete_fields  # noqa: SLF001  (Django's model API)
    return {
        each.name: each.max_length
        for each in fields
        if isinstance(each, models.CharField) and each.max_length
    }


# Comparing and storing


def news(
    line: RefreshedList, connection: Connection, kind: ListKind, page: int | None = None
) -> News:
    """What the pages of this list that have arrived, or one of them, would change."""
    found = _asked(COUNT, line, connection, kind, page=page)
    return News(*found[0])


def store(
    line: RefreshedList,
    connection: Connection,
    kind: ListKind,
    *,
    lease: datetime | None,
    began: datetime,
    whole: bool,
    count: int,
    surely: bool = True,
    counts_back: bool = False,
    newest: datetime | None = None,
    in_hand: Collection[HeldPage] = (),
) -> bool:
    """Make the stored list what arrived, and note in the line that it is done and what
    changed; rows that are as they were stay untouched.

    Whether the refresh is still held by this lease; if not, nothing is done. Raises
    MissesSome, and then nothing is done either.

    began: when the reading began. What was created meanwhile could not be read.
    whole: all pages are here, and what is in none of them has left Zoho.
    surely: so it has even if there is such a thing.
    count: rows of the list, without those that are new in it where counts_back.
    newest: the latest change in what was read.
    in_hand: the pages that wait in no table.
    """
    is_ours, is_stored = _stored(
        line,
        connection,
        kind,
        began=began,
        in_hand=in_hand,
        run=line.run_id,
        lease=lease,
        whole=whole,
        surely=surely,
        count=count,
        counts_back=counts_back,
        calls=line.calls + len(in_hand),
        newest=newest,
    )
    if is_ours and not is_stored:
        raise MissesSome
    return bool(is_stored)


def _stored(*what: Any, **facts: Any) -> tuple[Any, ...]:
    """What a publication remembers meanwhile is known to the next try."""
    tries = TRIES
    while True:
        tries -= 1
        try:
            with transaction.atomic():
                return _asked(STORE, *what, **facts)[0]
        except IntegrityError as error:
            if not (tries and isinstance(error.__cause__, UniqueViolation)):
                raise


def _asked(
    question: str,
    line: RefreshedList,
    connection: Connection,
    kind: ListKind,
    page: int | None = None,
    began: datetime | None = None,
    in_hand: Collection[HeldPage] = (),
    **more: Any,
) -> list[tuple[Any, ...]]:
    values = {
        "business": connection.business_id,
        "connection": connection.pk,
        "organisation": connection.organisation_id,
        "line": line.pk,
        "page": page,
        "began": began,
        "now": timezone.now(),
        "readings": [held.reading for held in in_hand],
        "numbers": [held.number for held in in_hand],
        "rows": [held.rows for held in in_hand],
        **more,
        **{f"only_{name}": value for name, value in kind.only.items()},
        **{f"default_{name}": value for name, value in _defaults(kind.model).items()},
    }
    with database.cursor() as cursor:
        cursor.execute(_spelt(question, kind.slug), values)
        return list(cursor.fetchall())


@cache
def _spelt(question: str, slug: str) -> str:
    """The question with the names of this list's table and columns."""
    kind = BY_SLUG[slug]
    table = sql.Identifier(kind.model._meta.db_table)  # noqa: SLF001  (Django's model API)
    written = _defaults(kind.model)
    parts = {
        "table": table,
        "written": _joined(map(sql.Identifier, written)),
        "values": _joined(map(_or_default, written)),
        "as_known": _joined(map(_as_known, written)),
        "changes": _joined(map(_as_arrived, written)),
        "only": sql.SQL(" AND ").join([sql.SQL("true"), *map(_is_only, kind.only)]),
        "told": sql.Literal(NAMES_TOLD),
    }
    arrived = sql.SQL(ARRIVED).format(**parts)
    fresh = sql.SQL(FRESH).format(**parts)
    spelt = sql.SQL(question).format(**parts, arrived=arrived, fresh=fresh)
    return spelt.as_string(database.connection)


@cache
def _defaults(model: type[ListEntry]) -> Values:
    """The columns that a refresh writes, and what stands there unless a list says."""
    fields = model._meta.concrete_fields  # noqa: SLF001  (Django's model API)
    return {
        each.name: each.get_default()
        for each in fields
        if each.attname not in KEPT | OWN and not each.generated
    }


@cache
def _usual(model: type[ListEntry]) -> Values:
    """What need not be said of a row, since it stands there unless a list says."""
    told = ("name",)
    return {name: value for name, value in _defaults(model).items() if name not in told}


def _joined(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


def _or_default(name: str) -> sql.Composed:
    return sql.SQL("coalesce({}, {})").format(
        sql.Identifier("arrived", name), sql.Placeholder(f"default_{name}")
    )


def _as_known(name: str) -> sql.Composed:
    return sql.SQL("{}").format(sql.Identifier("known", name))


def _as_arrived(name: str) -> sql.Composed:
    return sql.SQL("{} = {}").format(sql.Identifier(name), _or_default(name))


def _is_only(name: str) -> sql.Composed:
    return sql.SQL("{} = {}").format(
        sql.Identifier(name), sql.Placeholder(f"only_{name}")
    )


def remember_contact(connection: Connection, contact: types.Contact) -> Contact:
    """Keep a contact that was created or found while publishing, before any refresh."""
    slug = "customers" if contact.kind == Contact.Kind.CUSTOMER else "suppliers"
    kind = BY_SLUG[slug]
    values = columns(kind, contact)
    remembered, _new = Contact.unscoped.update_or_create(
        connection=connection,
        organisation_id=connection.organisation_id,
        zoho_id=contact.zoho_id,
        defaults={**values, "changed_at": timezone.now(), "removed_at": None},
        create_defaults={**values, "business_id": connection.business_id},
    )
    return remembered


def forget_contact(connection: Connection, zoho_id: str) -> None:
    """Zoho has said while publishing that it has it no longer, before any refresh."""
    known = present(connection, Contact).filter(zoho_id=zoho_id)
    known.update(removed_at=timezone.now())


# Reading


def of_organisation(connection: Connection, model: type[Entry]) -> QuerySet[Entry]:
    """All that was ever read from the connected organisation."""
    return model.unscoped.filter(
        connection=connection, organisation_id=connection.organisation_id
    )


def forget_all(connection: Connection, kind: ListKind) -> list[str]:
    """Mark all of a list as gone; answers their names."""
    rows = present(connection, kind.model).filter(**kind.only)
    names = list(rows.order_by("name").values_list("name", flat=True))
    rows.update(removed_at=timezone.now())
    return names


def present(connection: Connection, model: type[Entry]) -> QuerySet[Entry]:
    """What is in Zoho now, active or not."""
    return of_organisation(connection, model).filter(removed_at=None)


def usable(connection: Connection, model: type[Entry]) -> QuerySet[Entry]:
    """What Zoho takes on a new record."""
    return present(connection, model).filter(is_active=True)


def pickable(connection: Connection, model: type[Entry]) -> QuerySet[Entry]:
    """What pickers offer: usable, and not hidden here."""
    return usable(connection, model).filter(visible=True)
