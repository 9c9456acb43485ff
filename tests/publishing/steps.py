"""What a person presses and what a worker does, as one line of a test each."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from connections.models import Connection
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, requesting, tasks
from publishing.models import Item, Publication, Step
from publishing.outcomes import uncertain_time
from publishing.progress import Progress, progress
from tests.publishing.zoho import Zoho


def press_publish(item: Item, by: User) -> requesting.Requested | requesting.Held:
    with acting_in(item.business_id):
        return requesting.request(item, by=by)


def begun(item: Item, by: User) -> Publication:
    """Published by a person; no worker has touched it yet."""
    answer = press_publish(item, by)
    assert isinstance(answer, requesting.Requested)
    return answer.publication


def work(publication: Publication) -> None:
    """A worker gets the task of this publication."""
    tasks.publish(publication.business_id, publication.pk)


def publish_into(
    zoho: Zoho, item: Item, by: User, fault: str, path: str = "/bills"
) -> Publication:
    zoho.fails(fault, method="POST", path=path)
    return publish(item, by)


def review(business: Business) -> None:
    """Something has changed that its items stand on; a worker looks at them again."""
    with acting_in(business.pk):
        tasks.ask_for_review(business.pk)
    tasks.review_items(business.pk)


def publish(item: Item, by: User) -> Publication:
    """Pressed, and done by the worker as far as it goes at once."""
    publication = begun(item, by)
    work(publication)
    return now(publication)


def work_until_settled(
    publication: Publication, clock: time_machine.Traveller, *, most: int = 12
) -> Publication:
    """As the sweep would: again whenever it is due, until there is nothing to do."""
    for _turn in range(most):
        current = now(publication)
        if current.finished_at is not None:
            return current
        due = max(current.due_at, current.leased_until or current.due_at)
        wait = due - timezone.now() + timedelta(seconds=1)
        clock.shift(max(wait, timedelta(0)))
        work(current)
    raise AssertionError(f"{now(publication).state} after {most} turns")


def verify(connection: Connection) -> None:
    tasks.verify_documents(connection.business_id, connection.pk)


def now(publication: Publication) -> Publication:
    with acting_in(publication.business_id):
        return Publication.unscoped.get(pk=publication.pk)


def item_now(item: Item) -> Item:
    with acting_in(item.business_id):
        return Item.unscoped.get(pk=item.pk)


def page_of(item: Item) -> Progress:
    with acting_in(item.business_id):
        return progress(Item.unscoped.get(pk=item.pk))


def step_of(publication: Publication, kind: Step.Kind) -> Step:
    with acting_in(publication.business_id):
        return publication.steps.get(kind=kind)


def attempts_of(publication: Publication) -> list[tuple[str, str]]:
    with acting_in(publication.business_id):
        return [
            (attempt.step.kind, attempt.outcome)
            for attempt in publication.attempts.select_related("step")
        ]


def trail_of(business: Business, item: Item) -> list[str]:
    """The actions of the item's history, oldest first."""
    with acting_in(business.pk):
        return [entry.action for entry in audit.about(business, item)][::-1]


def take_lease(publication: Publication) -> Publication:
    """A worker has begun with it."""
    with acting_in(publication.business_id):
        publication.leased_until = timezone.now() + uncertain_time()
        publication.save(update_fields=["leased_until"])
    return publication


def as_published(item: Item, zoho_id: str) -> Item:
    """As a worker leaves it: the bill is in Zoho, and everything is settled."""
    with acting_in(item.business_id):
        publication = Publication.unscoped.get(item=item, finished_at=None)
        publication.steps.update(state=Step.State.DONE, verified_at=timezone.now())
        publication.steps.filter(kind=Step.Kind.RECORD).update(zoho_id=zoho_id)
        publication.state = Publication.State.PUBLISHED
        publication.finished_at = timezone.now()
        publication.save()
        item.refresh_from_db()
        item.status = Item.Status.PUBLISHED
        item.published_at = item.archived_at = timezone.now()
        item.save()
    return item


def clear(item: Item, by: User) -> Item:
    with acting_in(item.business_id):
        archiving.unarchive(item, by, may_publish=True)
        return archiving.clear(item, by)


def publications(business: Business) -> list[int]:
    """The items that are on their way."""
    with acting_in(business.pk):
        return [each.item_id for each in Publication.unscoped.order_by("item_id")]
