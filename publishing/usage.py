"""Where entries of Zoho's lists are used here: by open items, rules, defaults and payment
methods."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connections.models import (
    Account,
    BankAccount,
    Connection,
    Contact,
    ListEntry,
    Location,
    Project,
    TaxExemption,
    TaxRate,
)
from publishing import coding
from publishing.models import (
    CategoryRule,
    Item,
    PaymentMethod,
    Publication,
    Supplier,
    SupplierRule,
)

MOST_LISTED: Final = 200
NOT_REMOVED: Final = Q(removed_at=None)
STANDING: Final = Publication.unscoped.filter(
    item=OuterRef("pk"), state=Publication.State.PUBLISHED, cleared_at=None
)
OPEN: Final = Q(status__in=coding.EDITABLE) & ~Q(Exists(STANDING))
"""Items that take changes."""


@dataclass(frozen=True)
class Place:
    """Where an entry of a list is used: rows of this model, by this column."""

    model: type[Any]
    column: str
    words: str
    only: Q = field(default_factory=Q)

    def rows(self, connection: Connection) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model.unscoped.filter(self.only)
        return found.filter(business_id=connection.business_id)


@dataclass(frozen=True)
class Kind:
    """A list whose entries are used, and where."""

    slug: str
    title: Promise
    model: type[ListEntry]
    places: tuple[Place, ...]


ITEMS, RULES, DEFAULTS, METHODS = "items", "rules", "defaults", "methods"
KINDS: Final = (
    Kind(
        "categories",
        _("Categories"),
        Account,
        (
            Place(Item, "category", ITEMS, OPEN),
            Place(SupplierRule, "category", RULES),
            Place(CategoryRule, "category", RULES, NOT_REMOVED),
        ),
    ),
    Kind(
        "tax-rates",
        _("Tax rates"),
        TaxRate,
        (
            Place(Item, "tax_rate", ITEMS, OPEN),
            Place(SupplierRule, "tax_rate", RULES),
            Place(Connection, "cost_tax", DEFAULTS),
            Place(Connection, "sales_tax", DEFAULTS),
        ),
    ),
    Kind(
        "tax-exemptions",
        _("Tax exemptions"),
        TaxExemption,
        (Place(Item, "tax_exemption", ITEMS, OPEN),),
    ),
    Kind(
        "projects",
        _("Projects"),
        Project,
        (
            Place(Item, "project", ITEMS, OPEN),
            Place(SupplierRule, "project", RULES),
        ),
    ),
    Kind(
        "locations",
        _("Locations"),
        Location,
        (
            Place(Item, "location", ITEMS, OPEN),
            Place(SupplierRule, "location", RULES),
        ),
    ),
    Kind(
        "bank-accounts",
        _("Bank and card accounts"),
        BankAccount,
        (Place(PaymentMethod, "account", METHODS, NOT_REMOVED),),
    ),
    Kind(
        "customers",
        _("Billable to customer"),
        Contact,
        (Place(Item, "customer", ITEMS, OPEN),),
    ),
)
BY_SLUG: Final = {kind.slug: kind for kind in KINDS}
IN_USE: Final = Q(merged_into=None) & (
    Exists(Item.unscoped.filter(OPEN, supplier=OuterRef("pk")))
    | Exists(SupplierRule.unscoped.filter(supplier=OuterRef("pk")))
)
"""Suppliers and customers that anything hangs on."""
PARTIES: Final = {
    "suppliers": Place(
        Supplier, "contact", ITEMS, IN_USE & Q(side=Supplier.Side.SUPPLIER)
    ),
    "customers": Place(
        Supplier, "contact", ITEMS, IN_USE & Q(side=Supplier.Side.CUSTOMER)
    ),
}
"""Their contacts are merged by name alone, and so are no kind of their own."""


def counts(kind: Kind, connection: Connection, of: str) -> dict[int, dict[str, int]]:
    """How often each entry is used, by the words of the place.

    of: FORMER or GONE.
    """
    found: dict[int, dict[str, int]] = {}
    for place in kind.places:
        rows = using(place, connection, of).order_by()
        for entry_id, count in rows.values_list(place.column).annotate(Count("pk")):
            of_entry = found.setdefault(entry_id, {})
            of_entry[place.words] = of_entry.get(place.words, 0) + count
    return found


def touched(
    entries: Mapping[str, Collection[int]], connection: Connection
) -> dict[str, int]:
    """How many rows use any of these entries, by the words of the place; a row that uses
    two of them counts once, and a default is one column.

    entries: their ids, by the kind's slug.
    """
    asked: dict[tuple[str, type[Any], str], Q] = {}
    for slug, ids in entries.items():
        for place in BY_SLUG[slug].places:
            column = place.column if place.words == DEFAULTS else ""
            key = (place.words, place.model, column)
            used = place.only & Q(**{f"{place.column}__in": ids})
            asked[key] = asked[key] | used if key in asked else used
    found: dict[str, int] = {}
    for (words, model, _column), used in asked.items():
        rows = model.unscoped.filter(used, business_id=connection.business_id)
        if count := rows.count():
            found[words] = found.get(words, 0) + count
    return found


FORMER: Final = "former"
"""Entries of another organisation than the connected one."""
GONE: Final = "gone"
"""Entries of the connected one that left Zoho, or are inactive there."""


def using(place: Place, connection: Connection, of: str) -> QuerySet[Any]:
    """Rows that use such an entry."""
    rows = place.rows(connection).exclude(**{place.column: None})
    mine = Q(**{f"{place.column}__organisation_id": connection.organisation_id})
    if of == FORMER:
        return rows.exclude(mine)
    gone = Q(**{f"{place.column}__removed_at__isnull": False})
    inactive = Q(**{f"{place.column}__is_active": False})
    return rows.filter(mine & (gone | inactive))


@dataclass(frozen=True)
class GoneInUse:
    """An entry that is no longer to be had, and the rows that use it."""

    entry: ListEntry
    rows: Sequence[Any]


def gone_in_use(slug: str, connection: Connection) -> list[GoneInUse]:
    """Of one list; of each place not more than MOST_LISTED rows."""
    users: dict[ListEntry, list[Any]] = {}
    for place in _places(slug):
        rows = using(place, connection, GONE).select_related(place.column)
        if place.model is SupplierRule:
            rows = rows.select_related("supplier")
        for row in rows.order_by("pk")[:MOST_LISTED]:
            users.setdefault(getattr(row, place.column), []).append(row)
    by_name = sorted(users, key=lambda entry: (entry.name.casefold(), entry.pk))
    return [GoneInUse(entry, users[entry]) for entry in by_name]


def _places(slug: str) -> list[Place]:
    kind, party = BY_SLUG.get(slug), PARTIES.get(slug)
    return [*(kind.places if kind else ()), *([party] if party else ())]
