"""What a person has seen in Zoho Books, where this product cannot look any more."""

from django.db import transaction
from django.utils import timezone

from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import leases, pausing, results
from publishing.leases import LeaseLost
from publishing.models import Item, Publication, PublishAttempt, Step
from publishing.outcomes import Done, Refused
from publishing.problems import Problem
from publishing.progress import only_people_know


def settle(item: Item, *, is_there: bool, by: User, step_id: int | None = None) -> bool:
    """End what is being checked as the person says; answers whether it was open.

    step_id: what the person was asked about, where that is known.
    """
    publication = item.publications.filter(finished_at=None).last()
    if publication is None or not only_people_know(publication):
        return False
    mine = leases.taken(publication.pk, due_at=None)
    if mine is None:
        return False
    step = mine.steps.filter(state=Step.State.UNCERTAIN).first()
    if not only_people_know(mine) or step is None or step_id not in (None, step.pk):
        leases.give_back(mine)  # A worker or another person has gone on with it.
        return False
    try:
        with transaction.atomic():
            pausing.hold_suppliers(mine)
            _settle(mine, step, is_there=is_there, by=by)
    except LeaseLost:
        return False
    return True


def _settle(publication: Publication, step: Step, *, is_there: bool, by: User) -> None:
    action = "publication.seen_there" if is_there else "publication.seen_missing"
    item = publication.item
    audit.record(
        publication.business,
        action,
        actor=by,
        subject=item,
        step=step.get_kind_display(),
    )
    match Step.Kind(step.kind):
        case Step.Kind.DOCUMENT if is_there:
            results.settle(publication, step, Done(found=True, verified=True))
            _end(publication)
        case Step.Kind.SENT if is_there:
            results.settle(publication, step, Done(found=True))
            _end(publication)
        case Step.Kind.DOCUMENT | Step.Kind.SENT:
            results.settle(publication, step, Refused(Problem.SEEN_MISSING))
            _end(publication)
        case Step.Kind.RECORD if is_there:
            _end_as_published(publication, step)
        case _:
            # A contact that is there is found by its name when it is published again.
            results.settle(publication, step, Refused(Problem.SEEN_MISSING))


def _end(publication: Publication) -> None:
    """What was not begun there yet stays undone."""
    for step in publication.steps.filter(state=Step.State.WAITING):
        results.settle(publication, step, Refused(Problem.NOT_SENT))
    results.published(publication)


def _end_as_published(publication: Publication, record: Step) -> None:
    """Its id is not known here, so nothing more can be done to it."""
    leases.hold(publication)
    now = timezone.now()
    PublishAttempt.unscoped.filter(
        step=record, outcome=PublishAttempt.Outcome.NO_ANSWER
    ).update(outcome=PublishAttempt.Outcome.FOUND, ended_at=now)
    Step.unscoped.filter(pk=record.pk).update(state=Step.State.DONE, settled_at=now)
    unsent = publication.steps.filter(state=Step.State.WAITING)
    unsent.update(state=Step.State.REFUSED, settled_at=now)
    publication.problem_code = Problem.SEEN_THERE.code
    publication.problem = str(Problem.SEEN_THERE.sentence)
    publication.save(update_fields=["problem_code", "problem"])
    results.published(publication)
