"""My Zoho permissions: each person's own page."""

import pytest
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.urls import reverse

from connections import tasks
from connections.models import Connection, ConnectionEvent, Grant
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.tenancy import acting_in
from tests.conftest import Browse
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip, text
from tests.factories import PASSWORD
from tests.publishing.factories import make_lists, ready_item
from tests.publishing.steps import begun, now, work
from tests.publishing.zoho import BAKERY, Zoho

ANNA = "anna@ledgerly.example"
GARAGE = "Garage Charlie Ltd"
MINE = reverse("zoho_permissions")


@pytest.fixture
def both(travels: Travels, anna: User, bakery: Business, garage: Business) -> Trip:
    """Anna has connected the bakery and the garage, as one Zoho user."""
    travels(anna, garage).has_connected(GARAGE, ANNA)
    trip = travels(anna, bakery)
    trip.has_connected(BAKERY, ANNA)
    return trip


def page_of(trip: Trip) -> str:
    answer = trip.client.get(MINE)
    assert isinstance(answer, HttpResponse)
    return text(answer)


def withdraws(trip: Trip) -> HttpResponse:
    trip.client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    grant = Grant.objects.get(person=trip.person, withdrawn_at=None)
    answer = trip.client.post(reverse("zoho_permission_withdraw", args=[grant.pk]))
    assert isinstance(answer, HttpResponse)
    return answer


def tell(*businesses: Business) -> None:
    """What the workers do."""
    for business in businesses:
        tasks.tell_broken(business.pk, connection_of(business).pk)


def connection_of(business: Business) -> Connection:
    with acting_in(business.pk):
        rows = Connection.objects.for_business(business)
        return rows.select_related("grant", "business").get()


def test_a_person_sees_what_their_permission_carries(both: Trip) -> None:
    page = page_of(both)
    assert "My Zoho permissions" in page
    assert ANNA in page
    assert "Anna Ledger" in page
    assert f'Harbour Bakery</a> <span class="muted">· {BAKERY}' in page
    assert f'Garage Charlie</a> <span class="muted">· {GARAGE}' in page


def test_of_a_business_they_left_only_that_there_is_one(
    both: Trip, anna: User, garage: Business
) -> None:
    with acting_in(garage.pk):
        Membership.objects.for_business(garage).filter(user=anna).delete()
    page = page_of(both)
    assert "1 business you do not belong to any more" in page
    assert "Garage" not in page


def test_10_16_nobody_sees_or_withdraws_the_permission_of_somebody_else(
    both: Trip, browse: Browse, alice: User
) -> None:
    grant = Grant.objects.get()
    client = browse(alice)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    address = reverse("zoho_permission_withdraw", args=[grant.pk])
    assert ANNA not in text(client.get(MINE))  # type: ignore[arg-type]
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
    assert Grant.objects.get() == grant
    assert Grant.objects.get().withdrawn_at is None


def test_withdrawing_asks_first_and_for_the_password(both: Trip) -> None:
    grant = Grant.objects.get()
    address = reverse("zoho_permission_withdraw", args=[grant.pk])
    asked = both.client.get(address)
    assert isinstance(asked, HttpResponse)
    assert "Withdraw this permission?" in text(asked)
    assert BAKERY in text(asked)
    answer = both.client.post(address)
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert Grant.objects.get().withdrawn_at is None


@pytest.mark.usefixtures("committed_db")
def test_withdrawn_it_is_revoked_and_every_connection_says_so_with_one_mail(
    both: Trip,
    bakery: Business,
    garage: Business,
    zoho: Zoho,
    mailoutbox: list[EmailMessage],
) -> None:
    refresh_token = Grant.objects.get().refresh_token
    del mailoutbox[:]
    answer = withdraws(both)
    for _twice in range(2):
        tell(bakery, garage)

    assert answer["Location"] == MINE
    page = page_of(both)
    assert "The permission is withdrawn. 2 connections need reconnecting." in page
    assert "No permission given" in page
    assert refresh_token not in zoho.standin.tokens["eu"].refresh_tokens
    for business in (bakery, garage):
        found = connection_of(business)
        assert (found.state, found.needs_reason) == ("needs_reconnecting", "withdrawn")
        with acting_in(business.pk):
            kinds = ConnectionEvent.unscoped.values_list("kind", flat=True)
            assert list(kinds) == ["connected", "broken"]
    needs = [letter for letter in mailoutbox if "needs reconnecting" in letter.subject]
    assert sorted(letter.to[0] for letter in needs) == [
        "alice@example.com",
        "anna@example.com",
        "anna@example.com",
        "charlie@example.com",
    ]


def test_a_new_permission_mends_the_business_it_is_given_for_and_no_other(
    both: Trip, bakery: Business, garage: Business
) -> None:
    withdraws(both)
    tell(bakery, garage)
    both.connects(BAKERY, ANNA)
    tasks.mend_connection(garage.pk, connection_of(garage).pk)
    assert connection_of(bakery).state == Connection.State.CONNECTED
    assert connection_of(garage).state == Connection.State.NEEDS_RECONNECTING
    assert connection_of(bakery).grant_id != connection_of(garage).grant_id


def test_a_permission_that_nothing_uses_is_gone_at_once(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    trip.has_connected(BAKERY)
    with acting_in(bakery.pk):
        Connection.unscoped.update(grant=None, state="disconnected")
    assert "Nothing at the moment" in page_of(trip)
    withdraws(trip)
    assert not Grant.objects.exists()


def test_what_is_uncertain_waits_for_the_connection(
    both: Trip, bakery: Business, garage: Business, bob: User
) -> None:
    make_lists(connection_of(bakery))
    publication = begun(ready_item(bakery, bob), bob)
    with acting_in(bakery.pk):
        publication.steps.update(state="uncertain")
    withdraws(both)
    tell(bakery, garage)
    work(publication)
    assert now(publication).finished_at is None
    assert now(publication).waiting_reason == "connection"
