"""What one business has said once, and what it would become in another one.

Values in, values out. No id of one business is ever one of another: entries of lists are
known by code and name, suppliers and payment methods by name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """What is copied, in the order in which it is shown and written."""

    SETTING = "setting"
    METHOD = "method"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    COSTS_WORDS = "costs_words"
    SALES_WORDS = "sales_words"


class Why(StrEnum):
    """Why something is not copied."""

    NOT_THERE = "not_there"
    SEVERAL = "several"
    OTHER_RATE = "other_rate"
    NO_CURRENCY = "no_currency"
    NO_METHOD = "no_method"
    NOT_CONNECTED = "not_connected"
    ONE_THERE = "one_there"


REASONS: Final[Mapping[Why, str | Promise]] = {
    Why.NOT_THERE: _("nothing there has this code or name"),
    Why.SEVERAL: _("several there have this name"),
    Why.OTHER_RATE: _("what has this name there is another percentage"),
    Why.NO_CURRENCY: _("this currency is not in use there"),
    Why.NO_METHOD: _("there is no payment method of this name and digits"),
    Why.NOT_CONNECTED: _("Zoho Books is not connected there"),
    Why.ONE_THERE: _("there it is the same as one above, and has one rule with it"),
}


@dataclass(frozen=True)
class Named:
    """An entry of a list as another business can know it. `rate`: percent, of taxes."""

    name: str
    code: str = ""
    rate: Decimal | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Entry:
    """One of the target's own entries, by its id there."""

    id: int
    named: Named

    def __str__(self) -> str:
        return self.named.name


Plain = str | int | bool | tuple[str, ...] | None


@dataclass(frozen=True)
class Subject:
    """What is spoken about; `key` finds it in another business, `name` is for people."""

    kind: Kind
    key: str
    name: str = field(compare=False)


@dataclass(frozen=True)
class Said:
    """By the source; fields that it says nothing about are not there."""

    subject: Subject
    values: Mapping[str, Named | Plain]


@dataclass(frozen=True)
class Target:
    """lists: as `list_of` names them. there: what is said about a subject now; one that
    is not known there is not in it. stands_for: of names that are spellings there, whom
    they mean."""

    lists: Mapping[str, Sequence[Entry]]
    currencies: frozenset[str]
    there: Mapping[Subject, Mapping[str, Entry | Plain]]
    is_connected: bool = True
    stands_for: Mapping[Subject, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    field: str
    before: Entry | Plain
    after: Entry | Plain

    @property
    def replaces(self) -> bool:
        """Something is said there already, and it is something else."""
        return self.before not in (None, "", ())


@dataclass(frozen=True)
class Skipped:
    """field: empty where nothing of the subject can be copied."""

    field: str
    wanted: Named | Plain
    why: Why


@dataclass(frozen=True)
class Planned:
    """What copying one subject would do."""

    subject: Subject
    is_new: bool
    changes: tuple[Change, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def replaces(self) -> bool:
        return any(each.replaces for each in self.changes)


def plan(said: Iterable[Said], target: Target) -> list[Planned]:
    """For each subject of the source, in its order; the first of several that are one
    there speaks for them."""
    found, spoken_for = [], set()
    for each in said:
        one = target.stands_for.get(each.subject)
        is_again = one is not None and one in spoken_for
        found.append(
            _nothing(each.subject, Why.ONE_THERE)
            if is_again
            else _planned(each, target)
        )
        spoken_for.add(one)
    return found


def _planned(said: Said, target: Target) -> Planned:
    subject = said.subject
    is_new = subject not in target.there
    if subject.kind is Kind.SETTING and not target.is_connected:
        return _nothing(subject, Why.NOT_CONNECTED)
    if subject.kind is Kind.METHOD and is_new:
        return _nothing(subject, Why.NO_METHOD)
    now = target.there.get(subject, {})
    changes, skipped = [], []
    for name, wanted in said.values.items():
        became = _became(subject.kind, name, wanted, target)
        if isinstance(became, Why):
            skipped.append(Skipped(name, wanted, became))
        elif became != now.get(name):
            changes.append(Change(name, now.get(name), became))
    return Planned(subject, is_new, tuple(changes), tuple(skipped))


def _nothing(subject: Subject, why: Why) -> Planned:
    return Planned(subject, is_new=False, skipped=(Skipped("", None, why),))


def _became(
    kind: Kind, name: str, wanted: Named | Plain, target: Target
) -> Entry | Plain | Why:
    if isinstance(wanted, Named):
        return match(wanted, target.lists.get(list_of(kind, name), ()))
    if name == "currency" and wanted not in target.currencies:
        return Why.NO_CURRENCY
    return wanted


def list_of(kind: Kind, name: str) -> str:
    """Which of the target's lists a field is chosen from: sales have other categories,
    and may have taxes where costs have none."""
    sells = kind in (Kind.CUSTOMER, Kind.SALES_WORDS) or name == "sales_tax"
    chosen = {"cost_tax": "tax_rate", "sales_tax": "tax_rate"}.get(name, name)
    return f"{'sales' if sells else 'costs'} {chosen}"


def match(wanted: Named, entries: Sequence[Entry]) -> Entry | Why:
    """By code first, then by name; a tax of another percentage is another tax."""
    by_code = [each for each in entries if _same(each.named.code, wanted.code)]
    by_name = [each for each in entries if _same(each.named.name, wanted.name)]
    found = by_code if len(by_code) == 1 else by_name
    if not found:
        return Why.NOT_THERE
    same_rate = [each for each in found if each.named.rate == wanted.rate]
    if not same_rate:
        return Why.OTHER_RATE
    return same_rate[0] if len(same_rate) == 1 else Why.SEVERAL


def _same(ours: str, theirs: str) -> bool:
    return bool(theirs) and ours.casefold() == theirs.casefold()
