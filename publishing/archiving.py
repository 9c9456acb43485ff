"""Putting an item away, taking it back, and letting go of what it became in Zoho."""

from django.db import transaction
from django.utils import timezone

from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import coding
from publishing.models import Item, Publication, Step


class NotArchivable(Exception):
    """The item is being sent or is in Zoho Books already."""


class NotAllowed(Exception):
    """The item is in Zoho Books, and this person may not publish."""


class NotClearable(Exception):
    """There is nothing in Zoho Books to let go of, or it is there and the item is not
    in the Inbox."""


def archive(item: Item, by: User) -> Item:
    """Never sent, until it is taken back. Raises NotArchivable.

    What was published, and only taken back, is what it was before.
    """
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        if fresh.status == Item.Status.ARCHIVED:
            return fresh
        if not fresh.is_editable:
            raise NotArchivable
        is_in_zoho = fresh.standing_publication is not None
        fresh.status = Item.Status.PUBLISHED if is_in_zoho else Item.Status.ARCHIVED
        fresh.reasons = []
        fresh.archived_at = timezone.now()
        fresh.save(update_fields=["status", "reasons", "archived_at"])
        action = "item.put_back" if is_in_zoho else "item.archived"
        audit.record(fresh.business, action, actor=by, subject=fresh)
    return fresh


def unarchive(item: Item, by: User, *, may_publish: bool) -> Item:
    """Back to the Inbox; what is in Zoho stays there, and holds it back until that is
    cleared. Raises NotArchivable while something of it is under way, and NotAllowed.
    """
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        if fresh.is_editable:
            return fresh
        if not _rests_in_the_archive(fresh):
            raise NotArchivable
        if fresh.standing_publication is not None and not may_publish:
            raise NotAllowed
        fresh.status = Item.Status.TO_REVIEW
        fresh.archived_at = None
        fresh.save(update_fields=["status", "archived_at"])
        audit.record(fresh.business, "item.unarchived", actor=by, subject=fresh)
        return coding.review(fresh)


def _rests_in_the_archive(item: Item) -> bool:
    return item.archived_at is not None and item.open_publication is None


def clear(item: Item, by: User) -> Item:
    """*Clear publishing data*: it may become a second record. What Zoho has no more
    comes back to the Inbox with it. Raises NotClearable."""
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        standing = fresh.standing_publication
        if standing is None or not is_clearable(fresh):
            raise NotClearable
        if not fresh.is_editable:
            fresh.status, fresh.archived_at = Item.Status.TO_REVIEW, None
        standing.cleared_at = timezone.now()
        standing.save(update_fields=["cleared_at"])
        fresh.published_at, fresh.document_missing = None, False
        fresh.save(
            update_fields=["status", "archived_at", "published_at", "document_missing"]
        )
        audit.record(
            fresh.business,
            "item.cleared",
            actor=by,
            subject=fresh,
            record=record_name(standing),
            zoho_id=zoho_id_of(standing) or "—",
        )
        return coding.review(fresh)


def is_clearable(item: Item) -> bool:
    standing = item.standing_publication
    return standing is not None and (item.is_editable or standing.is_gone)


def record_name(publication: Publication) -> str:
    """“Bill INV-104”, or “Expense” where it has no number."""
    number = str(publication.claim.get("number", ""))
    kind = str(publication.get_kind_display())
    return f"{kind} {number}" if number else kind


def zoho_id_of(publication: Publication) -> str:
    """Of its record; empty before there is one, or where only a person has seen it."""
    records = (
        each for each in publication.steps.all() if each.kind == Step.Kind.RECORD
    )
    return next((record.zoho_id for record in records), "")
