"""Signing in at Zoho: what is asked, and what every answer means."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses
from responses import matchers

from connections.zoho.errors import (
    ZohoClientUnknown,
    ZohoError,
    ZohoMisconfigured,
    ZohoRateLimited,
    ZohoUnauthorized,
    ZohoUnavailable,
)
from connections.zoho.oauth import SCOPES, ZohoOAuth, covers
from connections.zoho.regions import REGIONS, Region
from connections.zoho.types import Token, ZohoUser

ACCOUNTS = "https://accounts.zoho.uk"
TOKEN = f"{ACCOUNTS}/oauth/v2/token"
USER = f"{ACCOUNTS}/oauth/user/info"
CALLBACK = "https://app.example/connections/zoho/callback"
ANSWER = {
    "access_token": "1000.access",
    "refresh_token": "1000.refresh",
    "scope": "ZohoBooks.bills.READ,ZohoBooks.settings.READ",
    "api_domain": "https://www.zohoapis.uk",
    "token_type": "Bearer",
    "expires_in": 3600,
}
GRANTED = Token(
    access_token="1000.access",
    refresh_token="1000.refresh",
    expires_in=3600,
    scopes=frozenset({"ZohoBooks.bills.READ", "ZohoBooks.settings.READ"}),
    api_domain="https://www.zohoapis.uk",
)
THROTTLED = {
    "error_description": "You have made too many requests continuously. "
    "Please try again after some time.",
    "error": "Access Denied",
    "status": "failure",
}
PAGE = "<html><body>Sorry</body></html>"


@pytest.fixture
def oauth() -> ZohoOAuth:
    return ZohoOAuth(REGIONS["uk"], "1000.CLIENT", "the-secret", CALLBACK)


def test_the_browser_is_sent_to_ask_for_the_smallest_set_of_rights(
    oauth: ZohoOAuth,
) -> None:
    url = urlsplit(oauth.authorise_url("state-1"))

    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{ACCOUNTS}/oauth/v2/auth"
    assert dict(parse_qsl(url.query)) == {
        "response_type": "code",
        "client_id": "1000.CLIENT",
        "redirect_uri": CALLBACK,
        "scope": ",".join(SCOPES),
        "state": "state-1",
        "access_type": "offline",
        "prompt": "consent",
    }


def test_the_smallest_set_of_rights() -> None:
    assert set(SCOPES) == {
        "AaaServer.profile.READ",
        "ZohoBooks.settings.READ",
        *(f"ZohoBooks.contacts.{right}" for right in ("CREATE", "READ", "UPDATE")),
        "ZohoBooks.accountants.READ",
        "ZohoBooks.banking.READ",
        "ZohoBooks.projects.READ",
        *(
            f"ZohoBooks.{group}.{right}"
            for group in ("bills", "expenses")
            for right in ("CREATE", "READ", "UPDATE", "DELETE")
        ),
        "ZohoBooks.invoices.CREATE",
        "ZohoBooks.invoices.READ",
    }


@pytest.mark.parametrize(
    ("given", "covered"),
    [
        ("ZohoBooks.invoices.READ", True),
        ("zohobooks.invoices.read ZohoBooks.bills.READ", True),
        ("ZohoBooks.invoices.ALL", True),
        ("ZohoBooks.fullaccess.all", True),
        ("ZohoBooks.invoices.CREATE", False),
        ("ZohoBooks.bills.ALL", False),
    ],
)
def test_a_right_lies_in_a_wider_one(given: str, *, covered: bool) -> None:
    assert covers(given.split(), ["ZohoBooks.invoices.READ"]) is covered


def test_a_code_becomes_tokens_with_the_secret_in_the_body(
    oauth: ZohoOAuth, zoho: responses.RequestsMock
) -> None:
    zoho.post(
        TOKEN,
        json=ANSWER,
        match=[
            matchers.query_param_matcher({}),
            matchers.urlencoded_params_matcher(
                {
                    "grant_type": "authorization_code",
                    "client_id": "1000.CLIENT",
                    "client_secret": "the-secret",
                    "redirect_uri": CALLBACK,
                    "code": "1000.code",
                }
            ),
            matchers.request_kwargs_matcher({"timeout": 30}),
        ],
    )
    assert oauth.exchange("1000.code") == GRANTED
    assert "Authorization" not in zoho.calls[0].request.headers


def test_a_refresh_brings_an_access_token_and_no_refresh_token(
    oauth: ZohoOAuth, zoho: responses.RequestsMock
) -> None:
    zoho.post(
        TOKEN,
        json={"access_token": "1000.new", "token_type": "Bearer", "expires_in": "3600"},
        match=[
            matchers.urlencoded_params_matcher(
                {
                    "grant_type": "refresh_token",
                    "client_id": "1000.CLIENT",
                    "client_secret": "the-secret",
                    "refresh_token": "1000.refresh",
                }
            ),
            matchers.request_kwargs_matcher({"timeout": 30}),
        ],
    )
    assert oauth.refresh("1000.refresh") == Token(
        access_token="1000.new",
        refresh_token=None,
        expires_in=3600,
        scopes=frozenset(),
        api_domain=None,
    )


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"expires_in": 3600}, 3600),
        ({"expires_in": 3_600_000}, 3600),
        ({"expires_in": 3_600_000, "expires_in_sec": 3600}, 3600),
        ({"expires_in": "soon"}, 3600),
        ({"expires_in": None}, 3600),
        ({"expires_in": 60}, 60),
        ({"expires_in": 10**20}, 86_400),
    ],
)
def test_a_lifetime_is_in_seconds_however_it_is_told(
    oauth: ZohoOAuth, zoho: responses.RequestsMock, told: dict[str, Any], seconds: int
) -> None:
    zoho.post(TOKEN, json={**ANSWER, **told})
    assert oauth.exchange("1000.code").expires_in == seconds


@pytest.mark.parametrize("separator", [",", " ", ", "])
def test_scopes_come_with_commas_or_spaces(
    oauth: ZohoOAuth, zoho: responses.RequestsMock, separator: str
) -> None:
    zoho.post(TOKEN, json={**ANSWER, "scope": separator.join(SCOPES)})
    assert oauth.refresh("1000.refresh").scopes == frozenset(SCOPES)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"json": {"error": "invalid_code"}}, ZohoUnauthorized),
        ({"json": {"error": "invalid_code"}, "status": 400}, ZohoUnauthorized),
        ({"json": {"error": "invalid_client"}}, ZohoClientUnknown),
        ({"json": {"error": "invalid_client_secret"}}, ZohoMisconfigured),
        ({"json": {"error": "invalid_redirect_uri"}}, ZohoMisconfigured),
        ({"json": {"error": "general_error"}}, ZohoUnavailable),
        ({"json": {"error": "unsupported_grant"}, "status": 400}, ZohoUnavailable),
        ({"json": THROTTLED}, ZohoRateLimited),
        ({"json": THROTTLED, "status": 400}, ZohoRateLimited),
        ({"json": {**THROTTLED, "error": "other"}, "status": 400}, ZohoRateLimited),
        ({"body": PAGE, "status": 429}, ZohoRateLimited),
        ({"body": PAGE}, ZohoUnavailable),
        ({"body": PAGE, "status": 400}, ZohoUnavailable),
        ({"body": "", "status": 503}, ZohoUnavailable),
        ({"json": ANSWER, "status": 500}, ZohoUnavailable),
        ({"json": {}}, ZohoUnavailable),
        ({"json": [1]}, ZohoUnavailable),
        ({"body": "[" * 100_000}, ZohoUnavailable),
        ({"json": {"access_token": None}}, ZohoUnavailable),
        (
            {"status": 307, "headers": {"Location": "https://evil.example/token"}},
            ZohoUnavailable,
        ),
        ({"body": requests.ConnectionError("reset")}, ZohoUnavailable),
        ({"body": requests.ReadTimeout()}, ZohoUnavailable),
    ],
)
def test_each_answer_of_the_token_endpoint(
    oauth: ZohoOAuth,
    zoho: responses.RequestsMock,
    answer: dict[str, Any],
    expected: type[ZohoError],
) -> None:
    zoho.post(TOKEN, **answer)
    for act, secret in ((oauth.refresh, "1000.refresh"), (oauth.exchange, "1000.code")):
        with pytest.raises(ZohoError) as raised:
            act(secret)
        assert type(raised.value) is expected
    assert len(zoho.calls) == 2


def test_a_throttled_token_endpoint_is_left_alone_for_ten_minutes(
    oauth: ZohoOAuth, zoho: responses.RequestsMock
) -> None:
    zoho.post(TOKEN, json=THROTTLED)
    with pytest.raises(ZohoRateLimited) as raised:
        oauth.refresh("1000.refresh")
    assert (raised.value.limit, raised.value.retry_after) == ("token", 600.0)


def test_who_consented(oauth: ZohoOAuth, zoho: responses.RequestsMock) -> None:
    zoho.get(
        USER,
        json={
            "First_Name": "Alice",
            "Last_Name": "Baker",
            "Display_Name": "",
            "Email": "alice@harbour.example",
            "ZUID": 60001112223334445,
        },
        match=[
            matchers.header_matcher({"Authorization": "Zoho-oauthtoken 1000.access"})
        ],
    )
    assert oauth.user("1000.access") == ZohoUser(
        zuid="60001112223334445", email="alice@harbour.example", name="Alice Baker"
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 401, "json": {"error": "INVALID_OAUTHTOKEN"}},
        {"status": 401, "body": PAGE},
        {"status": 404, "body": PAGE},
        {"json": {"Email": "alice@harbour.example"}},
        {"json": {"ZUID": ""}},
    ],
)
def test_zoho_may_not_say_who_consented(
    oauth: ZohoOAuth, zoho: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    zoho.get(USER, **answer)
    assert oauth.user("1000.access") is None


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 502, "body": PAGE},
        {"status": 429, "json": {}},
        {"body": requests.ReadTimeout()},
    ],
)
def test_who_consented_may_be_unknown_for_the_moment(
    oauth: ZohoOAuth, zoho: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    zoho.get(USER, **answer)
    with pytest.raises(ZohoUnavailable):
        oauth.user("1000.access")


@pytest.mark.parametrize(
    "answer",
    [
        {"json": {"status": "success"}},
        {"body": requests.ConnectionError("reset")},
    ],
)
def test_revoking_is_best_effort_and_keeps_the_token_out_of_the_address(
    oauth: ZohoOAuth, zoho: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    zoho.post(
        f"{ACCOUNTS}/oauth/v2/token/revoke",
        match=[
            matchers.query_param_matcher({}),
            matchers.urlencoded_params_matcher({"token": "1000.refresh"}),
        ],
        **answer,
    )
    oauth.revoke("1000.refresh")
    assert len(zoho.calls) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": 400, "body": PAGE},
        {"body": PAGE},
        {"json": {"error": "general_error"}},
    ],
)
@pytest.mark.parametrize("second", [200, 401])
def test_what_is_not_revoked_in_one_documented_form_is_in_the_other(
    oauth: ZohoOAuth,
    zoho: responses.RequestsMock,
    refusal: dict[str, Any],
    second: int,
) -> None:
    zoho.post(
        f"{ACCOUNTS}/oauth/v2/token/revoke",
        match=[
            matchers.query_param_matcher({}),
            matchers.urlencoded_params_matcher({"token": "1000.refresh"}),
        ],
        **refusal,
    )
    zoho.post(
        f"{ACCOUNTS}/oauth/v2/revoke/token",
        status=second,
        json={},
        match=[
            matchers.query_param_matcher({}),
            matchers.urlencoded_params_matcher(
                {"token": "1000.refresh", "token_type": "refresh_token"}
            ),
            matchers.header_matcher(
                {"Authorization": "Basic MTAwMC5DTElFTlQ6dGhlLXNlY3JldA=="}
            ),
        ],
    )
    oauth.revoke("1000.refresh")
    assert len(zoho.calls) == 2


def test_a_stand_in_on_this_machine_needs_no_certificate(
    zoho: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)
    here = Region("us", *3 * ("http://127.0.0.1:8801",))
    zoho.post("http://127.0.0.1:8801/oauth/v2/token", json=ANSWER)
    oauth = ZohoOAuth(here, "1000.CLIENT", "the-secret", "http://localhost/callback")
    assert oauth.exchange("1000.code") == GRANTED
    assert oauth.authorise_url("s").startswith("http://127.0.0.1:8801/oauth/v2/auth?")


def test_plain_http_elsewhere_is_refused_before_a_secret_leaves() -> None:
    elsewhere = Region("us", *3 * ("http://zoho.example",))
    with pytest.raises(ValueError, match="must be reached by https"):
        ZohoOAuth(elsewhere, "1000.CLIENT", "the-secret", CALLBACK)
