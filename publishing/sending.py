"""One step as one call to Zoho Books, and what came back."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from connections.books import ConnectedBooks
from connections.entries import remember_contact
from connections.models import Connection
from connections.zoho.client import ZohoBooks
from connections.zoho.types import Bill, Contact, Expense, Invoice
from connections.zoho.writes import File, NewBill, NewContact, NewExpense, NewInvoice
from publishing import documents, payloads
from publishing.models import Publication, Step
from publishing.outcomes import Done, time_to_begin
from publishing.payloads import Amounts, Claim

Record = Bill | Expense | Invoice
KNOWN_FOR: Final = timedelta(minutes=10)
"""So long what Zoho has told of a record is not asked again before the next step."""


@dataclass(frozen=True)
class Attachment:
    """The document of a record that is in Zoho already."""

    kind: str
    record_id: str
    file: File
    sha256: str


@dataclass(frozen=True)
class MarkAsSent:
    """Of an invoice that is in Zoho already, as a draft."""

    record_id: str


Message = NewContact | NewBill | NewExpense | NewInvoice | Attachment | MarkAsSent


def claim_of(publication: Publication) -> Claim:
    return Claim.from_json(publication.claim)


def message(publication: Publication, step: Step) -> Message:
    """What this step sends. Raises documents.DocumentLost."""
    match Step.Kind(step.kind):
        case Step.Kind.CONTACT:
            return payloads.contact(claim_of(publication))
        case Step.Kind.RECORD:
            return _record(publication)
        case Step.Kind.DOCUMENT:
            return _attachment(publication)
        case Step.Kind.SENT:
            return MarkAsSent(record_id(publication))


def _record(publication: Publication) -> NewBill | NewExpense | NewInvoice:
    claimed, mark = claim_of(publication), publication.mark
    contact = contact_id(publication)
    match Publication.Kind(publication.kind):
        case Publication.Kind.BILL:
            return payloads.bill(claimed, vendor_id=contact, mark=mark)
        case Publication.Kind.EXPENSE:
            return payloads.expense(claimed, vendor_id=contact, mark=mark)
        case Publication.Kind.INVOICE:
            return payloads.invoice(claimed, customer_id=contact, mark=mark)


def contact_id(publication: Publication) -> str:
    """The claimed contact's id, or that of the one this publication has waited for;
    empty where a record without one was known again after a restore."""
    if known := claim_of(publication).contact_id:
        return known
    contact = publication.steps.filter(kind=Step.Kind.CONTACT).first()
    return str(contact.answer["contact_id"]) if contact else ""


def _attachment(publication: Publication) -> Attachment:
    item = publication.item
    document = item.document
    if document is None:
        raise documents.DocumentLost
    content = documents.content_of(document)
    return Attachment(
        publication.kind,
        record_id(publication),
        File(item.file_name, document.content_type, content),
        document.sha256,
    )


def record_id(publication: Publication) -> str:
    return publication.steps.get(kind=Step.Kind.RECORD).zoho_id


def request_of(sent: Message) -> dict[str, Any]:
    """What is kept of it: amounts as text, of a document its fingerprint."""
    if isinstance(sent, MarkAsSent):
        return {"record_id": sent.record_id}
    if isinstance(sent, Attachment):
        return {
            "record_id": sent.record_id,
            "file_name": sent.file.wire_name,
            "sha256": sent.sha256,
        }
    return {name: _plain(value) for name, value in sent.fields().items()}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def send_in_time(
    books: ConnectedBooks, publication: Publication, step: Step, sent: Message
) -> Done:
    """The one call, begun soon after its attempt was or not at all: others count on
    its end, whatever it has waited for. Raises any ZohoError."""
    with books.begun_by((step.sent_at or timezone.now()) + time_to_begin()):
        return send(books, publication, sent)


def send(books: ZohoBooks, publication: Publication, sent: Message) -> Done:
    """The one call. Raises any ZohoError."""
    match sent:
        case NewContact():
            return created_contact(publication.connection, books.create_contact(sent))
        case NewBill():
            return record_done(publication, books.create_bill(sent))
        case NewExpense():
            return record_done(publication, books.create_expense(sent))
        case NewInvoice():
            return record_done(publication, books.create_invoice(sent))
        case MarkAsSent(record_id):
            books.mark_invoice_sent(record_id)
            return Done()
        case Attachment():
            _attach(books, sent)
            return Done()


def _attach(books: ZohoBooks, sent: Attachment) -> None:
    match Publication.Kind(sent.kind):
        case Publication.Kind.BILL:
            books.attach_to_bill(sent.record_id, sent.file)
        case Publication.Kind.EXPENSE:
            books.attach_receipt(sent.record_id, sent.file)
        case Publication.Kind.INVOICE:
            books.attach_to_invoice(sent.record_id, sent.file)


def created_contact(connection: Connection, contact: Contact) -> Done:
    return Done(
        zoho_id=contact.zoho_id,
        answer={"contact_id": contact.zoho_id},
        contact=remember_contact(connection, contact),
    )


def known_contact(connection: Connection, contact: Contact) -> Done:
    """One that is there already, whoever made it: used, never counted as ours."""
    return Done(
        answer={"contact_id": contact.zoho_id},
        found=True,
        contact=remember_contact(connection, contact),
    )


def record_done(
    publication: Publication, record: Record, *, found: bool = False
) -> Done:
    answered = Amounts(
        record.total,
        record.tax_total,
        record.currency_code,
        record.tax_exemption_id if isinstance(record, Bill) else None,
    )
    return Done(
        zoho_id=record.zoho_id,
        answer={**answered.as_json(), "status": record.status},
        found=found,
        differences=_differences(publication, answered),
    )


def differences(publication: Publication) -> tuple[str, ...]:
    """Of the record in Zoho, as it was answered, from the document, for people."""
    answer = publication.steps.get(kind=Step.Kind.RECORD).answer
    if "total" not in answer:
        return ()  # A person has seen that it is there.
    return _differences(publication, Amounts.from_json(answer))


def is_known_no_more(publication: Publication) -> bool:
    """Whether people may have changed the record since Zoho told of it, or its tax is
    not known at all: the list in which the first look found it tells none. What only
    the second one found has been asked for often enough."""
    step = publication.steps.get(kind=Step.Kind.RECORD)
    if "total" not in step.answer or step.settled_at is None:
        return False  # A person has seen that it is there.
    misses_tax = step.answer["tax"] is None and claim_of(publication).tax is not None
    if misses_tax and step.look_ups == 0:
        return True
    return step.settled_at < timezone.now() - KNOWN_FOR


def read_again(books: ZohoBooks, publication: Publication) -> str:
    """What Zoho tells of the record now is what is known of it; answers its status.
    Raises any ZohoError."""
    answer = record_done(publication, record_in_zoho(books, publication)).answer
    step = publication.steps.get(kind=Step.Kind.RECORD)
    step.answer = {**step.answer, **answer}
    step.save(update_fields=["answer"])
    sent = publication.steps.filter(kind=Step.Kind.SENT)
    sent.update(looked_in_vain=timedelta(0))
    return str(answer["status"])


def _differences(publication: Publication, answered: Amounts) -> tuple[str, ...]:
    return tuple(payloads.differences(claim_of(publication).amounts, answered))


def record_in_zoho(books: ZohoBooks, publication: Publication) -> Record:
    """The record as it is there now. Raises ZohoMissing if it is gone."""
    zoho_id = record_id(publication)
    match Publication.Kind(publication.kind):
        case Publication.Kind.BILL:
            return books.bill(zoho_id)
        case Publication.Kind.EXPENSE:
            return books.expense(zoho_id)
        case Publication.Kind.INVOICE:
            return books.invoice(zoho_id)
