"""Reading one list, page by page: it arrives whole or changes nothing.

An entry that left Zoho is marked, never deleted; what could not be read is never taken
for what is gone.
"""

import json
import logging
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from itertools import pairwise, starmap
from typing import Any, Final

from django.db import DataError, IntegrityError, transaction
from django.db import connection as database
from django.db.models import Func, IntegerField, Max, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from connections import entries
from connections.entries import HeldPage
from connections.kinds import BY_SLUG, ListKind, ReadPage
from connections.models import Connection, RefreshedList, RefreshRun
from connections.zoho.client import PER_PAGE, ZohoBooks
from connections.zoho.errors import (
    ZohoError,
    ZohoForbidden,
    ZohoOrganisationRefused,
    ZohoRejected,
    ZohoUnavailable,
    ZohoUnexpected,
)
from connections.zoho.types import Page

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=3)
"""Longer than any one call and the writing of any one list."""
DAILY: Final = timedelta(hours=24)
FEW_PAGES: Final = 2
"""A list as short as this is read from end to end each time."""
CLOCK_TICK: Final = timedelta(seconds=2)
"""Zoho tells times in seconds."""
MARGIN: Final = timedelta(minutes=1)
"""A page that reaches no further back than this ends the reading only without news."""
BY_CHANGE: Final = "last_modified_time"
MOST_PAGES: Final = 1000
KEPT_WITHIN: Final = timedelta(seconds=1)
"""So much work may be lost with a worker that is killed."""
PAGES_LAST: Final = timedelta(minutes=30)
"""A pause longer than this begins the list anew: rows may have moved between pages."""


# Functions, since to plan a statement takes longer than to do it. Both refuse what is
# another's, has ended, or is of an organisation that is not connected any more.
HOLD: Final = "SELECT hold_refresh(%(run)s, %(ours)s, %(until)s, %(pauses)s)"
TAKE_UP: Final = """
    SELECT take_up_list(%(run)s, %(ours)s, %(until)s, %(line)s, %(rows)s)
"""
# One statement for several pages, since a long list has many.
KEEP: Final = """
    WITH noted AS (
        UPDATE connections_refreshedlist
        SET calls = calls + %(calls)s, rows = rows + %(count)s, newest = %(newest)s
        WHERE id = %(line)s
    )
    INSERT INTO connections_refreshedpage
        (business_id, line_id, reading, number, has_more, rows, read_at, oldest, newest,
        by_change)
    SELECT %(business)s, %(line)s, %(reading)s, * FROM unnest(
        %(numbers)s::integer[], %(more)s::boolean[], %(rows)s::jsonb[],
        %(read_at)s::timestamptz[], %(oldest)s::timestamptz[],
        %(latest)s::timestamptz[], %(by_change)s::boolean[]
    )
"""


class LeaseLost(Exception):
    """Another worker has taken this refresh over, or it has ended."""


class TurnOver(Exception):
    """It goes on when others have had their turn; what has arrived is kept."""


def is_over(until: datetime | None) -> bool:
    return until is not None and timezone.now() > until


def extend_lease(run: RefreshRun) -> None:
    """Raises LeaseLost. The moment it ends tells one holder from the next."""
    _held(run, timezone.now() + LEASE)


def hold_lease(run: RefreshRun, *, pauses: int | None = None) -> None:
    """Nobody takes or ends it until this is committed. Raises LeaseLost."""
    _held(run, run.leased_until, pauses=pauses)


def _held(
    run: RefreshRun, until: datetime | None, statement: str = HOLD, **values: Any
) -> None:
    known = {"run": run.pk, "ours": run.leased_until, "until": until, "pauses": None}
    with database.cursor() as cursor:
        cursor.execute(statement, known | values)
        (is_ours,) = cursor.fetchone()
    if not is_ours:
        raise LeaseLost
    run.leased_until = until


def read_list(
    run: RefreshRun, line: RefreshedList, books: ZohoBooks, until: datetime | None
) -> None:
    """Raises ZohoUnavailable (ZohoRateLimited), TurnOver: what has arrived waits for
    the rest.

    until: after this moment no second page is asked for.
    """
    reading = Reading(run, line, BY_SLUG[line.kind], books, until)
    try:
        reading.bring()
    except (ZohoUnavailable, TurnOver, ZohoOrganisationRefused):
        raise
    except (ZohoRejected, ZohoForbidden, ZohoUnexpected) as error:
        not_read(run, line, reading.kind, error)
    except (DataError, IntegrityError, ValueError, KeyError) as error:
        unfit = ZohoUnexpected(_("What Zoho sent does not fit in the list."))
        unfit.__cause__ = error
        not_read(run, line, reading.kind, unfit)


