"""After the database was put back: what must not be sent before Zoho was asked."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection as database
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from connections.models import Contact
from dext_sync.businesses.models import Business
from publishing import holding
from publishing.formats import day_text, locale_of, money
from publishing.models import Publication, Restore, RestoreCheck, UnknownRecord
from publishing.outcomes import uncertain_time
from publishing.payloads import Claim

SKEW: Final = timedelta(minutes=5)
"""By how much the clocks of database, workers and Zoho may differ, and more."""


def is_asked(publication: Publication) -> bool:
    """Whether Zoho has told what it has of this kind; if not, it will be asked."""
    check = _check_for(publication)
    return check is None or check.finished_at is not None


def is_still_asked_for(publication: Publication) -> bool:
    """The same the other way round, and so until the end of the transaction: whoever
    ends the asking then finds what waits for it."""
    check = _check_for(publication)
    if check is None:
        return False
    held = RestoreCheck.unscoped.select_for_update(of=("self",), no_key=True)
    return held.get(pk=check.pk).finished_at is None


def _check_for(publication: Publication) -> RestoreCheck | None:
    restore = _restore_of(publication.business_id)
    if restore is None:
        return None
    check, _new = RestoreCheck.unscoped.get_or_create(
        business_id=publication.business_id,
        restore=restore,
        region=publication.region,
        organisation_id=publication.organisation_id,
        kind=publication.kind,
        defaults={
            "connection_id": publication.connection_id,
            # What was on its way to Zoho when the database went has arrived by then.
            "due_at": restore.at + uncertain_time(),
        },
    )
    return check


def _restore_of(business_id: int) -> Restore | None:
    """A business that was made afterwards may be connected to what another one was, of
    which the backup knows nothing."""
    with database.cursor() as cursor:
        cursor.execute("SELECT since, at FROM last_restore()")
        last = cursor.fetchone()
    if last is None:
        return None
    own = Restore.unscoped.filter(business=business_id).last()
    return own or _as_its_own(business_id, *last)


def _as_its_own(business_id: int, since: datetime, at: datetime) -> Restore:
    """Once, whoever else does so: each would have the lists read anew."""
    with transaction.atomic():
        holding.in_order(Business.objects.filter(pk=business_id))
        own = Restore.unscoped.filter(business=business_id).last()
        return own or Restore.unscoped.create(
            business_id=business_id, since=since, at=at
        )


def known_again(publication: Publication, claim: Claim) -> UnknownRecord | None:
    """The record in Zoho that says the same as this claim and has no item any more: it
    is this one's from now on. Two equal items take two records."""
    contacts = _contacts(publication, claim)
    for record in alike(publication, claim):
        same_number = record.number.strip().casefold() == _number(claim).casefold()
        if record.contact_id in contacts and same_number:
            free = UnknownRecord.unscoped.filter(pk=record.pk, item=None)
            if free.update(item=publication.item_id):
                return record
    return None


def question(publication: Publication, claim: Claim) -> str:
    """Asked once of an item: whether it is a record like it that has no item. Inside
    the transaction that tells it."""
    item_id = publication.item_id
    rows = alike(publication, claim).select_for_update(of=("self",), no_key=True)
    for record in rows:
        same_contact = "" in (claim.contact_id, record.contact_id) or (
            claim.contact_id == record.contact_id
        )
        if same_contact and item_id not in record.asked_of:
            record.asked_of = [*record.asked_of, item_id]
            record.save(update_fields=["asked_of"])
            return _asked(record)
    return ""


def alike(publication: Publication, claim: Claim) -> QuerySet[UnknownRecord]:
    """Of the same day over the same amount."""
    return UnknownRecord.unscoped.filter(
        business=publication.business_id,
        region=publication.region,
        organisation_id=publication.organisation_id,
        kind=publication.kind,
        item=None,
        date=claim.date,
        total=claim.total,
        currency=claim.currency_code,
    ).order_by("pk")


def _asked(record: UnknownRecord) -> str:
    return _(
        "Zoho Books has {kind} {number} of {date} over {total}, published "
        "from here before the database was put back. If it is the same one, archive "
        "this item; if not, publish again."
    ).format(
        kind=record.get_kind_display().lower(),
        number=record.number or record.zoho_id,
        date=day_of(record) or "—",
        total=total_of(record),
    )


def day_of(record: UnknownRecord) -> str:
    return day_text(record.date, locale_of(record.business)) if record.date else ""


def total_of(record: UnknownRecord) -> str:
    return money(record.total, record.currency, locale_of(record.business))


def _contacts(publication: Publication, claim: Claim) -> list[str]:
    """Ids in Zoho of the supplier or customer: a name may be in the lists alone."""
    if claim.contact_id:
        return [claim.contact_id]
    named = Contact.unscoped.filter(
        connection=publication.connection, name__iexact=claim.supplier_name
    )
    return list(named.values_list("zoho_id", flat=True))


def _number(claim: Claim) -> str:
    return claim.reference if claim.kind == Publication.Kind.EXPENSE else claim.number
