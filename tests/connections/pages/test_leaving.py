"""The person who connected leaves: two weeks, a banner, then the end."""

import re
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime

from connections import leaving, tasks
from connections.models import Connection, ConnectionEvent, Grant
from dext_sync.businesses import members
from dext_sync.businesses.models import AuditEntry, Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in, rows_across
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip, text
from tests.factories import PASSWORD, make_member
from tests.publishing.zoho import BAKERY, Zoho

ANNA = "anna@ledgerly.example"
GARAGE = "Garage Charlie Ltd"
LEAVE_CLIENTS = reverse("leave_clients")


@pytest.fixture
def connected(travels: Travels, anna: User, bakery: Business) -> Trip:
    """Anna has connected the bakery."""
    trip = travels(anna, bakery)
    trip.has_connected(BAKERY, ANNA)
    return trip


def removes(business: Business, person: User, *, by: User) -> None:
    with acting_in(business.pk):
        member = Membership.objects.for_business(business).get(user=person)
        assert isinstance(members.remove(member, by=by), members.Done)


def sweep() -> list[tuple[int, int]]:
    """What the timetable finds, and does."""
    found = rows_across("connections_to_mind", 10)
    for business_id, connection_id in found:
        tasks.mind_leaver(business_id, connection_id)
    return found


def two_weeks_pass(connection: Connection) -> None:
    """The database's own clock decides what is due, so the date is put back."""
    with acting_in(connection.business_id):
        Connection.unscoped.update(permission_ends_at=timezone.now())


def now(trip: Trip) -> Connection:
    found = trip.connection
    assert found is not None
    return found


def member_id(business: Business, person: User) -> int:
    with acting_in(business.pk):
        return Membership.objects.for_business(business).get(user=person).pk


def test_the_page_says_so_before_that_person_is_removed(
    connected: Trip, travels: Travels, alice: User, anna: User, bob: User
) -> None:
    trip = travels(alice, connected.business)
    sentence = f"Zoho Books ({BAKERY}) works with the permission that Anna gave"
    page = text(trip.opens("member_remove", member_id(trip.business, anna)))
    assert sentence in page
    assert "works on for 14 days" in page
    other = text(trip.opens("member_remove", member_id(trip.business, bob)))
    assert "works with the permission" not in other


def test_the_page_says_so_before_that_person_leaves(connected: Trip) -> None:
    page = text(connected.opens("business_leave"))
    assert "works with the permission that you gave at Zoho" in page


def test_at_once_a_banner_counts_the_days_for_admins(
    connected: Trip, travels: Travels, alice: User, anna: User, bob: User
) -> None:
    removes(connected.business, anna, by=alice)
    admins = travels(alice, connected.business)
    assert "Zoho Books is connected for 14 more days." in text(admins.opens("members"))
    assert "more days" not in text(
        travels(bob, connected.business).opens("business_home")
    )


def test_the_sweep_begins_the_two_weeks_once(
    connected: Trip, alice: User, anna: User
) -> None:
    assert sweep() == []
    removes(connected.business, anna, by=alice)
    assert sweep() == [(connected.business.pk, now(connected).pk)]
    assert sweep() == []
    ends = now(connected).permission_ends_at
    assert ends is not None
    assert timedelta(days=13.9) < ends - timezone.now() < timedelta(days=14)
    assert now(connected).state == Connection.State.CONNECTED
    with acting_in(connected.business.pk):
        said = AuditEntry.unscoped.get(action="connection.giver_left").data["until"]
    assert said == f"{localtime(ends, connected.business.zone):%-d %B %Y}"


def test_whoever_comes_back_calls_it_off(
    connected: Trip, travels: Travels, alice: User, anna: User
) -> None:
    removes(connected.business, anna, by=anna)
    sweep()
    make_member(connected.business, anna, Role.ADMIN)
    sweep()
    assert now(connected).permission_ends_at is None
    page = text(travels(alice, connected.business).opens("members"))
    assert "more days" not in page


