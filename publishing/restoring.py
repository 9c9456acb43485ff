"""The database was put back to an earlier moment while Zoho has gone on.

`begin` holds what could be in Zoho already. `ask` reads Zoho's lists back to that
moment for marks of ours, and gives each record that is not known here to the item whose
mark it bears; the engine then finds it there as it would find a lost answer's.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection as database
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from connections import books as connected
from connections.books import ConnectedBooks, NotConnected
from connections.budget import Priority
from connections.models import Allowance, Connection
from connections.zoho.errors import (
    ZohoError,
    ZohoOrganisationRefused,
    ZohoRateLimited,
    ZohoUnavailable,
    ZohoUnexpected,
)
from connections.zoho.types import Bill, Expense, Invoice, Page
from dext_sync.businesses import audit
from dext_sync.businesses.models import AuditEntry, Business
from publishing import coding, late, leases, marks, recovery, requesting
from publishing.decision import rounded
from publishing.facts import facts_of, places_of
from publishing.models import (
    Item,
    Publication,
    Restore,
    RestoreCheck,
    Step,
    UnknownRecord,
)
from publishing.outcomes import uncertain_time
from publishing.payloads import Claim
from publishing.problems import Wait
from publishing.restored import SKEW, day_of, total_of
from publishing.sending import Record

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=5)
TRIED_AGAIN: Final = timedelta(minutes=1)
MOST_SELDOM: Final = timedelta(hours=1)
WHILE_AWAY: Final = timedelta(minutes=10)
"""Of a Zoho that fails it is not told when it is back."""
UNTIL_SOMEBODY_ACTS: Final = timedelta(minutes=10)


class PagesRepeat(ZohoUnexpected):
    """Zoho does not turn pages, and would be asked until the calls of its day are spent."""


# Beginning


def newest_moment(business: Business) -> datetime | None:
    """Of all that the database knows of this business."""
    entries = AuditEntry.objects.for_business(business).order_by("-at")
    return entries.values_list("at", flat=True).first()


def begin(business: Business, since: datetime) -> Restore:
    """Send nothing more before Zoho was asked what it has since then.

    A record is told by its mark, which the checks look for. What follows a record that
    is known has none: it is looked for by itself.
    """
    now = timezone.now()
    with transaction.atomic():
        restore = Restore.unscoped.create(business=business, since=since, at=now)
        for connection in Connection.objects.for_business(business):
            _begin_checks(restore, connection)
        for publication in _with_record(business):
            recovery.doubt(publication, since)
        # An emptied Redis must not think that nothing was called in the last minute.
        Allowance.objects.for_business(business).update(last_call_at=now)
        Connection.objects.for_business(business).filter(
            state=Connection.State.CONNECTED
        ).update(refresh_due_at=now)
        audit.record(
            business, "restore.began", since=since.isoformat(timespec="seconds")
        )
    return restore


def _begin_checks(restore: Restore, connection: Connection) -> None:
    RestoreCheck.unscoped.bulk_create(
        RestoreCheck(
            business_id=restore.business_id,
            restore=restore,
            connection=connection,
            region=connection.region,
            organisation_id=connection.organisation_id,
            kind=kind,
            due_at=restore.at + uncertain_time(),
        )
        for kind in Publication.Kind.values
    )


def _with_record(business: Business) -> QuerySet[Publication]:
    """Unfinished ones of which the record is in Zoho."""
    return Publication.objects.for_business(business).filter(
        finished_at=None, steps__kind=Step.Kind.RECORD, steps__state=Step.State.DONE
    )


# Asking


def ask(check_id: int) -> None:
    """Read the list of one check to its end, or as far as it goes now."""
    check = _taken(check_id)
    if check is None:
        return
    try:
        books = connected.open_books(check.connection, Priority.AUTOMATIC)
        _read(books, check)
    except NotConnected:
        _later(check, UNTIL_SOMEBODY_ACTS)
    except ZohoOrganisationRefused as error:
        connected.refused(check.connection, error)
        _later(check, UNTIL_SOMEBODY_ACTS)
    except PagesRepeat as error:
        logger.error("%s cannot be read.", check, exc_info=error)
        _turn_to(check, page=1, reading=1)  # What was read so far is no list.
        _later(check, MOST_SELDOM)
    except ZohoError as error:
        logger.info("%s cannot be read now: %s", check, error)
        _later(check, _gap(check, error), failing_since=_failing_since(check, error))
    else:
        _finish(check)


def _taken(check_id: int) -> RestoreCheck | None:
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = RestoreCheck.unscoped.filter(
        free, pk=check_id, finished_at=None, due_at__lte=now
    )
    if not due.update(leased_until=now + LEASE):
        return None
    checks = RestoreCheck.unscoped.select_related("connection__grant", "restore")
    check = checks.get(pk=check_id)
    here = (check.connection.region, check.connection.organisation_id)
    if here != (check.region, check.organisation_id):
        _later(check, UNTIL_SOMEBODY_ACTS)
        return None
    return check


def _gap(check: RestoreCheck, error: ZohoError) -> timedelta:
    """It rests as long again as it was asked for in vain: each minute would spend the
    organisation's calls of the day. A limit says itself when it is over."""
    asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    if isinstance(error, ZohoRateLimited):
        return asked or TRIED_AGAIN
    in_vain = timezone.now() - (check.failing_since or timezone.now())
    most = WHILE_AWAY if isinstance(error, ZohoUnavailable) else MOST_SELDOM
    return max(asked, TRIED_AGAIN, min(most, in_vain))


