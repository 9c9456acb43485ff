"""Zoho's data centres: which hosts belong together, from a table and nowhere else."""

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True)
class Region:
    """`accounts` signs people in, `api` answers calls, `books` is for links."""

    code: str
    accounts: str
    api: str
    books: str


def _zoho(code: str, accounts: str, api: str, books: str) -> Region:
    return Region(code, f"https://{accounts}", f"https://{api}", f"https://{books}")


# https://www.zoho.com/books/api/v3/introduction/ and
# https://www.zoho.com/accounts/protocol/oauth/multi-dc.html
REGIONS: Final[Mapping[str, Region]] = {
    region.code: region
    for region in (
        _zoho("us", "accounts.zoho.com", "www.zohoapis.com", "books.zoho.com"),
        _zoho("eu", "accounts.zoho.eu", "www.zohoapis.eu", "books.zoho.eu"),
        _zoho("in", "accounts.zoho.in", "www.zohoapis.in", "books.zoho.in"),
        _zoho("au", "accounts.zoho.com.au", "www.zohoapis.com.au", "books.zoho.com.au"),
        _zoho("jp", "accounts.zoho.jp", "www.zohoapis.jp", "books.zoho.jp"),
        _zoho("ca", "accounts.zohocloud.ca", "www.zohoapis.ca", "books.zohocloud.ca"),
        _zoho("sa", "accounts.zoho.sa", "www.zohoapis.sa", "books.zoho.sa"),
        _zoho("uk", "accounts.zoho.uk", "www.zohoapis.uk", "books.zoho.uk"),
        _zoho("cn", "accounts.zoho.com.cn", "www.zohoapis.com.cn", "books.zoho.com.cn"),
    )
}

_OLDER_API_NAME: Final = "https://api.zoho.com"

EU_COUNTRIES: Final = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR"),
        *("HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI"),
        "SK",
    )
)
_EUROPE: Final = EU_COUNTRIES | {"CH", "IS", "LI", "NO"}
_WISHES: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(_EUROPE, ("eu",)),
    "GB": ("uk", "eu"),
    "IN": ("in",),
    "AU": ("au",),
    "NZ": ("au",),
    "JP": ("jp",),
    "CA": ("ca", "us"),
    "SA": ("sa",),
    "CN": ("cn",),
}


def load(raw: str) -> dict[str, Region]:
    """The table that ZOHO_REGIONS (JSON) gives; ValueError says what is wrong with it.

    `{"us": {"accounts": "https://…", "api": "https://…", "books": "https://…"}}`
    """
    try:
        table = json.loads(raw)
    except ValueError:
        raise ValueError("ZOHO_REGIONS is not valid JSON.") from None
    if not isinstance(table, dict) or not table:
        raise ValueError("ZOHO_REGIONS must be a JSON object with at least one region.")
    return {code: _region(code, hosts) for code, hosts in table.items()}


def by_accounts_server(regions: Mapping[str, Region], url: str) -> Region | None:
    """The region whose accounts server this is.

    The address comes back through the browser: it only ever selects a row.
    """
    return _with_host(regions, "accounts", url)


def by_api_domain(regions: Mapping[str, Region], url: str) -> Region | None:
    """The region whose API host the token answer names."""
    return _with_host(regions, "api", url)


def is_older_api_name(region: Region, url: str) -> bool:
    """Whether the address is what Zoho's documentation also calls the API host: that of
    this data centre, or the first one's in its place. Nothing is ever sent there."""
    own = region.accounts.replace("//accounts.", "//api.", 1)
    return _host(url) in (_OLDER_API_NAME, own)


def default_for(country: str, regions: Mapping[str, Region]) -> Region:
    """Where a business of this country (ISO code) most likely has its books."""
    wishes = _WISHES.get(country.upper(), ("us",))
    known = [regions[code] for code in wishes if code in regions]
    return known[0] if known else next(iter(regions.values()))


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _region(code: str, hosts: object) -> Region:
    if not isinstance(hosts, dict):
        raise ValueError(f"ZOHO_REGIONS: {code!r} must be an object.")
    known = ("accounts", "api", "books")
    if set(hosts) != set(known):
        raise ValueError(f"ZOHO_REGIONS: {code!r} needs exactly {', '.join(known)}.")
    return Region(code, *(_checked(code, name, hosts[name]) for name in known))


def _checked(code: str, name: str, url: object) -> str:
    host = _host(url) if isinstance(url, str) else None
    if host is None:
        raise ValueError(
            f"ZOHO_REGIONS: {name} of {code!r} must be https://host without a path "
            "(plain http for this machine alone)."
        )
    return host


def _with_host(regions: Mapping[str, Region], name: str, url: str) -> Region | None:
    wanted = _host(url)
    if wanted is None:
        return None
    rows = (row for row in regions.values() if _host(getattr(row, name)) == wanted)
    return next(rows, None)


def _host(url: str) -> str | None:
    """`scheme://host[:port]` in one spelling, None if it is not such an address."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    if not _bare(parts) or not _safe(parts, url.strip()):
        return None
    usual = {"https": 443, "http": 80}[parts.scheme]
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{name}" + (
        f":{port}" if port not in (None, usual) else ""
    )


def _bare(parts: SplitResult) -> bool:
    extras = parts.path.strip("/") or parts.query or parts.fragment
    return bool(parts.hostname) and not extras and "@" not in parts.netloc


def _safe(parts: SplitResult, url: str) -> bool:
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
