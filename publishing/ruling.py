"""Setting rules, and letting them hold for items that are in the Inbox already."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import coding, facts, filling, pausing
from publishing.models import (
    Item,
    MethodRule,
    PaymentMethod,
    Supplier,
    SupplierRule,
)

SUPPLIER_FIELDS: Final = (
    "auto_publish",
    "category",
    "tax_rate",
    "payment_method",
    "paid",
    "due_days",
    "description",
    "currency",
    "project",
    "location",
    "publish_to",
)
CUSTOMER_FIELDS: Final = (
    "auto_publish",
    "category",
    "tax_rate",
    "due_days",
    "description",
    "currency",
    "project",
    "location",
)
METHOD_FIELDS: Final = ("publish_to", "auto_publish")
LONGEST_TERM: Final = 366
MOST_AT_ONCE: Final = 200
"""Items that one press of a button changes."""


def fields_of(side: str) -> tuple[str, ...]:
    """What a rule of this side can say."""
    return CUSTOMER_FIELDS if side == Supplier.Side.CUSTOMER else SUPPLIER_FIELDS


def set_supplier_rule(
    supplier: Supplier, values: Mapping[str, Any], *, by: User
) -> SupplierRule:
    """Say these of the rule's fields; the others stay. Items that are there already
    stay as they are until `apply`."""
    with transaction.atomic():
        rule, _new = SupplierRule.unscoped.select_for_update(
            of=("self",)
        ).get_or_create(business_id=supplier.business_id, supplier=supplier)
        changes = _changes(rule, values)
        if changes:
            _write(rule, values, by)
            audit.record(
                supplier.business,
                "rule.changed",
                actor=by,
                subject=supplier,
                changes=changes,
            )
    return rule


def set_method_rule(
    method: PaymentMethod, values: Mapping[str, Any], *, by: User
) -> MethodRule:
    """The same of a payment method."""
    with transaction.atomic():
        rule, _new = MethodRule.unscoped.select_for_update(of=("self",)).get_or_create(
            business_id=method.business_id, method=method
        )
        changes = _changes(rule, values)
        if changes:
            _write(rule, values, by)
            audit.record(
                method.business,
                "rule.changed",
                actor=by,
                subject=method,
                changes=changes,
            )
    return rule


def _write(
    rule: SupplierRule | MethodRule, values: Mapping[str, Any], by: User
) -> None:
    is_switched = rule.auto_publish != values.get("auto_publish", rule.auto_publish)
    for name, value in values.items():
        setattr(rule, name, value)
    rule.changed_at, rule.changed_by = timezone.now(), by
    if is_switched:
        rule.auto_publish_since = rule.changed_at if rule.auto_publish else None
        pausing.decide_again(_items_of(rule))
    rule.save()


def _items_of(rule: SupplierRule | MethodRule) -> QuerySet[Item]:
    if isinstance(rule, MethodRule):
        return Item.unscoped.filter(payment_method=rule.method_id)
    return Item.unscoped.filter(supplier=rule.supplier_id)


def _changes(rule: SupplierRule | MethodRule, values: Mapping[str, Any]) -> str:
    """“category Postage, tax rate —”, for the trail; empty where nothing is new."""
    return ", ".join(
        f"{label_of(name)} {words_of(name, value)}"
        for name, value in values.items()
        if getattr(rule, name) != value
    )


def label_of(name: str) -> str:
    """A field's name as people read it; rules of methods have fewer, with the same."""
    meta = SupplierRule._meta  # noqa: SLF001  (the model API that Django documents)
    return str(getattr(meta.get_field(name), "verbose_name", name))


def words_of(name: str, value: Any) -> str:
    match value:
        case None | "":
            return "—"
        case bool():
            return _("yes") if value else _("no")
        case int() if name == "due_days":
            return _("%(days)d days") % {"days": value}
        case str() if name == "publish_to":
            return facts.place_words(value)
        case str() if name == "auto_publish":
            return str(SupplierRule.AutoPublish(value).label)
        case _:
            return str(value)


def summary(rule: SupplierRule | None) -> list[str]:
    """“Category: Postage”, for a row of the list; empty where it says nothing.
    Auto-publish has a column of its own there."""
    if rule is None:
        return []
    return [
        f"{capfirst(label_of(name))}: {words_of(name, getattr(rule, name))}"
        for name in SUPPLIER_FIELDS
        if name != "auto_publish" and getattr(rule, name) not in filling.SILENT
    ]


def offer(rule: SupplierRule, item: Item) -> None:
    """Put into the rule what the item is coded with, where the rule is silent; a person
    looks at it before it is saved."""
    for name in ("category", "tax_rate", "project", "location", "publish_to"):
        if getattr(rule, name) in filling.SILENT:
            setattr(rule, name, getattr(item, name))
    if item.paid and rule.paid is None:
        rule.paid = True
        rule.payment_method = rule.payment_method or item.payment_method
    if rule.due_days is None and item.date and item.due_date and not item.paid:
        rule.due_days = (item.due_date - item.date).days


# Items that are there already


@dataclass(frozen=True)
class Change:
    """One value of one item that would be another."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Changed:
    item: Item
    changes: tuple[Change, ...] | None


def waiting(supplier: Supplier) -> QuerySet[Item]:
    """Its items in the Inbox that still take changes."""
    return coding.open_items(supplier.business).filter(supplier=supplier)


def preview(items: QuerySet[Item]) -> list[Changed]:
    """What `apply` would change in items of one supplier; nothing is saved. An item of
    which only the source of a value changes is there, without changes to be seen."""
    found = list(
        items.select_related(*coding.RELATED)
        .prefetch_related("publications")
        .order_by("pk")
    )
    if not found:
        return []
    connection = facts.connection_of(found[0].business)
    voices = filling.Voices.of(found[0], connection)
    each_changed = (Changed(item, _would_change(item, voices)) for item in found)
    return [each for each in each_changed if each.changes is not None]


def _would_change(item: Item, voices: filling.Voices) -> tuple[Change, ...] | None:
    """None where nothing would; empty where only somebody else says the same."""
    if not item.takes_changes:
        return None
    before = {name: getattr(item, name) for name in filling.FILLED}
    names = filling.fill(item, voices)
    if not any(filling.is_by_rule(item, name) for name in names):
        names = [name for name in names if before.get(name) != getattr(item, name)]
    if not set(names) & set(filling.FILLED):
        return None
    return tuple(
        Change(
            capfirst(coding.label_of(item, name)),
            coding.shown(item, name, before[name]),
            coding.shown(item, name, getattr(item, name)),
        )
        for name in names
        if name in before and before[name] != getattr(item, name)
    )


def apply(changed: Iterable[Changed], *, by: User) -> int:
    """Let rules hold for these items too; how many changed. What people set stays."""
    return sum(_apply(each.item, by) for each in changed)


def _apply(item: Item, by: User) -> bool:
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        voices = filling.Voices.of(fresh, facts.connection_of(fresh.business))
        changes = _would_change(fresh, voices)
        if changes is None:
            return False
        coding.apply_rules(item)
        for change in changes:
            audit.record(
                item.business,
                "item.ruled",
                actor=by,
                subject=item,
                field=change.field.lower(),
                before=change.before,
                after=change.after,
            )
    return bool(changes)
