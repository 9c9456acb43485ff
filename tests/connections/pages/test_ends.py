"""How a trip to Zoho can end: each end says what happened and offers one way on."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import responses
from pytest_django.fixtures import Settings

from connections import consents
from connections.models import Connection, Consent, Grant
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.conftest import Browse
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip, text
from tests.publishing.zoho import ALICE, BAKERY, Zoho

NOTHING_CHANGED = "Nothing was lost, and nothing of this business has changed."


def says(page: str, title: str) -> bool:
    """The page has this heading, reassures, and has its one primary button."""
    return (
        title in page and NOTHING_CHANGED in page and page.count("button--primary") == 1
    )


def changed(address: str, **values: str) -> str:
    """The callback's address as somebody forged it."""
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query)), **values}
    return f"{parts.path}?{urlencode(query)}"


def query_of(answer: Any) -> str:
    """What is left in the browser's address."""
    return str(answer.request["QUERY_STRING"])


def exchanges(zoho: Zoho) -> int:
    return len(zoho.calls("POST", "/oauth/authorization_code"))


def test_reject(travels: Travels, alice: User, bakery: Business) -> None:
    trip = travels(alice, bakery)
    page = text(trip.follows(trip.answers(trip.sets_out(), accept=False)))
    assert says(page, "The permission was not given")
    assert trip.connection is None


