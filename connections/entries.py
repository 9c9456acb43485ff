"""The lists as they are kept here: stored whole, marked when gone, read by others."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final, TypeVar

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from connections.kinds import BY_SLUG, ListKind
from connections.models import Connection, Contact, ListEntry
from connections.zoho import types

Entry = TypeVar("Entry", bound=ListEntry)
Values = dict[str, Any]

BATCH: Final = 1000


@dataclass
class Changes:
    """Names of what a list gained, what is different now, and what has left it."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """An entry as it is stored."""

    pk: int
    zoho_id: str
    name: str
    fingerprint: str
    is_gone: bool


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
    return {
        name: _cut(model, name, value) if isinstance(value, str) else value
        for name, value in values.items()
    }


def _cut(model: type[models.Model], name: str, text: str) -> str:
    field = model._meta.get_field(name)  # noqa: SLF001  (Django's model API)
    return text.replace("\x00", "")[: getattr(field, "max_length", None)]


def store(
    connection: Connection, kind: ListKind, rows: Iterable[Values], *, began: datetime
) -> Changes:
    """Make the stored list what arrived; rows that are as they were stay untouched.

    rows: as `columns` makes them.
    began: when the reading began. What was created meanwhile could not be read.
    """
    stored = {each.zoho_id: each for each in _known(connection, kind.model)}
    changes, fresh, seen = Changes(), [], set()
    for row in rows:
        if row["zoho_id"] in seen:
            continue
        seen.add(row["zoho_id"])
        entry = _entry(connection, kind, row)
        known = stored.get(entry.zoho_id)
        if known is None:
            changes.added.append(entry.name)
        elif known.is_gone or known.fingerprint != entry.fingerprint:
            changes.changed.append(entry.name)
        else:
            continue
        fresh.append(entry)
    _upsert(kind, fresh)
    changes.removed = _mark_removed(connection, kind, seen, began)
    return changes


def _known(connection: Connection, model: type[ListEntry]) -> Iterator[Known]:
    columns = ("pk", "zoho_id", "name", "fingerprint", "removed_at")
    found = of_organisation(connection, model).values_list(*columns)
    for pk, zoho_id, name, fingerprint, removed_at in found.iterator():
        yield Known(pk, zoho_id, name, fingerprint, removed_at is not None)


def _entry(connection: Connection, kind: ListKind, values: Values) -> ListEntry:
    return kind.model(
        business_id=connection.business_id,
        connection=connection,
        organisation_id=connection.organisation_id,
        fingerprint=_fingerprint(values),
        **values,
    )


def _fingerprint(values: Values) -> str:
    text = repr(sorted((name, str(value)) for name, value in values.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _upsert(kind: ListKind, entries: list[ListEntry]) -> None:
    """`visible` and `first_seen_at` stay what they are."""
    kept = {"id", "business", "connection", "organisation_id", "zoho_id", "visible"}
    columns = [
        each.name
        for each in kind.model._meta.concrete_fields  # noqa: SLF001  (Django's model API)
        if each.name not in {*kept, "first_seen_at"}
    ]
    remaining = iter(entries)
    while batch := list(islice(remaining, BATCH)):
        kind.model.unscoped.bulk_create(
            batch,
            update_conflicts=True,
            unique_fields=["connection", "organisation_id", "zoho_id"],
            update_fields=columns,
        )


def _mark_removed(
    connection: Connection, kind: ListKind, seen: set[str], began: datetime
) -> list[str]:
    present = of_organisation(connection, kind.model).filter(
        removed_at=None, changed_at__lt=began, **kind.only
    )
    gone = [
        (pk, name)
        for pk, zoho_id, name in present.values_list("pk", "zoho_id", "name")
        if zoho_id not in seen
    ]
    present.filter(pk__in=[pk for pk, _name in gone]).update(removed_at=timezone.now())
    return [name for _pk, name in gone]


def remember_contact(connection: Connection, contact: types.Contact) -> Contact:
    """Keep a contact that was created or found while publishing, before any refresh."""
    slug = "customers" if contact.kind == Contact.Kind.CUSTOMER else "suppliers"
    kind = BY_SLUG[slug]
    _upsert(kind, [_entry(connection, kind, columns(kind, contact))])
    return Contact.unscoped.get(
        connection=connection,
        organisation_id=connection.organisation_id,
        zoho_id=contact.zoho_id,
    )


# Reading


def of_organisation(connection: Connection, model: type[Entry]) -> QuerySet[Entry]:
    """All that was ever read from the connected organisation."""
    return model.unscoped.filter(
        connection=connection, organisation_id=connection.organisation_id
    )


def present(connection: Connection, model: type[Entry]) -> QuerySet[Entry]:
    """What is in Zoho now, active or not."""
    return of_organisation(connection, model).filter(removed_at=None)


def usable(connection: Connection, model: type[Entry]) -> QuerySet[Entry]:
    """What Zoho takes on a new record."""
    return present(connection, model).filter(is_active=True)


def pickable(connection: Connection, model: type[Entry]) -> QuerySet[Entry]:
    """What pickers offer: usable, and not hidden here."""
    return usable(connection, model).filter(visible=True)
