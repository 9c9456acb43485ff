"""Filling in what rules and defaults say about an item, where no person has spoken."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from django.db.models import Model
from django.utils import timezone

from connections.models import Connection, TaxExemption, TaxRate
from dext_sync.businesses.models import User
from publishing.models import (
    CategoryRule,
    Item,
    MethodRule,
    PaymentMethod,
    Supplier,
    SupplierRule,
)
from publishing.rules import (
    Known,
    Origin,
    RuleWords,
    Said,
    Source,
    Usual,
    WordRule,
    said_about,
    winner,
    words_of,
)

FILLED: Final = (
    "paid",
    "payment_method",
    "publish_to",
    "due_date",
    "description",
    "category",
    "currency",
    "tax_rate",
    "project",
    "location",
)
"""In this order: a supplier's rule may say the payment method, and that has a rule of
its own; a supplier's description may hold the words of a category rule."""
OF_SALES: Final = frozenset(FILLED) - {"paid", "payment_method", "publish_to"}
FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "supplier": FILLED,
    "payment_method": ("publish_to",),
    "date": ("due_date",),
    "description": ("category",),
    "reference": ("category",),
}
"""What is looked at again when a field changes; nothing else of an item is."""
RULE_FIELDS: Final = (
    "category",
    "tax_rate",
    "payment_method",
    "paid",
    "description",
    "currency",
    "project",
    "location",
    "publish_to",
)
# The tax amount was computed from the rate, so it follows the rate.
FROM_RATE: Final = "rate"
SILENT: Final = (None, "")


class SaidMeanwhile(Exception):
    """Somebody else has said something in this field since it was shown."""


def fill(item: Item, voices: "Voices", names: Sequence[str] = FILLED) -> list[str]:
    """Set on the item what holds for it now; answers the fields to be saved.

    What a person has set stays. What a rule had set, and no rule says any more, is
    emptied. A rate of exchange goes with the currency that it was of.
    """
    before = item.currency
    changed = [
        name for name in _fields_of(item) if name in names and _fill(item, name, voices)
    ]
    if item.currency != before:
        item.exchange_rate = item.rate_date = None
        changed += ["exchange_rate", "rate_date"]
    return [*changed, "sources"] if changed else []


def fill_after(item: Item, field: str, connection: Connection | None) -> list[str]:
    """The same for what follows from this field, which has just been changed."""
    names = FOLLOWS.get(field, ())
    if names == ("category",) and not _is_by_words(item):
        return []
    return fill(item, Voices.of(item, connection), names) if names else []


def _is_by_words(item: Item) -> bool:
    """Empty, or said by a category rule: else other words say nothing new."""
    origin = item.sources.get("category", {}).get("from")
    return item.category is None or origin == Origin.CATEGORY_RULE


def fill_defaults(item: Item, connection: Connection | None) -> list[str]:
    """The same for fields that are empty, by defaults alone: rules are applied when a
    person says so."""
    defaults = Voices(None, [], defaults_of(item, connection))
    changed = [
        name
        for name in defaults.defaults
        if getattr(item, name) in SILENT
        and not is_said_by_person(item, name)
        and _fill(item, name, defaults)
    ]
    return [*changed, "sources"] if changed else []


def _fields_of(item: Item) -> list[str]:
    sells = item.workspace == Item.Workspace.SALES
    return [name for name in FILLED if not sells or name in OF_SALES]


def _fill(item: Item, name: str, voices: "Voices") -> bool:
    best = winner(voices.about(item, name))
    if best is None:
        return _empty(item, name, voices)
    if best.source.origin in (Origin.PERSON, Origin.DOCUMENT):
        return False
    if _is_kept(item, name, best):
        return False
    source = as_json(best.source)
    now = item.sources.get(name, {})
    if getattr(item, name) == best.value and _same(now, source):
        return False
    setattr(item, name, best.value)
    item.sources = {**item.sources, name: source}
    return True


def _is_kept(item: Item, name: str, best: Said) -> bool:
    """A default fills what is empty and follows itself. A foreign currency of which
    nobody knows who said it was typed before that was written down."""
    now, origin = getattr(item, name), item.sources.get(name, {}).get("from")
    if name == "currency" and origin is None and now not in SILENT:
        return bool(now != item.business.currency)
    return best.source.origin is Origin.DEFAULT and (
        now not in SILENT and origin not in (*RULES, Origin.DEFAULT)
    )


