"""What comes too late: a yes to what has failed here meanwhile."""

from django.utils import timezone

from publishing.models import Item, Publication


def go_on(publication: Publication) -> None:
    """Its record is in Zoho after all: it goes on from there, and ends as published."""
    item = Item.unscoped.select_for_update(of=("self",)).get(pk=publication.item_id)
    Publication.unscoped.filter(
        pk=publication.pk, state=Publication.State.FAILED
    ).update(
        state=Publication.State.WAITING,
        due_at=timezone.now(),
        finished_at=None,
        leased_until=None,
        problem_code="",
        problem="",
    )
    item.status, item.reasons = Item.Status.PUBLISHING, []
    item.save(update_fields=["status", "reasons"])
