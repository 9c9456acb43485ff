"""Putting an item away without publishing it, and taking it back."""

from django.db import transaction
from django.utils import timezone

from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import coding
from publishing.models import Item


class NotArchivable(Exception):
    """The item is being sent or is in Zoho Books already."""


def archive(item: Item, by: User) -> Item:
    """Never sent, until it is taken back. Raises NotArchivable."""
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        if fresh.status == Item.Status.ARCHIVED:
            return fresh
        if not fresh.is_editable:
            raise NotArchivable
        fresh.status = Item.Status.ARCHIVED
        fresh.reasons = []
        fresh.archived_at = timezone.now()
        fresh.save(update_fields=["status", "reasons", "archived_at"])
        audit.record(fresh.business, "item.archived", actor=by, subject=fresh)
    return fresh


def unarchive(item: Item, by: User) -> Item:
    """Back to the inbox. What was published stays where it is: raises NotArchivable."""
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        if fresh.is_editable:
            return fresh
        if fresh.status != Item.Status.ARCHIVED:
            raise NotArchivable
        fresh.status = Item.Status.TO_REVIEW
        fresh.archived_at = None
        fresh.save(update_fields=["status", "archived_at"])
        audit.record(fresh.business, "item.unarchived", actor=by, subject=fresh)
        return coding.review(fresh)
