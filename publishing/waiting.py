"""What of a business waits to be sent to Zoho Books: how much, why and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Min
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from connections.models import Connection
from publishing.models import Publication
from publishing.problems import UNTIL_SOMEBODY_ACTS, WAIT_BY_CODE

AT_WORK: Final = gettext_lazy("on the way to Zoho Books")


@dataclass(frozen=True)
class Line:
    """`until`: when the first of them goes on; None: at once, or nobody knows."""

    words: str
    why: str | Promise
    until: datetime | None


def lines(connection: Connection) -> list[Line]:
    """People's items before automatic ones, and what goes on first before the rest."""
    open_ones = Publication.unscoped.filter(connection=connection, finished_at=None)
    counted = (
        open_ones.values_list("priority", "waiting_reason")
        .annotate(count=Count("pk"), first=Min("due_at"))
        .order_by("priority", "first")
    )
    return [_line(*row) for row in counted]


def _line(priority: int, code: str, count: int, first: datetime) -> Line:
    wait = WAIT_BY_CODE.get(code)
    if wait is None or (first <= timezone.now() and wait not in UNTIL_SOMEBODY_ACTS):
        return Line(_words(priority, count), AT_WORK, None)
    until = None if wait in UNTIL_SOMEBODY_ACTS else first
    return Line(_words(priority, count), wait.sentence, until)


def _words(priority: int, count: int) -> str:
    if priority == Publication.Priority.AUTOMATIC:
        words = ngettext(
            "%(count)d item published automatically",
            "%(count)d items published automatically",
            count,
        )
    else:
        words = ngettext(
            "%(count)d item that people publish",
            "%(count)d items that people publish",
            count,
        )
    return words % {"count": count}