def test_whoever_leaves_all_clients_is_told_which_work_with_her_permission(
    connected: Trip, travels: Travels, anna: User, garage: Business
) -> None:
    page = text(connected.follows(LEAVE_CLIENTS))
    as_shown = re.findall(r'name="client" value="(\d+)"', page)
    assert f"· Zoho Books ({BAKERY}) works with your permission" in page
    assert "it works on for 14 days" in page
    assert "Garage Charlie</li>" in page

    travels(anna, garage).has_connected(GARAGE, ANNA)
    connected.client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    connected.client.post(LEAVE_CLIENTS, {"client": as_shown})

    assert len(sweep()) == 2
    for business in (connected.business, garage):
        there = now(travels(anna, business))
        assert there.state == Connection.State.CONNECTED
        assert there.permission_ends_at is not None


@pytest.mark.usefixtures("committed_db")
def test_after_two_weeks_it_stops_with_one_mail_and_gives_the_permission_back(
    connected: Trip,
    alice: User,
    anna: User,
    zoho: Zoho,
    mailoutbox: list[EmailMessage],
) -> None:
    refresh_token = Grant.objects.get().refresh_token
    removes(connected.business, anna, by=alice)
    sweep()
    two_weeks_pass(now(connected))
    del mailoutbox[:]
    sweep()
    sweep()

    ended = now(connected)
    assert ended.state == Connection.State.NEEDS_RECONNECTING
    assert ended.needs_reason == "giver_left"
    assert ended.grant is None
    assert not Grant.objects.exists()
    assert refresh_token not in zoho.standin.tokens["eu"].refresh_tokens
    assert [letter.to for letter in mailoutbox] == [["alice@example.com"]]
    assert "has left this business" in str(mailoutbox[0].body)
    with acting_in(connected.business.pk):
        kinds = ConnectionEvent.unscoped.values_list("kind", flat=True)
        assert list(kinds) == ["connected", "broken"]


@pytest.mark.usefixtures("committed_db")
def test_a_permission_that_another_business_uses_is_kept(
    connected: Trip,
    travels: Travels,
    alice: User,
    anna: User,
    garage: Business,
    zoho: Zoho,
) -> None:
    other = travels(anna, garage).has_connected(GARAGE, ANNA)
    removes(connected.business, anna, by=alice)
    sweep()
    two_weeks_pass(now(connected))
    sweep()
    grant = Grant.objects.get()
    assert grant == other.grant
    assert grant.refresh_token in zoho.standin.tokens["eu"].refresh_tokens
    assert now(travels(anna, garage)).state == Connection.State.CONNECTED


def test_an_admin_who_reconnects_ends_it(
    connected: Trip, travels: Travels, alice: User, anna: User
) -> None:
    removes(connected.business, anna, by=alice)
    sweep()
    trip = travels(alice, connected.business)
    trip.connects(BAKERY)
    assert now(trip).permission_ends_at is None
    assert now(trip).connected_by == alice
    assert "more days" not in text(trip.opens("members"))
    assert sweep() == []


def test_nor_does_a_worker_end_what_was_taken_over_while_it_looked(
    connected: Trip, travels: Travels, alice: User, anna: User
) -> None:
    """Alice signs in to Zoho as Anna did: the permission is the same one, renewed."""
    removes(connected.business, anna, by=alice)
    sweep()
    two_weeks_pass(now(connected))
    as_it_was = now(connected)
    trip = travels(alice, connected.business)
    trip.connects(BAKERY, ANNA)
    assert now(trip).grant == as_it_was.grant

    with acting_in(trip.business.pk):
        leaving.mind(as_it_was)

    assert now(trip).state == Connection.State.CONNECTED
    with acting_in(trip.business.pk):
        assert not ConnectionEvent.unscoped.filter(kind="broken").exists()


def handed_on(trip: Trip) -> list[tuple[str, object]]:
    """Who took it over, from whom, as Activity has it."""
    with acting_in(trip.business.pk):
        said = AuditEntry.unscoped.filter(action="connection.handed_on")
        return [(each.actor_name, each.data["giver"]) for each in said]


def test_the_banner_leads_an_admin_to_take_it_over(
    connected: Trip, travels: Travels, alice: User, anna: User
) -> None:
    removes(connected.business, anna, by=alice)
    trip = travels(alice, connected.business)
    page = text(trip.opens("costs_inbox"))
    assert "somebody else has to take it over before then" in page
    address = trip.address("connection_steps")
    assert f'href="{address}">Take the connection over</a>' in page
    asked = text(trip.follows(address))
    assert "It works with the permission of Anna." in asked
    trip.gives_permission()
    assert "no longer with that of Anna" in text(trip.chooses(BAKERY))
    trip.finishes()
    assert now(trip).connected_by == alice
    assert handed_on(trip) == [("Alice", "Anna")]
    assert "Take the connection over" not in text(trip.opens("costs_inbox"))


