"""Setting rules, and letting them hold for items that are in the Inbox already."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import coding, facts, filling, holding, pausing
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
LOOKED_UP: Final = ("category", "tax_rate", "payment_method", "project", "location")
"""Those of them that are rows of lists."""
WRITTEN: Final = (*SUPPLIER_FIELDS, "auto_publish_since", "changed_at", "changed_by")
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
    (rule,) = set_supplier_rules([(supplier, values)], by=by)
    return rule


def set_supplier_rules(
    said: Iterable[tuple[Supplier, Mapping[str, Any]]], *, by: User
) -> list[SupplierRule]:
    """The same of many in a handful of queries, all or none; of one that is there twice
    the later word counts."""
    values: dict[Supplier, dict[str, Any]] = {}
    for supplier, fields in said:
        values.setdefault(supplier, {}).update(fields)
    with transaction.atomic():
        for business_id in {each.business_id for each in values}:
            holding.before_rules(business_id)
        rules = _held(values)
        changes = {rule: _changes(rule, values[rule.supplier]) for rule in rules}
        changed = [rule for rule in rules if changes[rule]]
        switched = [each for each in changed if _say(each, values[each.supplier], by)]
        SupplierRule.unscoped.bulk_update(changed, WRITTEN, batch_size=MOST_AT_ONCE)
        if switched:
            of_them = [rule.supplier_id for rule in switched]
            pausing.decide_again(Item.unscoped.filter(supplier__in=of_them))
        audit.record_all(
            audit.line(
                rule.business,
                "rule.changed",
                actor=by,
                subject=rule.supplier,
                changes=changes[rule],
            )
            for rule in changed
        )
    return rules


def _held(suppliers: Collection[Supplier]) -> list[SupplierRule]:
    """Their rules, new ones where there are none yet, until the end of the transaction."""
    rows = SupplierRule.unscoped.filter(supplier__in=suppliers)
    known = set(rows.values_list("supplier_id", flat=True))
    SupplierRule.unscoped.bulk_create(
        (
            SupplierRule(business_id=each.business_id, supplier=each)
            # In this order, as whoever else says rules of some of them.
            for each in sorted(suppliers, key=lambda each: each.pk)
            if each.pk not in known
        ),
        ignore_conflicts=True,
    )
    related = ("business", "supplier", *LOOKED_UP)
    held = rows.select_for_update(of=("self",)).select_related(*related)
    return list(held.order_by("pk"))


def set_method_rule(
    method: PaymentMethod, values: Mapping[str, Any], *, by: User
) -> MethodRule:
    """The same of a payment method."""
    with transaction.atomic():
        holding.before_rules(method.business_id)
        rule, _new = MethodRule.unscoped.select_for_update(of=("self",)).get_or_create(
            business_id=method.business_id, method=method
        )
        changes = _changes(rule, values)
        if changes:
            if _say(rule, values, by):
                pausing.decide_again(Item.unscoped.filter(payment_method=method.pk))
            rule.save()
            audit.record(
                method.business,
                "rule.changed",
                actor=by,
                subject=method,
                changes=changes,
            )
    return rule


def _say(rule: SupplierRule | MethodRule, values: Mapping[str, Any], by: User) -> bool:
    """Not saved yet; whether auto-publish is another one now."""
    before = rule.auto_publish
    for name, value in values.items():
        setattr(rule, name, value)
    rule.changed_at, rule.changed_by = timezone.now(), by
    is_switched = rule.auto_publish != before
    if is_switched:
        rule.auto_publish_since = rule.changed_at if rule.auto_publish else None
    return is_switched


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