def _failing_since(check: RestoreCheck, error: ZohoError) -> datetime | None:
    """A limit is no failure, and mends none."""
    if isinstance(error, ZohoRateLimited):
        return check.failing_since
    return check.failing_since or timezone.now()


def _later(
    check: RestoreCheck, gap: timedelta, *, failing_since: datetime | None = None
) -> None:
    RestoreCheck.unscoped.filter(pk=check.pk).update(
        due_at=timezone.now() + gap, leased_until=None, failing_since=failing_since
    )


def _read(books: ConnectedBooks, check: RestoreCheck) -> None:
    """Where a record is deleted, those after it move up: one may move from a page that
    is still to come into one that was read. Of several pages a second reading meets it,
    as it would have to move as far as a whole page to be missed again."""
    _read_through(books, check)
    if check.reading == 1 and check.page > 1:
        _turn_to(check, page=1, reading=2)
        _read_through(books, check)


def _read_through(books: ConnectedBooks, check: RestoreCheck) -> None:
    """Page by page, so that a spent minute does not send it back to the beginning."""
    since = check.restore.since - SKEW
    before: Sequence[Record] | None = None
    while True:
        page = _page(books, check)
        if page.has_more and page.rows == before:
            if page.is_guessed:
                return  # It has no other pages, and the one before it was all.
            raise PagesRepeat("Zoho Books sends the same page again and again.")
        before = page.rows
        for row in page.rows:
            if row.created_at is None or row.created_at >= since:
                _note(check, row)
        if not page.has_more or recovery.are_past(page.rows, since):
            return
        _turn_to(check, page=check.page + 1, reading=check.reading)


def _turn_to(check: RestoreCheck, *, page: int, reading: int) -> None:
    check.page, check.reading, check.failing_since = page, reading, None
    RestoreCheck.unscoped.filter(pk=check.pk).update(
        page=page,
        reading=reading,
        failing_since=None,
        leased_until=timezone.now() + LEASE,
    )


def _page(
    books: ConnectedBooks, check: RestoreCheck
) -> Page[Bill] | Page[Expense] | Page[Invoice]:
    match Publication.Kind(check.kind):
        case Publication.Kind.BILL:
            return books.bills(page=check.page)
        case Publication.Kind.EXPENSE:
            return books.expenses(page=check.page)
        case Publication.Kind.INVOICE:
            return books.invoices(page=check.page)


def _note(check: RestoreCheck, row: Record) -> None:
    """Keep what bears a mark of ours and is not known as anybody's."""
    mark = recovery.mark_in(row)
    if not mark or row.status == recovery.VOID or _is_known(check, row):
        return
    UnknownRecord.unscoped.get_or_create(
        business_id=check.business_id,
        region=check.region,
        organisation_id=check.organisation_id,
        kind=check.kind,
        zoho_id=row.zoho_id,
        defaults={
            "found_by": check,
            "mark": mark,
            "contact_id": _contact_id(row),
            "number": _number(row),
            "date": row.date,
            "total": row.total,
            "currency": row.currency_code,
        },
    )


