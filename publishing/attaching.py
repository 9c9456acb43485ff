"""The document of an item goes to the record that somebody else has entered in Zoho.

That record is never paid, changed or removed. It gets the document only if it has none.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.errors import UniqueViolation

from connections.models import Connection, PurchaseRecord
from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import answering, coding, marks
from publishing.facts import connection_for
from publishing.models import Item, Publication, Step, Suspicion
from publishing.payloads import Claim


class NotAttachable(Exception):
    """There is no document, the record is not the connected organisation's, or another
    item has brought it one."""


def attachable(item: Item, question: Suspicion) -> PurchaseRecord | None:
    """The record that the item's document may go to."""
    connection = connection_for(item)
    if item.document_id is None or connection is None or not connection.is_working:
        return None
    if not question.record_id or question.organisation_id != connection.organisation_id:
        return None
    brought = Step.unscoped.filter(
        region=connection.region,
        organisation_id=connection.organisation_id,
        zoho_id=question.record_id,
    )
    records = PurchaseRecord.unscoped.filter(
        connection=connection,
        organisation_id=connection.organisation_id,
        kind=question.record_kind,
        zoho_id=question.record_id,
        removed_at=None,
        is_active=True,
    )
    return None if brought.exists() else records.first()


def attach(item: Item, question: Suspicion, *, by: User) -> Publication:
    """A person says: it is the same, and this is its document. Hand the publication to
    `tasks.publish` after the commit. Raises NotAttachable, and answering.Answered.
    """
    try:
        with transaction.atomic():
            return _begun(coding.locked(item.pk), question, by)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        # Another item has brought it one in the same instant.
        raise NotAttachable from None


def _begun(item: Item, question: Suspicion, by: User) -> Publication:
    record = attachable(item, question)
    connection = connection_for(item)
    if record is None or connection is None:
        raise NotAttachable
    answering.answer(item, question, Suspicion.Answer.SAME, by)
    publication = _publication(item, record, connection, by)
    publication.save()
    _lay_out_steps(publication, record)
    item.status, item.reasons = Item.Status.PUBLISHING, []
    item.save(update_fields=["status", "reasons"])
    audit.record(
        item.business,
        "publication.attaches",
        actor=by,
        subject=item,
        record=name_of(record),
    )
    return publication


def _publication(
    item: Item, record: PurchaseRecord, connection: Connection, by: User
) -> Publication:
    return Publication(
        business=item.business,
        item=item,
        kind=record.kind,
        mark=marks.next_mark(item),
        requested_by=by,
        connection=connection,
        region=connection.region,
        organisation_id=connection.organisation_id,
        attaches=True,
        claim=_claim(item, record, connection).as_json(),
    )


def _claim(item: Item, record: PurchaseRecord, connection: Connection) -> Claim:
    """What the record says: nothing of it will be sent."""
    return Claim(
        kind=record.kind,
        edition=connection.edition,
        date=record.date or timezone.localdate(),
        number=record.reference,
        reference=record.reference,
        description="",
        total=record.total,
        tax=None,
        places=2,
        currency_id="",
        currency_code=record.currency_code,
        account_id="",
        supplier_id=item.supplier_id or 0,
        supplier_name=record.vendor_name,
        contact_id=record.vendor_id,
    )


def _lay_out_steps(publication: Publication, record: PurchaseRecord) -> None:
    """The record is there; what is left is the document."""
    now = timezone.now()
    there = Step(
        kind=Step.Kind.RECORD,
        state=Step.State.DONE,
        position=0,
        zoho_id=record.zoho_id,
        settled_at=now,
        verified_at=now,
    )
    for step in (there, Step(kind=Step.Kind.DOCUMENT, position=1)):
        step.business_id = publication.business_id
        step.publication = publication
        step.region = publication.region
        step.organisation_id = publication.organisation_id
        step.save()


def name_of(record: PurchaseRecord) -> str:
    """“bill INV-104”, or “expense” where it has no number."""
    words = _("bill") if record.kind == PurchaseRecord.Kind.BILL else _("expense")
    return f"{words} {record.reference}".strip()
