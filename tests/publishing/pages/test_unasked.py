"""Pages that ask less: of rows of every sort, and of each as it stands."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import ColumnChoice, Item, Publication
from publishing.views.listing import Listing
from tests.publishing.factories import make_item, make_pdf, ready_item, upload
from tests.publishing.pages.conftest import At, text

QUERIES: list[dict[str, Any]] = [
    {},
    {"q": "nothing like it"},
    {"currency": "EUR"},
    {"since": "2099-01-01"},
    {"status": "ready"},
]


def asked(at: At, who: User, business: Business, name: str, **query: Any) -> int:
    visitor = at(who, business)
    visitor.opens(name, **query)
    with CaptureQueriesContext(database) as queries:
        visitor.opens(name, **query)
    return len(queries)


def test_rows_with_everything_ask_no_more_than_one(
    at: At, alice: User, vera: User, connected_bakery: Business
) -> None:
    with acting_in(connected_bakery.pk):
        ColumnChoice.unscoped.create(
            business=connected_bakery,
            person=alice,
            workspace="costs",
            columns=[
                *("status", "owner", "date", "category", "reference"),
                *("total", "tax", "to", "added"),
            ],
        )
    ready_item(connected_bakery, alice, reference="A")
    upload(connected_bakery, alice, make_pdf("x"), "x.pdf")
    few = asked(at, alice, connected_bakery, "costs_inbox")
    for number in range(6):
        ready_item(connected_bakery, vera, reference=f"B{number}")
        upload(connected_bakery, vera, make_pdf(f"y{number}"), f"y{number}.pdf")
        make_item(connected_bakery, vera)
    many = asked(at, alice, connected_bakery, "costs_inbox")
    assert many <= few


@pytest.mark.parametrize("sort", ["status", "-status", "added", "-added"])
def test_neighbours_are_those_of_the_list(
    at: At, alice: User, connected_bakery: Business, sort: str
) -> None:
    items = [
        ready_item(connected_bakery, alice, reference=f"N{number}")
        for number in range(5)
    ]
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=items[1].pk).update(status="failed")
        Item.unscoped.filter(pk=items[3].pk).update(status="to_review")
        listing = Listing.of({"sort": sort}, archive=False)
        visible = Item.unscoped.all()
        order = [each.pk for each in listing.following(visible, None)]
        assert len(order) == len(items)
        for place, pk in enumerate(order):
            item = Item.unscoped.get(pk=pk)
            before, after = listing.beside(visible, item)
            assert [e.pk for e in before] == order[:place][::-1]
            assert [e.pk for e in after] == order[place + 1 :]


def test_what_was_searched_or_narrowed_hides_no_failure(
    at: At, alice: User, connected_bakery: Business
) -> None:
    """The banner tells of the whole Inbox."""
    item = ready_item(connected_bakery, alice, reference="BROKEN")
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(status="failed")
        connection = Connection.unscoped.get()
        Publication.unscoped.create(
            business=connected_bakery,
            item=item,
            connection=connection,
            region=connection.region,
            organisation_id=connection.organisation_id,
            kind=Publication.Kind.BILL,
            state=Publication.State.FAILED,
            problem_code="rejected:category",
            problem="No such thing.",
            cause="rejected.category",
            finished_at=timezone.now(),
        )
    visitor = at(alice, connected_bakery)
    for query in QUERIES:
        page = text(visitor.opens("costs_inbox", **query))
        assert "could not be published" in page, query
