"""Reconnect all: one trip for the businesses that share one permission."""

import copy
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from connections import tasks
from connections.models import Connection, ConnectionEvent, Consent, Grant, RefreshRun
from dext_sync.businesses.models import AuditEntry, Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in, rows_across
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip, text
from tests.factories import make_business, make_member
from tests.publishing.zoho import ALICE, BAKERY, Zoho

ANNA = "anna@ledgerly.example"
GARAGE = "Garage Charlie Ltd"
PRACTICE = "Ledgerly Practice"

Trips = tuple[Trip, Trip]


@pytest.fixture
def broken(travels: Travels, anna: User, bakery: Business, garage: Business) -> Trips:
    """Anna has connected both with one permission, and Zoho has ended it."""
    trips = travels(anna, bakery), travels(anna, garage)
    for trip, name in zip(trips, (BAKERY, GARAGE), strict=True):
        trip.has_connected(name, ANNA)
    breaks(*trips)
    return trips


def breaks(*trips: Trip) -> None:
    Grant.objects.update(died_at=timezone.now())
    for trip in trips:
        tasks.tell_broken(trip.business.pk, now(trip).pk)
        assert now(trip).state == Connection.State.NEEDS_RECONNECTING


def now(trip: Trip) -> Connection:
    found = trip.connection
    assert found is not None
    return found


def steps(trip: Trip) -> str:
    return f"/clients/reconnect/{now(trip).grant_id}/"


def gives_permission(trip: Trip, email: str = ANNA) -> str:
    """Out, Accept, and back; the address of the page that comes."""
    answer: Any = trip.client.post(steps(trip), {"region": "eu"})
    assert answer.status_code == 302
    back: Any = trip.client.get(trip.answers(answer["Location"], email))
    return str(back["Location"])


def finishes(client: Client, address: str) -> HttpResponse:
    answer: Any = client.post(address, follow=True)
    page: HttpResponse = answer
    return page


def actions(trip: Trip, action: str) -> list[str]:
    """Who did it, in the business's own Activity."""
    with acting_in(trip.business.pk):
        said = AuditEntry.unscoped.filter(action=action).order_by("at")
        return list(said.values_list("actor_name", flat=True))


def facts(trip: Trip) -> dict[str, Any]:
    return {**now(trip).__dict__, "_state": None}


def test_the_clients_page_offers_it_where_two_share_a_dead_permission(
    broken: Trips,
) -> None:
    page = text(broken[0].follows("/clients/"))
    assert "2 businesses wait for one permission at Zoho." in page
    assert "Garage Charlie, Harbour Bakery." in page
    assert f'href="{steps(broken[0])}"' in page


def test_its_page_names_the_businesses_and_leads_to_zoho(broken: Trips) -> None:
    answer: Any = broken[0].client.get(steps(broken[0]))
    page = text(answer)
    assert f'Harbour Bakery <span class="muted">· {BAKERY}</span>' in page
    assert f'Garage Charlie <span class="muted">· {GARAGE}</span>' in page
    assert "form-action 'self' http://localhost:" in answer["Content-Security-Policy"]


def test_back_from_zoho_it_shows_what_is_reached_and_nothing_has_changed(
    broken: Trips, anna: User
) -> None:
    before = [facts(trip) for trip in broken]
    page = text(broken[0].follows(gives_permission(broken[0])))
    assert f"Signed in at Zoho as {ANNA}." in page
    assert page.count("Will be connected") == 2
    assert BAKERY in page
    assert GARAGE in page
    assert [facts(trip) for trip in broken] == before


def test_one_trip_reconnects_them_all_each_in_its_own_activity(
    broken: Trips, anna: User
) -> None:
    address = gives_permission(broken[0])
    page = text(finishes(broken[0].client, address))
    assert "Connected again: Garage Charlie and Harbour Bakery." in page
    assert "Stays as it was" not in page
    for trip in broken:
        assert now(trip).state == Connection.State.CONNECTED
        assert now(trip).connected_by == anna
        assert actions(trip, "connection.reconnected") == ["Anna"]
        with acting_in(trip.business.pk):
            kinds = ConnectionEvent.unscoped.order_by("pk").values_list("kind")
            assert list(kinds) == [("connected",), ("broken",), ("mended",)]
            assert RefreshRun.unscoped.filter(finished_at=None).count() == 1
    grant = Grant.objects.get()
    assert grant.died_at is None
    assert {now(trip).grant_id for trip in broken} == {grant.pk}


def test_they_set_out_once(broken: Trips) -> None:
    before = [actions(trip, "connection.consent_started") for trip in broken]
    finishes(broken[0].client, gives_permission(broken[0]))
    after = [actions(trip, "connection.consent_started") for trip in broken]
    assert sum(map(len, after)) == sum(map(len, before)) + 1


