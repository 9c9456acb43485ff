"""Category rules: words that say a category, in their order, tried before they are kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from connections.models import Account
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from publishing import filling, holding
from publishing.models import CategoryRule, Item
from publishing.rules import Origin, WordRule

TRIED_ON: Final = 1000
"""So many of the last items a new rule is tried on."""
HIGHER: Final = (Origin.PERSON, Origin.SUPPLIER_RULE, Origin.METHOD_RULE)


@dataclass(frozen=True)
class Tried:
    """Of `looked_at` past items those that would have had another category."""

    looked_at: int
    changed: tuple[Item, ...]


def rules_of(business: Business, workspace: str) -> QuerySet[CategoryRule]:
    rules = CategoryRule.objects.for_business(business).filter(
        workspace=workspace, removed_at=None
    )
    return rules.select_related("category")


def with_hiders(
    rules: Iterable[CategoryRule],
) -> list[tuple[CategoryRule, CategoryRule | None]]:
    """Each with the first one before it that fits whatever it fits: then it never
    counts."""
    before: list[CategoryRule] = []
    found = []
    for rule in rules:
        found.append((rule, _hider(rule, before)))
        before.append(rule)
    return found


def _hider(rule: CategoryRule, before: Iterable[CategoryRule]) -> CategoryRule | None:
    words = filling.as_words(rule)
    return next((each for each in before if filling.as_words(each).covers(words)), None)


def try_out(rule: CategoryRule) -> Tried:
    """On past items, as if it had been the last of the rules; nothing is saved."""
    before = [
        filling.as_words(each) for each in rules_of(rule.business, rule.workspace)
    ]
    items = list(
        Item.objects.for_business(rule.business)
        .filter(workspace=rule.workspace)
        .select_related("category", "supplier")
        .order_by("-pk")[:TRIED_ON]
    )
    words = filling.as_words(rule)
    changed = [each for each in items if _would_change(each, words, before)]
    return Tried(len(items), tuple(changed))


def _would_change(item: Item, rule: WordRule, before: Sequence[WordRule]) -> bool:
    said_by_higher = item.sources.get("category", {}).get("from") in HIGHER
    text = (item.description, item.reference)
    return (
        not said_by_higher
        and item.category != rule.category
        and rule.fits(*text)
        and not any(each.fits(*text) for each in before)
    )


def add(
    business: Business,
    workspace: str,
    words: str,
    category: Account,
    *,
    searched_in: str,
    by: User,
) -> CategoryRule:
    """The last in the order."""
    with transaction.atomic():
        holding.before_rules(business.pk)
        rules = CategoryRule.objects.for_business(business)
        last = rules.aggregate(last=Max("position"))["last"] or 0
        rule = CategoryRule.unscoped.create(
            business=business,
            workspace=workspace,
            position=last + 1,
            words=words,
            searched_in=searched_in,
            category=category,
            changed_by=by,
        )
        _audit("category_rule.added", rule, by)
    return rule


def remove(rule: CategoryRule, *, by: User) -> None:
    """What it has filled in stays; from now on it says nothing."""
    standing = CategoryRule.unscoped.filter(pk=rule.pk, removed_at=None)
    with transaction.atomic():
        if standing.update(removed_at=timezone.now(), changed_by=by):
            _audit("category_rule.removed", rule, by)


def change_category(rule: CategoryRule, category: Account, *, by: User) -> None:
    """Its words and its place stay; what it has filled in stays as well."""
    standing = CategoryRule.unscoped.filter(pk=rule.pk, removed_at=None)
    with transaction.atomic():
        if standing.exclude(category=category).update(
            category=category, changed_by=by, changed_at=timezone.now()
        ):
            rule.category = category
            _audit("category_rule.changed", rule, by)


def move_up(rule: CategoryRule, *, by: User) -> None:
    """Before the one that was tried before it."""
    with transaction.atomic():
        holding.before_rules(rule.business_id)
        holding.in_order(rules_of(rule.business, rule.workspace))
        rules = list(rules_of(rule.business, rule.workspace))
        place = next((at for at, each in enumerate(rules) if each.pk == rule.pk), 0)
        if place == 0:
            return
        mine, other = rules[place], rules[place - 1]
        mine.position, other.position = other.position, mine.position
        for each in (mine, other):
            each.save(update_fields=["position"])
        _audit("category_rule.moved", rule, by)


def _audit(action: str, rule: CategoryRule, by: User) -> None:
    audit.record(
        rule.business,
        action,
        actor=by,
        subject=rule,
        category=rule.category.name,
    )
