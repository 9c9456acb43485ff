"""Refreshing the lists: each arrives whole or changes nothing.

An entry that left Zoho is marked, never deleted; what could not be read is never taken
for what is gone.
"""

import logging
import secrets
from datetime import timedelta
from typing import Final

from django.db import DataError, IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from connections import books as connected
from connections.books import NotConnected
from connections.budget import Priority
from connections.entries import Changes, columns, fitted, store
from connections.kinds import BY_SLUG, LISTS, ListKind
from connections.models import (
    Connection,
    ConnectionEvent,
    RefreshedList,
    RefreshedPage,
    RefreshRun,
)
from connections.zoho import types
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import (
    ZohoError,
    ZohoForbidden,
    ZohoMisconfigured,
    ZohoOrganisationRefused,
    ZohoRateLimited,
    ZohoRejected,
    ZohoUnauthorized,
    ZohoUnavailable,
    ZohoUnexpected,
)
from dext_sync.businesses import audit
from dext_sync.businesses.models import User

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=3)
"""Longer than any one call and the writing of any one list."""
DAILY: Final = timedelta(hours=24)
NAMES_TOLD: Final = 25
MOST_PAGES: Final = 1000
MOST_TRIES: Final = 4
MISSES_IN_A_ROW: Final = 2
FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 900.0
"""Seconds."""
PAGES_LAST: Final = timedelta(minutes=30)
"""A pause longer than this begins the list anew: rows may have moved between pages."""
OPEN = (RefreshedList.State.WAITING, RefreshedList.State.READING)


class LeaseLost(Exception):
    """Another worker has taken this refresh over."""


# Starting


def offered(connection: Connection) -> list[ListKind]:
    """The lists that the organisation's edition has."""
    return [kind for kind in LISTS if kind.is_offered_in(connection.edition)]


def start(connection: Connection, by: User | None) -> RefreshRun:
    """The open refresh of the connection, begun now if there is none.

    Hand it to `tasks.refresh_lists` after the commit.
    """
    try:
        with transaction.atomic():
            return _begin(connection, by)
    except IntegrityError:
        # Somebody else began one in the same instant.
        return RefreshRun.unscoped.get(connection=connection, finished_at=None)


def _begin(connection: Connection, by: User | None) -> RefreshRun:
    open_runs = RefreshRun.unscoped.filter(connection=connection, finished_at=None)
    if run := open_runs.first():
        # A click ends the pause of one that waits.
        open_runs.filter(leased_until=None).update(due_at=timezone.now())
        return run
    run = RefreshRun.unscoped.create(
        business_id=connection.business_id,
        connection=connection,
        organisation_id=connection.organisation_id,
        requested_by=by,
    )
    RefreshedList.unscoped.bulk_create(
        RefreshedList(business_id=run.business_id, run=run, kind=kind.slug)
        for kind in offered(connection)
    )
    audit.record(connection.business, "refresh.started", actor=by, subject=connection)
    return run


# Refreshing


def refresh(run_id: int) -> None:
    """Read what is left of this refresh; safe to call again after any crash."""
    run = _taken(run_id)
    if run is None:
        return
    try:
        _read_or_wait(run)
    except LeaseLost:
        logger.info("%s: another worker has taken over, or it has ended.", run)


def _read_or_wait(run: RefreshRun) -> None:
    try:
        _read_everything(run)
    except NotConnected:
        _end(run, _("The connection to Zoho Books needs reconnecting."))
    except ZohoUnavailable as error:
        _pause(run, error)
    except ZohoError as error:
        _give_up(run, error)


def _taken(run_id: int) -> RefreshRun | None:
    now = timezone.now()
    until = now + LEASE
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = RefreshRun.unscoped.filter(free, pk=run_id, finished_at=None, due_at__lte=now)
    if not due.update(leased_until=until, waiting_reason=""):
        return None
    runs = RefreshRun.unscoped.select_related("connection__grant", "business")
    return runs.get(pk=run_id)


def _read_everything(run: RefreshRun) -> None:
    books = connected.open_books(run.connection, Priority.REFRESH)
    if run.connection.organisation_id != run.organisation_id:
        _end(run, _("The business is connected to another organisation now."))
        return
    if not run.lists.exclude(state__in=OPEN).exists():
        _learn_organisation(run, books.organisation())
    if away := _read_open_lists(run, books):
        raise away
    _end(run, "")


