"""The settings on the connection's own page."""

import re

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip, text
from tests.publishing.zoho import BAKERY


def setting(trip: Trip) -> str:
    with acting_in(trip.business.pk):
        return Connection.objects.for_business(trip.business).get().new_invoices


def test_new_sales_invoices_stay_drafts_until_an_admin_says_otherwise(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    before = setting(trip)

    trip.posts("connection_general", connection.pk, new_invoices="sent")
    page = text(trip.opens("connection", connection.pk))

    assert (before, setting(trip)) == ("draft", "sent")
    assert "The settings are saved." in page
    (chosen,) = re.findall(r"<input[^>]* checked[^>]*>", page)
    assert 'value="sent"' in chosen
    assert (
        "changed “new sales invoices” of Harbour Bakery Ltd from Leave them as drafts "
        "to Mark them as sent"
    ) in text(trip.opens("activity"))


def test_anything_else_changes_nothing(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)

    trip.posts("connection_general", connection.pk, new_invoices="mailed")
    page = text(trip.opens("connection", connection.pk))

    assert "Nothing was saved: choose one of the two." in page
    assert setting(trip) == "draft"


def test_it_stays_through_reconnecting(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    trip.posts("connection_general", connection.pk, new_invoices="sent")

    trip.connects(BAKERY)

    assert setting(trip) == "sent"
