"""What an item may be the same as is asked once, and the item held until people say.

Each pair has one question. It holds the item that came later, or the one that has not
gone to Zoho yet; an answer is remembered for both.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.db import connection as database

from dext_sync.businesses import audit
from publishing.alikeness import Ground, grounds
from publishing.models import Item, Suspicion
from publishing.pairing import Known, Pair, Record, Twin, pairs_of, paper_of

# Whoever looks sees all that those have found and changed who looked before.
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@dataclass(frozen=True)
class Looked:
    """Whether the item is held as a possible duplicate, and which others this has freed
    or held: they are to be reviewed after the commit."""

    holds: bool
    stirred: frozenset[int]


def look(item: Item) -> Looked:
    """Ask what is new about it, and forget what is no longer so.

    For an item that its transaction has locked, and has saved.
    """
    hold(item)
    paper = paper_of(item)
    outcomes = [
        _settle(item, pair, grounds(paper, pair.paper)) for pair in pairs_of(item)
    ]
    stirred = {each.stirs for each in outcomes if each.stirs is not None}
    return Looked(any(each.holds for each in outcomes), frozenset(stirred))


def hold(item: Item) -> None:
    """Until the transaction ends nobody else looks on this side of the business: of two
    that are alike, one sees the other. Before any question is changed, and after the
    item."""
    name = f"duplicates of {item.business_id} in {item.workspace}"
    with database.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [name])


# What becomes of each pair


@dataclass(frozen=True)
class Outcome:
    """holds: this item waits for an answer. stirs: the other one is to be reviewed."""

    holds: bool = False
    stirs: int | None = None


def _settle(item: Item, pair: Pair, found: tuple[Ground, ...]) -> Outcome:
    known = pair.known
    if known is None:
        return _ask(item, pair.other, found) if found else Outcome()
    is_mine = known.holds == item.pk
    if known.answer == Suspicion.Answer.SAME:
        return _ask_again(known, found) if is_mine and found else Outcome()
    if not found:
        Suspicion.unscoped.filter(pk=known.pk).delete()
        return Outcome(stirs=None if is_mine else known.holds)
    _note(known, found)
    return Outcome(holds=is_mine)


def _ask(item: Item, other: Twin | Record, found: tuple[Ground, ...]) -> Outcome:
    match other:
        case Twin(pk=pk) if other.is_open and other.is_later_than(item):
            held = Item.unscoped.get(pk=pk)
            _write_down(held, found, other=item)
            return Outcome(stirs=pk)
        case Twin(pk=pk):
            _write_down(item, found, other_id=pk)
        case Record():
            _write_down(
                item,
                found,
                record_kind=other.kind,
                record_id=other.zoho_id,
                organisation_id=other.organisation_id,
            )
    return Outcome(holds=True)


def _write_down(item: Item, found: tuple[Ground, ...], **other: Any) -> None:
    Suspicion.unscoped.create(
        business_id=item.business_id, item=item, grounds=_codes(found), **other
    )
    audit.record(
        item.business,
        "item.suspected",
        subject=item,
        grounds=", ".join(str(ground.words) for ground in found),
    )


def _ask_again(known: Known, found: tuple[Ground, ...]) -> Outcome:
    """It was put away as the same, and somebody has taken it out of the archive."""
    Suspicion.unscoped.filter(pk=known.pk).update(
        answer=Suspicion.Answer.OPEN,
        answered_by=None,
        answered_at=None,
        grounds=_codes(found),
    )
    return Outcome(holds=True)


def _note(known: Known, found: tuple[Ground, ...]) -> None:
    codes = _codes(found)
    if tuple(codes) != known.grounds:
        Suspicion.unscoped.filter(pk=known.pk).update(grounds=codes)


def _codes(found: tuple[Ground, ...]) -> list[str]:
    return [ground.code for ground in found]
