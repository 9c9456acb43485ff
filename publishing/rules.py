"""What is usual for an item: which of several sources says a value, and which lost.

Values in, values out. The precedence is that of the product: a person, the rule of the
supplier or customer, that of the payment method, category rules, what was read from the
document, and at last the defaults of the connection and the business.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Origin(StrEnum):
    """Who can say a value, from the highest to the lowest."""

    PERSON = "person"
    SUPPLIER_RULE = "supplier_rule"
    METHOD_RULE = "method_rule"
    CATEGORY_RULE = "category_rule"
    DOCUMENT = "document"
    DEFAULT = "default"


RANK: Final[Mapping[Origin, int]] = {
    origin: place for place, origin in enumerate(Origin)
}


@dataclass(frozen=True)
class Source:
    """`name` is what people know it by: a supplier, a method, a rule's words."""

    origin: Origin
    name: str = ""
    id: int | None = None


@dataclass(frozen=True)
class Said:
    """One source's word on one field. A person may have said that it is empty."""

    source: Source
    value: Any


def winner(said: Iterable[Said]) -> Said | None:
    """The highest; of equal ones the first that was said."""
    return min(said, key=lambda each: RANK[each.source.origin], default=None)


def by_rank(said: Iterable[Said]) -> list[Said]:
    """The winner first, then those that lost to it, in their order."""
    return sorted(said, key=lambda each: RANK[each.source.origin])


@dataclass(frozen=True)
class WordRule:
    """A category rule: all of its words are somewhere in what it looks at."""

    source: Source
    words: tuple[str, ...]
    category: Any
    in_description: bool = True
    in_reference: bool = True

    def fits(self, description: str, reference: str) -> bool:
        looked_at = [
            *([description] if self.in_description else []),
            *([reference] if self.in_reference else []),
        ]
        text = " ".join(looked_at).casefold()
        return self._are_in(text)

    def _are_in(self, text: str) -> bool:
        return bool(self.words) and all(word in text for word in self.words)

    def covers(self, other: "WordRule") -> bool:
        """Whether it fits whatever the other one fits."""
        looks_as_far = (self.in_description or not other.in_description) and (
            self.in_reference or not other.in_reference
        )
        return looks_as_far and self._are_in(" ".join(other.words))


def words_of(text: str) -> tuple[str, ...]:
    """As they are looked for, whatever their case."""
    return tuple(text.casefold().split())


@dataclass(frozen=True)
class RuleWords:
    """What the rule of a supplier, customer or payment method says; fields that it is
    silent about are not in `values`."""

    source: Source
    values: Mapping[str, Any]
    due_days: int | None = None


@dataclass(frozen=True)
class Known:
    """What an item stands on when its values are looked for."""

    date: dt.date | None = None
    description: str = ""
    reference: str = ""
    # Tax that the document or a person has said, zero included: no default fills it.
    tax_is_said: bool = False
    # Fields that a person has set, with what they are now.
    by_person: Mapping[str, Said] = field(default_factory=dict)
    read: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Usual:
    """All that has been said once for items like this one."""

    supplier: RuleWords | None = None
    method: RuleWords | None = None
    category_rules: Sequence[WordRule] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


DEFAULT: Final = Source(Origin.DEFAULT)
DOCUMENT: Final = Source(Origin.DOCUMENT)


def said_about(name: str, known: Known, usual: Usual) -> list[Said]:
    """Everything that is said about this field, the winner first."""
    found = [known.by_person[name]] if name in known.by_person else []
    found += [
        Said(rule.source, value)
        for rule in (usual.supplier, usual.method)
        if rule is not None and (value := _of_rule(name, rule, known)) is not None
    ]
    if name == "category":
        found += _of_words(known, usual.category_rules)
    if known.read.get(name) is not None:
        found.append(Said(DOCUMENT, known.read[name]))
    if (value := _of_defaults(name, known, usual)) is not None:
        found.append(Said(DEFAULT, value))
    return by_rank(found)


def _of_rule(name: str, rule: RuleWords, known: Known) -> Any:
    if name == "due_date":
        return _due(known.date, rule.due_days)
    return rule.values.get(name)


def _due(date: dt.date | None, days: int | None) -> dt.date | None:
    """Counted from the document's own date; the calendar ends with the year 9999."""
    if date is None or days is None or (dt.date.max - date).days < days:
        return None
    return date + dt.timedelta(days=days)


def _of_words(known: Known, category_rules: Sequence[WordRule]) -> list[Said]:
    return [
        Said(rule.source, rule.category)
        for rule in category_rules
        if rule.fits(known.description, known.reference)
    ]


def _of_defaults(name: str, known: Known, usual: Usual) -> Any:
    """The default tax speaks only where nobody has said anything about tax."""
    if name == "tax_rate" and known.tax_is_said:
        return None
    return usual.defaults.get(name)
