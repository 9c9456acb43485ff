"""Reading one list, page by page: it arrives whole or changes nothing.

An entry that left Zoho is marked, never deleted; what could not be read is never taken
for what is gone.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import DataError, transaction
from django.db.models import (
    DateTimeField,
    F,
    Func,
    IntegerField,
    Min,
    QuerySet,
    Value,
)
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from connections import entries
from connections.entries import Changes
from connections.kinds import BY_SLUG, ListKind, ReadPage
from connections.models import Connection, RefreshedList, RefreshedPage, RefreshRun
from connections.zoho.client import PER_PAGE, ZohoBooks
from connections.zoho.errors import (
    ZohoError,
    ZohoForbidden,
    ZohoOrganisationRefused,
    ZohoRejected,
    ZohoUnexpected,
)

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=3)
"""Longer than any one call and the writing of any one list."""
DAILY: Final = timedelta(hours=24)
FEW_PAGES: Final = 2
"""A list as short as this is read from end to end each time."""
CLOCK_TICK: Final = timedelta(seconds=2)
"""Zoho tells times in seconds."""
MOST_PAGES: Final = 1000
PAGES_LAST: Final = timedelta(minutes=30)
"""A pause longer than this begins the list anew: rows may have moved between pages."""


class LeaseLost(Exception):
    """Another worker has taken this refresh over."""


def hold_lease(run: RefreshRun) -> None:
    """Raises LeaseLost. The moment it ends tells one holder from the next."""
    until = timezone.now() + LEASE
    mine = RefreshRun.unscoped.filter(
        pk=run.pk, finished_at=None, leased_until=run.leased_until
    )
    if not mine.update(leased_until=until):
        raise LeaseLost
    run.leased_until = until


def read_list(run: RefreshRun, line: RefreshedList, books: ZohoBooks) -> None:
    """Raises ZohoUnavailable (ZohoRateLimited): what has arrived waits for the rest."""
    reading = Reading(run, line, BY_SLUG[line.kind], books)
    try:
        reading.read()
    except ZohoOrganisationRefused:
        raise
    except (ZohoRejected, ZohoForbidden, ZohoUnexpected) as error:
        not_read(line, reading.kind, error)
        return
    try:
        reading.store()
    except (DataError, ValueError, KeyError) as error:
        unfit = ZohoUnexpected(
            _("What Zoho sent does not fit: {error}").format(error=error)
        )
        not_read(line, reading.kind, unfit)


def not_read(line: RefreshedList, kind: ListKind, error: ZohoError) -> None:
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


@dataclass(frozen=True)
class Arrived:
    """A page that is here; `size` is the count of its rows."""

    number: int
    has_more: bool
    size: int


@dataclass(frozen=True)
class Reading:
    """One list in one refresh."""

    run: RefreshRun
    line: RefreshedList
    kind: ListKind
    books: ZohoBooks

    def read(self) -> None:
        """Go on after the pages that are here already, unless they have become old."""
        first = self.line.pages.aggregate(at=Min("read_at"))["at"]
        if first and first < timezone.now() - PAGES_LAST:
            self._forget_pages()
        rows = sum(page.size for page in self._arrived())
        self._note(state=RefreshedList.State.READING, rows=rows)
        if self.line.newest_only and self.kind.by_change is not None:
            if self._read_newest(self.kind.by_change):
                return
            self._forget_pages()
            self._note(newest_only=False)
        self._read_all()

    def store(self) -> None:
        began = self.line.pages.aggregate(at=Min("read_at"))["at"]
        whole = not self.line.newest_only
        with transaction.atomic():
            hold_lease(self.run)
            changes = entries.store(
                self.line, self.run.connection, self.kind, began=began, whole=whole
            )
            _done(self.line, changes, rows=self._ours())
            # Others may be changed in the same second, and come before it.
            self._lines().filter(newest__gt=began - CLOCK_TICK).update(newest=None)
            self.line.pages.all().delete()
            RefreshRun.unscoped.filter(pk=self.run.pk).update(pauses=0)

    def _read_all(self) -> None:
        pages = self._arrived()
        last = pages[-1] if pages else None
        while last is None or last.has_more:
            last = self._read_page(self.kind.read, last.number + 1 if last else 1)

    # A long list of which most is known

    def _read_newest(self, read: ReadPage) -> bool:
        """Sorted by change: from the last page back to one that brings nothing new.

        Answers whether nothing else can have changed. So it is if Zoho has as many
        rows as we have now: none has left.
        """
        try:
            last = self._read_back(read)
        except ZohoRejected:
            return False
        counted = (last.number - 1) * PER_PAGE + last.size
        unknown = entries.news(self.line, self.run.connection, self.kind).unknown
        return counted == self._ours() + unknown and self._is_sorted_by_change()

    def _read_back(self, read: ReadPage) -> Arrived:
        """Answers the last page of all. After a pause it goes on with what is here."""
        end = max(1, -(-self._ours() // PER_PAGE))
        pages = self._arrived() or [self._read_page(read, end)]
        highest, lowest = pages[-1], pages[0]
        while highest.has_more:
            highest = self._read_page(read, highest.number + 1)
        while lowest.number > 1 and self._brings_news(lowest):
            lowest = self._read_page(read, lowest.number - 1)
        return highest

    def _brings_news(self, page: Arrived) -> bool:
        found = entries.news(self.line, self.run.connection, self.kind, page.number)
        return found.differing > 0

    def _ours(self) -> int:
        ours = entries.present(self.run.connection, self.kind.model)
        return ours.filter(**self.kind.only).count()

    def _is_sorted_by_change(self) -> bool:
        """Zoho ignores silently what it does not understand: the last page must be as
        new as the newest row that was seen before."""
        self.line.refresh_from_db(fields=["newest"])
        last = read_before(self.run.connection, self.kind).first()
        before, now = last.newest if last else None, self.line.newest
        return before is not None and now is not None and now >= before

    # Pages

    def _read_page(self, read: ReadPage, number: int) -> Arrived:
        if number > MOST_PAGES:
            raise ZohoUnexpected("Zoho Books' list does not end.")
        hold_lease(self.run)
        asked_at = timezone.now()
        page = read(self.books, number)
        self._note(
            calls=F("calls") + 1,
            rows=F("rows") + len(page.rows),
            newest=Greatest("newest", _newest(page.rows)),
        )
        RefreshedPage.unscoped.create(
            business_id=self.line.business_id,
            line=self.line,
            number=number,
            has_more=page.has_more,
            rows=entries.staged(self.kind, page.rows),
            read_at=asked_at,
        )
        return Arrived(number, page.has_more, len(page.rows))

    def _arrived(self) -> list[Arrived]:
        length = Func(
            "rows", function="jsonb_array_length", output_field=IntegerField()
        )
        pages = self.line.pages.annotate(size=length).order_by("number")
        found = pages.values_list("number", "has_more", "size")
        return [Arrived(*page) for page in found]

    def _forget_pages(self) -> None:
        self.line.pages.all().delete()
        self._note(rows=0, newest=None)

    def _lines(self) -> QuerySet[RefreshedList]:
        return RefreshedList.unscoped.filter(pk=self.line.pk)

    def _note(self, **facts: Any) -> None:
        self._lines().update(**facts)
        if "newest_only" in facts:
            self.line.newest_only = facts["newest_only"]


def _newest(rows: tuple[Any, ...]) -> Any:
    """Where the list says when its rows were changed."""
    moments = [getattr(row, "last_modified", None) for row in rows]
    newest = max(filter(None, moments), default=None)
    return Value(newest, output_field=DateTimeField())


def _done(line: RefreshedList, changes: Changes, *, rows: int) -> None:
    told = {
        "added": changes.added,
        "changed": changes.changed,
        "removed": changes.removed,
    }
    RefreshedList.unscoped.filter(pk=line.pk).update(
        state=RefreshedList.State.DONE,
        rows=rows,
        **{name: found.count for name, found in told.items()},
        report={name: found.names for name, found in told.items()},
        problem="",
        finished_at=timezone.now(),
    )


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
