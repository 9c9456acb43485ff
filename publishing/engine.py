"""Getting one item into Zoho Books: decide, claim, commit the attempt, call, settle.

`request` takes the item and writes down everything that will be sent; `advance` is what a
worker does with that, step by step, as often as it is called and after any crash.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
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
from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import (
    coding,
    leases,
    marks,
    payloads,
    recovery,
    restored,
    results,
    sending,
    suppliers,
)
from publishing.decision import (
    Facts,
    Hold,
    Publish,
    decide,
    takes_currency_of_contact,
    words_for,
)
from publishing.documents import DocumentLost
from publishing.facts import connection_of, facts_of, is_usable
from publishing.leases import LeaseLost
from publishing.models import Item, Publication, PublishAttempt, Step, Supplier
from publishing.outcomes import (
    FOREVER,
    Done,
    Lost,
    Outcome,
    Refused,
    Waits,
    Words,
    not_begun,
    outcome_of,
    rejected,
    soon,
    uncertain_time,
    unclear,
)
from publishing.reasons import Dated, Problem, Reason, Wait, Why
from publishing.results import ConnectionChanged, PeriodClosed

logger = logging.getLogger(__name__)

NUMBER_TAKEN: Final = (DUPLICATE_BILL_NUMBER, DUPLICATE_INVOICE_NUMBER)
SUPPLIER_GAP: Final = timedelta(seconds=3)


@dataclass(frozen=True)
class Requested:
    """It is on its way: hand `publication` to `tasks.publish` after the commit."""

    publication: Publication


@dataclass(frozen=True)
class Held:
    """Nothing was begun, for these reasons (none: it is not the time for it)."""

    reasons: tuple[Why, ...]


# Requesting


def request(
    item: Item,
    *,
    by: User | None,
    priority: Publication.Priority = Publication.Priority.PERSON,
) -> Requested | Held:
    """Begin to publish, once: a second click finds what the first has begun."""
    with coding.held(item.pk) as fresh:
        if begun := fresh.open_publication:
            return Requested(begun)
        if fresh.status not in (Item.Status.READY, Item.Status.FAILED):
            return Held(tuple(fresh.open_reasons))
        return _decided(fresh, by, priority)


def _decided(
    item: Item, by: User | None, priority: Publication.Priority
) -> Requested | Held:
    connection = connection_of(item.business)
    facts = facts_of(item, connection, suspected=coding.is_suspected(item))
    decision = decide(facts)
    match decision:
        case Hold(reasons):
            item.status = Item.Status.TO_REVIEW
            item.reasons = [reason.code for reason in reasons]
            item.save(update_fields=["status", "reasons"])
            said = " ".join(str(reason.sentence) for reason in reasons)
            audit.record(
                item.business, "publication.held", actor=by, subject=item, reason=said
            )
            return Held(reasons)
        case Publish(kind) if connection is not None:
            publication = _new_publication(item, connection, kind, by, priority)
            _claim(publication, facts, decision)
            return Requested(publication)
        case Publish():
            return Held((Reason.NO_CONNECTION,))


def _new_publication(
    item: Item,
    connection: Connection,
    kind: str,
    by: User | None,
    priority: Publication.Priority,
) -> Publication:
    """Not saved yet."""
    return Publication(
        business=item.business,
        item=item,
        kind=kind,
        mark=marks.next_mark(item),
        priority=priority,
        requested_by=by,
        connection=connection,
        region=connection.region,
        organisation_id=connection.organisation_id,
    )


def _claim(publication: Publication, facts: Facts, decision: Publish) -> None:
    """Write down what will be sent, and take the item for it."""
    item = publication.item
    claim = payloads.claim(
        facts, decision, mark=publication.mark, supplier_id=item.supplier_id or 0
    )
    begin(publication, claim)
    if publication.requested_by is not None:
        audit.record(
            item.business,
            "publication.requested",
            actor=publication.requested_by,
            subject=item,
        )


def begin(publication: Publication, claim: payloads.Claim) -> None:
    """Write both down with all steps, and take the item for them."""
    item = publication.item
    publication.claim = claim.as_json()
    publication.save()
    _lay_out_steps(publication, claim, has_document=item.document_id is not None)
    item.status = Item.Status.PUBLISHING
    item.save(update_fields=["status"])


def _lay_out_steps(
    publication: Publication, claim: payloads.Claim, *, has_document: bool
) -> None:
    kinds = [] if claim.contact_id else [Step.Kind.CONTACT]
    kinds.append(Step.Kind.RECORD)
    if has_document:
        kinds.append(Step.Kind.DOCUMENT)
    if claim.mark_as_sent:
        kinds.append(Step.Kind.SENT)
    Step.unscoped.bulk_create(
        Step(
            business_id=publication.business_id,
            publication=publication,
            kind=kind,
            position=position,
            region=publication.region,
            organisation_id=publication.organisation_id,
        )
        for position, kind in enumerate(kinds)
    )


def attach_again(item: Item, *, by: User) -> Requested | Held:
    """Send the missing document once more; the record itself stays as it is."""
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        publication = fresh.publications.filter(cleared_at=None).last()
        if (
            publication is None
            or not fresh.document_missing
            or fresh.status != Item.Status.PUBLISHED
        ):
            return Held(())
        if not sending.record_id(publication):
            return Held(())  # A person saw it there, and we do not know its id.
        step = publication.steps.filter(kind=Step.Kind.DOCUMENT).first()
        if step is not None and results.reopen(step):
            audit.record(
                fresh.business, "publication.attach_requested", actor=by, subject=fresh
            )
        return Requested(publication)


# The worker's part


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
    if not restored.is_asked(publication):
        results.wait_for(publication, Wait.RESTORED, soon(FOREVER))
        return
    while (step := _next_step(publication)) is not None:
        if not _do(books, publication, step):
            return
    results.published(publication)


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
        settled = _contact_without_sending(publication, step)
        if settled is not None:
            return _conclude(publication, step, settled)
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
    if question := restored.question(publication, sending.claim_of(publication)):
        return _conclude(publication, step, Refused(Problem.ALIKE, question))
    return _send(books, publication, step)


def _takes_a_lost_one(publication: Publication) -> bool:
    """Whether one of them says the same: then it is looked for, by the mark it has."""
    with transaction.atomic():
        leases.hold(publication)
        record = restored.known_again(publication, sending.claim_of(publication))
        if record is None:
            return False
        Publication.unscoped.filter(pk=publication.pk).update(mark=record.mark)
        results.doubt(publication, record.found_by.restore.since)
    return True


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
            return _after_name_taken(books, publication, error)
    except ZohoError as unclear_error:
        # Sending it again brings us back here, and harms nothing.
        _tell_connection(publication, unclear_error)
        return unclear(publication.connection, step, unclear_error)
    return rejected(step, error)


def _after_name_taken(
    books: ZohoBooks, publication: Publication, error: ZohoRejected
) -> Outcome:
    outcome = recovery.after_name_taken(books, publication, error)
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
    if isinstance(error, ZohoMissing) and step.follows_record:
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
        return _conclude(publication, step, _no_look(publication, step, error))
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
        return _conclude(publication, step, _no_look(publication, step, error))
    if found is not None:
        return _conclude(publication, step, Refused(Problem.HAS_DOCUMENT))
    return _send(books, publication, step)


# A new supplier: one publication creates the contact, the others wait for it


def _contact_without_sending(publication: Publication, step: Step) -> Outcome | None:
    """What there is to say without a call; None where this one is to create it."""
    claim = sending.claim_of(publication)
    supplier = Supplier.unscoped.select_related("contact").get(pk=claim.supplier_id)
    if supplier.contact is not None:
        return _with_contact(supplier, publication, claim)
    if _may_create(supplier, publication):
        return None
    is_sale = publication.kind == Publication.Kind.INVOICE
    return Waits(Wait.CUSTOMER if is_sale else Wait.SUPPLIER, soon(SUPPLIER_GAP))


def _with_contact(
    supplier: Supplier, publication: Publication, claim: payloads.Claim
) -> Outcome:
    contact = supplier.contact
    words = words_for(publication.kind)
    if contact is None or not is_usable(contact, publication.connection):
        return Refused(Problem.ENTRY_GONE, str(words.gone.sentence), reason=words.gone)
    other_currency = contact.currency_code not in ("", claim.currency_code)
    if other_currency and takes_currency_of_contact(publication.kind):
        said = str(words.currency.sentence)
        return Refused(Problem.REJECTED, said, "supplier", words.currency)
    return Done(answer={"contact_id": contact.zoho_id}, found=True)


def _may_create(supplier: Supplier, publication: Publication) -> bool:
    if suppliers.claim_creation(supplier.pk, publication.pk):
        return True
    creator = Supplier.unscoped.get(pk=supplier.pk).being_created_by
    if creator is None:
        return False
    if Publication.unscoped.filter(pk=creator, finished_at=None).exists():
        return False
    return suppliers.take_over_creation(supplier.pk, publication.pk, creator)