def _same(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    return all(now.get(key) == then.get(key) for key in ("from", "id", "name"))


def _empty(item: Item, name: str, voices: "Voices") -> bool:
    """What came from a rule goes with what the rule stood on; what a rule filled in that
    was removed stays."""
    source = item.sources.get(name, {})
    if source.get("from") not in RULES or voices.has_lost(source):
        return False
    setattr(item, name, _nothing(name))
    item.sources = {key: value for key, value in item.sources.items() if key != name}
    return True


RULES: Final = (Origin.SUPPLIER_RULE, Origin.METHOD_RULE, Origin.CATEGORY_RULE)


def _nothing(name: str) -> Any:
    if name == "paid":
        return False
    return "" if name in ("description", "currency", "publish_to") else None


def as_json(source: Source) -> dict[str, object]:
    """As `Item.sources` keeps it."""
    return {
        "from": str(source.origin),
        "name": source.name,
        "id": source.id,
        "at": timezone.now().isoformat(),
    }


def is_by_default(item: Item, name: str) -> bool:
    """Whether a default says this field now."""
    return bool(item.sources.get(name, {}).get("from") == Origin.DEFAULT)


def is_by_rule(item: Item, name: str) -> bool:
    """Whether a rule says this field now."""
    return item.sources.get(name, {}).get("from") in RULES


def is_said_by_person(item: Item, name: str) -> bool:
    return bool(item.sources.get(name, {}).get("from") == Origin.PERSON)


# What is said


@dataclass
class Voices:
    """Who has a say in an item; that of its payment method follows the method. The same
    for all items of one supplier in one workspace."""

    supplier: RuleWords | None
    category_rules: list[WordRule]
    defaults: dict[str, Any]
    _methods: dict[int | None, RuleWords | None] = field(default_factory=dict)

    @classmethod
    def of(cls, item: Item, connection: Connection | None) -> "Voices":
        said = _of_supplier(item.supplier, rule_of(item.supplier))
        if said is not None and not _takes_tax(item, connection):
            values = {
                name: said.values[name] for name in said.values if name != "tax_rate"
            }
            said = replace(said, values=values)
        return cls(said, _category_rules(item), defaults_of(item, connection))

    def has_lost(self, source: Mapping[str, Any]) -> bool:
        """Whether it is a category rule that was removed."""
        known = {rule.source.id for rule in self.category_rules}
        return (
            source.get("from") == Origin.CATEGORY_RULE and source.get("id") not in known
        )

    def about(self, item: Item, name: str) -> list[Said]:
        usual = Usual(
            supplier=self.supplier,
            method=self._of_method(item.payment_method),
            category_rules=self.category_rules,
            defaults=self.defaults,
        )
        return said_about(name, known_of(item), usual)

    def _of_method(self, method: PaymentMethod | None) -> RuleWords | None:
        key = method.pk if method else None
        if key not in self._methods:
            self._methods[key] = _of_method(method)
        return self._methods[key]


def said_in(item: Item, name: str) -> Any:
    """What the item says in this field: an exemption stands where a tax rate does."""
    return item.tax if name == "tax_rate" else getattr(item, name)


def print_of(said: Any) -> str:
    """Of what a field says: another one as soon as it says something else."""
    told = said.pk if isinstance(said, Model) else said
    return hashlib.sha256(repr((type(said), told)).encode()).hexdigest()[:16]


def require_seen(item: Item, name: str, seen: str, by: User) -> None:
    """What somebody else has said meanwhile is not replaced unseen: raises
    SaidMeanwhile. Who says nothing of what they saw has looked just now."""
    teller = item.sources.get(name, {}).get("id")
    is_another_s = is_said_by_person(item, name) and teller != by.pk
    if is_another_s and seen not in ("", print_of(said_in(item, name))):
        raise SaidMeanwhile


def put(item: Item, name: str, value: Any) -> list[str]:
    """Say it there; answers the fields that are to be saved."""
    if name != "tax_rate":
        setattr(item, name, value)
        return [name]
    item.tax_rate = value if isinstance(value, TaxRate) else None
    item.tax_exemption = value if isinstance(value, TaxExemption) else None
    return ["tax_rate", "tax_exemption"]


def known_of(item: Item) -> Known:
    return Known(
        date=item.date,
        description=item.description,
        reference=item.reference,
        tax_is_said=_tax_is_said(item),
        by_person={
            name: Said(_person(item.sources[name]), said_in(item, name))
            for name in FILLED
            if is_said_by_person(item, name)
        },
        read={
            name: getattr(item, name)
            for name in FILLED
            if item.sources.get(name, {}).get("from") == Origin.DOCUMENT
        },
    )


def _person(source: Mapping[str, Any]) -> Source:
    return Source(Origin.PERSON, str(source.get("name", "")), source.get("id"))


def _tax_is_said(item: Item) -> bool:
    """By the document or a person: the amount, zero included."""
    origin = item.sources.get("tax_amount", {}).get("from")
    return item.tax_amount is not None and origin != FROM_RATE


def _of_supplier(
    supplier: Supplier | None, rule: SupplierRule | None
) -> RuleWords | None:
    if supplier is None or rule is None:
        return None
    source = Source(Origin.SUPPLIER_RULE, supplier.name, rule.pk)
    return RuleWords(source, spoken(rule), rule.due_days)


def rule_of(supplier: Supplier | None) -> SupplierRule | None:
    if supplier is None:
        return None
    rules = SupplierRule.unscoped.filter(supplier=supplier)
    return rules.select_related(
        "category", "tax_rate", "payment_method", "project", "location"
    ).first()


def spoken(rule: SupplierRule) -> dict[str, Any]:
    """What it says, without the fields that it is silent about."""
    values = {name: getattr(rule, name) for name in RULE_FIELDS}
    return {name: value for name, value in values.items() if value not in SILENT}


def _of_method(method: PaymentMethod | None) -> RuleWords | None:
    rule = MethodRule.unscoped.filter(method=method).first() if method else None
    if method is None or rule is None:
        return None
    values = {"publish_to": rule.publish_to} if rule.publish_to else {}
    return RuleWords(Source(Origin.METHOD_RULE, str(method), rule.pk), values)


def _category_rules(item: Item) -> list[WordRule]:
    rules = CategoryRule.unscoped.filter(
        business_id=item.business_id, workspace=item.workspace, removed_at=None
    )
    return [as_words(rule) for rule in rules.select_related("category")]


def as_words(rule: CategoryRule) -> WordRule:
    where = CategoryRule.SearchedIn
    return WordRule(
        Source(Origin.CATEGORY_RULE, rule.words, rule.pk),
        words_of(rule.words),
        rule.category,
        in_description=rule.searched_in != where.REFERENCE,
        in_reference=rule.searched_in != where.DESCRIPTION,
    )


def defaults_of(item: Item, connection: Connection | None) -> dict[str, Any]:
    """Of the connection and the business; without tax where the business has none."""
    values: dict[str, Any] = {"currency": item.business.currency}
    if connection is None:
        return values
    sells = item.workspace == Item.Workspace.SALES
    if not sells and connection.costs_go_to:
        values["publish_to"] = connection.costs_go_to
    tax = connection.sales_tax if sells else connection.cost_tax
    if tax is not None and _takes_tax(item, connection):
        values["tax_rate"] = tax
    return values


def _takes_tax(item: Item, connection: Connection | None) -> bool:
    sells = item.workspace == Item.Workspace.SALES
    known_there = connection is None or sells or connection.takes_purchase_tax
    return item.business.tax_registered and known_there


def amount_follows_rate(item: Item) -> bool:
    """Whether the tax amount is nobody's but the rate's."""
    source = item.sources.get("tax_amount", {}).get("from")
    return source == FROM_RATE or item.tax_amount is None


def set_amount(item: Item, amount: Decimal | None) -> None:
    """As the rate says it."""
    item.tax_amount = amount
    said = {"from": FROM_RATE, "at": timezone.now().isoformat()}
    item.sources = {**item.sources, "tax_amount": said}
