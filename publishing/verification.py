"""Whether Zoho really kept the documents that it said it took: one list, many items."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.utils import timezone

from connections import books as connected
from connections.books import NotConnected
from connections.budget import Priority
from connections.models import Connection
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import (
    ZohoError,
    ZohoForbidden,
    ZohoMissing,
    ZohoOrganisationRefused,
    ZohoRateLimited,
    ZohoRejected,
    ZohoUnavailable,
    ZohoUnexpected,
)
from publishing import keeping, sending
from publishing.models import Publication, Step
from publishing.outcomes import Refused, Words
from publishing.problems import Problem

logger = logging.getLogger(__name__)

PATIENCE: Final = timedelta(seconds=60)
"""At least between two looks at the same document, whatever came of the first."""
MOST_SELDOM: Final = timedelta(hours=1)
MOST_AT_ONCE: Final = 200
MISSES_IN_A_ROW: Final = 2
"""Then it is Zoho that is away."""
UNREADABLE: Final = (ZohoForbidden, ZohoRejected, ZohoUnexpected)
"""What concerns one record or list; anything else concerns all."""


def verify(connection: Connection) -> None:
    """Ask Zoho about every document of this organisation that is not verified yet."""
    steps = claimed(connection)
    if not steps:
        return
    try:
        books = connected.open_books(connection, Priority.AUTOMATIC)
        for kind in Publication.Kind:
            _verify_kind(books, kind, steps)
    except NotConnected:
        return
    except ZohoOrganisationRefused as error:
        connected.refused(connection, error)
    except ZohoError as error:
        logger.info("Documents of %s are verified later: %s", connection, error)


def claimed(connection: Connection) -> list[Step]:
    """Each taken by one conditional update, so that no two tasks ask about it; those
    that were never asked about first, then those that have waited longest."""
    now = timezone.now()
    due = _due(now)
    unverified = Step.unscoped.filter(
        due,
        kind=Step.Kind.DOCUMENT,
        state=Step.State.DONE,
        verified_at=None,
        publication__connection=connection,
        publication__state=Publication.State.PUBLISHED,
        publication__cleared_at=None,
        organisation_id=connection.organisation_id,
    )
    found = unverified.select_related("publication__item").order_by(
        F("looked_at").asc(nulls_first=True), "-settled_at"
    )
    return [
        step
        for step in found[:MOST_AT_ONCE]
        if Step.unscoped.filter(due, pk=step.pk).update(looked_at=now)
    ]


def _due(now: datetime) -> Q:
    """Rests as long again as it was looked at in vain: what nobody may read would spend
    the organisation's calls of the day, and the tokens of its Zoho user."""
    rested = ExpressionWrapper(Value(now) - F("looked_at"), DurationField())
    in_vain = Q(looked_at__lt=F("settled_at") + rested)
    seldom = Q(looked_at__lt=now - MOST_SELDOM)
    patient = Q(looked_at__lt=now - PATIENCE)
    return Q(looked_at=None) | patient & (in_vain | seldom)


def _verify_kind(
    books: ZohoBooks, kind: Publication.Kind, steps: Iterable[Step]
) -> None:
    waiting = {
        sending.record_id(step.publication): step
        for step in steps
        if step.publication.kind == kind
    }
    if not waiting:
        return
    try:
        kept = _with_document(books, kind)
    except ZohoOrganisationRefused:
        raise
    except UNREADABLE as error:
        logger.info("The list of %ss cannot be read: %s", kind, error)
        return
    for zoho_id in kept:
        if step := waiting.pop(zoho_id, None):
            keeping.verified(step)
    # The list may lag or be longer: only the record itself can say that it has none.
    _ask_each(books, waiting.values())


def _ask_each(books: ZohoBooks, steps: Iterable[Step]) -> None:
    """One that Zoho fails at keeps none of the others waiting."""
    misses = 0
    for step in steps:
        try:
            _ask_record(books, step)
            misses = 0
        except ZohoRateLimited:
            raise
        except ZohoUnavailable as error:
            misses += 1
            if misses == MISSES_IN_A_ROW:
                raise
            logger.info("%s cannot be verified: %s", step, error)


def _with_document(books: ZohoBooks, kind: Publication.Kind) -> list[str]:
    """Ids of the newest records that have a document, from one call."""
    return [row.zoho_id for row in _newest(books, kind) if row.has_attachment]


def _newest(books: ZohoBooks, kind: Publication.Kind) -> Sequence[sending.Record]:
    match kind:
        case Publication.Kind.BILL:
            return books.bills().rows
        case Publication.Kind.EXPENSE:
            return books.expenses().rows
        case Publication.Kind.INVOICE:
            return books.invoices().rows


def _ask_record(books: ZohoBooks, step: Step) -> None:
    try:
        record = sending.record_in_zoho(books, step.publication)
    except ZohoOrganisationRefused:
        raise
    except UNREADABLE as error:
        if isinstance(error, ZohoMissing) and error.is_gone:
            keeping.not_kept(step, Refused(Problem.RECORD_GONE, words=Words.of(error)))
            return
        # It is asked about again later; the others do not wait for it.
        logger.info("%s cannot be verified: %s", step, error)
        return
    if record.has_attachment:
        keeping.verified(step)
    else:
        keeping.not_kept(step, Refused(Problem.DOCUMENT_NOT_STORED))
