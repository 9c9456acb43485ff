"""Many items that wait to be published, written in a few statements."""

from copy import copy
from typing import TypeVar

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication, Step, new_mark
from tests.publishing.factories import ready_item
from tests.publishing.steps import begun

Row = TypeVar("Row", Item, Publication, Step)

AUTOMATIC = Publication.Priority.AUTOMATIC
PERSON = Publication.Priority.PERSON


def waiting(
    business: Business,
    by: User,
    count: int,
    *,
    priority: Publication.Priority = PERSON,
    name: str = "Many",
) -> list[Publication]:
    """As after so many clicks, each a bill with a number of its own."""
    pattern = begun(ready_item(business, by, reference=f"{name}-0"), by)
    with acting_in(business.pk):
        Publication.unscoped.filter(pk=pattern.pk).update(priority=priority)
        pattern = Publication.unscoped.select_related("item").get(pk=pattern.pk)
        numbers = [f"{name}-{number}" for number in range(1, count)]
        items = [_item(pattern.item, number) for number in numbers]
        Item.unscoped.bulk_create(items)
        more = [_publication(pattern, item) for item in items]
        Publication.unscoped.bulk_create(more)
        steps = list(pattern.steps.all())
        Step.unscoped.bulk_create(
            _step(step, publication) for publication in more for step in steps
        )
    return [pattern, *more]


def _item(pattern: Item, number: str) -> Item:
    item = _new(pattern)
    item.reference = number
    return item


def _publication(pattern: Publication, item: Item) -> Publication:
    publication = _new(pattern)
    publication.item = item
    publication.mark = new_mark()
    publication.claim = pattern.claim | {"number": item.reference}
    return publication


def _step(pattern: Step, publication: Publication) -> Step:
    step = _new(pattern)
    step.publication = publication
    return step


def _new(row: Row) -> Row:
    another = copy(row)
    another.pk = None
    return another
