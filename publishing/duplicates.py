"""What an item may be the same as: found among the others, kept until people say.

Each pair has one question. It holds the item that came later, or the one that has not
gone to Zoho yet; an answer is remembered for both.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from django.db import connection as database

from dext_sync.businesses import audit
from publishing.alikeness import NEAR, Ground, Paper, grounds
from publishing.models import Item, Suspicion

MOST: Final = 20
"""So many new questions are found at once: more would help nobody."""

# Whoever looks sees all that those have found and changed who looked before.
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
PAIRS: Final = """
    WITH known AS (
        SELECT id, item_id, answer, grounds,
            CASE item_id WHEN %(item)s THEN other_id ELSE item_id END AS paired
        FROM publishing_suspicion
        WHERE business_id = %(business)s AND (item_id = %(item)s OR other_id = %(item)s)
    ), alike AS (
        SELECT id FROM publishing_item WHERE business_id = %(business)s
            AND supplier_id = %(supplier)s AND bare_reference <> ''
            AND bare_reference = (
                SELECT bare_reference FROM publishing_item WHERE id = %(item)s
            )
        UNION
        SELECT id FROM publishing_item WHERE business_id = %(business)s
            AND supplier_id = %(supplier)s AND currency = %(currency)s
            AND total_in_thousandths = %(total)s
            AND date BETWEEN %(since)s AND %(until)s
            AND (date = %(date)s OR kind <> %(kind)s)
        UNION
        SELECT id FROM publishing_item WHERE business_id = %(business)s
            AND document_id = %(document)s
    ), fresh AS (
        SELECT other.id FROM publishing_item other JOIN alike USING (id)
        WHERE id <> %(item)s AND workspace = %(workspace)s
            AND NOT EXISTS (SELECT FROM known WHERE paired = id)
            AND NOT (status = 'archived' AND EXISTS (
                SELECT FROM publishing_suspicion was
                WHERE was.item_id = other.id AND was.answer = 'same'
            ))
        ORDER BY id DESC LIMIT %(most)s
    )
    SELECT other.id, workspace, kind, supplier_id, reference, date, total, currency,
        document_id, created_at,
        status = ANY (%(open)s) AND NOT EXISTS (
            SELECT FROM publishing_publication
            WHERE item_id = other.id AND state = 'published' AND cleared_at IS NULL
        ),
        known.id, known.item_id, known.answer, known.grounds
    FROM publishing_item other LEFT JOIN known ON paired = other.id
    WHERE other.id IN (SELECT paired FROM known UNION SELECT id FROM fresh)
        AND answer IS DISTINCT FROM 'different'
    ORDER BY other.id
"""


@dataclass(frozen=True)
class Known:
    """The question that stands about a pair, and which of the two it holds."""

    pk: int
    holds: int
    answer: str
    grounds: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Another item that is like this one, or was when it was looked at last."""

    other_id: int
    paper: Paper
    created_at: datetime
    is_open: bool
    known: Known | None


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
    _one_at_a_time(item)
    paper = paper_of(item)
    outcomes = [
        _settle(item, pair, grounds(paper, pair.paper)) for pair in _pairs(item)
    ]
    stirred = {each.stirs for each in outcomes if each.stirs is not None}
    return Looked(any(each.holds for each in outcomes), frozenset(stirred))


def paper_of(item: Item) -> Paper:
    return _paper(
        workspace=item.workspace,
        kind=item.kind,
        supplier_id=item.supplier_id,
        reference=item.reference,
        date=item.date,
        total=item.total,
        currency=item.currency,
        document_id=item.document_id,
    )


def _paper(
    *,
    workspace: str,
    kind: str,
    supplier_id: int | None,
    reference: str,
    date: date | None,
    total: Decimal | None,
    currency: str,
    document_id: int | None,
) -> Paper:
    side: Literal["costs", "sales"] = (
        "sales" if workspace == Item.Workspace.SALES else "costs"
    )
    return Paper(
        side=side,
        kind="receipt" if kind == Item.Kind.RECEIPT else "invoice",
        supplier=str(supplier_id or ""),
        reference=reference,
        date=date,
        total=total,
        currency=currency,
        file=str(document_id or ""),
    )


# What becomes of each pair


@dataclass(frozen=True)
class Outcome:
    """holds: this item waits for an answer. stirs: the other one is to be reviewed."""

    holds: bool = False
    stirs: int | None = None


def _settle(item: Item, pair: Pair, found: tuple[Ground, ...]) -> Outcome:
    known = pair.known
    if known is None:
        return _ask(item, pair, found) if found else Outcome()
    is_mine = known.holds == item.pk
    if known.answer == Suspicion.Answer.SAME:
        return _ask_again(known, found) if is_mine and found else Outcome()
    if not found:
        Suspicion.unscoped.filter(pk=known.pk).delete()
        return Outcome(stirs=None if is_mine else pair.other_id)
    _note(known, found)
    return Outcome(holds=is_mine)


def _ask(item: Item, pair: Pair, found: tuple[Ground, ...]) -> Outcome:
    holds_other = pair.is_open and (pair.created_at, pair.other_id) > (
        item.created_at,
        item.pk,
    )
    held, other = (pair.other_id, item.pk) if holds_other else (item.pk, pair.other_id)
    question = Suspicion.unscoped.create(
        business=item.business, item_id=held, other_id=other, grounds=_codes(found)
    )
    audit.record(
        item.business,
        "item.suspected",
        subject=question.item if holds_other else item,
        grounds=", ".join(str(ground.words) for ground in found),
    )
    return Outcome(stirs=held) if holds_other else Outcome(holds=True)


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


# Finding


def _one_at_a_time(item: Item) -> None:
    """Until the transaction ends nobody else looks on this side of the business: of two
    that are alike, one sees the other."""
    name = f"duplicates of {item.business_id} in {item.workspace}"
    with database.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [name])


def _pairs(item: Item) -> Iterator[Pair]:
    with database.cursor() as cursor:
        cursor.execute(PAIRS, _question(item))
        rows = cursor.fetchall()
    return map(_pair, rows)


def _question(item: Item) -> dict[str, Any]:
    day = item.date
    return {
        "business": item.business_id,
        "workspace": item.workspace,
        "item": item.pk,
        "kind": item.kind,
        "supplier": item.supplier_id,
        "currency": item.currency,
        "total": None if item.total is None else int(item.total * 1000),
        "date": day,
        "since": day and day - NEAR,
        "until": day and day + NEAR,
        "document": item.document_id,
        "open": [Item.Status.TO_REVIEW, Item.Status.READY, Item.Status.FAILED],
        "most": MOST,
    }


def _pair(row: tuple[Any, ...]) -> Pair:
    (
        other_id,
        workspace,
        kind,
        supplier_id,
        reference,
        day,
        total,
        currency,
        document_id,
        created_at,
        is_open,
        known_id,
        holds,
        answer,
        codes,
    ) = row
    paper = _paper(
        workspace=workspace,
        kind=kind,
        supplier_id=supplier_id,
        reference=reference,
        date=day,
        total=total,
        currency=currency,
        document_id=document_id,
    )
    known = None
    if known_id is not None:
        known = Known(known_id, holds, answer, tuple(json.loads(codes)))
    return Pair(other_id, paper, created_at, is_open, known)