def _read_open_lists(run: RefreshRun, books: ZohoBooks) -> ZohoUnavailable | None:
    """One list that Zoho cannot bring keeps none of the others waiting."""
    away: ZohoUnavailable | None = None
    misses = 0
    for line in run.lists.filter(state__in=OPEN).order_by("failures", "pk"):
        try:
            _read_list(run, line, books)
            misses = 0
        except ZohoRateLimited:
            raise
        except ZohoUnavailable as error:
            misses += 1
            if not _given_up(run, line, error):
                away = error
        if misses == MISSES_IN_A_ROW:
            break
    return away


def _given_up(run: RefreshRun, line: RefreshedList, error: ZohoUnavailable) -> bool:
    """After some tries, if Zoho does bring other lists: then it is this one's fault."""
    RefreshedList.unscoped.filter(pk=line.pk).update(failures=F("failures") + 1)
    brings_others = run.lists.filter(state=RefreshedList.State.DONE).exists()
    if line.failures + 1 < MOST_TRIES or not brings_others:
        return False
    _not_read(line, BY_SLUG[line.kind], error)
    return True


def _learn_organisation(run: RefreshRun, found: types.Organisation) -> None:
    """What Zoho leaves out, or we cannot tell, is as it was."""
    known = {
        "organisation_name": found.name,
        "country": found.country,
        "currency_code": found.currency_code,
        "plan_name": found.plan_name,
        "time_zone": found.time_zone,
        "price_precision": found.price_precision,
        "edition": "" if found.edition == "global" else found.edition,
    }
    facts = fitted(Connection, {name: known[name] for name in known if known[name]})
    with transaction.atomic():
        _hold_lease(run)
        Connection.unscoped.filter(
            pk=run.connection_id, organisation_id=run.organisation_id
        ).update(**facts)
    run.connection.refresh_from_db()


def _read_list(run: RefreshRun, line: RefreshedList, books: ZohoBooks) -> None:
    kind = BY_SLUG[line.kind]
    try:
        _read_pages(run, line, kind, books)
    except ZohoOrganisationRefused:
        raise
    except (ZohoRejected, ZohoForbidden, ZohoUnexpected) as error:
        _not_read(line, kind, error)
        return
    try:
        _store(run, line, kind)
    except (DataError, ValueError, KeyError) as error:
        unfit = ZohoUnexpected(
            _("What Zoho sent does not fit: {error}").format(error=error)
        )
        _not_read(line, kind, unfit)


def _store(run: RefreshRun, line: RefreshedList, kind: ListKind) -> None:
    pages = list(line.pages.all())
    rows = [row for page in pages for row in page.rows]
    with transaction.atomic():
        _hold_lease(run)
        changes = store(run.connection, kind, rows, began=pages[0].read_at)
        _read(line, changes, len(rows))
        line.pages.all().delete()
        RefreshRun.unscoped.filter(pk=run.pk).update(pauses=0)


def _read_pages(
    run: RefreshRun, line: RefreshedList, kind: ListKind, books: ZohoBooks
) -> None:
    """Go on after the pages that are here already, unless they have become old."""
    pages = list(line.pages.all())
    if pages and pages[0].read_at < timezone.now() - PAGES_LAST:
        line.pages.all().delete()
        pages = []
    RefreshedList.unscoped.filter(pk=line.pk).update(
        state=RefreshedList.State.READING, rows=sum(len(page.rows) for page in pages)
    )
    last = pages[-1] if pages else None
    while last is None or last.has_more:
        number = last.number + 1 if last else 1
        if number > MOST_PAGES:
            raise ZohoUnexpected("Zoho Books' list does not end.")
        last = _read_page(run, line, kind, books, number)


def _read_page(
    run: RefreshRun, line: RefreshedList, kind: ListKind, books: ZohoBooks, number: int
) -> RefreshedPage:
    _hold_lease(run)
    asked_at = timezone.now()
    page = kind.read(books, number)
    RefreshedList.unscoped.filter(pk=line.pk).update(
        calls=F("calls") + 1, rows=F("rows") + len(page.rows)
    )
    return RefreshedPage.unscoped.create(
        business_id=line.business_id,
        line=line,
        number=number,
        has_more=page.has_more,
        rows=[columns(kind, row) for row in page.rows],
        read_at=asked_at,
    )


def _hold_lease(run: RefreshRun) -> None:
    """Raises LeaseLost. The moment it ends tells one holder from the next."""
    until = timezone.now() + LEASE
    mine = RefreshRun.unscoped.filter(
        pk=run.pk, finished_at=None, leased_until=run.leased_until
    )
    if not mine.update(leased_until=until):
        raise LeaseLost
    run.leased_until = until


