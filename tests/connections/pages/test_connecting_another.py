"""Connecting another organisation after Disconnect: nothing was reconnected."""

import pytest
from django.core.mail import EmailMessage

from connections import budget, ending
from connections.budget import Priority
from connections.models import Connection, ConnectionEvent
from connections.zoho.errors import ZohoRateLimited
from connections.zoho.types import DailyLimit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.pages.conftest import Travels
from tests.connections.pages.test_takeover import ANNA, activity
from tests.connections.trips import Trip, text
from tests.publishing.zoho import BAKERY

PRACTICE = "Ledgerly Practice"

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def trip(travels: Travels, alice: User, bakery: Business) -> Trip:
    """Alice's; her business was connected, and is not any more."""
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    with acting_in(bakery.pk):
        ending.disconnect(connection, by=alice)
        ConnectionEvent.objects.for_business(bakery).delete()
    return trip


def events(business: Business) -> list[str]:
    with acting_in(business.pk):
        rows = ConnectionEvent.objects.for_business(business)
        return list(rows.values_list("kind", flat=True))


def test_the_letter_and_the_trail_say_that_it_is_another_one(
    trip: Trip, mailoutbox: list[EmailMessage]
) -> None:
    del mailoutbox[:]

    trip.has_connected(PRACTICE, ANNA)

    (letter,) = {str(each.body) for each in mailoutbox}
    assert f"it is {PRACTICE} from now on" in letter
    assert f"changed the organisation from {BAKERY} to {PRACTICE}" in activity(
        trip.business
    )
    assert events(trip.business) == [ConnectionEvent.Kind.ORGANISATION]


def test_what_was_connected_before_is_not_called_connected(trip: Trip) -> None:
    trip.gives_permission()

    page = text(trip.opens("connection_organisation", trip.consent.pk))

    assert "connected before" in page
    assert "connected until now" not in page


def test_the_same_one_is_connected_again(
    trip: Trip, mailoutbox: list[EmailMessage]
) -> None:
    del mailoutbox[:]

    trip.has_connected(BAKERY)

    (letter,) = {str(each.body) for each in mailoutbox}
    assert f"reconnected {trip.business} to" in letter
    assert events(trip.business) == [ConnectionEvent.Kind.MENDED]


@pytest.mark.parametrize(
    ("organisation", "has_room"), [(PRACTICE, True), (BAKERY, False)]
)
def test_the_day_of_another_one_is_not_spent(
    travels: Travels,
    alice: User,
    bakery: Business,
    organisation: str,
    *,
    has_room: bool,
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    with acting_in(bakery.pk):
        assert is_open(connection)
        budget.note_limits(connection, DailyLimit(1000, 0, 3600))
        ending.disconnect(connection, by=alice)

    connection = trip.has_connected(organisation, ANNA)

    with acting_in(bakery.pk):
        assert is_open(connection) == has_room


def is_open(connection: Connection) -> bool:
    try:
        budget.require_room(connection, Priority.PERSON)
    except ZohoRateLimited:
        return False
    return True
