"""The settings on the connection's own page, each saved by itself."""

import re
from typing import Any

import pytest

from connections.models import Connection, ConnectionEvent, TaxRate
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip, text
from tests.publishing.factories import entry, make_connection, make_entry, make_lists
from tests.publishing.zoho import BAKERY


def setting(trip: Trip, name: str) -> Any:
    with acting_in(trip.business.pk):
        return getattr(Connection.objects.for_business(trip.business).get(), name)


def connected(trip: Trip) -> Connection:
    connection = make_connection(trip.business)
    make_lists(connection)
    return connection


@pytest.mark.parametrize(
    ("name", "before", "sent", "after", "told"),
    [
        (
            "new_invoices",
            "draft",
            "sent",
            "sent",
            "from Leave them as drafts to Mark them as sent",
        ),
        (
            "costs_go_to",
            "",
            "expenses",
            "expenses",
            "from automatic to Expenses",
        ),
        (
            "warns_of_new_suppliers",
            True,
            "",
            False,
            "from on to off",
        ),
    ],
)
def test_each_is_saved_by_itself_and_told(
    travels: Travels,
    alice: User,
    bakery: Business,
    name: str,
    before: object,
    sent: str,
    after: object,
    told: str,
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    was = setting(trip, name)

    trip.posts("connection_setting", connection.pk, name, **{name: sent})

    assert (was, setting(trip, name)) == (before, after)
    assert "The setting is saved." in text(trip.opens("connection", connection.pk))
    field = Connection._meta.get_field(name)  # noqa: SLF001
    words = getattr(field, "verbose_name", name)
    activity = text(trip.opens("activity"))
    assert f"changed “{words}” of Harbour Bakery Ltd {told}" in activity


def test_a_default_tax_is_one_of_zohos(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    rate = entry(TaxRate, bakery, "Standard Rate")

    trip.posts("connection_setting", connection.pk, "cost_tax", cost_tax=rate.pk)
    trip.posts("connection_setting", connection.pk, "sales_tax", sales_tax=rate.pk + 99)

    assert setting(trip, "cost_tax_id") == rate.pk
    assert setting(trip, "sales_tax_id") is None


def test_a_default_tax_that_left_zoho_says_so_and_stays(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    gone = make_entry(
        TaxRate, connection, "Old Rate", percentage=15, kind="tax", is_active=False
    )
    with acting_in(bakery.pk):
        Connection.unscoped.filter(pk=connection.pk).update(cost_tax=gone)

    page = text(trip.opens("connection", connection.pk))

    assert "Old Rate · 15 % (no longer in Zoho Books)" in page
    assert setting(trip, "cost_tax_id") == gone.pk


def test_a_business_that_is_not_registered_for_tax_has_no_tax_settings(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    with acting_in(bakery.pk):
        Business.objects.filter(pk=bakery.pk).update(tax_registered=False)

    page = text(trip.opens("connection", connection.pk))

    assert "Default tax" not in page


def test_anything_else_changes_nothing(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)

    trip.posts(
        "connection_setting", connection.pk, "new_invoices", new_invoices="mailed"
    )
    page = text(trip.opens("connection", connection.pk))

    assert "Nothing was saved: choose one of these." in page
    assert setting(trip, "new_invoices") == "draft"


def test_items_are_looked_at_again_after_a_change(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)

    for _twice in range(2):
        trip.posts("connection_setting", connection.pk, "warns_of_new_suppliers")

    with acting_in(bakery.pk):
        events = list(ConnectionEvent.unscoped.values_list("kind", flat=True))
    assert events == ["settings"]


def test_it_stays_through_reconnecting(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    trip.posts("connection_setting", connection.pk, "new_invoices", new_invoices="sent")

    trip.connects(BAKERY)

    assert setting(trip, "new_invoices") == "sent"
    page = trip.opens("connection", connection.pk).content.decode()
    (select,) = re.findall(r'<select name="new_invoices".*?</select>', page, re.DOTALL)
    assert 'value="sent" selected' in select
