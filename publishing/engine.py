"""Getting one item into Zoho Books: commit the attempt, call, settle.

`requesting` has written down everything that will be sent; `advance` is what a worker
does with that, step by step, as often as it is called and after any crash.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from psycopg2.errors import UniqueViolation
from structlog.contextvars import bound_contextvars

from connections import books as connected
from connections.books import ConnectedBooks, NotConnected
from connections.budget import Priority
from connections.models import Connection
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import (
    DUPLICATE_BILL_NUMBER,
    DUPLICATE_CONTACT_NAME,
    DUPLICATE_INVOICE_NUMBER,
    ZohoError,
    ZohoMissing,
    ZohoNoAnswer,
    ZohoOrganisationRefused,
    ZohoRejected,
    ZohoUnauthorized,
)
from publishing import (
    contacting,
    leases,
    pausing,
    recovery,
    restored,
    results,
    sending,
    suppliers,
)
from publishing.documents import DocumentLost
from publishing.leases import LeaseLost
from publishing.models import Publication, PublishAttempt, Step
from publishing.outcomes import (
    FOREVER,
    UNCLEAR_FOR_LONG,
    Done,
    Lost,
    Outcome,
    Refused,
    Waits,
    Words,
    may_mean_contact,
    not_begun,
    outcome_of,
    rejected,
    soon,
    uncertain_time,
    unclear,
)
from publishing.problems import Problem, Wait
from publishing.reasons import Dated
from publishing.results import ConnectionChanged, PeriodClosed

logger = logging.getLogger(__name__)

NUMBER_TAKEN: Final = (DUPLICATE_BILL_NUMBER, DUPLICATE_INVOICE_NUMBER)


def advance(publication_id: int) -> None:
    """Do what is due for this publication, as far as it goes now."""
    publication = leases.taken(publication_id, due_at=timezone.now())
    if publication is None:
        return
    try:
        with bound_contextvars(item_id=publication.item_id):
            _advance(publication)
    except LeaseLost:
        logger.info("%s: another worker has taken over.", publication)


def withdraw(publication_id: int) -> None:
    """The business was disconnected: end what is not under way in Zoho already."""
    publication = leases.taken(publication_id, due_at=None)
    if publication is None:
        return
    try:
        _without_connection(publication)
    except LeaseLost:
        logger.info("%s: another worker has taken over.", publication)


def _advance(publication: Publication) -> None:
    if _crashed(publication):
        return
    connection = publication.connection
    if not _same_organisation(publication, connection):
        _elsewhere(publication)
        return
    try:
        books = connected.open_books(connection, Priority(publication.priority))
    except NotConnected:
        _without_connection(publication)
        return
    if not restored.is_asked(publication) and _waits_to_be_asked_for(publication):
        return
    while (step := _next_step(publication)) is not None:
        if not _do(books, publication, step):
            return
    results.published(publication)


def _waits_to_be_asked_for(publication: Publication) -> bool:
    """Unless Zoho has been asked in this moment."""
    with transaction.atomic():
        if not restored.is_still_asked_for(publication):
            return False
        results.wait_for(publication, Wait.RESTORED, soon(FOREVER))
    return True


def _crashed(publication: Publication) -> bool:
    """Whether a worker has vanished between sending and settling."""
    step = publication.steps.filter(state=Step.State.SENDING).first()
    if step is None:
        return False
    vanished = Words("WorkerLost", message="The worker ended before an answer came.")
    results.lost(publication, step, vanished)
    return True


def _same_organisation(publication: Publication, connection: Connection) -> bool:
    return (connection.region, connection.organisation_id) == (
        publication.region,
        publication.organisation_id,
    )


def _elsewhere(publication: Publication) -> None:
    """Never send a part to another organisation; nor forget one that may be there."""
    if publication.steps.filter(state=Step.State.UNCERTAIN).exists():
        results.wait_for(publication, Wait.ORGANISATION, soon(FOREVER))
    else:
        _end_unsent(publication, Problem.ORGANISATION_CHANGED)


def _without_connection(publication: Publication) -> None:
    """What was disconnected is ended, unless it may be in Zoho; else it waits."""
    under_way = (Step.State.SENDING, Step.State.UNCERTAIN)
    connection = Connection.unscoped.get(pk=publication.connection_id)
    if (
        connection.state != Connection.State.DISCONNECTED
        or publication.steps.filter(state__in=under_way).exists()
    ):
        results.wait_for(publication, Wait.CONNECTION, soon(FOREVER))
    else:
        _end_unsent(publication, Problem.DISCONNECTED)


def _end_unsent(publication: Publication, problem: Problem) -> None:
    """What is in Zoho is published, with or without its document; else it has failed."""
    while (step := _next_step(publication)) is not None:
        results.settle(publication, step, Refused(problem))
        if not step.follows_record:
            return
    results.published(publication)


def _next_step(publication: Publication) -> Step | None:
    return publication.steps.exclude(state__in=results.SETTLED).first()


def _do(books: ConnectedBooks, publication: Publication, step: Step) -> bool:
    """Bring one step forward; answers whether the next thing can be done at once."""
    if step.state == Step.State.UNCERTAIN:
        return _look(books, publication, step)
    if _was_missed_long_ago(step):
        results.look_again(publication, step, recovery.LOOK_UPS - 1)
        return True
    if step.kind == Step.Kind.CONTACT:
        settled = contacting.without_sending(publication)
        if settled is not None:
            return _conclude(publication, step, settled)
    if step.kind == Step.Kind.SENT:
        return _mark_as_sent(books, publication, step)
    if step.kind == Step.Kind.RECORD and _is_like_a_lost_one(publication, step):
        return _ask_of_lost_ones(books, publication, step)
    if step.kind == Step.Kind.DOCUMENT and publication.attaches:
        return _attach_to_anothers(books, publication, step)
    if step.kind == Step.Kind.DOCUMENT and _may_have_arrived(step):
        return _attach_once_more(books, publication, step)
    return _send(books, publication, step)


def _was_missed_long_ago(step: Step) -> bool:
    """Its answer was lost, and since Zoho last had nothing of it, it had to wait."""
    if step.look_ups < recovery.LOOK_UPS or step.looked_at is None:
        return False
    return step.looked_at < timezone.now() - recovery.LOOK_LASTS


def _is_like_a_lost_one(publication: Publication, step: Step) -> bool:
    """A record in Zoho of which the database that was put back has lost the item."""
    claim = sending.claim_of(publication)
    lost = restored.alike(publication, claim).exists()
    return lost and not step.attempts.exists()


def _ask_of_lost_ones(
    books: ConnectedBooks, publication: Publication, step: Step
) -> bool:
    if _takes_a_lost_one(publication):
        return False
    if _asks_of_a_lost_one(publication, step):
        return False
    return _send(books, publication, step)


def _asks_of_a_lost_one(publication: Publication, step: Step) -> bool:
    """It counts as asked once it is told, however a worker ends in between."""
    claim = sending.claim_of(publication)
    with transaction.atomic():
        pausing.hold_suppliers(publication)
        leases.hold(publication)
        question = restored.question(publication, claim)
        if question:
            results.settle(publication, step, Refused(Problem.ALIKE, question))
    return bool(question)


def _takes_a_lost_one(publication: Publication) -> bool:
    """Whether one of them says the same: then it is looked for, by the mark it has."""
    try:
        with transaction.atomic():
            leases.hold(publication)
            return _takes_record(publication)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        return False  # An item has the mark of a business that was here before.


def _takes_record(publication: Publication) -> bool:
    record = restored.known_again(publication, sending.claim_of(publication))
    if record is None:
        return False
    Publication.unscoped.filter(pk=publication.pk).update(mark=record.mark)
    recovery.doubt(publication, record.found_by.restore.since)
    return True


def _mark_as_sent(books: ConnectedBooks, publication: Publication, step: Step) -> bool:
    """Only what is not, and only if it says there what the document says."""
    if sending.is_known_no_more(publication):
        try:
            status = sending.read_again(books, publication)
        except ZohoError as error:
            return _conclude(publication, step, _unread(publication, step, error))
        if status not in recovery.UNSENT:
            return _conclude(publication, step, Done(found=True))
    if told := sending.differences(publication):
        left = Refused(Problem.LEFT_DRAFT, Problem.LEFT_DRAFT.over(told))
        return _conclude(publication, step, left)
    return _send(books, publication, step)


def _unread(publication: Publication, step: Step, error: ZohoError) -> Outcome:
    """What Zoho fails at for a day people see to themselves: the record is there."""
    outcome = _no_look(publication, step, error)
    if _is_in_vain(step, outcome):
        is_document = step.kind == Step.Kind.DOCUMENT
        problem = Problem.DOCUMENT_UNCLEAR if is_document else Problem.NOT_SENT
        return Refused(problem, words=Words.of(error))
    return outcome


def _is_in_vain(step: Step, outcome: Outcome) -> bool:
    is_unclear = isinstance(outcome, Waits) and outcome.wait is Wait.UNCLEAR
    return is_unclear and step.looked_in_vain >= UNCLEAR_FOR_LONG


def _conclude(publication: Publication, step: Step, outcome: Outcome) -> bool:
    match results.settle(publication, step, outcome):
        case Done():
            return True
        case Refused():
            return step.follows_record
        case _:
            return False


# Sending


def _send(books: ConnectedBooks, publication: Publication, step: Step) -> bool:
    try:
        sent = sending.message(publication, step)
        books.prepare()
    except DocumentLost:
        refusal = Refused(Problem.DOCUMENT_LOST)
        return _conclude(publication, step, refusal)
    except ZohoUnauthorized:
        _without_connection(publication)
        return False
    except ZohoError as error:
        waits = not_begun(publication.connection, step, error)
        return _conclude(publication, step, waits)
    try:
        results.opened(publication, step, sending.request_of(sent))
    except ConnectionChanged:
        _connection_changed(publication)
        return False
    except PeriodClosed as closed:
        return _conclude(publication, step, _locked(closed.reasons))
    return _conclude(publication, step, _call(books, publication, step, sent))


def _locked(reasons: Sequence[Dated]) -> Refused:
    said = " ".join(str(reason.sentence) for reason in reasons)
    return Refused(Problem.LOCKED, said, reason=reasons[0])


def _connection_changed(publication: Publication) -> None:
    """Where there is another one already, it is decided anew with that, at once."""
    if Connection.unscoped.get(pk=publication.connection_id).is_working:
        results.wait_for(publication, Wait.CONNECTION, timezone.now())
    else:
        _without_connection(publication)


def _call(
    books: ConnectedBooks, publication: Publication, step: Step, sent: sending.Message
) -> Outcome:
    """What the one call came to. Nothing here is inside a transaction."""
    try:
        return sending.send_in_time(books, publication, step, sent)
    except ZohoRejected as error:
        return _after_no(books, publication, step, error)
    except ZohoNoAnswer as error:
        return Lost(Words.of(error))
    except ZohoError as error:
        _tell_connection(publication, error)
        return outcome_of(publication.connection, step, error)
    except Exception:
        # It may have been sent: look before it is repeated.
        logger.exception("%s could not be sent properly.", step)
        return Lost(Words("Exception", message="Something went wrong here."))


def _tell_connection(publication: Publication, error: ZohoError) -> None:
    """The Zoho user has left this organisation: that concerns all that is sent there."""
    if isinstance(error, ZohoOrganisationRefused):
        connected.refused(publication.connection, error)


def _after_no(
    books: ZohoBooks, publication: Publication, step: Step, error: ZohoRejected
) -> Outcome:
    """A name or number that is taken may be our own doing: Zoho is asked."""
    try:
        if error.code in NUMBER_TAKEN and step.kind == Step.Kind.RECORD:
            return recovery.after_duplicate(books, publication, step, error)
        if error.code == DUPLICATE_CONTACT_NAME and step.kind == Step.Kind.CONTACT:
            return _after_name_taken(books, publication, step, error)
    except ZohoError as unclear_error:
        # Sending it again brings us back here, and harms nothing.
        _tell_connection(publication, unclear_error)
        waits = unclear(publication.connection, step, unclear_error)
        if not _is_in_vain(step, waits):
            return waits
        return _not_shown(publication, step, error)
    if step.kind == Step.Kind.RECORD and may_mean_contact(error):
        blamed = contacting.blamed(books, publication, error)
        return blamed or rejected(step, error)
    return rejected(step, error)


def _not_shown(publication: Publication, step: Step, error: ZohoRejected) -> Refused:
    """What Zoho has of this name or number it fails to show for a day: people look."""
    if step.kind == Step.Kind.RECORD:
        return recovery.hidden(publication, Words.of(error))
    return rejected(step, error)


def _after_name_taken(
    books: ZohoBooks, publication: Publication, step: Step, error: ZohoRejected
) -> Outcome:
    outcome = recovery.after_name_taken(books, publication, step, error)
    if isinstance(outcome, Refused):
        suppliers.take_back_agreement(sending.claim_of(publication).supplier_id)
    return outcome


# Looking before anything is sent again


def _look(books: ZohoBooks, publication: Publication, step: Step) -> bool:
    try:
        found = recovery.find(books, publication, step)
    except ZohoError as error:
        return _conclude(publication, step, _no_look(publication, step, error))
    if found is not None:
        return _conclude(publication, step, found)
    if results.looked(publication, step) < recovery.LOOK_UPS:
        results.wait_for(publication, Wait.ANSWER_LOST, soon(_second_look()))
        return False
    results.not_there(publication, step)
    return True


def _no_look(publication: Publication, step: Step, error: ZohoError) -> Outcome:
    """The record may be gone that it follows; anything else is looked for again."""
    if isinstance(error, ZohoMissing) and error.is_gone and step.follows_record:
        return rejected(step, error)
    _tell_connection(publication, error)
    return unclear(publication.connection, step, error)


def _second_look() -> timedelta:
    """What Zoho has stored late must have time to show in its lists."""
    return uncertain_time() / 4


def _may_have_arrived(step: Step) -> bool:
    """It was sent before, and Zoho was not asked often enough since."""
    sent = step.attempts.exclude(outcome=PublishAttempt.Outcome.WAITING)
    return step.look_ups < recovery.LOOK_UPS and sent.exists()


def _attach_once_more(
    books: ConnectedBooks, publication: Publication, step: Step
) -> bool:
    """A second upload would add a second file: the record is asked first."""
    try:
        found = recovery.attached(books, publication)
    except ZohoError as error:
        return _conclude(publication, step, _unread(publication, step, error))
    if found is not None:
        return _conclude(publication, step, found)
    return _send(books, publication, step)


def _attach_to_anothers(
    books: ConnectedBooks, publication: Publication, step: Step
) -> bool:
    """Only where nobody has attached anything to it: theirs is never replaced."""
    if _may_have_arrived(step):
        return _attach_once_more(books, publication, step)
    try:
        found = recovery.attached(books, publication)
    except ZohoError as error:
        return _conclude(publication, step, _unread(publication, step, error))
    if found is not None:
        return _conclude(publication, step, Refused(Problem.HAS_DOCUMENT))
    return _send(books, publication, step)