def test_no_consent_waits_after_finish(committed_db: None, broken: Trips) -> None:
    finishes(broken[0].client, gives_permission(broken[0]))
    for trip in broken:
        with acting_in(trip.business.pk):
            for consent in Consent.unscoped.all():
                assert consent.ended_at is not None
                assert consent.refresh_token == ""
                assert consent.organisations == []
    token = Grant.objects.get().refresh_token
    assert token in broken[0].zoho.standin.tokens["eu"].refresh_tokens


def test_each_business_is_told_of_its_own_organisation_alone(broken: Trips) -> None:
    """What else the permission reaches stays with the consent of the trip."""
    address = gives_permission(broken[0])
    consent = consent_at(broken, address)
    assert [each["name"] for each in consent.organisations] == [
        BAKERY,
        GARAGE,
        PRACTICE,
    ]
    finishes(broken[0].client, address)
    for trip in broken:
        page = text(trip.opens("activity"))
        assert PRACTICE not in page


def consent_at(trips: Trips, address: str) -> Consent:
    number = int(address.rstrip("/").rpartition("/")[2])
    for trip in trips:
        with acting_in(trip.business.pk):
            if found := Consent.unscoped.filter(pk=number).first():
                return found
    raise AssertionError(address)


def test_pressing_finish_again_changes_nothing_more(broken: Trips) -> None:
    address = gives_permission(broken[0])
    finishes(broken[0].client, address)
    before = [facts(trip) for trip in broken]
    answer: Any = broken[0].client.post(address)
    assert (answer.status_code, answer["Location"]) == (302, "/clients/")
    assert [facts(trip) for trip in broken] == before
    assert [actions(trip, "connection.reconnected") for trip in broken] == [
        ["Anna"],
        ["Anna"],
    ]


def test_what_another_zoho_user_does_not_reach_stays_as_it_is(broken: Trips) -> None:
    """Alice's Zoho user belongs to the bakery's organisation alone."""
    ours, theirs = broken
    before = facts(theirs)
    address = gives_permission(ours, ALICE)
    page = text(ours.follows(address))
    assert "The Zoho user who signed in does not belong to this organisation." in page
    said = text(finishes(ours.client, address))
    assert "Connected again: Harbour Bakery." in said
    assert "Stays as it was: Garage Charlie." in said
    assert now(ours).state == Connection.State.CONNECTED
    assert now(ours).grant_id != before["grant_id"]
    assert facts(theirs) == before
    assert actions(theirs, "connection.reconnected") == []


def test_what_the_same_user_has_left_is_not_mended_by_the_living_permission(
    broken: Trips, zoho: Zoho
) -> None:
    ours, theirs = broken
    leaves(zoho, ANNA, GARAGE)
    finishes(ours.client, gives_permission(ours))
    tasks.mend_connection(theirs.business.pk, now(theirs).pk)
    assert rows_across("connections_to_mend", 10) == []
    assert now(ours).state == Connection.State.CONNECTED
    assert now(theirs).state == Connection.State.NEEDS_RECONNECTING
    assert now(theirs).needs_reason == "organisation_refused"
    assert actions(theirs, "connection.needs_reconnecting") == ["", ""]


def leaves(zoho: Zoho, email: str, organisation: str) -> None:
    del zoho.standin.organisation(organisation).members[email]


def test_a_permission_that_reaches_none_of_them_has_no_finish(
    broken: Trips, zoho: Zoho
) -> None:
    leaves(zoho, ANNA, GARAGE)
    leaves(zoho, ANNA, BAKERY)
    before = [facts(trip) for trip in broken]
    address = gives_permission(broken[0])
    assert "This permission reaches none of them." in text(broken[0].follows(address))
    finishes(broken[0].client, address)
    assert [facts(trip) for trip in broken] == before


def test_a_withdrawn_permission_is_replaced_for_all(broken: Trips) -> None:
    """Without its ZUID no consent renews the old row: each gets the new one."""
    Grant.objects.update(zuid="", refresh_token="", withdrawn_at=timezone.now())
    for trip in broken:
        with acting_in(trip.business.pk):
            Connection.unscoped.update(needs_reason=Connection.Broken.WITHDRAWN)
    finishes(broken[0].client, gives_permission(broken[0]))
    assert [now(trip).state for trip in broken] == ["connected", "connected"]
    assert {now(trip).grant_id for trip in broken} == {Grant.objects.get().pk}


def test_a_permission_that_cannot_be_shared_reconnects_none_of_them(
    broken: Trips,
) -> None:
    before = [facts(trip) for trip in broken]
    address = gives_permission(broken[0])
    consent = consent_at(broken, address)
    with acting_in(consent.business_id):
        Consent.unscoped.filter(pk=consent.pk).update(zuid="")
    page = text(finishes(broken[0].client, address))
    assert "This permission cannot be shared" in page
    assert [facts(trip) for trip in broken] == before


def test_fewer_rights_than_the_shared_permission_has_reconnect_none_of_them(
    broken: Trips,
) -> None:
    Grant.objects.update(scopes="ZohoBooks.fullaccess.all")
    before = [facts(trip) for trip in broken]
    finishes(broken[0].client, gives_permission(broken[0]))
    assert [facts(trip) for trip in broken] == before


