"""The page of an item that was sent to an organisation which is no longer connected."""

import pytest

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication, Step
from tests.publishing.factories import ready_item
from tests.publishing.pages.conftest import At, now, text

THERE = "I have looked: it is there"
NOT_THERE = "I have looked: it is not there"


def test_people_are_asked_only_where_nobody_else_can_know(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    unanswered(at, bob, item)
    assert THERE not in text(visitor.opens("item", item.pk))

    disconnected(bakery)

    page = text(visitor.opens("item", item.pk))
    assert THERE in page
    assert NOT_THERE in page


@pytest.mark.parametrize(("answer", "status"), [("1", "published"), ("0", "failed")])
def test_their_word_ends_it(
    at: At, bob: User, bakery: Business, item: Item, answer: str, status: str
) -> None:
    unanswered(at, bob, item)
    disconnected(bakery)

    page = at(bob, bakery).posts(
        "item_seen", item.pk, data={"there": answer}, htmx=True
    )

    assert now(item).status == status
    assert THERE not in text(page)
    assert "Attach again" not in text(page)


def test_it_is_refused_while_it_can_be_looked_up(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    unanswered(at, bob, item)

    at(bob, bakery).posts("item_seen", item.pk, data={"there": "1"})

    assert now(item).status == "checking"


def test_vera_may_not_say_it(
    at: At, bob: User, vera: User, bakery: Business, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, vera)
    unanswered(at, bob, item)
    disconnected(bakery)

    assert THERE not in text(at(vera, bakery).opens("item", item.pk))
    refusal = at(vera, bakery).posts("item_seen", item.pk, data={"there": "1"})

    assert refusal.status_code == 403
    assert now(item).status == "checking"


def unanswered(at: At, by: User, item: Item) -> None:
    """Sent, and its answer lost."""
    at(by, item.business).posts("item_publish", item.pk)
    with acting_in(item.business_id):
        Step.unscoped.filter(kind="record").update(state="uncertain")
        Publication.unscoped.update(
            state="checking", waiting_reason="connection", leased_until=None
        )
        Item.unscoped.filter(pk=item.pk).update(status="checking")


def disconnected(business: Business) -> None:
    with acting_in(business.pk):
        Connection.unscoped.update(state="disconnected")
