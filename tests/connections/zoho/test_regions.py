"""Hosts come from the table: the browser only ever chooses a row."""

import json

import pytest
import responses

from connections.zoho import regions
from connections.zoho.client import ZohoBooks
from connections.zoho.oauth import ZohoOAuth
from connections.zoho.regions import REGIONS, Region
from tests.connections.zoho.access import ORGANISATION, BakeryAccess

TABLE = [
    ("us", "accounts.zoho.com", "www.zohoapis.com"),
    ("eu", "accounts.zoho.eu", "www.zohoapis.eu"),
    ("in", "accounts.zoho.in", "www.zohoapis.in"),
    ("au", "accounts.zoho.com.au", "www.zohoapis.com.au"),
    ("jp", "accounts.zoho.jp", "www.zohoapis.jp"),
    ("ca", "accounts.zohocloud.ca", "www.zohoapis.ca"),
    ("sa", "accounts.zoho.sa", "www.zohoapis.sa"),
    ("uk", "accounts.zoho.uk", "www.zohoapis.uk"),
    ("cn", "accounts.zoho.com.cn", "www.zohoapis.com.cn"),
]
NOT_A_HOST = "must be https://host without a path (plain http for this machine alone)."


def test_the_table_has_zohos_nine_data_centres() -> None:
    assert list(REGIONS) == [code for code, _, _ in TABLE]


@pytest.mark.parametrize(("code", "accounts", "api"), TABLE)
def test_each_data_centre_signs_in_and_answers_at_its_own_hosts(
    code: str, accounts: str, api: str, zoho: responses.RequestsMock
) -> None:
    zoho.post(
        f"https://{accounts}/oauth/v2/token",
        json={
            "access_token": "1000.access",
            "refresh_token": "1000.refresh",
            "scope": "ZohoBooks.settings.READ ZohoBooks.bills.READ",
            "api_domain": f"https://{api}",
            "token_type": "Bearer",
            "expires_in": 3600,
        },
    )
    zoho.get(
        f"https://{api}/books/v3/settings/currencies",
        json={"code": 0, "message": "success", "currencies": []},
    )
    region = REGIONS[code]

    oauth = ZohoOAuth(region, "client", "secret", "https://app.example/callback")
    token = oauth.exchange("1000.code")
    books = ZohoBooks(
        api=region.api, organisation_id=ORGANISATION, access=BakeryAccess()
    )

    assert token.api_domain == region.api
    assert regions.by_api_domain(REGIONS, token.api_domain) == region
    assert books.currencies().rows == ()


@pytest.mark.parametrize(("code", "accounts", "_api"), TABLE)
def test_the_accounts_server_of_the_callback_selects_its_row(
    code: str, accounts: str, _api: str
) -> None:
    found = regions.by_accounts_server(REGIONS, f"https://{accounts.upper()}:443/")
    assert found == REGIONS[code]


@pytest.mark.parametrize(
    "url",
    [
        "https://accounts.zoho.evil.example",
        "https://accounts.zoho.eu.evil.example",
        "https://accounts.zoho.eu@evil.example",
        "https://evil.example/accounts.zoho.eu",
        "https://accounts.zoho.eu:8443",
        "https://accounts.zoho.eu/x",
        "https://accounts.zoho.ae",
        "http://accounts.zoho.eu",
        "//accounts.zoho.eu",
        "accounts.zoho.eu",
        "https://[broken",
        "",
    ],
)
def test_a_strangers_accounts_server_selects_nothing(url: str) -> None:
    assert regions.by_accounts_server(REGIONS, url) is None


def _table(**hosts: object) -> str:
    usual = {
        "accounts": "https://a.example",
        "api": "https://b.example",
        "books": "https://c.example",
    }
    return json.dumps({"us": {**usual, **hosts}})


def test_a_table_of_ones_own_replaces_the_built_in_one() -> None:
    loaded = regions.load(
        _table(api="http://127.0.0.1:8801/", books="https://C.example")
    )
    assert loaded == {
        "us": Region(
            "us", "https://a.example", "http://127.0.0.1:8801", "https://c.example"
        )
    }


@pytest.mark.parametrize(
    "host", ["http://localhost:8801", "http://127.0.0.1:8801", "http://[::1]:8801"]
)
def test_plain_http_is_for_this_machine(host: str) -> None:
    assert regions.load(_table(accounts=host))["us"].accounts == host


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("{", "ZOHO_REGIONS is not valid JSON."),
        ("{}", "ZOHO_REGIONS must be a JSON object with at least one region."),
        ("[1]", "ZOHO_REGIONS must be a JSON object with at least one region."),
        ('{"us": 1}', "ZOHO_REGIONS: 'us' must be an object."),
        (
            '{"us": {"accounts": "https://a.example"}}',
            "ZOHO_REGIONS: 'us' needs exactly accounts, api, books.",
        ),
        (
            _table(api="http://zoho.example"),
            f"ZOHO_REGIONS: api of 'us' {NOT_A_HOST}",
        ),
        (
            _table(books="https://c.example/books"),
            f"ZOHO_REGIONS: books of 'us' {NOT_A_HOST}",
        ),
    ],
)
def test_a_broken_table_says_what_is_wrong_with_it(raw: str, sentence: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 – its words follow
        regions.load(raw)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("GB", "uk"),
        ("gb", "uk"),
        ("IN", "in"),
        ("DE", "eu"),
        ("FR", "eu"),
        ("CH", "eu"),
        ("US", "us"),
        ("CA", "ca"),
        ("AU", "au"),
        ("NZ", "au"),
        ("JP", "jp"),
        ("SA", "sa"),
        ("CN", "cn"),
        ("BR", "us"),
    ],
)
def test_a_country_has_its_likely_data_centre(country: str, code: str) -> None:
    assert regions.default_for(country, REGIONS).code == code


def test_britain_uses_the_european_one_where_it_has_none_of_its_own() -> None:
    small = {code: REGIONS[code] for code in ("us", "eu")}
    assert regions.default_for("GB", small).code == "eu"
    assert regions.default_for("IN", small).code == "us"