def not_read(
    run: RefreshRun, line: RefreshedList, kind: ListKind, error: ZohoError
) -> None:
    """A feature that is off is no error; anything else is told, and changes nothing.

    Raises LeaseLost: the pages that are here may be another worker's, who would miss
    what they hold and take it for gone.
    """
    states = RefreshedList.State
    by_status = error.status is not None and 400 <= error.status < 500
    refused = by_status or isinstance(error, ZohoRejected)
    state = states.NOT_AVAILABLE if kind.optional and refused else states.FAILED
    is_off = kind.gone_if_off and isinstance(error, ZohoRejected)
    if state == states.FAILED:
        logger.error("The list %s could not be read.", kind.slug, exc_info=error)
    with transaction.atomic():
        hold_lease(run)
        gone = entries.forget_all(run.connection, kind) if is_off else []
        RefreshedList.unscoped.filter(pk=line.pk).update(
            state=state,
            problem=error.message,
            rows=0,
            removed=len(gone),
            report={"removed": gone[: entries.NAMES_TOLD]},
            finished_at=timezone.now(),
        )
        line.pages.all().delete()


@dataclass(frozen=True)
class Arrived:
    """A page that is here; `size` is the count of its rows, `oldest` and `newest` are
    when they were changed, and by_change says whether they are sorted by that."""

    number: int
    has_more: bool
    size: int
    read_at: datetime
    oldest: datetime | None
    newest: datetime | None
    by_change: bool


