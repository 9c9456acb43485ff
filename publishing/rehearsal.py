"""A dry look before auto-publish is switched on: which of the last items would have gone."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from connections.models import Connection
from publishing import automatic, coding
from publishing.autopublish import (
    AutoFacts,
    GoesByItself,
    Ground,
    Says,
    Speaker,
    Stays,
    Word,
    decide,
    why,
)
from publishing.models import Item, MethodRule, Supplier, SupplierRule
from publishing.reasons import Reason

MOST: Final = 50
GONE: Final = (Item.Status.PUBLISHED, Item.Status.PUBLISHING, Item.Status.CHECKING)
LONG_AGO: Final = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Look:
    """Of the last `count` items `would` would have gone; `held` says why the others not,
    the most frequent first, and how many each: an item counts under all its reasons.

    Where nothing is connected nothing can be said. A broken connection keeps them all
    now, so that the numbers are as if it worked.
    """

    count: int = 0
    would: int = 0
    held: Sequence[tuple[str, int]] = ()
    is_connected: bool = True
    is_broken: bool = False

    @property
    def would_not(self) -> int:
        return self.count - self.would

    @property
    def overlaps(self) -> bool:
        """Whether an item counts under several reasons."""
        return sum(count for _reason, count in self.held) > self.would_not


def of_party(party: Supplier, connection: Connection | None) -> Look:
    """As if its rule said “Always”, and had said so from the beginning."""
    sells = party.side == Supplier.Side.CUSTOMER
    speaker = Speaker.CUSTOMER if sells else Speaker.SUPPLIER
    word = Word(speaker, Says.ALWAYS, LONG_AGO, str(party))
    items = Item.unscoped.filter(supplier=party)
    return _look(items, connection, {"party": word})


def of_all(items: QuerySet[Item], connection: Connection | None) -> Look:
    """As if the setting for all items had been on from the beginning."""
    word = Word(Speaker.ACCOUNT, Says.ALWAYS, LONG_AGO)
    return _look(items, connection, {"account": word})


def _look(
    items: QuerySet[Item],
    connection: Connection | None,
    words: dict[str, Word | None],
) -> Look:
    if connection is None or connection.state == Connection.State.DISCONNECTED:
        return Look(is_connected=False)
    last = items.select_related(*coding.RELATED).prefetch_related("publications")
    last = last.order_by("-created_at", "-pk")[:MOST]
    found = list(last)
    spoken = _rules_of(found)
    kept = [_held(item, connection, spoken[item.pk] | words) for item in found]
    held = Counter(capfirst(reason) for reasons in kept for reason in reasons)
    return Look(
        len(found),
        sum(not reasons for reasons in kept),
        tuple(held.most_common()),
        is_broken=not connection.is_working,
    )


def _rules_of(items: Sequence[Item]) -> dict[int, dict[str, Word | None]]:
    """What rules say of each, as if from the beginning; asked for all at once."""
    methods = {item.payment_method_id for item in items if item.paid}
    parties = {item.supplier_id for item in items}
    by_method = {
        rule.method_id: rule for rule in MethodRule.unscoped.filter(method__in=methods)
    }
    by_party = {
        rule.supplier_id: rule
        for rule in SupplierRule.unscoped.filter(supplier__in=parties)
    }
    return {
        item.pk: {
            "method": _long_ago(automatic.method_word(item, by_method)),
            "party": _long_ago(automatic.party_word(item.supplier, by_party)),
        }
        for item in items
    }


def _long_ago(word: Word | None) -> Word | None:
    return replace(word, since=LONG_AGO) if word else None


def _held(
    item: Item, connection: Connection, words: dict[str, Word | None]
) -> Sequence[str]:
    """Why it would have stayed; none if it would have gone."""
    if item.status == Item.Status.ARCHIVED:
        return [_("a person has put it away.")]
    facts = replace(_as_it_came(item, connection), **words)  # type: ignore[arg-type]
    match decide(facts):
        case Stays(ground=Ground.NOT_READY):
            return facts.reasons
        case Stays() as stays:
            return [why(stays, facts)]
        case GoesByItself() | None:
            return []


def _as_it_came(item: Item, connection: Connection) -> AutoFacts:
    """Whatever is in Zoho was ready; what is paused or broken now is so only now."""
    facts = automatic.facts_of(item, connection, method=None, party=None)
    reasons = [each for each in item.open_reasons if each != Reason.CONNECTION_BROKEN]
    waits_for_connection = item.status == Item.Status.TO_REVIEW and not reasons
    return replace(
        facts,
        ready=facts.ready or item.status in GONE or waits_for_connection,
        reasons=[str(each.sentence) for each in reasons],
        paused=False,
        connected=True,
        was_cleared=False,
    )
