"""The lists that were read from Zoho Books, as people search, sort and hide in them."""

import pickle
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import override_settings
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from connections import budget, tasks
from connections.models import Account, Contact
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.conftest import browser_of
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip, text
from tests.factories import make_business, make_users
from tests.publishing.zoho import BAKERY, Zoho, served, settings_for
from tests.zoho_standin import StandIn, lend

PEOPLE = ("Alice", "Charlie", "Anna")


@dataclass(frozen=True)
class Read:
    """Alice's bakery is connected and its lists are read; Zoho as it was then."""

    people: dict[str, User]
    bakery: Business
    in_zoho: bytes


@pytest.fixture(scope="module")
def read(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Read]:
    """Once for all tests here, which work in savepoints of this transaction and on
    copies: to read the lists takes ten times as long as to look at them."""
    with django_db_blocker.unblock(), transaction.atomic():
        people = dict(zip(PEOPLE, make_users(*PEOPLE), strict=True))
        bakery = make_business("Harbour Bakery", owner=people["Alice"])
        yield Read(people, bakery, in_zoho=_read(bakery, people["Alice"]))
        transaction.set_rollback(True)


def _read(bakery: Business, alice: User) -> bytes:
    budget.forget()
    standin = StandIn()
    with lend(standin) as running, override_settings(**settings_for(running)):
        trip = Trip(browser_of(alice), alice, bakery, Zoho(standin))
        tasks.refresh_lists(bakery.pk, trip.has_connected(BAKERY).pk)
    return pickle.dumps((standin.world, standin.tokens))


@pytest.fixture
def cast(read: Read, db: None) -> dict[str, User]:
    return deepcopy(read.people)


@pytest.fixture
def bakery(read: Read, db: None) -> Business:
    return deepcopy(read.bakery)


@pytest.fixture
def zoho(read: Read, settings: Settings) -> Iterator[Zoho]:
    standin = StandIn()
    standin.world, standin.tokens = pickle.loads(read.in_zoho)  # noqa: S301 -- our own
    with served(settings, standin) as zoho:
        yield zoho


@pytest.fixture
def trip(travels: Travels, alice: User, bakery: Business) -> Trip:
    """Alice's browser; the bakery is connected and its lists are read."""
    return travels(alice, bakery)


def names(page: HttpResponse) -> list[str]:
    rows = text(page).split('<th scope="row">')[1:]
    return [row.partition("<")[0].strip() for row in rows]


def category(trip: Trip, name: str) -> Account:
    with acting_in(trip.business.pk):
        return Account.objects.for_business(trip.business).get(name=name)


def hides(trip: Trip, entry: Account, **data: str) -> HttpResponse:
    return trip.posts("entry_visible", "categories", entry.pk, visible="0", **data)


def test_the_overview_counts_each_list(trip: Trip) -> None:
    page = text(trip.opens("lists"))
    assert "Categories" in page
    assert ">54</td>" in page
    assert "Not available in this organisation" in page
    assert "Tax exemptions" not in page


def test_suppliers_and_customers_are_two_lists(trip: Trip) -> None:
    suppliers, customers = (
        names(trip.opens("list_page", kind)) for kind in ("suppliers", "customers")
    )
    assert "Acme Paper Ltd" in suppliers
    assert len(suppliers) == 41
    assert len(customers) == 15
    assert not set(suppliers) & set(customers)


def test_a_list_of_zohos_is_told_from_the_page_of_rules(trip: Trip) -> None:
    page = text(trip.opens("list_page", "suppliers"))
    assert "<title>Suppliers · Lists · dext_sync</title>" in page


def test_a_search_finds_every_word_in_the_name(trip: Trip) -> None:
    assert names(trip.opens("list_page", "categories", q="BANK fees")) == [
        "Bank Fees and Charges"
    ]
    assert "No entry matches “nonsense”." in text(
        trip.opens("list_page", "categories", q="nonsense")
    )


