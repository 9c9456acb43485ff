"""What is like an item: other items, and the bills and expenses of Zoho's lists.

Found by indexed columns in one statement, whatever lies in the archive.
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

# `party` is the supplier under all its names: its spellings, and whoever stands for the
# same contact in Zoho. `known` is what was asked already; `there` is Zoho Books.
PAIRS: Final = """
    WITH own AS (
        SELECT bare_reference FROM publishing_item WHERE id = %(item)s
    ), party AS (
        SELECT id FROM publishing_supplier WHERE business_id = %(business)s
            AND (id = %(root)s OR merged_into_id = %(root)s OR contact_id = %(contact)s)
    ), known AS (
        SELECT id, item_id, answer, grounds, record_kind, record_id, organisation_id,
            CASE item_id WHEN %(item)s THEN other_id ELSE item_id END AS paired
        FROM publishing_suspicion
        WHERE business_id = %(business)s
            AND (item_id = %(item)s OR other_id = %(item)s)
    ), alike AS (
        SELECT id FROM publishing_item WHERE business_id = %(business)s
            AND supplier_id = ANY (ARRAY(SELECT id FROM party))
            AND bare_reference <> ''
            AND bare_reference = (SELECT bare_reference FROM own)
        UNION
        SELECT id FROM publishing_item WHERE business_id = %(business)s
            AND supplier_id = ANY (ARRAY(SELECT id FROM party)) AND currency = %(currency)s
            AND total_in_thousandths = %(total)s
            AND date BETWEEN %(since)s AND %(until)s
            AND (date = %(date)s OR kind <> %(kind)s)
        UNION
        SELECT id FROM publishing_item WHERE business_id = %(business)s
            AND document_id = %(document)s
    ), fresh AS (
        SELECT id FROM publishing_item other
        WHERE id = ANY (ARRAY(SELECT id FROM alike EXCEPT SELECT paired FROM known))
            AND id <> %(item)s AND workspace = %(workspace)s
            AND NOT (status = 'archived' AND EXISTS (
                SELECT FROM publishing_suspicion was
                WHERE was.item_id = other.id AND was.answer = 'same'
            ))
        ORDER BY id DESC LIMIT %(most)s
    ), alike_there AS (
        SELECT id FROM connections_purchaserecord WHERE business_id = %(business)s
            AND organisation_id = %(organisation)s AND vendor_id = %(vendor)s
            AND bare_reference <> ''
            AND bare_reference = (SELECT bare_reference FROM own)
        UNION
        SELECT id FROM connections_purchaserecord WHERE business_id = %(business)s
            AND organisation_id = %(organisation)s AND vendor_id = %(vendor)s
            AND currency_code = %(currency)s AND total_in_thousandths = %(total)s
            AND date BETWEEN %(since)s AND %(until)s
            AND (date = %(date)s OR (kind = 'bill') <> (%(kind)s = 'invoice'))
    ), fresh_there AS (
        SELECT id FROM connections_purchaserecord record
        WHERE id = ANY (ARRAY(SELECT id FROM alike_there))
            AND removed_at IS NULL AND is_active
            AND NOT EXISTS (
                SELECT FROM known
                WHERE record_id = zoho_id AND organisation_id = record.organisation_id
            )
            AND NOT EXISTS (
                SELECT FROM publishing_step step
                JOIN publishing_publication ours ON ours.id = publication_id
                WHERE step.organisation_id = record.organisation_id
                    AND zoho_id = record.zoho_id
                    AND (item_id = %(item)s AND NOT attaches OR cleared_at IS NULL)
            )
            AND NOT EXISTS (
                SELECT FROM publishing_publication ours
                WHERE mark = right(remark, %(mark)s) AND item_id = %(item)s
            )
        ORDER BY id DESC LIMIT %(most)s
    )
    SELECT other.id, NULL AS record_kind, NULL AS record_id, NULL AS organisation_id,
        kind, CASE WHEN supplier_id IN (SELECT id FROM party)
            THEN %(supplier)s::bigint ELSE supplier_id END,
        reference, date, total, currency, document_id, created_at,
        status = ANY (%(open)s) AND NOT EXISTS (
            SELECT FROM publishing_publication
            WHERE item_id = other.id AND state = 'published' AND cleared_at IS NULL
        ),
        known.id, known.item_id, known.answer, known.grounds
    FROM publishing_item other LEFT JOIN known ON paired = other.id
    WHERE other.id = ANY (ARRAY(SELECT paired FROM known UNION SELECT id FROM fresh))
        AND answer IS DISTINCT FROM 'different'
    UNION ALL
    SELECT NULL, coalesce(kind, record_kind), coalesce(zoho_id, record_id),
        coalesce(record.organisation_id, known.organisation_id),
        CASE kind WHEN 'bill' THEN 'invoice' ELSE 'receipt' END,
        CASE vendor_id WHEN %(vendor)s THEN %(supplier)s::bigint END,
        reference, date, total, currency_code, NULL, NULL, false,
        known.id, known.item_id, known.answer, known.grounds
    FROM (SELECT * FROM known WHERE record_id <> '') known
    FULL JOIN (
        SELECT * FROM connections_purchaserecord
        WHERE removed_at IS NULL AND is_active AND id = ANY (ARRAY(
            SELECT id FROM fresh_there UNION SELECT there.id FROM known
            JOIN connections_purchaserecord there ON zoho_id = record_id
                AND there.organisation_id = known.organisation_id
                AND there.business_id = %(business)s
        ))
    ) record ON zoho_id = record_id AND record.organisation_id = known.organisation_id
    WHERE answer IS DISTINCT FROM 'different'
    ORDER BY 1, 3
"""


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
