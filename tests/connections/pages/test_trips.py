"""Trips to Zoho that take odd ways: two tabs, other data centres, never finished."""

from datetime import timedelta

import pytest
from django.utils import timezone

from connections import tasks
from connections.models import Connection, Consent, Grant
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from tests.connections.pages.conftest import Travels
from tests.connections.trips import text
from tests.publishing.zoho import BAKERY, Zoho

ANNA = "anna@ledgerly.example"
SAM = "sam@sunnyside.example"


def consents_of(business: Business) -> list[Consent]:
    with acting_in(business.pk):
        return list(Consent.objects.for_business(business).order_by("pk"))


def sweep() -> None:
    """What the timetable finds, and does."""
    before = timezone.now() - tasks.CONSENT_LIFE
    for business_id, consent_id in rows_across("consents_to_end", before):
        tasks.end_consent(business_id, consent_id)


def test_two_tabs_each_bring_back_their_own_answer(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    first, second = (trip.answers(trip.sets_out()) for _tab in range(2))
    trip.follows(second)
    trip.follows(first)
    assert [each.problem for each in consents_of(bakery)] == ["", ""]
    for _tab in range(2):
        trip.chooses(BAKERY)
        trip.finishes()
    assert trip.connection is not None
    assert trip.connection.state == Connection.State.CONNECTED
    assert Grant.objects.count() == 1


def test_what_another_tab_chose_is_not_finished_unseen(
    travels: Travels, anna: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(anna, bakery)
    trip.gives_permission(email=ANNA)
    trip.chooses(BAKERY)
    shown = zoho.organisation.organisation_id
    trip.chooses("Garage Charlie Ltd")
    answer = trip.posts("connection_finish", trip.consent.pk, organisation=shown)
    assert "Another organisation was chosen meanwhile." in text(answer)
    assert "Connect Garage Charlie Ltd" in text(answer)
    assert trip.connection is None


@pytest.mark.usefixtures("committed_db")
def test_a_permission_that_is_never_finished_is_given_back_within_the_hour(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    token = trip.gives_permission().refresh_token
    sweep()
    assert token in zoho.standin.tokens["eu"].refresh_tokens

    with acting_in(bakery.pk):
        late = timezone.now() - timedelta(minutes=50)
        Consent.objects.for_business(bakery).update(started_at=late)
    sweep()
    assert token not in zoho.standin.tokens["eu"].refresh_tokens
    assert trip.consent.refresh_token == ""
    assert trip.consent.ended_at is not None


def test_a_user_of_another_data_centre_is_connected_there(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    trip.gives_permission("eu", SAM)
    trip.chooses("Sunnyside Diner Inc")
    trip.finishes()
    assert trip.connection is not None
    assert trip.connection.region == "us"
    assert trip.connection.grant is not None
    token = trip.connection.grant.refresh_token
    assert token in zoho.standin.tokens["us"].refresh_tokens


def test_where_our_client_is_not_switched_on_the_page_says_so(
    travels: Travels, alice: User, anna: User, bakery: Business, garage: Business
) -> None:
    other = travels(anna, garage)
    other.has_connected("Garage Charlie Ltd", ANNA)
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    trip.zoho.standin.change("client", centre="eu", enabled=False)
    page = text(trip.follows(back))
    assert "Your Zoho data centre is not switched on here" in page
    assert "Multi-DC" in page
    assert trip.consent.problem == "not_enabled_there"
    assert other.connection is not None
    assert other.connection.state == Connection.State.CONNECTED
    assert other.connection.grant is not None
    assert other.connection.grant.died_at is None


def test_whoever_lacks_the_two_factor_that_is_required_brings_nothing_in(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    with acting_in(bakery.pk):
        Business.objects.filter(pk=bakery.pk).update(requires_two_factor=True)

    page = trip.follows(back)

    assert "Harbour Bakery requires two-factor sign-in" in text(page)
    assert trip.consent.refresh_token == ""
