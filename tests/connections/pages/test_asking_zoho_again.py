"""Zoho was away after Accept: the permission that was given goes on without another."""

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.pages.conftest import Travels
from tests.connections.pages.test_ends import exchanges
from tests.connections.pages.test_reconnecting_together import (
    Trips,
    broken,
    consent_at,
    gives_permission,
)
from tests.connections.trips import Trip, text
from tests.publishing.zoho import BAKERY, Zoho

__all__ = ["broken"]


def returns_while_zoho_is_away(trip: Trip, zoho: Zoho) -> str:
    """The page that comes."""
    back = trip.answers(trip.sets_out())
    zoho.fails("html_502", path="/organizations")
    return text(trip.follows(back))


def test_zoho_is_asked_again_with_the_permission_that_was_given(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    page = returns_while_zoho_is_away(trip, zoho)
    assert "Ask Zoho again" in page
    given = trip.consent.refresh_token

    answer = trip.posts("connection_ended", trip.consent.pk)

    assert answer["Location"] == trip.address(
        "connection_organisation", trip.consent.pk
    )
    trip.chooses(BAKERY)
    trip.finishes()
    assert trip.connection is not None
    with acting_in(bakery.pk):
        assert trip.connection.grant is not None
        assert trip.connection.grant.refresh_token == given
    assert trip.consent.zuid
    assert exchanges(zoho) == 1


def test_while_zoho_is_still_away_it_can_be_asked_once_more(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    returns_while_zoho_is_away(trip, zoho)
    zoho.fails("error_500", path="/organizations")
    answer = trip.posts("connection_ended", trip.consent.pk)
    assert "Ask Zoho again" in text(trip.follows(answer["Location"]))
    trip.posts("connection_ended", trip.consent.pk)
    assert trip.consent.problem == ""


def test_without_a_permission_there_is_nothing_to_ask_with(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    zoho.fails("token_html_502")
    assert "Ask Zoho again" not in text(trip.follows(back))
    zoho.standin.calls.clear()
    trip.posts("connection_ended", trip.consent.pk)
    assert trip.consent.problem == "unavailable"
    assert not zoho.standin.calls


def test_nobody_else_asks_with_it(
    travels: Travels, alice: User, anna: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    returns_while_zoho_is_away(trip, zoho)
    for other in (travels(anna, bakery), travels(alice, bakery)):
        answer = other.posts("connection_ended", trip.consent.pk)
        assert answer.status_code == 404
    assert trip.consent.problem == "unavailable"


def test_a_trip_for_several_businesses_goes_on_in_the_same_way(
    broken: Trips, zoho: Zoho
) -> None:
    zoho.fails("html_502", path="/organizations")
    address = gives_permission(broken[0])
    client = broken[0].client
    assert "Ask Zoho again" in client.get(address).content.decode()
    client.post(address)
    assert consent_at(broken, address).problem == ""
    assert "Finish" in client.get(address).content.decode()
