"""Which worker a publication belongs to: known by the moment its lease ends."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from publishing import holding
from publishing.models import Item, Publication
from publishing.outcomes import uncertain_time


class LeaseLost(Exception):
    """Another worker has taken the publication over."""


def taken(publication_id: int, *, due_at: datetime | None) -> Publication | None:
    """The publication, if it is due and nobody else is at work on it."""
    now = timezone.now()
    until = now + uncertain_time()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = Publication.unscoped.filter(free, pk=publication_id, finished_at=None)
    if due_at is not None:
        due = due.filter(due_at__lte=due_at)
    if not due.update(leased_until=until):
        return None
    publications = Publication.unscoped.select_related(
        "connection__grant", "item__document", "business"
    )
    return publications.get(pk=publication_id)


def extend_to_send(publication: Publication, now: datetime) -> None:
    """Held as long as a request begun now may be at work. Raises LeaseLost."""
    until = now + uncertain_time()
    sending = Publication.State.SENDING
    if not mine(publication).update(
        leased_until=until, state=sending, waiting_reason=""
    ):
        raise LeaseLost
    publication.leased_until = until


def extend(publication: Publication) -> None:
    """Held as long as one more question may take. Raises LeaseLost."""
    until = timezone.now() + uncertain_time()
    if not mine(publication).update(leased_until=until):
        raise LeaseLost
    publication.leased_until = until


def hold(publication: Publication) -> None:
    """Nobody takes it over until this is committed. Raises LeaseLost."""
    hold_item(publication)
    if not mine(publication).update(leased_until=publication.leased_until):
        raise LeaseLost


def hold_item(publication: Publication) -> None:
    """Before the publication and its steps, as whoever acts on the item does."""
    holding.in_order(Item.unscoped.filter(pk=publication.item_id))


def make_due(publications: QuerySet[Publication]) -> None:
    """At once. Whoever holds one of them is waited for: none is passed over."""
    with transaction.atomic():
        numbers = holding.in_order(publications)
        Publication.unscoped.filter(pk__in=numbers).update(due_at=timezone.now())


def give_back(publication: Publication) -> None:
    """Nothing was done: whoever finds it due may take it at once."""
    mine(publication).update(leased_until=None)


def mine(publication: Publication) -> QuerySet[Publication]:
    return Publication.unscoped.filter(
        pk=publication.pk, finished_at=None, leased_until=publication.leased_until
    )
