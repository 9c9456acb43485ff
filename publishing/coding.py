"""What a person says about an item, and whether that is enough to publish it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from connections.models import (
    Account,
    Connection,
    Contact,
    ListEntry,
    Location,
    Project,
    TaxExemption,
    TaxRate,
)
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import (
    duplicates,
    failures,
    filling,
    one_by_one,
    payloads,
    suppliers,
)
from publishing.decision import Facts, Hold, Publish, decide
from publishing.facts import (
    connection_for,
    facts_of,
    place_words,
    places_in,
    suggest_tax,
)
from publishing.formats import day_text, locale_of, plain_amount
from publishing.models import Item, PaymentMethod, Supplier
from publishing.problems import Problem
from publishing.reasons import Reason

Value = (
    str
    | bool
    | date
    | Decimal
    | Supplier
    | Account
    | Project
    | Location
    | Contact
    | TaxRate
    | TaxExemption
    | PaymentMethod
    | None
)

COST_FIELDS = (
    "kind",
    "date",
    "due_date",
    "supplier",
    "reference",
    "description",
    "category",
    "project",
    "location",
    "customer",
    "currency",
    "exchange_rate",
    "rate_date",
    "total",
    "tax_rate",
    "tax_amount",
    "several_rates",
    "paid",
    "payment_method",
    "publish_to",
)
SALES_FIELDS = (
    "date",
    "due_date",
    "supplier",
    "reference",
    "description",
    "category",
    "project",
    "location",
    "currency",
    "exchange_rate",
    "rate_date",
    "total",
    "tax_rate",
    "tax_amount",
    "several_rates",
    "mark_as_sent",
)
FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    Item.Workspace.COSTS: COST_FIELDS,
    Item.Workspace.SALES: SALES_FIELDS,
}
FOLLOWED = frozenset({"tax_rate", "total", "currency"})
"""What the tax amount is computed from."""
EDITABLE = (Item.Status.TO_REVIEW, Item.Status.READY, Item.Status.FAILED)
RELATED = ("business", "document", "supplier__contact", "category", "tax_rate")
"""What nearly every item has; to join the others costs more than to ask for them."""


class NotEditable(Exception):
    """The item is being sent, is in Zoho already, or lies in the archive."""


class InZoho(NotEditable):
    """The item was taken out of the archive, and what it became in Zoho still stands."""


def change(item: Item, field: str, value: Value, *, by: User, seen: str = "") -> Item:
    """Save one field as this person's, and say what is missing now.

    `value` is the field's own type, None or "" to empty it; an exemption is said in the
    field of the tax rate. seen: the print of what stood there. Raises NotEditable,
    InZoho where its publishing data must be cleared first, filling.SaidMeanwhile.
    """
    if field not in FIELDS_OF[item.workspace]:
        raise ValueError(f"{field} is not a field that people change.")
    if isinstance(value, Supplier) and value.side != suppliers.side_of(item):
        raise ValueError(f"{value} is no {suppliers.side_of(item)}.")
    with held(item.pk) as fresh:
        spelling = value if isinstance(value, Supplier) else None
        value = suppliers.root_now(spelling) if spelling else value
        if not fresh.is_editable:
            raise NotEditable
        if not fresh.takes_changes:
            raise InZoho
        before = filling.said_in(fresh, field)
        if before != value:
            filling.require_seen(fresh, field, seen, by)
            connection = connection_for(fresh)
            _set(fresh, field, value, connection, by)
            if spelling and spelling != value:
                fresh.spelled_as = spelling
                fresh.save(update_fields=["spelled_as"])
            _audit(fresh, field, before, value, by)
            _settle(fresh, connection)
        elif filling.is_by_default(fresh, field):
            _confirm(fresh, field, by)
    return fresh


def _confirm(item: Item, field: str, by: User) -> None:
    """A person says what a default had said: it is theirs from now on."""
    item.sources = {**item.sources, field: said_by(by)}
    item.auto_due_at = rested()
    item.save(update_fields=["sources", "auto_due_at"])
    now = shown(item, field, filling.said_in(item, field))
    audit.record(
        item.business,
        "item.confirmed",
        actor=by,
        subject=item,
        field=label_of(item, field),
        value=now,
    )


def _set(
    item: Item, field: str, value: Value, connection: Connection | None, by: User
) -> None:
    changed = [*filling.put(item, field, value), "sources", "auto_due_at"]
    item.sources = {**item.sources, field: said_by(by)}
    item.auto_due_at = rested()
    if field == "supplier":
        item.spelled_as = None
        changed.append("spelled_as")
    if field == "currency":
        changed += _drop_exchange_rate(item, by)
    changed += _filled(item, field, connection)
    if FOLLOWED.intersection(changed):
        changed += _follow_rate(item, connection)
    item.save(update_fields=changed)


def _drop_exchange_rate(item: Item, by: User) -> list[str]:
    """It goes with the currency that it was of; the history keeps it."""
    names = ["exchange_rate", "rate_date"]
    for name in names:
        if before := getattr(item, name):
            setattr(item, name, None)
            _audit(item, name, before, None, by)
    return names


def rested() -> datetime:
    """When it is decided whether an item that changes now goes by itself."""
    return timezone.now() + timedelta(seconds=settings.AUTO_PUBLISH_RESTS_SECONDS)


def rest_again(item: Item) -> None:
    """Somebody is at work on it: what they typed could not be taken, and it does not go
    by itself under their hands."""
    due = Item.unscoped.filter(pk=item.pk).exclude(auto_due_at=None)
    due.update(auto_due_at=rested())


def _filled(item: Item, field: str, connection: Connection | None) -> list[str]:
    """What rules and defaults say now that this field is another one, each told."""
    before = {name: getattr(item, name) for name in filling.FILLED}
    changed = filling.fill_after(item, field, connection)
    for name in changed:
        if name in before and before[name] != getattr(item, name):
            _tell_filled(item, name, before[name])
    return changed


def _tell_filled(item: Item, name: str, before: object) -> None:
    audit.record(
        item.business,
        "item.defaulted" if filling.is_by_default(item, name) else "item.ruled",
        subject=item,
        field=label_of(item, name),
        before=shown(item, name, before),
        after=shown(item, name, getattr(item, name)),
    )


def said_by(by: User) -> dict[str, object]:
    return {
        "from": "person",
        "name": str(by),
        "id": by.pk,
        "at": timezone.now().isoformat(),
    }


def _follow_rate(item: Item, connection: Connection | None) -> list[str]:
    return _follow(item, partial(places_in, connection))


def _follow(item: Item, places_of: Callable[[str], int]) -> list[str]:
    """Fill the tax amount from the rate, unless somebody has said what it is."""
    if not filling.amount_follows_rate(item):
        return []
    filling.set_amount(item, _suggested(item, places_of))
    return ["tax_amount", "sources"]


def _suggested(item: Item, places_of: Callable[[str], int]) -> Decimal | None:
    if item.total is not None and item.tax_exemption_id is not None:
        return Decimal(0)
    if item.tax_rate is None or item.total is None:
        return None
    return suggest_tax(item.total, item.tax_rate, places_of(item.currency))


def apply_rules(item: Item) -> Item:
    """Say anew what rules and defaults say of it, and what it lacks then: it is new, or
    a person wants a rule to hold for it. What people have set stays."""
    with held(item.pk) as fresh:
        if fresh.takes_changes:
            connection = connection_for(fresh)
            voices = filling.Voices.of(fresh, connection)
            _refill(fresh, filling.fill(fresh, voices), connection)
            _settle(fresh, connection)
    return fresh


def _refill(item: Item, changed: list[str], connection: Connection | None) -> None:
    if FOLLOWED.intersection(changed):
        changed = [*changed, *_follow_rate(item, connection)]
    if changed:
        item.auto_due_at = rested()
        item.save(update_fields=[*changed, "auto_due_at"])


def put_in_place(
    item: Item, name: str, entry: ListEntry, places_of: Callable[[str], int]
) -> set[str]:
    """The same choice in another organisation: whoever made it stays who made it, and
    an amount that follows its rate follows this one. Answers the fields that are to be
    saved; review it afterwards.

    places_of: how many decimals a currency has there.
    """
    setattr(item, name, entry)
    item.auto_due_at = rested()
    changed = {name, "auto_due_at"}
    if name in FOLLOWED:
        changed.update(_follow(item, places_of))
    return changed


def _audit(item: Item, field: str, before: object, after: object, by: User) -> None:
    audit.record(
        item.business,
        "item.changed",
        actor=by,
        subject=item,
        field=label_of(item, field),
        before=shown(item, field, before),
        after=shown(item, field, after),
    )


def label_of(item: Item, field: str) -> str:
    """The field's name in the item's workspace, as in "changed the date"."""
    if field == "supplier" and item.workspace == Item.Workspace.SALES:
        return gettext("customer")
    meta = Item._meta  # noqa: SLF001  (the model API that Django documents)
    return str(getattr(meta.get_field(field), "verbose_name", field))


def shown(item: Item, field: str, value: object) -> str:
    """The value as the item's page shows it, for the history."""
    match value:
        case None | "":
            return "—"
        case bool():
            return gettext("yes") if value else gettext("no")
        case Decimal() if field == "exchange_rate":
            return f"{value.normalize():f}"
        case Decimal():
            return plain_amount(value, item.currency, locale_of(item.business))
        case date():
            return day_text(value, locale_of(item.business))
        case _:
            return _labelled(field, str(value))


