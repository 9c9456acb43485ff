"""Locations in an organisation that has switched them off: nothing can be one of them."""

from typing import NoReturn

import pytest

from connections import entries, lists
from connections.models import Connection, Location, RefreshedList, RefreshRun
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import ZohoForbidden
from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item
from tests.factories import make_business
from tests.publishing.factories import entry, ready_item
from tests.publishing.steps import item_now, review
from tests.publishing.zoho import Zoho, connected_to
from tests.zoho_standin.world import Organisation


@pytest.fixture
def books(zoho: Zoho) -> Organisation:
    return zoho.standin.organisation("Spice Route Pvt")


@pytest.fixture
def connection(zoho: Zoho, books: Organisation, bob: User) -> Connection:
    """As after a refresh, in which locations were on."""
    business = make_business("Spice Route", owner=bob, country="IN", currency="INR")
    connection = connected_to(zoho, business, books.name)
    refreshed(connection)
    return connection


def refreshed(connection: Connection) -> RefreshedList:
    """How the list of locations fared in a refresh."""
    with acting_in(connection.business_id):
        run: RefreshRun = lists.start(connection, None)
        lists.refresh(run.pk)
        return run.lists.get(kind="locations")


def usable(connection: Connection) -> set[str]:
    with acting_in(connection.business_id):
        rows = entries.usable(connection, Location)
        return set(rows.values_list("name", flat=True))


def test_none_can_be_used_until_they_are_on_again(
    connection: Connection, books: Organisation
) -> None:
    assert usable(connection) == {"Head Office", "Quayside", "Cold Store"}

    books.locations_enabled = False
    off = refreshed(connection)

    assert usable(connection) == set()
    assert (off.state, off.rows, off.removed) == ("not_available", 0, 4)
    assert off.report["removed"] == ["Annex", "Cold Store", "Head Office", "Quayside"]
    assert refreshed(connection).removed == 0
    books.locations_enabled = True
    assert refreshed(connection).state == "done"
    assert usable(connection) == {"Head Office", "Quayside", "Cold Store"}


def test_an_item_with_one_says_so_before_it_is_sent(
    connection: Connection, books: Organisation, bob: User
) -> None:
    business = connection.business
    item: Item = ready_item(
        business,
        bob,
        currency="INR",
        tax_rate=None,
        tax_amount=None,
        location=entry(Location, business, "Quayside"),
    )
    books.locations_enabled = False

    refreshed(connection)
    review(business)

    assert "location_gone" in item_now(item).reasons


def test_those_that_nobody_may_read_stay(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def are_not_for_us(_books: ZohoBooks) -> NoReturn:
        raise ZohoForbidden("You are not authorized.", status=401, code=57)

    monkeypatch.setattr(ZohoBooks, "locations", are_not_for_us)

    refreshed(connection)

    assert usable(connection) == {"Head Office", "Quayside", "Cold Store"}
