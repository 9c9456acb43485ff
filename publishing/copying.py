"""Settings and rules of one business, read there; shown and written in another.

The source is read inside its own business, and what is carried away are values without
ids. Everything else happens inside the target.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Model
from django.db.models.functions import Lower
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from connections import general
from connections.models import Connection
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from publishing import (
    facts,
    filling,
    holding,
    methods,
    ruling,
    suppliers,
    word_rules,
)
from publishing.copies import (
    Change,
    Entry,
    Kind,
    Named,
    Plain,
    Planned,
    Said,
    Subject,
    Target,
    list_of,
    plan,
)
from publishing.formats import locale_of
from publishing.models import (
    CategoryRule,
    Item,
    MethodRule,
    PaymentMethod,
    Supplier,
    SupplierRule,
)
from publishing.picking import CHOICES, Place

Owner = Supplier | PaymentMethod | CategoryRule

SIDES: Final = {
    Kind.SUPPLIER: Supplier.Side.SUPPLIER,
    Kind.CUSTOMER: Supplier.Side.CUSTOMER,
}
WORKSPACES: Final = {
    Kind.COSTS_WORDS: Item.Workspace.COSTS,
    Kind.SALES_WORDS: Item.Workspace.SALES,
}
PICKED: Final = ("category", "tax_rate", "project", "location", "payment_method")
COUNTED: Final[Mapping[Kind, Any]] = {
    Kind.SETTING: ngettext_lazy("%(count)d setting", "%(count)d settings", "count"),
    Kind.METHOD: ngettext_lazy(
        "%(count)d payment method rule", "%(count)d payment method rules", "count"
    ),
    Kind.SUPPLIER: ngettext_lazy(
        "%(count)d supplier rule", "%(count)d supplier rules", "count"
    ),
    Kind.CUSTOMER: ngettext_lazy(
        "%(count)d customer rule", "%(count)d customer rules", "count"
    ),
    Kind.COSTS_WORDS: ngettext_lazy(
        "%(count)d category rule of costs", "%(count)d category rules of costs", "count"
    ),
    Kind.SALES_WORDS: ngettext_lazy(
        "%(count)d category rule of sales", "%(count)d category rules of sales", "count"
    ),
}


# In the source


def said_by(business: Business) -> list[Said]:
    """All that the business has said once, kind by kind, rules of words in their order."""
    return [
        *_settings(business),
        *_of_methods(business),
        *(said for kind in SIDES for said in _of_suppliers(business, kind)),
        *(said for kind in WORKSPACES for said in _of_words(business, kind)),
    ]


def _settings(business: Business) -> list[Said]:
    connection = facts.connection_of(business)
    if connection is None:
        return []
    return [
        Said(_setting(name), {name: _carried(getattr(connection, name))})
        for name in general.SETTINGS
    ]


def _setting(name: str) -> Subject:
    return Subject(Kind.SETTING, name, capfirst(general.label_of(name)))


def _of_methods(business: Business) -> list[Said]:
    rules = MethodRule.objects.for_business(business).filter(method__removed_at=None)
    return [
        said
        for rule in rules.select_related("method").order_by("method__name", "pk")
        if (said := _spoken(_method(rule.method), rule, ruling.METHOD_FIELDS)).values
    ]


def _method(method: PaymentMethod) -> Subject:
    return Subject(Kind.METHOD, str(method).casefold(), str(method))


def _of_suppliers(business: Business, kind: Kind) -> list[Said]:
    rules = SupplierRule.objects.for_business(business).filter(
        supplier__side=SIDES[kind], supplier__merged_into=None
    )
    rows = rules.select_related("supplier", *PICKED).order_by(
        Lower("supplier__name"), "pk"
    )
    names = ruling.fields_of(SIDES[kind])
    return [
        said
        for rule in rows
        if (said := _spoken(_party(kind, rule.supplier.name), rule, names)).values
    ]


def _party(kind: Kind, name: str) -> Subject:
    return Subject(kind, suppliers.key_of(name), name)


def _spoken(
    subject: Subject, rule: SupplierRule | MethodRule, names: Sequence[str]
) -> Said:
    """What the rule is silent about empties nothing elsewhere."""
    said = {name: getattr(rule, name) for name in names}
    return Said(
        subject,
        {
            name: _carried(value)
            for name, value in said.items()
            if value not in filling.SILENT
        },
    )


def _of_words(business: Business, kind: Kind) -> list[Said]:
    return [
        Said(_words(kind, rule), {"category": _carried(rule.category)})
        for rule in word_rules.rules_of(business, WORKSPACES[kind])
    ]


def _words(kind: Kind, rule: CategoryRule) -> Subject:
    key = f"{rule.searched_in} {rule.words.casefold()}"
    return Subject(kind, key, f"{rule.words} ({rule.get_searched_in_display()})")


def _carried(value: Any) -> Named | Plain:
    """Without its id."""
    if isinstance(value, Model):
        return facts.named(value)
    return tuple(value) if isinstance(value, list) else value


# In the target


@dataclass(frozen=True)
class Desk:
    """What a copy into one business needs: its lists, and whom a name means there."""

    business: Business
    target: Target
    # By the list and the id.
    rows: Mapping[tuple[str, int], Model]
    owners: Mapping[Subject, Owner]


def desk_of(business: Business, said: Sequence[Said]) -> Desk:
    connection = facts.connection_of(business)
    costs = Place(business, connection, locale_of(business))
    sales = Place(business, connection, locale_of(business), Item.Workspace.SALES)
    rows = {
        (f"{place.workspace} {name}", row.pk): row
        for place in (costs, sales)
        for name in PICKED
        if _takes(place, name)
        for row in CHOICES[name](place)
    }
    owners = _owners(business, said)
    target = Target(
        lists=_lists(rows),
        currencies=frozenset(costs.currencies),
        there={**_settings_now(connection), **_rules_now(business, owners)},
        is_connected=connection is not None,
        stands_for={
            subject: owner.pk
            for subject, owner in owners.items()
            if isinstance(owner, Supplier)
        },
    )
    return Desk(business, target, rows, owners)


def _takes(place: Place, name: str) -> bool:
    """No tax where the business or the edition knows none."""
    if name != "tax_rate" or place.connection is None:
        return True
    known = place.sells or place.connection.takes_purchase_tax
    return place.business.tax_registered and known


def _lists(rows: Mapping[tuple[str, int], Model]) -> Mapping[str, Sequence[Entry]]:
    found: dict[str, list[Entry]] = {}
    for (name, number), row in rows.items():
        found.setdefault(name, []).append(Entry(number, facts.named(row)))
    return found


def _settings_now(
    connection: Connection | None,
) -> dict[Subject, Mapping[str, Entry | Plain]]:
    if connection is None:
        return {}
    return {
        _setting(name): {name: _shown(getattr(connection, name))}
        for name in general.SETTINGS
    }


def _shown(value: Any) -> Entry | Plain:
    if isinstance(value, Model):
        return Entry(value.pk, facts.named(value))
    return tuple(value) if isinstance(value, list) else value


def _owners(business: Business, said: Sequence[Said]) -> dict[Subject, Owner]:
    """Whom these subjects mean here, where they are known."""
    found: dict[Subject, Owner] = {
        _method(each): each for each in methods.methods_of(business)
    }
    for kind in WORKSPACES:
        for rule in word_rules.rules_of(business, WORKSPACES[kind]):
            found.setdefault(_words(kind, rule), rule)
    for kind in SIDES:
        keys = {each.subject.key for each in said if each.subject.kind is kind}
        rows = Supplier.objects.for_business(business).filter(
            side=SIDES[kind], key__in=keys
        )
        for each in rows.select_related("merged_into"):
            found[Subject(kind, each.key, each.name)] = suppliers.root(each)
    return found


def _rules_now(
    business: Business, owners: Mapping[Subject, Owner]
) -> dict[Subject, Mapping[str, Entry | Plain]]:
    """What each of them says here; nothing where it has no rule."""
    of_suppliers = SupplierRule.objects.for_business(business).select_related(*PICKED)
    of_methods = MethodRule.objects.for_business(business)
    by_supplier = {rule.supplier_id: rule for rule in of_suppliers}
    by_method = {rule.method_id: rule for rule in of_methods}
    found: dict[Subject, Mapping[str, Entry | Plain]] = {}
    for subject, owner in owners.items():
        match owner:
            case CategoryRule():
                found[subject] = {"category": _shown(owner.category)}
            case PaymentMethod():
                found[subject] = _says(by_method.get(owner.pk), ruling.METHOD_FIELDS)
            case Supplier():
                names = ruling.fields_of(owner.side)
                found[subject] = _says(by_supplier.get(owner.pk), names)
    return found


def _says(
    rule: SupplierRule | MethodRule | None, names: Sequence[str]
) -> Mapping[str, Entry | Plain]:
    return {} if rule is None else {name: _shown(getattr(rule, name)) for name in names}


# Copying


class Outdated(Exception):
    """What was shown is not what would happen now."""


def fingerprint(planned: Iterable[Planned]) -> str:
    """Of all that a preview shows, and of the ids that it stands on."""
    return hashlib.sha256(repr(list(planned)).encode()).hexdigest()


def copy(
    business: Business,
    said: Sequence[Said],
    chosen: Iterable[int],
    shown: str,
    *,
    by: User,
) -> str:
    """Write what was ticked, all of it or nothing; what it was, in words.

    chosen: places in the preview, whose fingerprint was `shown`. Raises Outdated.
    """
    with transaction.atomic():
        _hold(business)
        desk = desk_of(business, said)
        planned = plan(said, desk.target)
        if fingerprint(planned) != shown:
            raise Outdated
        wanted = set(chosen)
        ticked = [each for at, each in enumerate(planned) if at in wanted]
        done = [each for each in ticked if each.changes]
        for each in done:
            _write(desk, each, by)
        words = counted(done)
        if done:
            audit.record(business, "settings.copied_in", actor=by, what=words)
    return words


def _hold(business: Business) -> None:
    """One copy at a time. It writes rule after rule, and each may stir any item that is
    Ready: so all of them are held first, in the order of all."""
    holding.before_rules(business.pk)
    ready = Item.objects.for_business(business).filter(status=Item.Status.READY)
    for rows in (
        Connection.objects.for_business(business),
        Supplier.objects.for_business(business),
        SupplierRule.objects.for_business(business),
        MethodRule.objects.for_business(business),
        ready,
    ):
        holding.in_order(rows)


def counted(done: Sequence[Planned]) -> str:
    """“2 settings, 1 supplier rule”; empty for nothing."""
    kinds = [each.subject.kind for each in done]
    return ", ".join(
        str(COUNTED[kind] % {"count": kinds.count(kind)})
        for kind in Kind
        if kind in kinds
    )


def _write(desk: Desk, planned: Planned, by: User) -> None:
    subject = planned.subject
    values = {each.field: _value(desk, subject.kind, each) for each in planned.changes}
    match subject.kind:
        case Kind.SETTING:
            _write_setting(desk.business, values, by)
        case Kind.METHOD:
            ruling.set_method_rule(_method_here(desk, subject), values, by=by)
        case Kind.SUPPLIER | Kind.CUSTOMER:
            side = SIDES[subject.kind]
            named = suppliers.named(desk.business, subject.name, side)
            ruling.set_supplier_rule(suppliers.root(named), values, by=by)
        case Kind.COSTS_WORDS | Kind.SALES_WORDS:
            _write_words(desk, subject, values["category"], by)


def _value(desk: Desk, kind: Kind, change: Change) -> Any:
    match change.after:
        case Entry(number):
            return desk.rows[list_of(kind, change.field), number]
        case tuple():
            return list(change.after)
        case _:
            return change.after


def _write_setting(business: Business, values: Mapping[str, Any], by: User) -> None:
    connection = facts.connection_of(business)
    if connection is None:
        raise Outdated
    for name, value in values.items():
        general.change(connection, name, value, by=by)


def _method_here(desk: Desk, subject: Subject) -> PaymentMethod:
    method = desk.owners.get(subject)
    if not isinstance(method, PaymentMethod):
        raise Outdated
    return method


def _write_words(desk: Desk, subject: Subject, category: Any, by: User) -> None:
    rule = desk.owners.get(subject)
    if isinstance(rule, CategoryRule):
        word_rules.change_category(rule, category, by=by)
        return
    searched_in, _sep, words = subject.key.partition(" ")
    word_rules.add(
        desk.business,
        WORKSPACES[subject.kind],
        words,
        category,
        searched_in=searched_in,
        by=by,
    )


# In words


def label_of(name: str) -> str:
    """Of a rule's field."""
    return capfirst(ruling.label_of(name))


def words_of(kind: Kind, name: str, value: Entry | Named | Plain) -> str:
    """As the pages of settings and rules say it."""
    if isinstance(value, Entry | Named):
        return _with_rate(value.named if isinstance(value, Entry) else value)
    if kind is Kind.SETTING:
        return general.words_of(name, value)
    return ruling.words_of(name, value)


def _with_rate(named: Named) -> str:
    if named.rate is None:
        return named.name
    percent = f"{named.rate.normalize():f}"
    if f"{percent}%" in named.name.replace(" ", ""):
        return named.name
    return _("%(name)s · %(rate)s %%") % {"name": named.name, "rate": percent}
