"""What comes too late: a yes to what has failed here meanwhile, or has a yes already."""

from django.db.models import Q
from django.utils import timezone

from dext_sync.businesses import audit
from publishing.models import Item, Publication, Step
from publishing.problems import Problem


def go_on(publication: Publication, step: Step) -> None:
    """Its record is in Zoho after all: it goes on from there, and ends as published."""
    item = Item.unscoped.select_for_update(of=("self",), no_key=True).get(
        pk=publication.item_id
    )
    if _is_published_again(publication):
        step.refresh_from_db()
        tell_second(publication, step.zoho_id)
        return
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


def attached(publication: Publication) -> None:
    """Its document is there after all. Once it was cleared, the item may have become
    another record, whose document may be missing all the same."""
    item = Item.unscoped.select_for_update(of=("self",), no_key=True).get(
        pk=publication.item_id
    )
    if Publication.unscoped.filter(pk=publication.pk, cleared_at=None).exists():
        item.document_missing = False
        item.save(update_fields=["document_missing"])


def _is_published_again(publication: Publication) -> bool:
    counts = Q(finished_at=None) | Q(state=Publication.State.PUBLISHED, cleared_at=None)
    others = Publication.unscoped.filter(counts, item=publication.item_id)
    return others.exclude(pk=publication.pk).exists()


def tell_second(publication: Publication, zoho_id: str) -> None:
    """One of the two is too many, and only a person can say which."""
    item = Item.unscoped.select_related("business").get(pk=publication.item_id)
    shown = item.publications.latest("pk")
    shown.problem_code = Problem.SECOND_RECORD.code
    shown.problem = str(Problem.SECOND_RECORD.sentence).format(zoho_id=zoho_id)
    shown.save(update_fields=["problem_code", "problem"])
    audit.record(
        item.business, "publication.second_record", subject=item, zoho_id=zoho_id
    )
