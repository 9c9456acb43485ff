"""Every data centre's exchange with recorded answers; what two at once may not do."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from django.db import IntegrityError
from pytest_django.fixtures import Settings

from connections import consents, wizard
from connections.consents import Answer, StateUnknown, StateUsed
from connections.models import Connection, Consent, Grant
from connections.wizard import Finished, Over
from connections.zoho.regions import REGIONS, Region
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in

SESSION = "a session's key"
ORGANISATION = {
    "organization_id": "10234695",
    "name": "Zylker",
    "country": "India",
    "country_code": "IN",
    "currency_code": "INR",
    "time_zone": "Asia/Calcutta",
    "price_precision": 2,
    "plan_name": "TRIAL",
    "version": "india",
    "is_org_active": True,
}


@pytest.fixture(autouse=True)
def client_at_zoho(settings: Settings) -> None:
    settings.ZOHO_REGIONS = ""
    settings.ZOHO_CLIENT_ID = "1000.OURS"
    settings.ZOHO_CLIENT_SECRET = "common-secret"


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    """The outside world; whatever is not recorded here does not exist."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as recorded:
        yield recorded


def answers_as_recorded(
    web: responses.RequestsMock, region: Region, **token: Any
) -> None:
    web.post(
        f"{region.accounts}/oauth/v2/token",
        json={
            "access_token": "1000.access",
            "refresh_token": "1000.refresh",
            "scope": "ZohoBooks.settings.READ ZohoBooks.bills.CREATE",
            "api_domain": region.api,
            "token_type": "Bearer",
            "expires_in": 3600,
            **token,
        },
    )
    web.get(
        f"{region.accounts}/oauth/user/info",
        json={"Display_Name": "Patricia", "Email": "p@zylker.in", "ZUID": 60012345},
    )
    web.get(
        f"{region.api}/books/v3/organizations",
        json={"code": 0, "message": "success", "organizations": [ORGANISATION]},
    )
    web.post(f"{region.accounts}/oauth/v2/token/revoke", json={"status": "success"})


def sets_out(business: Business, person: User, region: str) -> Answer:
    """The answer that Zoho gives to this trip, still without a data centre."""
    _consent, state, url = consents.set_out(
        business, person, SESSION, region, Consent.Purpose.CONNECT
    )
    assert urlsplit(url).netloc == urlsplit(REGIONS[region].accounts).netloc
    return Answer(state=state, code="1000.code")


@pytest.mark.parametrize("code", REGIONS)
def test_each_data_centre_is_asked_at_its_own_hosts(
    code: str, web: responses.RequestsMock, alice: User, bakery: Business
) -> None:
    region = REGIONS[code]
    answers_as_recorded(web, region)
    with acting_in(bakery.pk):
        sent = sets_out(bakery, alice, "us")
        answer = replace(sent, location=code, accounts_server=region.accounts)
        consent = consents.came_back(bakery, alice, SESSION, answer)
        assert wizard.choose(consent, "10234695")
        outcome = wizard.finish(consent, alice)
    assert isinstance(outcome, Finished)
    assert outcome.connection.region == code
    assert outcome.connection.organisation_name == "Zylker"
    assert outcome.connection.edition == "in"
    assert [urlsplit(call.request.url or "").netloc for call in web.calls] == [
        urlsplit(region.accounts).netloc,
        urlsplit(region.accounts).netloc,
        urlsplit(region.api).netloc,
    ]


@pytest.mark.parametrize("code", REGIONS)
def test_without_a_name_it_is_the_data_centre_that_the_browser_was_sent_to(
    code: str, web: responses.RequestsMock, alice: User, bakery: Business
) -> None:
    answers_as_recorded(web, REGIONS[code])
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, code)
        consent = consents.came_back(bakery, alice, SESSION, answer)
    assert consent.problem == ""
    assert consent.region == code


def test_a_data_centre_may_be_named_in_capitals(
    web: responses.RequestsMock, alice: User, bakery: Business
) -> None:
    region = REGIONS["eu"]
    answers_as_recorded(web, region)
    with acting_in(bakery.pk):
        sent = sets_out(bakery, alice, "us")
        answer = replace(sent, location="EU", accounts_server=region.accounts)
        consent = consents.came_back(bakery, alice, SESSION, answer)
    assert (consent.problem, consent.region) == ("", "eu")


@pytest.mark.parametrize("code", ["eu", "in"])
def test_a_data_centre_may_have_given_our_client_a_secret_of_its_own(
    code: str,
    web: responses.RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
    alice: User,
    bakery: Business,
) -> None:
    monkeypatch.setenv("ZOHO_CLIENT_SECRET_EU", "the-eu-secret")
    answers_as_recorded(web, REGIONS[code])
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, code)
        consents.came_back(bakery, alice, SESSION, answer)
    body = web.calls[0].request.body
    form = parse_qs(body.decode() if isinstance(body, bytes) else str(body))
    expected = {"eu": "the-eu-secret", "in": "common-secret"}[code]
    assert form["client_secret"] == [expected]
    assert form["redirect_uri"][0].endswith("/connections/zoho/callback")


@pytest.mark.parametrize(
    "api_domain",
    [
        "https://www.zohoapis.eu.evil.example",
        "http://169.254.169.254",
        "https://www.zohoapis.in",
    ],
)
def test_a_token_that_names_another_api_host_is_given_back_unused(
    api_domain: str,
    committed_db: None,
    web: responses.RequestsMock,
    alice: User,
    bakery: Business,
) -> None:
    answers_as_recorded(web, REGIONS["eu"], api_domain=api_domain)
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, "eu")
        consent = consents.came_back(bakery, alice, SESSION, answer)
    assert consent.problem == "unknown_data_centre"
    assert consent.refresh_token == ""
    assert [call.request.url for call in web.calls] == [
        "https://accounts.zoho.eu/oauth/v2/token",
        "https://accounts.zoho.eu/oauth/v2/token/revoke",
    ]


