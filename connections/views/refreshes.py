"""A refresh of the lists as a person sees it: line by line, then what changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connections import entries, lists
from connections.kinds import BY_SLUG
from connections.models import Connection, RefreshedList, RefreshRun
from connections.reading import LEASE

State = RefreshedList.State
ENDED = (State.DONE, State.NOT_AVAILABLE, State.FAILED)
UNREAD = "unread"
SOON = timedelta(minutes=2)
QUIET = timedelta(minutes=1)
"""Whoever reads is heard of every few seconds; a call that fails does so before."""
WAITS = {
    "minute": gettext_lazy("This minute's calls to Zoho Books are used up."),
    "day": gettext_lazy("Today's calls to Zoho Books are used up."),
    "at_once": gettext_lazy("Other calls to Zoho Books are under way."),
    "user": gettext_lazy("This Zoho user's calls are used up for now."),
    "token": gettext_lazy("Zoho gives no access for a moment."),
    "unavailable": gettext_lazy("Zoho Books does not answer at the moment."),
}
INTERRUPTED = gettext_lazy(
    "Nothing has been read for a minute: it may have been interrupted."
)


@dataclass(frozen=True)
class Change:
    """words: “3 added”; names: some of them; more: how many are not named."""

    words: str
    names: list[str]
    more: int


@dataclass(frozen=True)
class Line:
    """state: its list's, or UNREAD where the refresh has ended without it.
    bar: out of `most`; None while nobody knows how long the list is.

    read_at: the last time that it arrived, which may be in an earlier refresh.
    """

    kind: str
    title: str | Promise
    has_page: bool
    state: str
    words: str
    rows: int
    bar: int | None
    most: int
    changes: list[Change]
    problem: str
    read_at: datetime | None


@dataclass(frozen=True)
class Refresh:
    run: RefreshRun
    lines: list[Line]
    done: int
    is_open: bool
    waits_until: datetime | None
    wait_words: str | Promise

    @property
    def has_brought(self) -> bool:
        return any(line.state == State.DONE for line in self.lines)

    @property
    def waits_long(self) -> bool:
        """So that it does not take the couple of minutes that people are told."""
        soon = timezone.now() + SOON
        return self.waits_until is not None and self.waits_until > soon


def refresh_of(connection: Connection) -> Refresh | None:
    """The latest one, open or finished."""
    run = connection.refreshes.order_by("-requested_at").first()
    if run is None or run.organisation_id != connection.organisation_id:
        return None
    read = list(run.lists.order_by("pk"))
    waits_until, wait_words = _wait(run)
    return Refresh(
        run=run,
        lines=[_line(connection, run, each) for each in read if each.kind in BY_SLUG],
        done=sum(each.state in ENDED for each in read),
        is_open=run.finished_at is None and connection.is_working,
        waits_until=waits_until,
        wait_words=wait_words,
    )


def _wait(run: RefreshRun) -> tuple[datetime | None, str | Promise]:
    """Until when, and why; a worker that was killed still has its lease."""
    now = timezone.now()
    if run.leased_until and now < run.leased_until < now + LEASE - QUIET:
        return run.leased_until, INTERRUPTED
    waits = run.finished_at is None and run.due_at > now
    words = WAITS.get(run.waiting_reason, WAITS["unavailable"])
    return run.due_at if waits else None, words


def last_refreshed(connection: Connection) -> datetime | None:
    return (
        connection.refreshes.filter(
            finished_at__isnull=False,
            problem="",
            organisation_id=connection.organisation_id,
        )
        .order_by("-finished_at")
        .values_list("finished_at", flat=True)
        .first()
    )


def _line(connection: Connection, run: RefreshRun, read: RefreshedList) -> Line:
    most = _length(connection, read) if read.state == State.READING else 1
    is_left = run.finished_at is not None and read.state not in ENDED
    return Line(
        kind=read.kind,
        title=BY_SLUG[read.kind].title,
        has_page=BY_SLUG[read.kind].has_page,
        state=UNREAD if is_left else read.state,
        words=_("Not read") if is_left else read.get_state_display(),
        rows=read.rows,
        bar=_bar(read, most),
        most=max(1, most),
        changes=list(_changes(read)),
        problem=read.problem if read.state == State.FAILED else "",
        read_at=_read_at(connection, read),
    )


def _length(connection: Connection, read: RefreshedList) -> int:
    """As long as it was last time; 0 where it has never been read."""
    kind = BY_SLUG[read.kind]
    known = entries.of_organisation(connection, kind.model)
    return known.filter(removed_at=None, **kind.only).count()


def _read_at(connection: Connection, read: RefreshedList) -> datetime | None:
    if read.state in (State.DONE, State.NOT_AVAILABLE):
        return read.finished_at
    before = lists.last_read(connection, read.kind)
    return before.finished_at if before else None


def _bar(read: RefreshedList, most: int) -> int | None:
    if read.state == State.READING:
        return min(read.rows, most) if most else None
    return 0 if read.state == State.WAITING else 1


def _changes(read: RefreshedList) -> Iterator[Change]:
    sentences = {
        "added": _("%(count)s added"),
        "changed": _("%(count)s changed"),
        "removed": _("%(count)s no longer in Zoho"),
    }
    for name, sentence in sentences.items():
        count = getattr(read, name)
        if count and read.state == State.DONE:
            names = list(read.report.get(name, []))
            yield Change(sentence % {"count": count}, names, count - len(names))