def test_names_are_sorted_and_a_click_turns_them_round(trip: Trip) -> None:
    upwards = names(trip.opens("list_page", "suppliers"))
    assert upwards == sorted(upwards, key=str.lower)
    page = trip.opens("list_page", "suppliers", sort="-name")
    assert names(page) == upwards[::-1]
    assert 'aria-sort="descending"' in text(page)


def test_a_sort_that_the_list_does_not_have_is_left_aside(trip: Trip) -> None:
    assert names(trip.opens("list_page", "suppliers", sort="-grant")) == names(
        trip.opens("list_page", "suppliers")
    )


def test_a_long_list_has_pages(trip: Trip) -> None:
    first = trip.opens("list_page", "categories")
    second = trip.opens("list_page", "categories", page=2)
    assert (len(names(first)), len(names(second))) == (50, 4)
    assert "1–50 of 54" in text(first)
    assert "51–54 of 54" in text(second)


def test_hiding_an_entry_keeps_it_and_says_who_did_it(trip: Trip) -> None:
    entry = category(trip, "Bad Debt")
    answer = hides(trip, entry, back="?q=bad")
    assert answer["Location"] == trip.address("list_page", "categories") + "?q=bad"
    assert not category(trip, "Bad Debt").visible
    assert 'aria-checked="false"' in text(trip.follows(answer["Location"]))
    with acting_in(trip.business.pk):
        said = AuditEntry.objects.for_business(trip.business).get(action="entry.hidden")
        assert said.subject_name == "Bad Debt"


def test_with_htmx_only_the_switch_comes_back(trip: Trip) -> None:
    entry = category(trip, "Bad Debt")
    answer = trip.client.post(
        trip.address("entry_visible", "categories", entry.pk),
        {"visible": "0"},
        headers={"HX-Request": "true"},
    )
    assert answer.content.decode().startswith('<form class="visible"')
    assert 'aria-checked="false"' in answer.content.decode()


def test_hidden_stays_hidden_after_a_refresh(trip: Trip) -> None:
    hides(trip, category(trip, "Bad Debt"))
    connection = trip.connection
    assert connection is not None
    trip.posts("connection_refresh", connection.pk)
    tasks.refresh_lists(trip.business.pk, connection.pk)
    assert not category(trip, "Bad Debt").visible


def test_an_entry_that_left_zoho_is_marked(trip: Trip) -> None:
    with acting_in(trip.business.pk):
        rows = Contact.objects.for_business(trip.business)
        rows.filter(name="Acme Paper Ltd").update(removed_at="2025-01-01T00:00Z")
    page = text(trip.opens("list_page", "suppliers", q="Acme Paper"))
    assert "no longer in Zoho" in page


def test_an_entry_of_another_list_or_business_is_not_found(
    trip: Trip, travels: Travels, charlie: User, garage: Business, zoho: Zoho
) -> None:
    entry = category(trip, "Bad Debt")
    with acting_in(trip.business.pk):  # Each table counts for itself.
        Contact.objects.for_business(trip.business).filter(pk=entry.pk).delete()
    assert trip.posts("entry_visible", "suppliers", entry.pk).status_code == 404
    stranger = travels(charlie, garage)
    stranger.has_connected("Garage Charlie Ltd", "charlie@garage.example")
    assert hides(stranger, entry).status_code == 404
    assert category(trip, "Bad Debt").visible


@pytest.mark.parametrize("kind", ["tax-exemptions", "bills", "nonsense"])
def test_a_list_that_is_not_offered_is_not_found(kind: str, trip: Trip) -> None:
    assert trip.opens("list_page", kind).status_code == 404


@pytest.mark.parametrize(
    "kind",
    ["tax-rates", "currencies", "bank-accounts", "projects", "products", "locations"],
)
def test_every_list_has_its_page(kind: str, trip: Trip) -> None:
    assert trip.opens("list_page", kind).status_code == 200