def _labelled(field: str, value: str) -> str:
    match field:
        case "kind":
            return str(Item.Kind(value).label)
        case "publish_to":
            return place_words(value)
        case _:
            return value


# Reviewing


def review(item: Item) -> Item:
    """Say again what is missing: something that the item stands on has changed."""
    with held(item.pk) as fresh:
        if fresh.is_editable:
            connection = connection_for(fresh)
            if fresh.takes_changes:
                _follow_merge(fresh)
                defaults = filling.fill_defaults(fresh, connection)
                _refill(fresh, defaults, connection)
            _settle(fresh, connection)
    return fresh


def _follow_merge(item: Item) -> None:
    """Its supplier became another spelling while the item was being changed."""
    if item.supplier is None or item.supplier.merged_into_id is None:
        return
    item.spelled_as = item.spelled_as or item.supplier
    item.supplier = suppliers.root_now(item.supplier)
    item.auto_due_at = rested()
    item.save(update_fields=["spelled_as", "supplier", "auto_due_at"])


def review_supplier(supplier: Supplier) -> None:
    """After its contact was chosen, or creating it was agreed to."""
    review_all(open_items(supplier.business).filter(supplier=supplier))


def match_suppliers(business: Business) -> None:
    """Suppliers of open items whose name has come into Zoho's lists meanwhile."""
    nameless = Supplier.objects.for_business(business).filter(
        contact=None, items__in=open_items(business)
    )
    suppliers.match_contacts(business, list(nameless.distinct()))


