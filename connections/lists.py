"""Refreshing the lists: when one begins, goes on, waits and ends."""

import logging
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from connections import books as connected
from connections import events, locks
from connections.books import NotConnected
from connections.budget import Priority
from connections.entries import fitted
from connections.kinds import BY_SLUG, LISTS, ListKind
from connections.models import (
    Connection,
    ConnectionEvent,
    RefreshedList,
    RefreshedPage,
    RefreshRun,
)
from connections.reading import (
    DAILY,
    LEASE,
    LeaseLost,
    TurnOver,
    hold_lease,
    is_over,
    may_read_newest_only,
    not_read,
    read_list,
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

MOST_TRIES: Final = 4
MISSES_IN_A_ROW: Final = 2
FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 900.0
"""Seconds."""
MOST_LOCK_PAGES: Final = 25
KEPT: Final = timedelta(days=90)
"""So long what a refresh has changed stays; Activity tells its sum for ever."""
MOST_FORGOTTEN: Final = 100
OPEN = (RefreshedList.State.WAITING, RefreshedList.State.READING)
SETTLED = (RefreshedList.State.DONE, RefreshedList.State.NOT_AVAILABLE)


# Starting


def offered(connection: Connection) -> list[ListKind]:
    """The lists that the organisation's edition has."""
    return [kind for kind in LISTS if kind.is_offered_in(connection.edition)]


def looked_into(connection: Connection) -> list[ListKind]:
    """Those of them that have a page."""
    return [kind for kind in offered(connection) if kind.has_page]


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
    _forget_old(connection)
    RefreshedPage.unscoped.filter(line__run__connection=connection).delete()
    run = RefreshRun.unscoped.create(
        business_id=connection.business_id,
        connection=connection,
        organisation_id=connection.organisation_id,
        requested_by=by,
        complete=by is None or not _was_complete_today(connection),
    )
    RefreshedList.unscoped.bulk_create(
        RefreshedList(
            business_id=run.business_id,
            run=run,
            kind=kind.slug,
            newest_only=not run.complete and may_read_newest_only(connection, kind),
        )
        for kind in offered(connection)
    )
    audit.record(connection.business, "refresh.started", actor=by, subject=connection)
    return run


def _forget_old(connection: Connection) -> None:
    """But for those that pages and decisions still ask for: of each organisation the
    last that ended well, and the one in which each list arrived last."""
    runs = RefreshRun.unscoped.filter(connection=connection, finished_at__isnull=False)
    old = runs.filter(finished_at__lt=timezone.now() - KEPT).order_by("finished_at")
    if not old.exists():
        return
    well = runs.filter(problem="").order_by("organisation_id", "-finished_at")
    arrived = RefreshedList.unscoped.filter(run__in=runs, state__in=SETTLED).order_by(
        "run__organisation_id", "kind", "state", "-finished_at"
    )
    asked_for = {
        *well.distinct("organisation_id").values_list("pk", flat=True),
        *arrived.distinct("run__organisation_id", "kind", "state").values_list(
            "run", flat=True
        ),
    }
    unread = old.exclude(pk__in=asked_for).values_list("pk", flat=True)
    RefreshRun.unscoped.filter(pk__in=list(unread[:MOST_FORGOTTEN])).delete()


def _was_complete_today(connection: Connection) -> bool:
    return RefreshRun.unscoped.filter(
        connection=connection,
        organisation_id=connection.organisation_id,
        complete=True,
        problem="",
        finished_at__gt=timezone.now() - DAILY,
    ).exists()


# Refreshing


def refresh(run_id: int, *, turn: timedelta | None = None) -> timedelta | None:
    """Read what is left of this refresh; safe to call again after any crash.

    turn: after this time it stops and is due at once, so that others come between.
    Answers after which time there is more to read; None: nothing, or not for us.
    """
    run = _taken(run_id)
    if run is None:
        return None
    try:
        _read_or_wait(run, None if turn is None else timezone.now() + turn)
    except LeaseLost:
        logger.info("%s: another worker has taken over, or it has ended.", run)
    return _rest_left(run)


def _rest_left(run: RefreshRun) -> timedelta | None:
    free = RefreshRun.unscoped.filter(pk=run.pk, finished_at=None, leased_until=None)
    due_at = free.values_list("due_at", flat=True).first()
    return None if due_at is None else max(due_at - timezone.now(), timedelta(0))


def _read_or_wait(run: RefreshRun, until: datetime | None) -> None:
    try:
        _read_everything(run, until)
    except TurnOver:
        _rest(run, timezone.now())
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


def _read_everything(run: RefreshRun, until: datetime | None) -> None:
    books = connected.open_books(run.connection, Priority.REFRESH)
    if run.connection.organisation_id != run.organisation_id:
        _end(run, _("The business is connected to another organisation now."))
        return
    try:
        away = _read(run, books, until)
    finally:
        books.settle()
    if away:
        raise away
    _end(run, "")


def _read(
    run: RefreshRun, books: ZohoBooks, until: datetime | None
) -> ZohoUnavailable | None:
    if not run.lists.exclude(state__in=OPEN).exists():
        _learn_organisation(run, books)
        _learn_locks(run, books)
    return _read_open_lists(run, books, until)


def _read_open_lists(
    run: RefreshRun, books: ZohoBooks, until: datetime | None
) -> ZohoUnavailable | None:
    """One list that Zoho cannot bring keeps none of the others waiting."""
    away: ZohoUnavailable | None = None
    misses = 0
    for line in run.lists.filter(state__in=OPEN).order_by("failures", "pk"):
        calls = line.calls
        try:
            read_list(run, line, books, until)
            misses = 0
        except ZohoRateLimited:
            raise
        except ZohoUnavailable as error:
            # What is given up is no miss: those after it are still to be read.
            if line.calls > calls or not _given_up(run, line, error):
                away = error
                misses += 1
        if misses == MISSES_IN_A_ROW or (misses and is_over(until)):
            break
        if is_over(until):
            raise TurnOver
    return away


def _given_up(run: RefreshRun, line: RefreshedList, error: ZohoUnavailable) -> bool:
    """After some tries that brought no page, if Zoho does bring other lists: then it is
    this one's fault."""
    RefreshedList.unscoped.filter(pk=line.pk).update(failures=F("failures") + 1)
    brings_others = run.lists.filter(state=RefreshedList.State.DONE).exists()
    if line.failures + 1 < MOST_TRIES or not brings_others:
        return False
    not_read(run, line, BY_SLUG[line.kind], error)
    return True


def _learn_organisation(run: RefreshRun, books: ZohoBooks) -> None:
    """What Zoho does not say, or not after some tries, is as it was; no list waits."""
    try:
        _keep_organisation(run, books.organisation())
    except (ZohoOrganisationRefused, ZohoRateLimited):
        raise
    except (ZohoRejected, ZohoForbidden, ZohoUnavailable, ZohoUnexpected) as error:
        if isinstance(error, ZohoUnavailable) and run.pauses + 1 < MOST_TRIES:
            raise
        logger.warning("The organisation could not be read.", exc_info=error)


def _keep_organisation(run: RefreshRun, found: types.Organisation) -> None:
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
        hold_lease(run)
        Connection.unscoped.filter(
            pk=run.connection_id, organisation_id=run.organisation_id
        ).update(**facts)
    run.connection.refresh_from_db()


def _learn_locks(run: RefreshRun, books: ZohoBooks) -> None:
    """Whoever may not be asked for them has none that we know of; nothing else waits."""
    try:
        rows = _all_locks(books)
    except (ZohoOrganisationRefused, ZohoRateLimited):
        raise
    except (ZohoRejected, ZohoForbidden):
        rows = ()
    except (ZohoUnavailable, ZohoUnexpected) as error:
        logger.warning("The locked periods could not be read.", exc_info=error)
        return
    with transaction.atomic():
        hold_lease(run)
        if locks.keep(run.connection, rows):
            events.note(run.connection, ConnectionEvent.Kind.REFRESHED)


def _all_locks(books: ZohoBooks) -> tuple[types.LockRow, ...]:
    """How many of them Zoho puts on a page is written nowhere but for ten unasked."""
    rows: list[types.LockRow] = []
    for number in range(1, MOST_LOCK_PAGES + 1):
        page = books.transaction_locks(number)
        rows += page.rows
        if not page.has_more:
            break
    return tuple(rows)


# How a refresh ends, or waits


def _end(run: RefreshRun, problem: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        ended = RefreshRun.unscoped.filter(
            pk=run.pk, finished_at=None, leased_until=run.leased_until
        )
        if not ended.update(finished_at=now, leased_until=None, problem=problem):
            raise LeaseLost
        if run.complete:
            Connection.unscoped.filter(pk=run.connection_id).update(
                refresh_due_at=now + next_refresh()
            )
        if not problem or run.lists.filter(state=RefreshedList.State.DONE).exists():
            events.note(run.connection, ConnectionEvent.Kind.REFRESHED)
        if problem:
            _record(run, "refresh.failed", reason=problem)
        else:
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
    reading = RefreshedList.unscoped.filter(run=run, state=RefreshedList.State.READING)
    with transaction.atomic():
        _held_or_ended(run)
        reading.update(state=RefreshedList.State.WAITING)
        _rest(
            run,
            timezone.now() + wait,
            pauses=pauses if limited else min(pauses + 1, 10),
            waiting_reason=getattr(error, "limit", "unavailable"),
        )


def _rest(run: RefreshRun, until: datetime, **facts: Any) -> None:
    RefreshRun.unscoped.filter(
        pk=run.pk, finished_at=None, leased_until=run.leased_until
    ).update(leased_until=None, due_at=until, **facts)


def _give_up(run: RefreshRun, error: ZohoError) -> None:
    if isinstance(error, ZohoOrganisationRefused):
        connected.refused(run.connection, error)
    elif not isinstance(error, ZohoUnauthorized | ZohoMisconfigured | ZohoForbidden):
        logger.error("%s could not be read.", run, exc_info=error)
    words = _words(error)
    unread = RefreshedList.unscoped.filter(run=run, state__in=OPEN)
    with transaction.atomic():
        has_ended = _held_or_ended(run)
        unread.update(state=RefreshedList.State.FAILED, problem=words, rows=0)
        if not has_ended:
            _end(run, words)


def _words(error: ZohoError) -> str:
    """Zoho's own, but where it names a fault of ours in a word for programmers."""
    if not isinstance(error, ZohoMisconfigured):
        return error.message
    return _(
        "Zoho does not accept the client id or secret that is configured here. Whoever "
        "runs dext_sync must correct it."
    )


def _held_or_ended(run: RefreshRun) -> bool:
    """Until this is committed nobody takes it. Whether it has ended, with its connection:
    what it lacks is told nevertheless. Raises LeaseLost if another worker has it.
    """
    rows = RefreshRun.unscoped.select_for_update(no_key=True).filter(pk=run.pk)
    leased_until, finished_at = rows.values_list("leased_until", "finished_at").get()
    if finished_at is None and leased_until != run.leased_until:
        raise LeaseLost
    return finished_at is not None


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
    return (
        RefreshedList.unscoped.filter(
            run__connection=connection,
            run__organisation_id=connection.organisation_id,
            kind=slug,
            state__in=SETTLED,
        )
        .order_by("-finished_at")
        .first()
    )
