"""Change organisation to one that another business holds."""

import pytest

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.pages.conftest import Travels
from tests.connections.pages.test_takeover import ANNA, connection_of
from tests.connections.trips import Trip, text
from tests.factories import PASSWORD
from tests.publishing.factories import make_lists, ready_item
from tests.publishing.steps import begun
from tests.publishing.zoho import BAKERY

GARAGE = "Garage Charlie Ltd"
PRACTICE = "Ledgerly Practice"


@pytest.fixture
def taker(
    travels: Travels, alice: User, charlie: User, bakery: Business, garage: Business
) -> Trip:
    travels(alice, bakery).has_connected(BAKERY)
    trip = travels(charlie, garage)
    trip.has_connected(GARAGE, ANNA)
    trip.client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return trip


def test_nothing_has_changed_where_it_says_so(
    taker: Trip, bakery: Business, garage: Business, charlie: User
) -> None:
    make_lists(connection_of(garage))
    publication = begun(ready_item(garage, charlie), charlie)
    with acting_in(garage.pk):
        publication.steps.update(state="uncertain")
    taker.gives_permission(email=ANNA)
    taker.takes_over(BAKERY)
    taker.posts("connection_change", taker.consent.pk)

    page = text(taker.follows(taker.finishes()["Location"]))

    assert "Nothing has changed" in page
    assert connection_of(garage).organisation_name == GARAGE
    assert connection_of(bakery).state == Connection.State.CONNECTED


def test_agreeing_to_one_organisation_is_not_agreeing_to_another(
    taker: Trip, bakery: Business, garage: Business
) -> None:
    taker.gives_permission(email=ANNA)
    taker.chooses(PRACTICE)
    taker.posts("connection_change", taker.consent.pk)
    taker.takes_over(BAKERY)

    taker.finishes()

    assert connection_of(garage).organisation_name == GARAGE
    assert connection_of(bakery).state == Connection.State.CONNECTED


def test_a_new_organisation_is_not_called_connected_again(taker: Trip) -> None:
    taker.gives_permission(email=ANNA)
    taker.chooses(PRACTICE)
    taker.posts("connection_change", taker.consent.pk)

    page = text(taker.follows(taker.finishes()["Location"]))

    assert f"{PRACTICE} is connected" in page
    assert f"{PRACTICE} is connected again" not in page
