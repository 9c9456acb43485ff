"""Taking turns: a worker stays with one business for a moment, then others come.

Inside a business people's publications go before automatic ones, and those that came
first before later ones. Where a limit of its organisation is spent, all that would meet
it waits until the same moment, and nobody asks in vain.
"""

import time
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from publishing import engine
from publishing.models import Publication
from publishing.problems import OF_ALL

TURN: Final = timedelta(milliseconds=500)
SHORTEST_REST: Final = timedelta(milliseconds=300)
"""So many calls as have become free meanwhile are made in one go."""
LONGEST_REST: Final = timedelta(seconds=65)
"""What waits longer is found by the sweep."""
SHARED_FROM: Final = timedelta(seconds=2)
"""A shorter wait is over before others come to it."""
SHARED: Final = frozenset(wait.code for wait in OF_ALL)


def take(business_id: int) -> timedelta | None:
    """Go on with what is due in the business, until the turn is over.

    Answers after which time there is more to do; None if a sweep will find it.
    """
    ends = time.monotonic() + TURN.total_seconds()
    while time.monotonic() < ends:
        publication_id = _next_in(business_id)
        if publication_id is None:
            return None
        rest = go_on(publication_id)
        if rest is not None:
            return rest
    return timedelta(0)


def go_on(publication_id: int) -> timedelta | None:
    """Bring the publication as far as it goes now; answers how long a limit that it
    has met keeps its business from more."""
    engine.advance(publication_id)
    met = Publication.unscoped.filter(
        pk=publication_id,
        finished_at=None,
        state=Publication.State.WAITING,  # What is looked for waits by itself.
        waiting_reason__in=SHARED,
        due_at__gt=timezone.now(),
    ).first()
    if met is None:
        return None
    rest = met.due_at - timezone.now()
    if rest > SHARED_FROM:
        _wait_with(met)
    return max(rest, SHORTEST_REST) if rest < LONGEST_REST else None


def _next_in(business_id: int) -> int | None:
    due = _free().filter(business_id=business_id, due_at__lte=timezone.now())
    in_turn = due.order_by("priority", "due_at", "pk")
    return in_turn.values_list("pk", flat=True).first()


def _wait_with(met: Publication) -> None:
    """What is not more urgent would meet the same limit. Several lanes meet it at once,
    each with thousands: none waits for a row, for whoever holds it says the same of it.
    """
    others = _free().filter(
        connection=met.connection_id,
        state=Publication.State.WAITING,
        priority__gte=met.priority,
        waiting_reason__in=["", *SHARED],
        due_at__lt=met.due_at,
    )
    unheld = others.select_for_update(no_key=True, skip_locked=True)
    with transaction.atomic():
        Publication.unscoped.filter(pk__in=unheld.values("pk")).update(
            waiting_reason=met.waiting_reason, due_at=met.due_at
        )


def _free() -> QuerySet[Publication]:
    """Under way, and in no worker's hands."""
    unleased = Q(leased_until=None) | Q(leased_until__lt=timezone.now())
    return Publication.unscoped.filter(unleased, finished_at=None)