@pytest.mark.parametrize(
    ("code", "api_domain"),
    [
        ("us", "https://api.zoho.com"),
        ("eu", "https://api.zoho.com"),
        ("eu", "https://api.zoho.eu/"),
        ("eu", ""),
    ],
)
def test_an_older_name_of_the_api_host_changes_nothing(
    code: str,
    api_domain: str,
    web: responses.RequestsMock,
    alice: User,
    bakery: Business,
) -> None:
    answers_as_recorded(web, REGIONS[code], api_domain=api_domain)
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, code)
        consent = consents.came_back(bakery, alice, SESSION, answer)
    assert consent.problem == ""
    assert web.calls[-1].request.url == f"{REGIONS[code].api}/books/v3/organizations"


def test_a_permission_that_would_not_last_is_not_kept(
    web: responses.RequestsMock, alice: User, bakery: Business
) -> None:
    answers_as_recorded(web, REGIONS["us"], refresh_token="")
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, "us")
        consent = consents.came_back(bakery, alice, SESSION, answer)
    assert consent.problem == "no_lasting_permission"
    assert consent.access_token == ""


def test_an_answer_without_scopes_means_those_that_were_asked_for(
    web: responses.RequestsMock, alice: User, bakery: Business
) -> None:
    answers_as_recorded(web, REGIONS["us"], scope="")
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, "us")
        consent = consents.came_back(bakery, alice, SESSION, answer)
    assert "ZohoBooks.bills.CREATE" in consent.scopes.split()
    assert len(consent.scopes.split()) == 18


def test_a_code_is_exchanged_once_however_often_it_comes_back(
    web: responses.RequestsMock, alice: User, bakery: Business
) -> None:
    answers_as_recorded(web, REGIONS["us"])
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, "us")
        consents.came_back(bakery, alice, SESSION, answer)
        with pytest.raises(StateUsed):
            consents.came_back(bakery, alice, SESSION, answer)
    assert len(web.calls) == 3


def test_a_state_belongs_to_person_and_session(
    web: responses.RequestsMock, alice: User, anna: User, bakery: Business
) -> None:
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, "us")
        for person, session in ((anna, SESSION), (alice, "another session")):
            with pytest.raises(StateUnknown):
                consents.came_back(bakery, person, session, answer)
    assert len(web.calls) == 0


def test_what_zoho_says_of_an_organisation_is_cut_to_what_is_kept_of_it(
    web: responses.RequestsMock, alice: User, bakery: Business
) -> None:
    answers_as_recorded(web, REGIONS["us"])
    long = {"name": "Zylker " * 40, "plan_name": "P" * 99, "time_zone": "Z" * 99}
    told = {**ORGANISATION, **long, "currency_code": "RUPEE", "price_precision": -1}
    web.replace(
        responses.GET,
        f"{REGIONS['us'].api}/books/v3/organizations",
        json={"code": 0, "organizations": [told]},
    )
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, "us")
        consent = consents.came_back(bakery, alice, SESSION, answer)
        wizard.choose(consent, "10234695")
        outcome = wizard.finish(consent, alice)
    assert isinstance(outcome, Finished)
    connection = outcome.connection
    assert connection.organisation_name.startswith("Zylker Zylker")
    assert len(connection.organisation_name) == 200
    assert (connection.currency_code, connection.price_precision) == ("RUP", 2)


def test_finish_works_once(
    web: responses.RequestsMock, alice: User, bakery: Business
) -> None:
    answers_as_recorded(web, REGIONS["us"])
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, "us")
        consent = consents.came_back(bakery, alice, SESSION, answer)
        again = Consent.objects.for_business(bakery).get(pk=consent.pk)
        wizard.choose(consent, "10234695")
        again.organisation_id = consent.organisation_id
        assert isinstance(wizard.finish(consent, alice), Finished)
        assert wizard.finish(again, alice) == Over()
        assert Connection.objects.for_business(bakery).count() == 1
    assert Grant.objects.count() == 1


def test_a_consent_ends_once(
    committed_db: None, web: responses.RequestsMock, alice: User, bakery: Business
) -> None:
    answers_as_recorded(web, REGIONS["us"])
    with acting_in(bakery.pk):
        answer = sets_out(bakery, alice, "us")
        consent = consents.came_back(bakery, alice, SESSION, answer)
        consents.end_consent(consent)
        consents.end_consent(Consent.objects.for_business(bakery).get(pk=consent.pk))
        assert not wizard.choose(consent, "10234695")
    revocations = [call for call in web.calls if "revoke" in str(call.request.url)]
    assert len(revocations) == 1


def test_the_database_keeps_an_organisation_to_one_business(
    alice: User, charlie: User, bakery: Business, garage: Business
) -> None:
    for business, refused in ((bakery, False), (garage, True)):
        with acting_in(business.pk):
            if refused:
                with pytest.raises(IntegrityError):
                    connect(business)
            else:
                connect(business)


def connect(business: Business) -> Connection:
    return Connection.unscoped.create(
        business=business,
        state=Connection.State.CONNECTED,
        region="us",
        organisation_id="10234695",
        organisation_name="Zylker",
        currency_code="INR",
        edition="in",
    )