@dataclass
class Reading:
    """One list in one refresh; `pages` are those that are here of its first or second
    reading, in their order, and `unkept` those that are in no table yet: there a list
    that arrives in a moment never comes."""

    run: RefreshRun
    line: RefreshedList
    kind: ListKind
    books: ZohoBooks
    until: datetime | None
    has_read: bool = False
    reading: int = 1
    pages: list[Arrived] = field(default_factory=list)
    unkept: dict[Arrived, HeldPage] = field(default_factory=dict)
    newest_held: HeldPage | None = None
    """What was read last, wherever it is by now."""
    began: datetime = field(default_factory=timezone.now)
    """Before the first of all pages that are here was asked for."""

    @property
    def rows(self) -> int:
        return sum(page.size for page in self.pages)

    @property
    def is_kept(self) -> bool:
        """Whether pages of it are, or were, in the table."""
        return self.line.calls > 0

    def bring(self) -> None:
        """Read and store it; what has arrived of one that breaks off is kept."""
        try:
            self.read()
            self.store()
        except (ZohoUnavailable, TurnOver):
            self.keep()
            raise

    def read(self) -> None:
        """Go on after the pages that are here already, unless they have become old."""
        if self.is_kept:
            self.reading, self.began = _last_reading(self.line)
            self.pages = _arrived(self.line, self.reading)
        self._take_up()
        if any(page.read_at < timezone.now() - PAGES_LAST for page in self.pages):
            self._forget_pages()
        if self.line.newest_only and self.kind.by_change is not None:
            if self._read_newest(self.kind.by_change):
                return
            self._forget_pages()
            self._note(newest_only=False)
        self._read_all()

    def _take_up(self) -> None:
        until = timezone.now() + LEASE
        _held(self.run, until, TAKE_UP, line=self.line.pk, rows=self.rows)
        self.line.state = RefreshedList.State.READING

    def store(self) -> None:
        """Raises LeaseLost, and what `read` raises where it has to be read once more."""
        try:
            self._store()
        except entries.MissesSome:
            self._begin_second_reading()
            self._read_all()
            self._store()
        self.line.state = RefreshedList.State.DONE

    def _store(self) -> None:
        """Where a row is deleted, those after it move up: one may move from a page that
        is still to come into one that is here already. So what a first reading of
        several pages misses need not be gone."""
        whole = not self.line.newest_only
        is_ours = entries.store(
            self.line,
            self.run.connection,
            self.kind,
            lease=self.run.leased_until,
            began=self.began,
            whole=whole,
            surely=self.reading > 1 or len(self.pages) == 1,
            count=self.rows if whole else self._ours(),
            counts_back=not whole,
            newest=self._surely_newest(),
            in_hand=self.unkept.values(),
        )
        if not is_ours:
            raise LeaseLost

    def _begin_second_reading(self) -> None:
        self.keep()
        self.reading, self.pages = 2, []
        self._note(rows=0)

    def _surely_newest(self) -> datetime | None:
        """Others may be changed in the same second, and come before it."""
        newest = self.line.newest
        return newest if newest and newest < self.began - CLOCK_TICK else None

    def _read_all(self) -> None:
        last = self.pages[-1] if self.pages else None
        while last is None or last.has_more:
            last = self._read_page(self.kind.read, last.number + 1 if last else 1)

    # A long list of which most is known

    def _read_newest(self, read: ReadPage) -> bool:
        """Sorted by change: from the last page back to one that reaches what is known.

        Answers whether nothing else can have changed. So it is if Zoho has as many
        rows as we have now: none has left.
        """
        known = self._newest_before()
        if known is None:
            return False
        try:
            last = self._read_back(read, known)
        except ZohoRejected:
            return False
        self.keep()
        counted = (last.number - 1) * PER_PAGE + last.size
        unknown = entries.news(self.line, self.run.connection, self.kind).unknown
        return counted == self._ours() + unknown and self._is_sorted(known)

    def _read_back(self, read: ReadPage, known: datetime) -> Arrived:
        """Answers the last page of all. After a pause it goes on with what is here."""
        if not self.pages:
            self._read_page(read, max(1, -(-self._ours() // PER_PAGE)))
        while self.pages[-1].has_more:
            self._read_page(read, self.pages[-1].number + 1)
        while self.pages[0].number > 1 and self._is_new(self.pages[0], known):
            self._read_page(read, self.pages[0].number - 1)
        return self.pages[-1]

    def _is_new(self, page: Arrived, known: datetime) -> bool:
        """A page without news may be full of rows whose change does not matter here:
        only one that reaches back to what was seen before says that this is all."""
        if page.oldest is None or page.oldest > known:
            return True
        if page.oldest < known - MARGIN:
            return False
        self.keep()
        found = entries.news(self.line, self.run.connection, self.kind, page.number)
        return found.differing > 0

    def _ours(self) -> int:
        ours = entries.present(self.run.connection, self.kind.model)
        return ours.filter(**self.kind.only).count()

    def _newest_before(self) -> datetime | None:
        last = read_before(self.run.connection, self.kind).first()
        return last.newest if last else None

    def _is_sorted(self, known: datetime) -> bool:
        """Zoho ignores silently what it does not understand: so each page must be in
        order, and follow the one before it, and the last be as new as what is known."""
        newest = self.pages[-1].newest
        return (
            newest is not None
            and newest >= known
            and all(page.by_change for page in self.pages)
            and all(starmap(_follows, pairwise(self.pages)))
        )

    # Pages

    def _read_page(self, read: ReadPage, number: int) -> Arrived:
        if number > MOST_PAGES:
            raise ZohoUnexpected("Zoho Books' list does not end.")
        self._hold_lease_in_time()
        asked_at = timezone.now()
        if self.has_read and is_over(self.until):
            raise TurnOver
        page = read(self.books, number)
        held = self._held(page, number)
        tells_apart = bool(page.rows) or not page.is_cut
        if page.has_more and tells_apart and self._repeats(held):
            page = _end_of(page)
            held = self._held(page, number)
        arrived = _as_arrived(page, number, asked_at)
        self.has_read = True
        self.unkept[arrived] = self.newest_held = held
        self.pages = sorted([*self.pages, arrived], key=lambda each: each.number)
        changed = filter(None, [self.line.newest, arrived.newest])
        self.line.newest = max(changed, default=None)
        if min(each.read_at for each in self.unkept) < timezone.now() - KEPT_WITHIN:
            self.keep()
        return arrived

    def _held(self, page: Page[Any], number: int) -> HeldPage:
        rows = page.rows
        return entries.held(self.kind, rows, reading=self.reading, number=number)

    def _repeats(self, page: HeldPage) -> bool:
        """Whether the page before it was the same: then Zoho does not turn pages, and
        would be asked until the calls of its day are spent."""
        before = self.newest_held
        if before is not None and before.reading == page.reading:
            return (before.number, before.rows) == (page.number - 1, page.rows)
        if not self.is_kept:
            return False
        kept = self.line.pages.filter(reading=page.reading, number=page.number - 1)
        return kept.filter(rows=json.loads(page.rows)).exists()

    def keep(self) -> None:
        if not self.unkept:
            return
        with transaction.atomic(), database.cursor() as cursor:
            hold_lease(self.run, pauses=0)
            cursor.execute(
                KEEP,
                {
                    "business": self.line.business_id,
                    "line": self.line.pk,
                    "calls": len(self.unkept),
                    "count": sum(page.size for page in self.unkept),
                    "newest": self.line.newest,
                    "reading": self.reading,
                    "numbers": [page.number for page in self.unkept],
                    "more": [page.has_more for page in self.unkept],
                    "rows": [held.rows for held in self.unkept.values()],
                    "read_at": [page.read_at for page in self.unkept],
                    "oldest": [page.oldest for page in self.unkept],
                    "latest": [page.newest for page in self.unkept],
                    "by_change": [page.by_change for page in self.unkept],
                },
            )
        self.line.calls += len(self.unkept)
        self.unkept.clear()

    def _hold_lease_in_time(self) -> None:
        """Not before each page: nobody takes over before the lease has ended."""
        ends = self.run.leased_until
        if ends is None or ends < timezone.now() + LEASE / 2:
            extend_lease(self.run)

    def _forget_pages(self) -> None:
        self.keep()
        self.line.pages.filter(reading=self.reading).delete()
        self.pages = []
        _reading, self.began = _last_reading(self.line)
        self._note(rows=0, newest=None)

    def _note(self, **facts: Any) -> None:
        RefreshedList.unscoped.filter(pk=self.line.pk).update(**facts)
        for name, value in facts.items():
            setattr(self.line, name, value)


def _last_reading(line: RefreshedList) -> tuple[int, datetime]:
    """Which one the pages in the table are of, and when the first of all was asked for:
    the first one begins now if there are none."""
    found = line.pages.aggregate(last=Max("reading"), began=Min("read_at"))
    return found["last"] or 1, found["began"] or timezone.now()


def _arrived(line: RefreshedList, reading: int) -> list[Arrived]:
    length = Func("rows", function="jsonb_array_length", output_field=IntegerField())
    pages = line.pages.filter(reading=reading).annotate(size=length).order_by("number")
    found = pages.values_list(*[each.name for each in fields(Arrived)])
    return [Arrived(*page) for page in found]


def _end_of(repeated: Page[Any]) -> Page[Any]:
    """Where Zoho does not say that there is more, the page before it was all."""
    if not repeated.is_guessed:
        raise ZohoUnexpected("Zoho Books sends the same page again and again.")
    return Page((), has_more=False)


def _as_arrived(page: Page[Any], number: int, asked_at: datetime) -> Arrived:
    """Not every list says when its rows were changed."""
    changed = [getattr(row, "last_modified", None) for row in page.rows]
    known = [moment for moment in changed if moment is not None]
    return Arrived(
        number=number,
        has_more=page.has_more,
        size=len(page.rows),
        read_at=asked_at,
        oldest=min(known, default=None),
        newest=max(known, default=None),
        by_change=page.sorted_by in ("", BY_CHANGE) and changed == sorted(known),
    )


def _follows(earlier: Arrived, later: Arrived) -> bool:
    if earlier.newest is None or later.oldest is None:
        return False
    return earlier.newest <= later.oldest


# What was read before


def may_read_newest_only(connection: Connection, kind: ListKind) -> bool:
    """A long list that was read from end to end today need not be read so again."""
    if kind.by_change is None:
        return False
    before = read_before(connection, kind)
    last, whole = before.first(), before.filter(newest_only=False).first()
    return (
        last is not None
        and last.newest is not None
        and whole is not None
        and whole.calls > FEW_PAGES
        and whole.finished_at is not None
        and whole.finished_at > timezone.now() - DAILY
    )


def read_before(connection: Connection, kind: ListKind) -> QuerySet[RefreshedList]:
    """How this list of the connected organisation arrived, the last time first."""
    return RefreshedList.unscoped.filter(
        run__connection=connection,
        run__organisation_id=connection.organisation_id,
        kind=kind.slug,
        state=RefreshedList.State.DONE,
    ).order_by("-finished_at")
