"""The contact of a supplier or customer: one publication creates a new one, the others
wait; and what Zoho says of one that it does not take."""

from datetime import timedelta
from typing import Final

from connections import entries
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import ZohoError, ZohoMissing, ZohoRejected
from publishing import payloads, sending, suppliers
from publishing.decision import takes_currency_of_contact, words_for
from publishing.facts import is_usable
from publishing.models import Publication, Supplier
from publishing.outcomes import Done, Outcome, Refused, Waits, Words, soon
from publishing.problems import Problem, Wait

SUPPLIER_GAP: Final = timedelta(seconds=3)


def without_sending(publication: Publication) -> Outcome | None:
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


# A record that was refused, maybe for its contact


def blamed(
    books: ZohoBooks, publication: Publication, error: ZohoRejected
) -> Refused | None:
    """Zoho is asked for the contact: where it is not to be used any more, that is why,
    and the lists know it from now on."""
    if not _has_left(books, publication):
        return None
    gone = words_for(publication.kind).gone
    said = str(gone.sentence)
    return Refused(Problem.ENTRY_GONE, said, reason=gone, words=Words.of(error))


def _has_left(books: ZohoBooks, publication: Publication) -> bool:
    connection, zoho_id = publication.connection, sending.contact_id(publication)
    try:
        contact = books.contact(zoho_id)
    except ZohoMissing as missing:
        if missing.is_gone:
            entries.forget_contact(connection, zoho_id)
        return missing.is_gone
    except ZohoError:
        return False  # What was refused stays refused, whatever the cause.
    if not contact.is_active:
        entries.remember_contact(connection, contact)
    return not contact.is_active
