"""A worker that is no more: what it had begun, and perhaps sent."""

from connections.books import open_books
from connections.budget import Priority
from dext_sync.businesses.tenancy import acting_in
from publishing import results, sending
from publishing.models import Publication, Step
from publishing.outcomes import Done
from tests.publishing.steps import take_lease


def die_at(
    publication: Publication, kind: Step.Kind, *, arrived: bool
) -> tuple[Step, Done | None]:
    """A worker comes as far as this step, sends it (or is about to), and is no more."""
    take_lease(publication)
    with acting_in(publication.business_id):
        books = open_books(publication.connection, Priority.PERSON)
        for step in publication.steps.all():
            sent = sending.message(publication, step)
            results.opened(publication, step, sending.request_of(sent))
            if step.kind != kind:
                done = sending.send(books, publication, sent)
                results.settle(publication, step, done)
                continue
            return step, sending.send(books, publication, sent) if arrived else None
    raise AssertionError(f"There is no {kind}.")