def _is_known(check: RestoreCheck, row: Record) -> bool:
    """Also of a business that the organisation was connected to before."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT record_is_known(%s, %s, %s)",
            [check.region, check.organisation_id, row.zoho_id],
        )
        (known,) = cursor.fetchone() or (True,)
        return bool(known)


def _contact_id(row: Record) -> str:
    return row.customer_id if isinstance(row, Invoice) else row.vendor_id


def _number(row: Record) -> str:
    match row:
        case Bill():
            return row.bill_number
        case Invoice():
            return row.invoice_number
        case Expense():
            return row.reference_number


# Whose they are


def _finish(check: RestoreCheck) -> None:
    """Every record finds its item or is told to people; what has waited goes on."""
    unclaimed = check.records.filter(item=None).order_by("-pk")
    records = {record.mark: record for record in unclaimed}
    for item, record in list(_owners(check, records)):
        # One by one, so that none is held while another one is waited for.
        with transaction.atomic():
            _give(record, item, check)
    with transaction.atomic():
        _end(check)


def _end(check: RestoreCheck) -> None:
    """Unless another worker has done it."""
    open_ones = RestoreCheck.unscoped.filter(pk=check.pk, finished_at=None)
    if not open_ones.update(finished_at=timezone.now(), leased_until=None):
        return
    for record in check.records.filter(item=None):
        audit.record(
            check.connection.business,
            "restore.unknown",
            subject_name=str(record),
            zoho_id=record.zoho_id,
            date=day_of(record),
            total=total_of(record),
        )
    waiting = Publication.unscoped.filter(
        connection=check.connection,
        kind=check.kind,
        finished_at=None,
        waiting_reason=Wait.RESTORED.code,
    )
    leases.make_due(waiting)


def _owners(
    check: RestoreCheck, records: Mapping[str, UnknownRecord]
) -> Iterator[tuple[Item, UnknownRecord]]:
    """Items by the marks that they have, or may have had in what was forgotten."""
    if not records:
        return
    known = Publication.unscoped.filter(mark__in=list(records)).select_related("item")
    for publication in known:
        yield publication.item, records[publication.mark]
    items = Item.unscoped.filter(business=check.business_id)
    for item in items.annotate(turns=Count("publications")).iterator():
        for mark in marks.possible_marks(item, item.turns):
            if mark in records:
                yield item, records[mark]


def _give(record: UnknownRecord, item: Item, check: RestoreCheck) -> None:
    """The engine finds it there, attaches what is missing, and says so."""
    fresh = coding.locked(item.pk)
    if not UnknownRecord.unscoped.filter(pk=record.pk, item=None).update(item=item):
        return
    if standing := fresh.standing_publication:
        late.tell_second(standing, record.zoho_id)
        return
    publication = fresh.open_publication
    if publication is None:
        publication = _publication_of(record, fresh, check)
    elif publication.mark != record.mark:
        publication.mark = record.mark
        publication.save(update_fields=["mark"])
    recovery.doubt(publication, check.restore.since)
    audit.record(fresh.business, "restore.known", subject=fresh, zoho_id=record.zoho_id)


def _publication_of(
    record: UnknownRecord, item: Item, check: RestoreCheck
) -> Publication:
    """As if a person had just pressed Publish; what is claimed is what Zoho has."""
    taken = Publication.unscoped.filter(mark=record.mark).exists()
    publication = Publication(
        business=item.business,
        item=item,
        kind=record.kind,
        connection=check.connection,
        region=check.region,
        organisation_id=check.organisation_id,
        mark=marks.next_mark(item) if taken else record.mark,
    )
    facts = facts_of(item, check.connection)
    places = places_of(item)
    claim = Claim(
        kind=record.kind,
        edition=check.connection.edition,
        date=record.date or timezone.localdate(),
        number=record.number,
        reference=record.number,
        description=item.description,
        total=rounded(record.total if item.total is None else item.total, places),
        tax=None,
        places=places,
        currency_id="",
        currency_code=record.currency,
        account_id="",
        # Nobody is looked for, let alone created, for a record that has none.
        supplier_id=(item.supplier_id or 0) if record.contact_id else 0,
        supplier_name=item.supplier.name if item.supplier else "",
        contact_id=record.contact_id,
        mark_as_sent=facts.is_sale and facts.mark_as_sent,
    )
    requesting.begin(publication, claim)
    return publication
