"""Consent, codes, tokens and their limits."""

from __future__ import annotations

import pytest
import requests

from tests.standin.callers import CALLBACK, SECRET, Clock, Consent
from tests.zoho_standin import Running, StandIn

ALICE = "alice@harbourbakery.example"
SAM = "sam@sunnyside.example"


def test_alice_is_moved_to_her_own_data_centre(
    consent: Consent, running: Running
) -> None:
    callback = consent.callback(ALICE)

    assert callback.pop("code").startswith("1000.")
    assert callback == {
        "state": "the-state",
        "location": "eu",
        "accounts-server": running.eu,
    }


def test_a_refusal_brings_no_code(consent: Consent) -> None:
    assert consent.callback(ALICE, accept=False) == {
        "state": "the-state",
        "error": "access_denied",
    }


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_id": "1000.SOMEBODY"}, "Invalid Client ID"),
        ({"redirect_uri": "https://evil.example/callback"}, "Invalid Redirect URI"),
        ({"scope": "ZohoBooks.FullAccess.all"}, "Invalid OAuth Scope"),
        ({"response_type": "token"}, "Invalid response type"),
    ],
)
def test_a_wrong_request_stays_at_zoho(
    consent: Consent, changed: dict[str, str], words: str
) -> None:
    answer = requests.get(consent.address(**changed), timeout=10)

    assert answer.status_code == 400
    assert words in answer.text


def test_a_code_brings_both_tokens_and_the_data_centres_host(
    consent: Consent, running: Running
) -> None:
    answer = consent.tokens(ALICE)

    assert answer.pop("access_token").startswith("1000.")
    assert answer.pop("refresh_token").startswith("1000.")
    assert answer == {
        "scope": "ZohoBooks.fullaccess.all AaaServer.profile.READ",
        "api_domain": running.eu,
        "token_type": "Bearer",
        "expires_in": 3600,
    }


def test_a_code_works_once(consent: Consent) -> None:
    callback = consent.callback(ALICE)
    consent.exchange(callback)

    assert consent.exchange(callback) == {"error": "invalid_code"}


def test_a_code_lives_two_minutes(consent: Consent, clock: Clock) -> None:
    callback = consent.callback(ALICE)
    clock.move(seconds=121)

    assert consent.exchange(callback) == {"error": "invalid_code"}


def test_a_code_of_the_other_data_centre_is_unknown(
    consent: Consent, running: Running
) -> None:
    callback = consent.callback(ALICE)

    assert consent.exchange(callback | {"accounts-server": running.us}) == {
        "error": "invalid_code"
    }


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "1000.SOMEBODY"}, "invalid_client"),
        ({"client_secret": "guessed"}, "invalid_client_secret"),
        ({"redirect_uri": "http://localhost:1/other"}, "invalid_redirect_uri"),
    ],
)
def test_errors_of_the_token_endpoint(
    consent: Consent, changed: dict[str, str], error: str
) -> None:
    assert consent.exchange(consent.callback(ALICE), **changed) == {"error": error}


def test_errors_come_with_http_200_but_nonsense_with_400(running: Running) -> None:
    address = f"{running.us}/oauth/v2/token"
    wrong = {"grant_type": "refresh_token", "client_id": "?"}

    assert requests.post(address, data=wrong, timeout=10).status_code == 200
    assert requests.post(address, data={}, timeout=10).status_code == 400
    assert requests.get(address, timeout=10).status_code == 400


def test_without_offline_access_there_is_no_refresh_token(consent: Consent) -> None:
    assert "refresh_token" not in consent.tokens(ALICE, access_type="online")


def test_the_second_time_without_prompt_brings_no_refresh_token(
    consent: Consent,
) -> None:
    assert "refresh_token" in consent.tokens(ALICE, prompt="")
    assert "refresh_token" not in consent.tokens(ALICE, prompt="")
    assert "refresh_token" in consent.tokens(ALICE, prompt="consent")


def test_a_refresh_brings_an_access_token_only(
    consent: Consent, running: Running
) -> None:
    first = consent.tokens(ALICE)
    answer = consent.refresh(running.eu, first["refresh_token"])

    assert "refresh_token" not in answer
    assert answer["access_token"] != first["access_token"]


def test_ten_refreshes_in_ten_minutes_and_then_access_denied(
    consent: Consent, running: Running, clock: Clock
) -> None:
    token = consent.tokens(ALICE)["refresh_token"]
    for _ in range(10):
        assert "access_token" in consent.refresh(running.eu, token)

    assert consent.refresh(running.eu, token)["error"] == "Access Denied"

    clock.move(seconds=600)
    assert "access_token" in consent.refresh(running.eu, token)


def test_the_eleventh_live_access_token_kills_the_oldest(
    consent: Consent, running: Running
) -> None:
    first = consent.tokens(ALICE)
    for _ in range(9):
        consent.refresh(running.eu, first["refresh_token"])
    assert _may_ask(running.eu, first["access_token"])

    consent.refresh(running.eu, first["refresh_token"])
    assert not _may_ask(running.eu, first["access_token"])


def test_the_twenty_first_refresh_token_kills_the_oldest(
    consent: Consent, running: Running, standin: StandIn
) -> None:
    standin.limits.change({"codes_per_ten_minutes": None})
    tokens = [consent.tokens(ALICE)["refresh_token"] for _ in range(20)]
    assert "access_token" in consent.refresh(running.eu, tokens[0])

    tokens.append(consent.tokens(ALICE)["refresh_token"])

    assert consent.refresh(running.eu, tokens[0]) == {"error": "invalid_code"}
    assert "access_token" in consent.refresh(running.eu, tokens[1])
    assert "access_token" in consent.refresh(running.eu, tokens[20])


