"""What came of a step, written down: attempt, step, publication, item and trail at once.

Whoever has lost the lease may still say that Zoho has it, and nothing else.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.models import Connection
from dext_sync import counters
from dext_sync.businesses import audit
from publishing import failures, late, leases, messages, pausing, suppliers
from publishing.leases import LeaseLost
from publishing.models import Item, Publication, PublishAttempt, Step
from publishing.outcomes import (
    LOOKED_IN_VAIN,
    Done,
    Lost,
    Outcome,
    Refused,
    Waits,
    Words,
    time_to_look,
)
from publishing.periods import closed_for
from publishing.problems import OF_ALL, UNTIL_SOMEBODY_ACTS, Problem, Wait
from publishing.reasons import Dated, Why

logger = logging.getLogger(__name__)

NO_TIME: Final = timedelta(0)
SETTLED = (Step.State.DONE, Step.State.REFUSED)
OF_THE_CONNECTION = (Problem.DISCONNECTED, Problem.ORGANISATION_CHANGED)
OVER_WITH_NEWS: Final = UNTIL_SOMEBODY_ACTS | OF_ALL
"""Waits that may end where something becomes of the connection."""
FACTS: Final = ("state", "grant_id", "region", "organisation_id", "connected_at")
"""Of a connection; whoever changes one of them tells publishing."""


class ConnectionChanged(Exception):
    """The connection is not what it was when the step was made ready: nothing is sent."""


class PeriodClosed(Exception):
    """The day of the record was locked since it was claimed: nothing is sent."""

    def __init__(self, reasons: Sequence[Dated]) -> None:
        super().__init__("The day of the record is locked.")
        self.reasons = reasons


# Before the call


def opened(publication: Publication, step: Step, request: dict[str, Any]) -> None:
    """Commit that the step is about to be sent. Raises LeaseLost, ConnectionChanged,
    PeriodClosed."""
    with transaction.atomic(durable=True):
        connection = _hold_connection(publication)
        leases.hold_item(publication)
        if not step.follows_record and (closed := closed_for(publication, connection)):
            raise PeriodClosed(closed)
        now = timezone.now()
        leases.extend_to_send(publication, now)
        waiting = Step.unscoped.filter(pk=step.pk, state=Step.State.WAITING)
        if not waiting.update(
            state=Step.State.SENDING,
            request=request,
            sent_at=now,
            looked_in_vain=NO_TIME if step.follows_record else step.looked_in_vain,
        ):
            raise LeaseLost
        PublishAttempt.unscoped.create(
            business_id=publication.business_id,
            publication=publication,
            step=step,
            started_at=now,
        )
        show(publication, Item.Status.PUBLISHING)
    step.state, step.request, step.sent_at = Step.State.SENDING, request, now


def _hold_connection(publication: Publication) -> Connection:
    """Whoever ends it comes before this step, or sees that it is under way (the lock
    that connections.ending takes). Raises ConnectionChanged."""
    seen = publication.connection
    rows = Connection.unscoped.select_for_update(no_key=True, of=("self",)).filter(
        pk=seen.pk,
        state=Connection.State.CONNECTED,
        grant=seen.grant_id,
        region=publication.region,
        organisation_id=publication.organisation_id,
    )
    connection = rows.first()  # A row that is joined is as it was before the waiting.
    if connection is None:
        raise ConnectionChanged
    return connection


# After the call


def settle(publication: Publication, step: Step, outcome: Outcome) -> Outcome:
    """Write down what came of the step, which is read anew to go on, and answer it.

    Raises LeaseLost after a late answer: a late yes counts nevertheless, a late no ends
    nothing.
    """
    if isinstance(outcome, Done) and _is_anothers(step, outcome):
        outcome = Refused(Problem.ALIKE)
    match outcome:
        case Done():
            done(publication, step, outcome)
        case Waits():
            _waits(publication, step, outcome)
        case Lost():
            lost(publication, step, outcome.words)
        case Refused():
            refused(publication, step, outcome)
    logger.info("%s: %s", step.kind, type(outcome).__name__.lower())
    return outcome


def _is_anothers(step: Step, outcome: Done) -> bool:
    """Whether another step of ours has this record already."""
    same = Step.unscoped.filter(
        region=step.region,
        organisation_id=step.organisation_id,
        zoho_id=outcome.zoho_id,
    )
    return bool(outcome.zoho_id) and same.exclude(pk=step.pk).exists()


def done(publication: Publication, step: Step, outcome: Done) -> None:
    """A step that was refused meanwhile is put right: Zoho has it after all. So is one
    of which a person has said that it is there, and could not say the id."""
    with transaction.atomic():
        if step.kind == Step.Kind.CONTACT:
            pausing.hold_suppliers(publication)
        leases.hold_item(publication)
        before = Step.unscoped.select_for_update().get(pk=step.pk)
        is_late = before.state == Step.State.DONE
        if is_late:
            _note_second(publication, before, outcome)
        else:
            _store_done(publication, before, outcome)
    if is_late:
        raise LeaseLost


def _note_second(publication: Publication, first: Step, outcome: Done) -> None:
    if first.kind != Step.Kind.RECORD or first.zoho_id == outcome.zoho_id:
        return
    if first.zoho_id:
        late.tell_second(publication, outcome.zoho_id)
    else:
        _keep_done(first, outcome)
        messages.forget(publication, [Problem.SEEN_THERE.code])


def _store_done(publication: Publication, step: Step, outcome: Done) -> None:
    _keep_done(step, outcome)
    if step.state == Step.State.REFUSED:
        _put_right(publication, step)
    if outcome.contact is not None:
        named = publication.claim["supplier_id"]
        suppliers.became(named, outcome.contact, created_by=publication.pk)
    messages.differ(publication, outcome.differences)
    _record_step(publication, step, outcome)


def _keep_done(step: Step, outcome: Done) -> None:
    now = timezone.now()
    Step.unscoped.filter(pk=step.pk).update(
        state=Step.State.DONE,
        zoho_id=outcome.zoho_id,
        answer=outcome.answer,
        settled_at=now,
        verified_at=now if outcome.verified else None,
    )
    _end_attempt(step, _done_outcome(outcome), Words())


def _put_right(publication: Publication, step: Step) -> None:
    if step.kind == Step.Kind.RECORD:
        late.go_on(publication, step)
    elif step.kind == Step.Kind.DOCUMENT:
        late.attached(publication)
        messages.forget_document(publication)
    elif step.kind == Step.Kind.SENT:
        messages.forget(publication, [Problem.NOT_SENT.code, Problem.INVOICE_GONE.code])


def _done_outcome(outcome: Done) -> PublishAttempt.Outcome:
    known = PublishAttempt.Outcome
    return known.FOUND if outcome.found else known.DONE


def _record_step(publication: Publication, step: Step, outcome: Done) -> None:
    words = step.get_kind_display()
    if outcome.found:
        zoho_id = outcome.zoho_id or outcome.answer.get("contact_id", "")
        record(publication, "publication.found", step=words, zoho_id=zoho_id)
    else:
        record(publication, "publication.sent", step=words)
    if outcome.differences:
        told = ", ".join(outcome.differences)
        record(publication, "publication.differs", differences=told)


def _waits(publication: Publication, step: Step, outcome: Waits) -> None:
    """The step goes back to where it was: unsent, or still uncertain."""
    with transaction.atomic():
        wait_for(publication, outcome.wait, outcome.until)
        Step.unscoped.filter(pk=step.pk, state=Step.State.SENDING).update(
            state=Step.State.WAITING
        )
        _end_attempt(step, PublishAttempt.Outcome.WAITING, outcome.words)
        if step.state == Step.State.UNCERTAIN:
            _count_in_vain(publication, step, outcome.wait, LOOKED_IN_VAIN)
        else:  # Nothing is in doubt while Zoho is away.
            _count_in_vain(publication, step, outcome.wait, [Wait.UNCLEAR.code])


def _count_in_vain(
    publication: Publication, step: Step, wait: Wait, counted: Sequence[str]
) -> None:
    """The time since it was last looked for, unless that went to something else."""
    if wait.code not in counted:
        return
    now, before = timezone.now(), step.failed_look_at
    goes_on = before is not None and publication.waiting_reason in counted
    more = now - before if before is not None and goes_on else NO_TIME
    Step.unscoped.filter(pk=step.pk).update(
        looked_in_vain=F("looked_in_vain") + more, failed_look_at=now
    )


def wait_for(publication: Publication, wait: Wait, until: datetime) -> None:
    """Give the lease back until then; at once where the connection has changed since
    this worker looked at it. Raises LeaseLost."""
    uncertain = publication.steps.filter(state=Step.State.UNCERTAIN).exists()
    state = Publication.State.CHECKING if uncertain else Publication.State.WAITING
    with transaction.atomic():
        is_old = wait in OVER_WITH_NEWS and _has_changed(publication.connection)
        code, due_at = ("", timezone.now()) if is_old else (wait.code, until)
        leases.hold_item(publication)
        if not leases.mine(publication).update(
            state=state, waiting_reason=code, due_at=due_at, leased_until=None
        ):
            raise LeaseLost
        show(publication, Item.Status.CHECKING if uncertain else None)
        if code and publication.waiting_reason != code:
            _tell_waiting(publication, wait, until)


def _has_changed(seen: Connection) -> bool:
    """What becomes of a connection is told to all that waits for it, and passes over
    what a worker holds. What comes later waits for this lock, and finds it waiting."""
    rows = Connection.unscoped.select_for_update(no_key=True, of=("self",))
    now = rows.get(pk=seen.pk)
    return any(getattr(now, each) != getattr(seen, each) for each in FACTS)


def _tell_waiting(publication: Publication, wait: Wait, until: datetime) -> None:
    reason = str(wait.sentence)
    if wait in UNTIL_SOMEBODY_ACTS:
        record(publication, "publication.stuck", reason=reason)
    else:
        said = until.isoformat(timespec="seconds")
        record(publication, "publication.waiting", until=said, reason=reason)


def lost(publication: Publication, step: Step, words: Words) -> None:
    """Look before it is repeated, and not before the request can have finished."""
    due_at = (step.sent_at or timezone.now()) + time_to_look(step)
    with transaction.atomic():
        leases.hold_item(publication)
        sending = Step.unscoped.filter(pk=step.pk, state=Step.State.SENDING)
        if not sending.update(
            state=Step.State.UNCERTAIN, look_ups=0, looked_in_vain=NO_TIME
        ):
            raise LeaseLost
        _end_attempt(step, PublishAttempt.Outcome.NO_ANSWER, words)
        if not leases.mine(publication).update(
            state=Publication.State.CHECKING,
            waiting_reason=Wait.ANSWER_LOST.code,
            due_at=due_at,
            leased_until=None,
        ):
            raise LeaseLost
        show(publication, Item.Status.CHECKING)
        record(publication, "publication.uncertain", step=step.get_kind_display())


def looked(publication: Publication, step: Step) -> int:
    """Zoho was asked and has nothing; answers how often this was the answer."""
    with transaction.atomic():
        leases.hold(publication)
        Step.unscoped.filter(pk=step.pk).update(
            look_ups=F("look_ups") + 1,
            looked_at=timezone.now(),
            looked_in_vain=NO_TIME,
        )
    step.refresh_from_db()
    return step.look_ups


def look_again(publication: Publication, step: Step, look_ups: int) -> None:
    """It was found to be missing too long ago; `look_ups` of them still count."""
    with transaction.atomic():
        leases.hold(publication)
        waiting = Step.unscoped.filter(pk=step.pk, state=Step.State.WAITING)
        if not waiting.update(state=Step.State.UNCERTAIN, look_ups=look_ups):
            raise LeaseLost


def not_there(publication: Publication, step: Step) -> None:
    """Zoho was asked often enough: the step may be sent again."""
    with transaction.atomic():
        leases.hold(publication)
        uncertain = Step.unscoped.filter(pk=step.pk, state=Step.State.UNCERTAIN)
        if not uncertain.update(state=Step.State.WAITING):
            raise LeaseLost
        record(publication, "publication.not_found", step=step.get_kind_display())


def refused(publication: Publication, step: Step, outcome: Refused) -> None:
    """What follows the record leaves it published if it is not taken; else it has
    failed."""
    with transaction.atomic():
        pausing.hold_suppliers(publication)
        leases.hold(publication)
        unsettled = Step.unscoped.filter(pk=step.pk).exclude(state__in=SETTLED)
        if not unsettled.update(state=Step.State.REFUSED, settled_at=timezone.now()):
            raise LeaseLost
        _end_attempt(step, PublishAttempt.Outcome.REFUSED, outcome.words)
        if step.follows_record:
            messages.put(publication, outcome)
        else:
            failed(publication, outcome)


def _end_attempt(step: Step, outcome: PublishAttempt.Outcome, words: Words) -> None:
    """The open one; or the one whose answer was lost, if it has been found."""
    ended = Q(outcome=PublishAttempt.Outcome.OPEN)
    if outcome == PublishAttempt.Outcome.FOUND:
        ended |= Q(outcome=PublishAttempt.Outcome.NO_ANSWER)
    if PublishAttempt.unscoped.filter(ended, step=step).update(
        outcome=outcome,
        ended_at=timezone.now(),
        error=words.error[:40],
        code=words.code[:20],
        message=words.message,
    ):
        counters.count(counters.TRIES, step.kind, outcome)


# The end of a publication


def published(publication: Publication) -> None:
    """Every step is settled: the item is in the books, once. Raises LeaseLost."""
    now = timezone.now()
    with transaction.atomic():
        frees = pausing.hold_paused(publication)
        item = Item.unscoped.select_for_update(of=("self",), no_key=True).get(
            pk=publication.item_id
        )
        if not leases.mine(publication).update(
            state=Publication.State.PUBLISHED,
            finished_at=now,
            leased_until=None,
            waiting_reason="",
        ):
            raise LeaseLost
        before = (item.published_at, item.document_missing)
        item.status = Item.Status.PUBLISHED
        item.reasons = []
        item.published_at = item.published_at or now
        item.archived_at = item.archived_at or now
        item.document_missing = document_is_missing(publication)
        item.save(
            update_fields=[
                "status",
                "reasons",
                "published_at",
                "archived_at",
                "document_missing",
            ]
        )
        if not item.document_missing:
            messages.forget_document(publication)
        if frees:
            pausing.mended(item)
        _record_published(publication, item, *before)


def document_is_missing(publication: Publication) -> bool:
    refused_documents = publication.steps.filter(
        kind=Step.Kind.DOCUMENT, state=Step.State.REFUSED
    )
    return refused_documents.exists()


def _record_published(
    publication: Publication,
    item: Item,
    published_before: datetime | None,
    missing_before: bool,  # noqa: FBT001
) -> None:
    if published_before is None and publication.attaches:
        if not item.document_missing:
            record(
                publication, "publication.attached", record=_record_name(publication)
            )
    elif published_before is None:
        counters.count(counters.PUBLICATIONS, publication.kind, "published")
        record(
            publication,
            "publication.published",
            kind=publication.get_kind_display().lower(),
            number=item.reference,
            zoho_id=record_step(publication).zoho_id,
        )
    elif missing_before and not item.document_missing:
        record(publication, "publication.document_attached")
    if item.document_missing and not missing_before:
        record(publication, "publication.document_missing")


def _record_name(publication: Publication) -> str:
    kind = publication.get_kind_display().lower()
    return f"{kind} {publication.claim.get('number', '')}".strip()


def record_step(publication: Publication) -> Step:
    return Step.unscoped.get(publication=publication, kind=Step.Kind.RECORD)


def failed(publication: Publication, outcome: Refused) -> None:
    """It ends without a record in Zoho; the item can be mended and published again."""
    with transaction.atomic():
        if not leases.mine(publication).update(
            state=Publication.State.FAILED,
            finished_at=timezone.now(),
            leased_until=None,
            waiting_reason="",
            problem_code=outcome.code,
            problem=outcome.text,
            cause=failures.cause_of(publication, outcome)[:120],
        ):
            raise LeaseLost
        suppliers.release_creation(publication.pk)
        if outcome.reason is None and outcome.problem not in OF_THE_CONNECTION:
            pausing.pause_over(publication, outcome.text)
        _send_back(publication, outcome.reason)
        counters.count(counters.PUBLICATIONS, publication.kind, "failed")
        record(publication, "publication.failed", reason=_spoken(outcome))


def _send_back(publication: Publication, reason: Why | None) -> None:
    status = Item.Status.TO_REVIEW if reason else Item.Status.FAILED
    Item.unscoped.filter(pk=publication.item_id).update(
        status=status, reasons=[reason.code] if reason else []
    )


def _spoken(outcome: Refused) -> str:
    if not outcome.words.message:
        return outcome.text
    return _("{ours} Zoho said: “{theirs}”").format(
        ours=outcome.text, theirs=outcome.words.message
    )


# What people see


def show(publication: Publication, status: Item.Status | None) -> None:
    """The item's status on its way; what is published stays published."""
    status = status or Item.Status.PUBLISHING
    Item.unscoped.filter(pk=publication.item_id).exclude(
        status__in=(Item.Status.PUBLISHED, status)
    ).update(status=status)


def record(publication: Publication, action: str, **data: Any) -> None:
    audit.record(publication.business, action, subject=publication.item, **data)