def test_from_the_page_that_removes_her_it_is_taken_over_first(
    connected: Trip, travels: Travels, alice: User, anna: User
) -> None:
    trip = travels(alice, connected.business)
    remove = ("member_remove", member_id(trip.business, anna))
    page = text(trip.opens(*remove))
    address = trip.address("connection_steps")
    assert f'href="{address}">Take it over first</a>' in page
    trip.connects(BAKERY)
    assert "Take it over first" not in text(trip.opens(*remove))
    trip.posts(*remove)
    assert sweep() == []
    assert now(trip).permission_ends_at is None
    assert "Take the connection over" not in text(trip.opens("costs_inbox"))
    activity = text(trip.opens("activity"))
    assert "over from Anna: it works with their own permission now" in activity


def test_whoever_leaves_by_herself_is_not_asked_to_take_it_over(
    connected: Trip, anna: User
) -> None:
    page = text(connected.opens("member_remove", member_id(connected.business, anna)))
    assert "works on for 14 days" in page
    assert "Take it over first" not in page


def test_whoever_reconnects_her_own_takes_nothing_over(connected: Trip) -> None:
    asked = text(connected.follows(connected.address("connection_steps")))
    assert "works with the permission of" not in asked
    connected.connects(BAKERY, ANNA)
    assert handed_on(connected) == []


def test_an_account_that_is_gone_counts_as_left(connected: Trip) -> None:
    with acting_in(connected.business.pk):
        Connection.unscoped.update(connected_by=None)
    sweep()
    assert now(connected).permission_ends_at is not None


def test_an_account_that_is_switched_off_counts_as_left(
    connected: Trip, anna: User
) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    sweep()
    assert now(connected).permission_ends_at is not None


# A permission that is dead already


def breaks(*trips: Trip) -> None:
    Grant.objects.update(died_at=timezone.now())
    for trip in trips:
        tasks.tell_broken(trip.business.pk, now(trip).pk)
        assert now(trip).state == Connection.State.NEEDS_RECONNECTING


def mended() -> list[tuple[int, int]]:
    found = rows_across("connections_to_mend", 10)
    for business_id, connection_id in found:
        tasks.mend_connection(business_id, connection_id)
    return found


def test_whoever_left_revives_nothing_there_by_a_consent_elsewhere(
    connected: Trip, travels: Travels, alice: User, anna: User, garage: Business
) -> None:
    other = travels(anna, garage)
    other.has_connected(GARAGE, ANNA)
    breaks(connected, other)
    removes(connected.business, anna, by=alice)
    other.connects(GARAGE, ANNA)
    tasks.mend_connection(connected.business.pk, now(connected).pk)
    assert mended() == []
    assert now(other).state == Connection.State.CONNECTED
    assert now(connected).state == Connection.State.NEEDS_RECONNECTING


def test_whoever_is_here_still_mends_it_by_a_consent_elsewhere(
    connected: Trip, travels: Travels, anna: User, garage: Business
) -> None:
    other = travels(anna, garage)
    other.has_connected(GARAGE, ANNA)
    breaks(connected, other)
    other.connects(GARAGE, ANNA)
    assert mended() == [(connected.business.pk, now(connected).pk)]
    assert now(connected).state == Connection.State.CONNECTED


@pytest.mark.usefixtures("committed_db")
def test_two_weeks_later_a_broken_one_gives_the_permission_back_and_says_no_more(
    connected: Trip, alice: User, anna: User, mailoutbox: list[EmailMessage]
) -> None:
    breaks(connected)
    removes(connected.business, anna, by=alice)
    del mailoutbox[:]
    assert sweep() == [(connected.business.pk, now(connected).pk)]
    two_weeks_pass(now(connected))
    assert sweep() == [(connected.business.pk, now(connected).pk)]
    assert sweep() == []

    ended = now(connected)
    assert (ended.state, ended.needs_reason) == ("needs_reconnecting", "giver_left")
    assert (ended.grant, ended.permission_ends_at) == (None, None)
    assert not Grant.objects.exists()
    assert mailoutbox == []
    with acting_in(connected.business.pk):
        said = AuditEntry.unscoped.filter(action="connection.giver_left")
        assert not said.exists()
