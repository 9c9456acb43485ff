"""Documents that Zoho has taken, and perhaps not kept."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from publishing import messages, results
from publishing.models import Item, Publication, PublishAttempt, Step
from publishing.outcomes import Refused
from publishing.problems import Problem

SHOWS_WITHIN: Final = timedelta(minutes=1)
"""A record may tell of its document later than Zoho has taken it."""


def verified(step: Step) -> None:
    unverified = Step.unscoped.filter(
        pk=step.pk, state=Step.State.DONE, verified_at=None
    )
    unverified.update(verified_at=timezone.now())


def not_kept(step: Step, outcome: Refused) -> None:
    """Zoho took the document and does not have it: sent once more, or told.

    Of what somebody has taken out of the archive nothing is sent, it is only told; and
    nothing is said once its publishing data is cleared.
    """
    taken = step.attempts.filter(outcome=PublishAttempt.Outcome.DONE)
    with transaction.atomic():
        items = Item.unscoped.select_for_update(of=("self",), no_key=True)
        item = items.get(pk=step.publication.item_id)
        publication = Publication.unscoped.get(pk=step.publication_id)
        if publication.cleared_at is not None:
            return
        rests = item.status == Item.Status.PUBLISHED
        not_stored = outcome.problem is Problem.DOCUMENT_NOT_STORED
        if rests and not_stored and taken.count() < 2:
            reopen(step, after=SHOWS_WITHIN)
        elif _unverified(step).update(state=Step.State.REFUSED):
            _tell_missing(step.publication, outcome)


def _tell_missing(publication: Publication, outcome: Refused) -> None:
    messages.put(publication, outcome)
    shown = Item.unscoped.filter(pk=publication.item_id, document_missing=False)
    if shown.update(document_missing=True):
        results.record(publication, "publication.document_missing")


def reopen(step: Step, *, after: timedelta = timedelta(0)) -> bool:
    """Let a worker attach the document again; the record itself is never touched. It is
    asked once more before."""
    with transaction.atomic():
        refused_or_unkept = Step.unscoped.filter(
            Q(state=Step.State.REFUSED) | Q(state=Step.State.DONE, verified_at=None),
            pk=step.pk,
        )
        if not refused_or_unkept.update(
            state=Step.State.WAITING,
            settled_at=None,
            look_ups=0,
            looked_in_vain=timedelta(0),
        ):
            return False
        ended = Publication.unscoped.filter(
            pk=step.publication_id, state=Publication.State.PUBLISHED
        ).exclude(finished_at=None)
        return bool(
            ended.update(
                state=Publication.State.WAITING,
                finished_at=None,
                due_at=timezone.now() + after,
                leased_until=None,
                waiting_reason="",
            )
        )


def _unverified(step: Step) -> QuerySet[Step]:
    return Step.unscoped.filter(pk=step.pk, state=Step.State.DONE, verified_at=None)
