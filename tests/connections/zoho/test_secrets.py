"""Nothing secret in a log, a repr, a message or a traceback."""

import logging
import pickle
import traceback

import pytest
import requests
import responses

from connections.zoho.client import ZohoBooks
from connections.zoho.errors import ZohoError, ZohoRateLimited
from connections.zoho.oauth import ZohoOAuth
from connections.zoho.regions import REGIONS
from connections.zoho.types import Token
from connections.zoho.writes import File
from tests.connections.zoho.access import API, FIRST, SECOND

ACCOUNTS = "https://accounts.zoho.uk"
SECRETS = (FIRST, SECOND, "the-secret", "1000.code", "1000.access", "1000.refresh")


def _sign_in(oauth: ZohoOAuth, zoho: responses.RequestsMock) -> None:
    zoho.post(
        f"{ACCOUNTS}/oauth/v2/token",
        json={
            "access_token": "1000.access",
            "refresh_token": "1000.refresh",
            "expires_in": 3600,
        },
    )
    zoho.get(f"{ACCOUNTS}/oauth/user/info", json={"ZUID": 1})
    zoho.post(f"{ACCOUNTS}/oauth/v2/token/revoke", json={})
    oauth.authorise_url("state")
    oauth.exchange("1000.code")
    oauth.refresh("1000.refresh")
    oauth.user("1000.access")
    oauth.revoke("1000.refresh")


def test_no_log_tells_a_secret_even_when_it_tells_everything(
    caplog: pytest.LogCaptureFixture, books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    for name in (
        "",
        "oauthlib",
        "requests_oauthlib",
        "requests_oauthlib.oauth2_session",
        "requests",
        "urllib3",
        "urllib3.connectionpool",
    ):
        caplog.set_level(logging.DEBUG, logger=name)
    oauth = ZohoOAuth(
        REGIONS["uk"], "1000.CLIENT", "the-secret", "https://app.example/"
    )
    zoho.get(f"{API}/books/v3/bills/1", status=401, json={"code": 57, "message": "No"})

    _sign_in(oauth, zoho)
    with pytest.raises(ZohoError):
        books.bill("1")

    assert not [secret for secret in SECRETS if secret in caplog.text]
    assert not [
        record
        for record in caplog.records
        if record.name.startswith("requests_oauthlib")
    ]


def test_a_token_does_not_show_itself() -> None:
    token = Token("1000.access", "1000.refresh", 3600, frozenset(), None)
    shown = f"{token} {token!r}"
    assert not [secret for secret in SECRETS if secret in shown]


def test_a_file_does_not_show_its_content() -> None:
    assert "salary" not in repr(File("a.pdf", "application/pdf", b"salary"))


def test_neither_client_shows_what_it_holds(books: ZohoBooks) -> None:
    oauth = ZohoOAuth(
        REGIONS["uk"], "1000.CLIENT", "the-secret", "https://app.example/"
    )
    assert not [secret for secret in SECRETS if secret in f"{oauth!r} {books!r}"]


def test_a_failure_shows_neither_header_nor_body(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    words = f"Invalid header: Zoho-oauthtoken {FIRST}"
    zoho.get(f"{API}/books/v3/bills/1", body=requests.exceptions.InvalidHeader(words))
    with pytest.raises(ZohoError) as raised:
        books.bill("1")
    shown = "".join(traceback.format_exception(raised.value))
    assert not [secret for secret in SECRETS if secret in shown]


def test_an_error_survives_a_journey_between_processes() -> None:
    error = ZohoRateLimited("Wait.", limit="day", status=429, code=45, retry_after=9.0)
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 – our own bytes
    assert vars(arrived) == vars(error)