def test_an_end_looks_the_same_after_a_reload(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    trip.follows(trip.answers(trip.sets_out(), accept=False))
    page = text(trip.opens("connection_ended", trip.consent.pk))
    assert says(page, "The permission was not given")


def test_another_error_of_zoho(travels: Travels, alice: User, bakery: Business) -> None:
    trip = travels(alice, bakery)
    back = changed(trip.answers(trip.sets_out(), accept=False), error="general_error")
    assert says(text(trip.follows(back)), "Zoho ended the sign-in")


def test_an_answer_without_a_code(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = changed(trip.answers(trip.sets_out()), code="")
    assert says(text(trip.follows(back)), "Zoho ended the sign-in")
    assert exchanges(zoho) == 0


def test_a_code_that_zoho_does_not_take(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    back = changed(trip.answers(trip.sets_out()), code="1000.made.up")
    assert says(text(trip.follows(back)), "Zoho did not accept its own answer")
    assert trip.consent.refresh_token == ""


def test_a_state_that_nobody_set_out_with(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = changed(trip.answers(trip.sets_out()), state="made-up")
    answer = trip.follows(back)
    assert answer.status_code == 400
    assert "This answer was not expected" in text(answer)
    assert "It was not used." in text(answer)
    assert query_of(answer) == ""
    assert trip.consent.answered_at is None
    assert exchanges(zoho) == 0


def test_a_state_works_once(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    trip.follows(back)
    page = text(trip.follows(back))
    assert says(page, "Zoho&#x27;s answer was taken in already")
    assert trip.address("connection_organisation", trip.consent.pk) in page
    assert exchanges(zoho) == 1


def test_a_state_that_comes_back_too_late(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    with acting_in(bakery.pk):
        late = trip.consent.started_at - consents.CONSENT_LIFE
        Consent.objects.for_business(bakery).update(started_at=late)
    assert says(text(trip.follows(back)), "This permission is no longer waiting")
    assert exchanges(zoho) == 0


def test_another_person_cannot_bring_the_answer(
    travels: Travels, alice: User, anna: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    answer = travels(anna, bakery).follows(back)
    assert answer.status_code == 400
    assert "This answer was not expected" in text(answer)
    assert exchanges(zoho) == 0


def test_another_session_of_the_same_person_cannot_bring_it_either(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    back = (first := travels(alice, bakery)).answers(first.sets_out())
    answer = travels(alice, bakery).follows(back)
    assert answer.status_code == 400
    assert exchanges(zoho) == 0


@pytest.mark.parametrize(
    "page", ["connection_organisation", "connection_finish", "connection_ended"]
)
def test_a_consent_is_used_by_nobody_else_and_in_no_other_session(
    page: str, travels: Travels, alice: User, anna: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    consent = trip.gives_permission()
    trip.chooses(BAKERY)
    for other in (travels(anna, bakery), travels(alice, bakery)):
        answer = other.opens(page, consent.pk)
        assert answer.status_code == 404
        assert "This permission belongs to another session" in text(answer)
        assert BAKERY not in text(answer)
        other.posts("connection_finish", consent.pk)
    assert trip.connection is None


def test_signed_out_while_at_zoho(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    trip.client.logout()
    answer = trip.follows(back)
    page = text(answer)
    assert "You were signed out" in page
    assert query_of(answer) == ""
    assert "Nothing was lost, and nothing has changed." in page
    assert "code=" not in page
    assert exchanges(zoho) == 0


def test_no_longer_an_admin_when_coming_back(
    travels: Travels, anna: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(anna, bakery)
    back = trip.answers(trip.sets_out())
    with acting_in(bakery.pk):
        bakery.memberships.filter(user=anna).update(role="standard")
    assert trip.follows(back).status_code == 403
    assert exchanges(zoho) == 0


def test_a_zoho_user_without_an_organisation(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out(), "nobody@empty.example")
    assert says(text(trip.follows(back)), "No organisation in Zoho Books")
    assert trip.consent.refresh_token == ""


@pytest.mark.parametrize("fault", ["token_html_502", "token_throttled", "token_lost"])
def test_zoho_is_away_when_the_code_is_exchanged(
    fault: str, travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    zoho.fails(fault)
    assert says(text(trip.follows(back)), "Zoho is away for a moment")


def test_zoho_is_away_when_the_organisations_are_read(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    zoho.fails("html_502", path="/organizations")
    assert says(text(trip.follows(back)), "Zoho is away for a moment")
    assert not consents.is_open(trip.consent)


def test_a_right_is_missing_to_read_the_organisations(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    zoho.fails("forbidden", path="/organizations")
    assert says(text(trip.follows(back)), "The organisations could not be read")


def test_our_secret_is_wrong(
    travels: Travels, alice: User, bakery: Business, settings: Settings
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    settings.ZOHO_CLIENT_SECRET = "not-it"
    page = text(trip.follows(back))
    assert says(page, "This installation is not set up for Zoho")
    assert "not-it" not in page


def test_without_a_client_nobody_is_sent_to_zoho(
    travels: Travels, alice: User, bakery: Business, settings: Settings
) -> None:
    settings.ZOHO_CLIENT_ID = ""
    answer = travels(alice, bakery).posts("connection_start", region="eu")
    assert answer.status_code == 503
    assert says(text(answer), "This installation is not set up for Zoho")


@pytest.mark.parametrize(
    "forged",
    [
        {"accounts-server": "https://accounts.zoho.eu.evil.example"},
        {"accounts-server": "http://169.254.169.254"},
        {"accounts-server": "https://accounts.evil.example", "location": "eu"},
        {"location": "xx"},
        {"location": "us"},
    ],
)
def test_only_hosts_of_the_table_are_believed(
    forged: dict[str, str],
    travels: Travels,
    alice: User,
    bakery: Business,
    zoho: Zoho,
) -> None:
    trip = travels(alice, bakery)
    back = changed(trip.answers(trip.sets_out()), **forged)
    with responses.RequestsMock() as web:
        page = text(trip.follows(back))
        assert len(web.calls) == 0
    assert says(page, "This data centre is not known here")
    assert exchanges(zoho) == 0


def test_a_region_that_is_not_in_the_table_is_refused_here(
    travels: Travels, alice: User, bakery: Business
) -> None:
    answer = travels(alice, bakery).posts("connection_start", region="evil")
    assert answer.status_code == 422
    assert "Select a valid choice" in text(answer)


def test_given_up_permissions_are_given_back(
    committed_db: None, travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    trip.gives_permission()
    refresh_token = trip.consent.refresh_token
    assert refresh_token in zoho.standin.tokens["eu"].refresh_tokens
    with acting_in(bakery.pk):
        consents.end_consent(trip.consent)
    assert refresh_token not in zoho.standin.tokens["eu"].refresh_tokens
    assert trip.consent.refresh_token == ""
    page = text(trip.opens("connection_ended", trip.consent.pk))
    assert says(page, "This permission is no longer waiting")


def test_no_secret_shows_anywhere(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    back = trip.answers(trip.sets_out())
    page = text(trip.follows(back))
    consent = trip.consent
    summary = text(trip.chooses(BAKERY))
    state = dict(parse_qsl(urlsplit(back).query))["state"]
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    told = " ".join((page, summary, repr(consent), repr(dict(trip.client.session))))
    for secret in (consent.refresh_token, consent.access_token, state, code):
        assert secret
        assert secret not in told
    trip.finishes()
    assert Grant.objects.get().refresh_token == consent.refresh_token
    assert trip.consent.refresh_token == trip.consent.access_token == ""
    assert consent.refresh_token not in repr(Grant.objects.get())


def test_standard_users_and_strangers_stay_outside(
    browse: Browse, zoho: Zoho, bob: User, charlie: User, bakery: Business
) -> None:
    for person, status in ((bob, 403), (charlie, 404)):
        trip = Trip(browse(person), person, bakery, zoho)
        for page in ("connections", "connection_choose", "connection_steps"):
            assert trip.opens(page).status_code == status
        assert trip.posts("connection_start", region="eu").status_code == status
    with acting_in(bakery.pk):
        assert not Consent.objects.for_business(bakery).exists()
        assert not Connection.objects.for_business(bakery).exists()


def test_alice_signs_in_at_zoho_as_whom_she_likes_and_is_told_as_whom(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    page = text(trip.follows(trip.answers(trip.sets_out(), ALICE)))
    assert f"Signed in at Zoho as {ALICE}." in page