def test_refused_at_zoho_it_says_so_and_leads_back(broken: Trips) -> None:
    answer: Any = broken[0].client.post(steps(broken[0]), {"region": "eu"})
    address = broken[0].answers(answer["Location"], ANNA, accept=False)
    page = text(broken[0].follows(address))
    assert "The permission was not given" in page
    assert "nothing of your businesses has changed" in page
    assert 'href="/clients/">Back to Clients</a>' in page


def test_a_business_that_broke_otherwise_is_not_among_them(
    broken: Trips, travels: Travels
) -> None:
    with acting_in(broken[1].business.pk):
        Connection.unscoped.update(needs_reason=Connection.Broken.ORGANISATION_REFUSED)
    assert broken[0].client.get(steps(broken[0])).status_code == 404
    assert "Reconnect all" not in text(broken[0].follows("/clients/"))


# Attackers


def test_whoever_manages_one_of_them_has_no_such_trip(
    broken: Trips, travels: Travels, alice: User, charlie: User
) -> None:
    """Alice learns nothing of the garage, and sets out for nobody."""
    trip = travels(alice, broken[0].business)
    make_business("Her Own", owner=alice)
    answers = [trip.client.get(steps(broken[0])), trip.client.post(steps(broken[0]))]
    assert [each.status_code for each in answers] == [404, 404]
    assert GARAGE not in text(trip.follows("/clients/"))


def test_a_standard_user_of_both_has_no_such_trip(
    broken: Trips, travels: Travels, bob: User
) -> None:
    make_member(broken[1].business, bob)
    trip = travels(bob, broken[0].business)
    assert trip.client.get(steps(broken[0])).status_code == 404
    assert "Reconnect all" not in text(trip.follows("/clients/"))


def test_nobody_finishes_the_trip_of_another_person_or_session(
    broken: Trips, travels: Travels, alice: User, anna: User
) -> None:
    before = [facts(trip) for trip in broken]
    address = gives_permission(broken[0])
    make_member(broken[1].business, alice, Role.ADMIN)
    for person in (alice, anna):
        other = travels(person, broken[0].business).client
        assert other.get(address).status_code == 404
        assert other.post(address).status_code == 404
    assert [facts(trip) for trip in broken] == before


def test_what_she_manages_no_longer_is_not_reconnected(broken: Trips) -> None:
    """The consent waits in the garage, which comes first by name."""
    ours, theirs = broken
    address = gives_permission(ours)
    before = facts(ours)
    with acting_in(ours.business.pk):
        Membership.unscoped.filter(user=ours.person).update(role=Role.STANDARD)
    finishes(ours.client, address)
    assert facts(ours) == before
    assert now(theirs).state == Connection.State.CONNECTED


def test_a_consent_of_a_usual_trip_is_none_of_these(broken: Trips) -> None:
    consent = broken[0].gives_permission(email=ANNA)
    answer = broken[0].client.post(f"/clients/reconnect/back/{consent.pk}/")
    assert answer.status_code == 404
    assert now(broken[0]).state == Connection.State.NEEDS_RECONNECTING


def test_a_third_business_on_the_permission_is_reconnected_too(
    broken: Trips, travels: Travels, anna: User, zoho: Zoho
) -> None:
    trip = connects_third(broken, travels, anna, owner=anna, zoho=zoho)
    page = text(finishes(broken[0].client, gives_permission(broken[0])))
    assert "Connected again: Garage Charlie, Harbour Bakery and Third." in page
    assert actions(trip, "connection.reconnected") == ["Anna"]


def test_where_she_manages_no_more_the_living_permission_mends_as_ever(
    broken: Trips, travels: Travels, alice: User, anna: User, zoho: Zoho
) -> None:
    trip = connects_third(broken, travels, anna, owner=alice, zoho=zoho)
    with acting_in(trip.business.pk):
        Membership.unscoped.filter(user=anna).update(role=Role.STANDARD)
    address = gives_permission(broken[0])
    assert "Third Ltd" not in text(broken[0].follows(address))
    finishes(broken[0].client, address)
    assert rows_across("connections_to_mend", 10) == [(trip.business.pk, now(trip).pk)]
    tasks.mend_connection(trip.business.pk, now(trip).pk)
    assert now(trip).state == Connection.State.CONNECTED
    assert actions(trip, "connection.reconnected") == [""]


def connects_third(
    broken: Trips, travels: Travels, anna: User, *, owner: User, zoho: Zoho
) -> Trip:
    """Anna has connected it with the same permission."""
    books = copy.deepcopy(zoho.organisation)
    books.organisation_id = "20081239999"
    books.profile |= {"name": "Third Ltd", "organization_id": books.organisation_id}
    zoho.standin.world.organisations[books.organisation_id] = books
    third = make_business("Third", owner=owner)
    if owner != anna:
        make_member(third, anna, Role.ACCOUNTANT)
    trip = travels(anna, third)
    Grant.objects.update(died_at=None)
    trip.has_connected("Third Ltd", ANNA)
    breaks(*broken, trip)
    return trip
