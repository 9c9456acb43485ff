"""While nothing can be published: who can mend it is asked to, where it matters."""

from dext_sync.businesses.models import Business, User
from tests.connections.pages.conftest import Travels
from tests.connections.pages.test_reconnecting import disconnects
from tests.connections.trips import Trip, text
from tests.publishing.factories import make_item
from tests.publishing.zoho import BAKERY

NEVER = "Zoho Books is not connected yet"
ENDED = "Zoho Books is disconnected"


def where_it_matters(trip: Trip, owner: User) -> tuple[str, ...]:
    item = make_item(trip.business, owner)
    return (
        text(trip.opens("costs_inbox")),
        text(trip.opens("item", item.workspace, item.pk)),
        text(trip.opens("item_history", item.workspace, item.pk)),
    )


def test_a_business_that_was_never_connected(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    for page in where_it_matters(trip, alice):
        assert NEVER in page
        assert f'<a class="button" href="{trip.address("connection_choose")}">' in page
    assert NEVER not in text(trip.opens("members"))


def test_before_anything_is_connected_the_lists_say_where_they_come_from(
    travels: Travels, alice: User, bakery: Business
) -> None:
    page = text(travels(alice, bakery).opens("lists"))
    assert "No lists yet" in page
    assert "Connect to Zoho Books" in page


def test_a_business_that_was_disconnected(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    for page in where_it_matters(trip, alice):
        assert NEVER not in page
        assert ENDED not in page
    disconnects(trip, connection)
    for page in where_it_matters(trip, alice):
        assert ENDED in page


def test_whoever_cannot_connect_is_not_asked_to(
    travels: Travels, bob: User, bakery: Business
) -> None:
    for page in where_it_matters(travels(bob, bakery), bob):
        assert NEVER not in page
