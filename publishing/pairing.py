"""What is like an item: other items, and the bills and expenses of Zoho's lists.

Found by indexed columns in one statement (the function `pairs_of_item`), whatever lies in
the archive.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection as database

from publishing import marks, suppliers
from publishing.alikeness import NEAR, Paper
from publishing.models import Item

MOST: Final = 20
"""So many new ones are found at once: more would help nobody."""

PAIRS: Final = """
    SELECT * FROM pairs_of_item(
        %(business)s, %(workspace)s, %(item)s, %(kind)s, %(supplier)s, %(root)s,
        %(contact)s, %(currency)s, %(total)s, %(date)s, %(since)s, %(until)s,
        %(document)s, %(organisation)s, %(vendor)s, %(open)s, %(most)s, %(mark)s
    )
"""
"""Planned once a session, for that takes longer than to answer it: migration 0021."""


@dataclass(frozen=True)
class Known:
    """The question that stands about a pair, and which of the two it holds."""

    pk: int
    holds: int
    answer: str
    grounds: tuple[str, ...]


@dataclass(frozen=True)
class Twin:
    """Another item that is like this one, or was when it was looked at last.

    is_open: it has not gone to Zoho, nor to the archive.
    """

    pk: int
    created_at: datetime
    is_open: bool

    def is_later_than(self, item: Item) -> bool:
        return (self.created_at, self.pk) > (item.created_at, item.pk)


@dataclass(frozen=True)
class Record:
    """The same, of a bill or an expense in Zoho."""

    kind: str
    zoho_id: str
    organisation_id: str


@dataclass(frozen=True)
class Pair:
    other: Twin | Record
    paper: Paper
    known: Known | None


def pairs_of(item: Item) -> list[Pair]:
    with database.cursor() as cursor:
        cursor.execute(PAIRS, _question(item))
        rows = cursor.fetchall()
    return [_pair(item, row) for row in rows]


def _question(item: Item) -> dict[str, Any]:
    """What is known of the item; what is None there is like nothing."""
    day = item.date
    root = suppliers.root(item.supplier) if item.supplier else None
    contact = root.contact if root else None
    is_cost = item.workspace == Item.Workspace.COSTS
    in_zoho = contact if is_cost else None
    return {
        "business": item.business_id,
        "workspace": item.workspace,
        "item": item.pk,
        "kind": item.kind,
        "supplier": item.supplier_id,
        "root": root and root.pk,
        "contact": contact and contact.pk,
        "currency": item.currency,
        "total": None if item.total is None else int(item.total * 1000),
        "date": day,
        "since": day and (day - NEAR if day - date.min > NEAR else date.min),
        "until": day and (day + NEAR if date.max - day > NEAR else date.max),
        "document": item.document_id,
        "organisation": in_zoho and in_zoho.organisation_id,
        "vendor": in_zoho and in_zoho.zoho_id,
        "open": [Item.Status.TO_REVIEW, Item.Status.READY, Item.Status.FAILED],
        "most": MOST,
        "mark": marks.LENGTH,
    }


def _pair(item: Item, row: tuple[Any, ...]) -> Pair:
    other_id, record_kind, record_id, organisation_id, *paper, created_at, is_open = (
        row[:13]
    )
    known_id, holds, answer, codes = row[13:]
    other = (
        Record(record_kind, record_id, organisation_id)
        if other_id is None
        else Twin(other_id, created_at, is_open)
    )
    known = (
        None
        if known_id is None
        else Known(known_id, holds, answer, tuple(json.loads(codes)))
    )
    return Pair(other, _paper(item.workspace, *paper), known)


def paper_of(item: Item) -> Paper:
    return _paper(
        item.workspace,
        item.kind,
        item.supplier_id,
        item.reference,
        item.date,
        item.total,
        item.currency,
        item.document_id,
    )


def _paper(
    workspace: str,
    kind: str,
    supplier_id: int | None,
    reference: str | None,
    date: date | None,
    total: Decimal | None,
    currency: str | None,
    document_id: int | None,
) -> Paper:
    return Paper(
        side="sales" if workspace == Item.Workspace.SALES else "costs",
        kind="receipt" if kind == Item.Kind.RECEIPT else "invoice",
        supplier=str(supplier_id or ""),
        reference=reference or "",
        date=date,
        total=total,
        currency=currency or "",
        file=str(document_id or ""),
    )
