"""Merge lists: what rules, defaults and open items use of a former organisation gets its
place in the connected one, all at once or not at all."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When

from connections import entries
from connections.models import (
    Account,
    Connection,
    Contact,
    ListEntry,
    RefreshRun,
    TaxExemption,
)
from dext_sync.businesses import audit
from dext_sync.businesses.models import AuditEntry, User
from publishing import coding, holding, suppliers, usage
from publishing.copies import Entry, match
from publishing.facts import named, places_in
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
Chosen = Mapping[int, ListEntry]
"""The same of one list, with the entries themselves."""
MOST_AT_ONCE: Final = 200
"""So many items are locked, changed and told of by a handful of statements."""


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
        Entry(each.pk, named(each))
        for each in offered
        if _of_one_type(each, entry) and may_replace(each, entry)
    ]
    found = match(named(entry), candidates)
    return found if isinstance(found, Entry) else None


def _of_one_type(one: ListEntry, other: ListEntry) -> bool:
    if isinstance(one, Account) and isinstance(other, Account):
        return one.account_type == other.account_type
    return True


def may_replace(new: ListEntry, former: ListEntry) -> bool:
    """A customer's reason for no tax is none of a cost, on which any other may stand."""
    if isinstance(new, TaxExemption) and isinstance(former, TaxExemption):
        return former.is_customers or not new.is_customers
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
        chosen = [(kind, _chosen(kind, fresh, choices)) for kind in KINDS]
        places = [(place, entries) for kind, entries in chosen for place in kind.places]
        counted = _merge_parties(fresh)
        counted += sum(_put(place, fresh, entries) for place, entries in places)
        counted += _put_into_items(fresh, places, by)
        audit.record(
            fresh.business,
            "lists.merged",
            actor=by,
            subject=fresh,
            count=counted,
        )
    return counted


def _chosen(kind: Kind, connection: Connection, choices: Choices) -> Chosen:
    mine = {old: new for (slug, old), new in choices.items() if slug == kind.slug}
    if not mine:
        return {}
    offered = _offered(kind, connection).in_bulk(list(mine.values()))
    if set(mine.values()) - set(offered):
        raise Changed
    former = kind.model.unscoped.in_bulk(list(mine))
    if not all(may_replace(offered[mine[pk]], each) for pk, each in former.items()):
        raise Changed
    return {old: offered[new] for old, new in mine.items()}


def _rows(place: Place, connection: Connection, chosen: Chosen) -> QuerySet[Any]:
    former = usage.using(place, connection, usage.FORMER)
    return former.filter(**{f"{place.column}__in": chosen})


def _put(place: Place, connection: Connection, chosen: Chosen) -> int:
    """Into what has no history of its own: all rows in one statement."""
    if place.model is Item or not chosen:
        return 0
    instead = [
        When(**{place.column: old}, then=Value(new.pk)) for old, new in chosen.items()
    ]
    numbers = holding.in_order(_rows(place, connection, chosen))
    rows = place.model.unscoped.filter(pk__in=numbers)
    changed: int = rows.update(**{place.column: Case(*instead)})
    return changed


def _put_into_items(
    connection: Connection, places: Sequence[tuple[Place, Chosen]], by: User
) -> int:
    """Each as it is now, with a line in its history; who said it stays who said it."""
    of_items = [
        (place, entries) for place, entries in places if entries and place.model is Item
    ]
    numbers = sorted(
        {
            number
            for place, entries in of_items
            for number in _rows(place, connection, entries).values_list("pk", flat=True)
        }
    )
    columns = {place.column: entries for place, entries in of_items}
    places_of = cache(partial(places_in, connection))
    return sum(
        _put_into(numbers[start : start + MOST_AT_ONCE], columns, places_of, by)
        for start in range(0, len(numbers), MOST_AT_ONCE)
    )


def _put_into(
    numbers: Sequence[int],
    columns: Mapping[str, Chosen],
    places_of: Callable[[str], int],
    by: User,
) -> int:
    changed: dict[Item, set[str]] = {}
    told: list[AuditEntry] = []
    for item in _locked(numbers):
        for name, new in _replaced(item, columns):
            before = str(getattr(item, name))
            fields = coding.put_in_place(item, name, new, places_of)
            changed.setdefault(item, set()).update(fields)
            told.append(_line(item, name, before, str(new), by))
    if changed:
        Item.unscoped.bulk_update(changed, sorted(set().union(*changed.values())))
        audit.record_all(told)
    return len(told)


def _locked(numbers: Sequence[int]) -> QuerySet[Item]:
    """Read once they are locked: a statement that waited would join what they led to
    before."""
    # None that was published meanwhile: its worker may wait for a supplier.
    open_ones = Item.unscoped.filter(pk__in=numbers, status__in=coding.EDITABLE)
    items = Item.unscoped.filter(pk__in=holding.in_order(open_ones)).order_by("pk")
    return items.select_related(*coding.RELATED).prefetch_related("publications")


def _replaced(
    item: Item, columns: Mapping[str, Chosen]
) -> Iterator[tuple[str, ListEntry]]:
    """It may have changed since it was found."""
    if not item.takes_changes:
        return
    for name, chosen in columns.items():
        before: ListEntry | None = getattr(item, name)
        new = chosen.get(before.pk) if before else None
        if before and new and before.organisation_id != new.organisation_id:
            yield name, new


def _line(item: Item, name: str, before: str, after: str, by: User) -> AuditEntry:
    return audit.line(
        item.business,
        "item.merged",
        actor=by,
        subject=item,
        field=coding.label_of(item, name),
        before=before,
        after=after,
    )


def _merge_parties(connection: Connection) -> int:
    holding.in_order(_parties(connection))
    found = parties(connection)
    matched = [
        Supplier(pk=number, contact=contact)
        for number, contact in found.matched.items()
    ]
    Supplier.unscoped.bulk_update(matched, ["contact"], batch_size=MOST_AT_ONCE)
    new = [each.pk for each in found.unmatched]
    Supplier.unscoped.filter(pk__in=new).update(contact=None, create_agreed_at=None)
    return len(matched) + len(new)