def _read(line: RefreshedList, changes: Changes, rows: int) -> None:
    RefreshedList.unscoped.filter(pk=line.pk).update(
        state=RefreshedList.State.DONE,
        rows=rows,
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        report={
            "added": changes.added[:NAMES_TOLD],
            "changed": changes.changed[:NAMES_TOLD],
            "removed": changes.removed[:NAMES_TOLD],
        },
        problem="",
        finished_at=timezone.now(),
    )


def _not_read(line: RefreshedList, kind: ListKind, error: ZohoError) -> None:
    """A feature that is off is no error; anything else is told, and changes nothing."""
    states = RefreshedList.State
    refused = error.status is not None and 400 <= error.status < 500
    state = states.NOT_AVAILABLE if kind.optional and refused else states.FAILED
    if state == states.FAILED:
        logger.error("The list %s could not be read.", kind.slug, exc_info=error)
    RefreshedList.unscoped.filter(pk=line.pk).update(
        state=state, problem=error.message, rows=0, finished_at=timezone.now()
    )
    line.pages.all().delete()


# How a refresh ends, or waits


def _end(run: RefreshRun, problem: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        ended = RefreshRun.unscoped.filter(pk=run.pk, finished_at=None)
        if not ended.update(finished_at=now, leased_until=None, problem=problem):
            raise LeaseLost
        Connection.unscoped.filter(pk=run.connection_id).update(
            refresh_due_at=now + next_refresh()
        )
        if problem:
            _record(run, "refresh.failed", reason=problem)
            return
        ConnectionEvent.unscoped.create(
            business_id=run.business_id,
            connection=run.connection,
            kind=ConnectionEvent.Kind.REFRESHED,
        )
        _record(run, "refresh.finished", summary=summary(run))


def next_refresh() -> timedelta:
    """In a day, spread over two hours so that not all businesses come at once."""
    return DAILY - timedelta(seconds=secrets.randbelow(7200))


def summary(run: RefreshRun) -> str:
    lines = list(run.lists.all())
    counts = _("{added} added, {changed} changed, {removed} no longer in Zoho").format(
        added=sum(line.added for line in lines),
        changed=sum(line.changed for line in lines),
        removed=sum(line.removed for line in lines),
    )
    unread = [
        str(BY_SLUG[line.kind].title)
        for line in lines
        if line.state == RefreshedList.State.FAILED
    ]
    if not unread:
        return counts
    return _("{counts}; could not be read: {lists}").format(
        counts=counts, lists=", ".join(unread)
    )


def _pause(run: RefreshRun, error: ZohoUnavailable) -> None:
    """It goes on by itself, from the page that it could not read."""
    limited = isinstance(error, ZohoRateLimited)
    pauses = RefreshRun.unscoped.get(pk=run.pk).pauses
    gap = 1.0 if limited else min(LONGEST_PAUSE, FIRST_PAUSE * 2**pauses)
    wait = timedelta(seconds=max(gap, error.retry_after or 0))
    RefreshedList.unscoped.filter(run=run, state=RefreshedList.State.READING).update(
        state=RefreshedList.State.WAITING
    )
    RefreshRun.unscoped.filter(
        pk=run.pk, finished_at=None, leased_until=run.leased_until
    ).update(
        leased_until=None,
        due_at=timezone.now() + wait,
        pauses=pauses if limited else min(pauses + 1, 10),
        waiting_reason=getattr(error, "limit", "unavailable"),
    )


def _give_up(run: RefreshRun, error: ZohoError) -> None:
    if isinstance(error, ZohoOrganisationRefused):
        connected.refused(run.connection, error)
    elif not isinstance(error, ZohoUnauthorized | ZohoMisconfigured | ZohoForbidden):
        logger.error("%s could not be read.", run, exc_info=error)
    RefreshedList.unscoped.filter(run=run, state__in=OPEN).update(
        state=RefreshedList.State.FAILED, problem=error.message, rows=0
    )
    _end(run, error.message)


def _record(run: RefreshRun, action: str, **data: str) -> None:
    audit.record(
        run.business,
        action,
        subject=run.connection,
        subject_name="",
        actor=None,
        **data,
    )


# Reading what is known of refreshes


def last_read(connection: Connection, slug: str) -> RefreshedList | None:
    """The last time that this list arrived, or was found not to be available."""
    settled = (RefreshedList.State.DONE, RefreshedList.State.NOT_AVAILABLE)
    return (
        RefreshedList.unscoped.filter(
            run__connection=connection,
            run__organisation_id=connection.organisation_id,
            kind=slug,
            state__in=settled,
        )
        .order_by("-finished_at")
        .first()
    )