def review_all(items: Iterable[Item]) -> None:
    """One that cannot be reviewed is passed over, and tried once more when the others
    are done: two that waited for each other do so no longer. After that it is due when
    it is changed, and with the next review of its business, after each refresh.
    """
    passed_over = [item for item in items if not _is_reviewed(item)]
    for item in passed_over:
        _is_reviewed(item)


def _is_reviewed(item: Item) -> bool:
    return one_by_one.managed(
        partial(review, item), business_id=item.business_id, item_id=item.pk
    )


def open_items(business: Business) -> QuerySet[Item]:
    return Item.objects.for_business(business).filter(status__in=EDITABLE)


def locked(item_id: int) -> Item:
    """The item as it is now, held until the transaction ends.

    Others may point to it meanwhile: a question about a pair is asked by either side.
    """
    rows = Item.unscoped.select_for_update(of=("self",), no_key=True)
    items = rows.select_related(*RELATED)
    item = items.get(pk=item_id)
    return items.get(pk=item_id) if _was_waited_for(item) else item


def _was_waited_for(item: Item) -> bool:
    """Whoever held it has chosen another supplier, say: PostgreSQL then answers the new
    number, and of the row that it joined before nothing."""
    chosen = ("document", "supplier", "category", "tax_rate")
    return any(
        getattr(item, f"{name}_id") is not None and getattr(item, name) is None
        for name in chosen
    )


@contextmanager
def held(item_id: int) -> Iterator[Item]:
    """The same in a transaction of its own, where its publications are asked for once:
    what becomes of them waits for the item."""
    with transaction.atomic():
        item = locked(item_id)
        with item.publications_known():
            yield item


def _settle(item: Item, connection: Connection | None) -> None:
    """Status and reasons from what is true now.

    A failure stays as long as its cause does; reasons take its place at once.
    """
    failures.explain(item, connection)
    status, codes = _standing(item, connection)
    if (item.status, item.reasons) != (status, codes):
        item.status, item.reasons = status, codes
        item.auto_due_at = rested()
        item.save(update_fields=["status", "reasons", "auto_due_at"])


def _standing(
    item: Item, connection: Connection | None
) -> tuple[Item.Status, list[str]]:
    facts = facts_of(item, connection, suspected=is_suspected(item))
    match decide(facts):
        case Hold(reasons):
            return Item.Status.TO_REVIEW, [reason.code for reason in reasons]
        case Publish() as publish:
            return _complete(item, connection, facts, publish)


def is_suspected(item: Item) -> bool:
    """Whether it is held as a possible duplicate now. What that means for others is said
    of them after the commit: two reviews must not wait for each other's items.

    For an item that is locked, and takes part in nothing while it stands in Zoho.
    """
    if item.standing_publication is not None:
        return False
    looked = duplicates.look(item)
    if looked.stirred:
        transaction.on_commit(partial(_review_others, item.business_id, looked.stirred))
    return looked.holds


def _review_others(business_id: int, item_ids: Iterable[int]) -> None:
    with acting_in(business_id):
        review_all(Item.unscoped.filter(pk__in=item_ids).order_by("pk"))


def _complete(
    item: Item, connection: Connection | None, facts: Facts, publish: Publish
) -> tuple[Item.Status, list[str]]:
    """Nothing is missing; its last try may have failed for something that still is."""
    failed = failures.last_failed(item)
    if failed is None or connection is None:
        return Item.Status.READY, []
    claim = payloads.claim(
        facts, publish, mark=failed.mark, supplier_id=item.supplier_id or 0
    )
    if not failures.stands(item, failed, connection, claim.as_json()):
        return Item.Status.READY, []
    if failed.problem_code == Problem.ENTRY_GONE.code:
        return Item.Status.TO_REVIEW, [Reason.ENTRY_GONE.code]
    return Item.Status.FAILED, []
