"""Merge lists: what rules, defaults and open items use of a former organisation gets its
place in the connected one, all at once or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from connections import entries
from connections.models import (
    Account,
    Connection,
    Contact,
    ListEntry,
    RefreshRun,
)
from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import coding, suppliers, usage
from publishing.copies import Entry, match
from publishing.facts import named
from publishing.models import Item, Supplier
from publishing.usage import KINDS, Kind, Place


@dataclass(frozen=True)
class Use:
    """An entry of a former organisation, what uses it, and what may take its place."""

    entry: ListEntry
    counts: Mapping[str, int]
    match: Entry | None

    @property
    def is_by_code(self) -> bool:
        return (
            self.match is not None
            and bool(self.entry.code)
            and (self.match.named.code.casefold() == self.entry.code.casefold())
        )


@dataclass(frozen=True)
class KindInUse:
    kind: Kind
    uses: Sequence[Use]
    offered: Sequence[ListEntry]


@dataclass(frozen=True)
class Parties:
    """Suppliers and customers whose contacts are a former organisation's: those whose
    name the connected one has, and the others, which count as new."""

    matched: Mapping[int, Contact]
    unmatched: Sequence[Supplier]


Choices = Mapping[tuple[str, int], int]
"""(list, former entry) → the entry that takes its place; what is not in it stays."""


class Changed(Exception):
    """The connection, or what was chosen, is not what it was when it was shown."""


def is_due(connection: Connection) -> bool:
    """Whether anything still uses what a former organisation had."""
    return any(
        usage.using(place, connection, usage.FORMER).exists()
        for kind in KINDS
        for place in kind.places
    ) or bool(_parties(connection).exists())


def is_ready(connection: Connection) -> bool:
    """The lists of the connected organisation have been read once."""
    return (
        connection.is_working
        and entries.present(connection, Account).exists()
        and not RefreshRun.unscoped.filter(
            connection=connection, finished_at=None
        ).exists()
    )


def in_use(connection: Connection) -> list[KindInUse]:
    found = [_kind_in_use(kind, connection) for kind in KINDS]
    return [each for each in found if each.uses]


def _kind_in_use(kind: Kind, connection: Connection) -> KindInUse:
    counts = usage.counts(kind, connection, usage.FORMER)
    offered = list(_offered(kind, connection)) if counts else []
    former = kind.model.unscoped.filter(pk__in=counts).order_by("name", "pk")
    uses = [Use(entry, counts[entry.pk], _match(entry, offered)) for entry in former]
    return KindInUse(kind, uses, offered)


def _offered(kind: Kind, connection: Connection) -> QuerySet[Any]:
    if kind.model is Contact:
        return entries.usable(connection, Contact).filter(kind=Contact.Kind.CUSTOMER)
    return entries.usable(connection, kind.model)


def _match(entry: ListEntry, offered: Sequence[ListEntry]) -> Entry | None:
    """Of accounts those of the same type: a cost is not proposed an income."""
    candidates = [
        Entry(each.pk, named(each)) for each in offered if _of_one_type(each, entry)
    ]
    found = match(named(entry), candidates)
    return found if isinstance(found, Entry) else None


def _of_one_type(one: ListEntry, other: ListEntry) -> bool:
    if isinstance(one, Account) and isinstance(other, Account):
        return one.account_type == other.account_type
    return True


def _parties(connection: Connection) -> QuerySet[Supplier]:
    theirs = Supplier.objects.for_business(connection.business).exclude(contact=None)
    return theirs.exclude(contact__organisation_id=connection.organisation_id)


def parties(connection: Connection) -> Parties:
    found = list(_parties(connection).select_related("contact"))
    known = suppliers.contacts_instead(connection, found)
    return Parties(known, [each for each in found if each.pk not in known])


# Merging


def merge(connection: Connection, choices: Choices, *, by: User) -> int:
    """Everything that was chosen, in one transaction; how many rows now use another
    entry. What was not chosen stays, and holds its items back. Raises Changed."""
    with transaction.atomic():
        rows = Connection.unscoped.select_for_update(of=["self"], no_key=True)
        fresh = rows.select_related("business").get(pk=connection.pk)
        if fresh.organisation_id != connection.organisation_id or not is_ready(fresh):
            raise Changed
        counted = sum(_merge_kind(kind, fresh, choices, by) for kind in KINDS)
        counted += _merge_parties(fresh)
        audit.record(
            fresh.business,
            "lists.merged",
            actor=by,
            subject=fresh,
            count=counted,
        )
    return counted


def _merge_kind(kind: Kind, connection: Connection, choices: Choices, by: User) -> int:
    mine = {old: new for (slug, old), new in choices.items() if slug == kind.slug}
    if not mine:
        return 0
    offered = {
        each.pk: each
        for each in _offered(kind, connection).filter(pk__in=mine.values())
    }
    if set(mine.values()) - set(offered):
        raise Changed
    return sum(
        _put(place, usage.using(place, connection, usage.FORMER), old, offered[new], by)
        for old, new in mine.items()
        for place in kind.places
    )


def _put(
    place: Place, former: QuerySet[Any], old: int, new: ListEntry, by: User
) -> int:
    rows = former.filter(**{place.column: old})
    if place.model is Item:
        return _put_into_items(
            place.column, list(rows.values_list("pk", flat=True)), new, by
        )
    return rows.update(**{place.column: new})


def _put_into_items(name: str, numbers: Iterable[int], new: ListEntry, by: User) -> int:
    """Each as it is now, with a line in its history; who said it stays who said it."""
    counted = 0
    for number in sorted(numbers):
        item = coding.locked(number)
        before = getattr(item, name)
        is_former = before and before.organisation_id != new.organisation_id
        if not item.takes_changes or not is_former:
            continue
        coding.put_in_place(item, name, new)
        counted += 1
        audit.record(
            item.business,
            "item.merged",
            actor=by,
            subject=item,
            field=coding.label_of(item, name),
            before=str(before),
            after=str(new),
        )
    return counted


def _merge_parties(connection: Connection) -> int:
    found = parties(connection)
    for number, contact in found.matched.items():
        Supplier.unscoped.filter(pk=number).update(contact=contact)
    new = [each.pk for each in found.unmatched]
    Supplier.unscoped.filter(pk__in=new).update(contact=None, create_agreed_at=None)
    return len(found.matched) + len(new)