def test_ten_codes_in_ten_minutes(consent: Consent) -> None:
    for _ in range(10):
        consent.callback(ALICE)

    with pytest.raises(AssertionError, match="Too many requests"):
        consent.callback(ALICE)


def test_an_access_token_dies_after_its_hour(
    consent: Consent, running: Running, clock: Clock
) -> None:
    token = consent.tokens(ALICE)["access_token"]
    clock.move(seconds=3599)
    assert _may_ask(running.eu, token)

    clock.move(seconds=1)
    assert not _may_ask(running.eu, token)


def test_the_life_of_access_tokens_can_be_short(
    consent: Consent, running: Running, standin: StandIn, clock: Clock
) -> None:
    standin.limits.change({"access_token_seconds": 5})
    answer = consent.tokens(ALICE)
    clock.move(seconds=6)

    assert answer["expires_in"] == 5
    assert not _may_ask(running.eu, answer["access_token"])


def test_revoking_a_refresh_token_kills_its_access_tokens(
    consent: Consent, running: Running
) -> None:
    answer = consent.tokens(ALICE)
    address = f"{running.eu}/oauth/v2/token/revoke"
    query = {"token": answer["refresh_token"]}

    assert requests.post(address, params=query, timeout=10).json() == {
        "status": "success"
    }
    assert not _may_ask(running.eu, answer["access_token"])
    assert consent.refresh(running.eu, answer["refresh_token"]) == {
        "error": "invalid_code"
    }


def test_a_token_in_the_body_is_not_seen_by_the_form_that_wants_it_in_the_address(
    consent: Consent, running: Running
) -> None:
    answer = consent.tokens(ALICE)
    address = f"{running.eu}/oauth/v2/token/revoke"
    body = {"token": answer["refresh_token"]}

    assert requests.post(address, data=body, timeout=10).status_code == 400
    assert _may_ask(running.eu, answer["access_token"])


def test_the_other_form_of_revoking_wants_the_client(
    consent: Consent, running: Running
) -> None:
    answer = consent.tokens(ALICE)
    address = f"{running.eu}/oauth/v2/revoke/token"
    form = {"token": answer["refresh_token"], "token_type": "refresh_token"}
    wrong = requests.post(address, form, auth=("?", "?"), timeout=10)
    right = requests.post(address, form, auth=(consent.client_id, SECRET), timeout=10)

    assert (wrong.status_code, right.status_code) == (401, 200)
    assert not _may_ask(running.eu, answer["access_token"])


def test_revoking_a_made_up_token_answers_a_page(running: Running) -> None:
    address = f"{running.us}/oauth/v2/token/revoke?token=1000.made.up"
    answer = requests.post(address, timeout=10)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")


def test_who_the_user_is(consent: Consent, running: Running) -> None:
    token = consent.tokens(ALICE)["access_token"]

    assert _user(running.eu, token).json() == {
        "First_Name": "Alice",
        "Last_Name": "Harbour",
        "Display_Name": "Alice Harbour",
        "Email": ALICE,
        "ZUID": 20081234101,
    }


def test_who_the_user_is_needs_the_profile_scope(
    consent: Consent, running: Running
) -> None:
    token = consent.tokens(ALICE, scope="ZohoBooks.bills.ALL")["access_token"]

    assert _user(running.eu, token).status_code == 401


def test_a_client_of_one_data_centre_is_not_told_where_it_is(
    consent: Consent, standin: StandIn
) -> None:
    standin.change("client", centre="eu", enabled=False)

    callback = consent.callback(SAM)

    assert set(callback) == {"state", "code"}


def test_a_data_centre_without_our_client(
    consent: Consent, standin: StandIn, running: Running
) -> None:
    callback = consent.callback(ALICE)
    standin.change("client", centre="eu", enabled=False)

    assert consent.exchange(callback) == {"error": "invalid_client"}
    page = requests.get(consent.address(running.eu), timeout=10).text
    assert "Invalid Client ID" in page


def test_no_token_is_in_the_log(consent: Consent) -> None:
    answer = consent.tokens(ALICE)
    log = str(consent.remote.calls())

    assert "/oauth/authorization_code" in log
    assert answer["access_token"] not in log
    assert answer["refresh_token"] not in log


def test_a_wrong_password_is_said(running: Running) -> None:
    form = {"email": SAM, "password": "guessed"}
    answer = requests.post(f"{running.us}/signin", form, timeout=10)

    assert "Sign-in failed" in answer.text


def test_after_signing_out_another_account_can_be_used(
    consent: Consent, running: Running
) -> None:
    browser = requests.Session()
    form = {"email": SAM, "password": "zoho-demo"}
    browser.post(f"{running.us}/signin", form, timeout=10)
    address = consent.address()
    assert f"Signed in as <strong>{SAM}" in browser.get(address, timeout=10).text

    browser.get(f"{running.us}/signout", timeout=10)

    assert "<h1>Sign in to Zoho</h1>" in browser.get(address, timeout=10).text


def test_only_the_registered_address_when_one_is_registered(
    consent: Consent, standin: StandIn
) -> None:
    standin.redirect_uri = "https://app.example/connections/zoho/callback"

    assert "Invalid Redirect URI" in requests.get(consent.address(), timeout=10).text
    standin.redirect_uri = CALLBACK
    assert "Sign in" in requests.get(consent.address(), timeout=10).text


def _may_ask(origin: str, token: str) -> bool:
    return _user(origin, token).status_code == 200


def _user(origin: str, token: str) -> requests.Response:
    headers = {"Authorization": f"Zoho-oauthtoken {token}"}
    return requests.get(f"{origin}/oauth/user/info", headers=headers, timeout=10)
