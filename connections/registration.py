"""This installation as Zoho knows it: its client, and the data centres it may use."""

from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

from connections.zoho.oauth import ZohoOAuth
from connections.zoho.regions import REGIONS, Region, load
from dext_sync import env


def regions() -> dict[str, Region]:
    """The table of data centres: Zoho's own, unless ZOHO_REGIONS replaces it.

    The one where our client is registered comes first. Raises ValueError where
    ZOHO_REGIONS cannot be read.
    """
    return _table(settings.ZOHO_REGIONS, settings.ZOHO_HOME_REGION)


@cache
def _table(raw: str, home: str) -> dict[str, Region]:
    table = load(raw) if raw else dict(REGIONS)
    first = {home: table[home]} if home in table else {}
    return {**first, **table}


def accounts_hosts() -> list[str]:
    """Where the Connect form may lead to."""
    return [region.accounts for region in regions().values()]


def host_of(region_code: str) -> str:
    """As people know the data centre: zoho.eu. The code itself for an unknown one."""
    region = regions().get(region_code)
    if region is None:
        return region_code
    return urlsplit(region.accounts).netloc.removeprefix("accounts.")


def oauth(region_code: str) -> ZohoOAuth:
    """Sign-in at this data centre, with the secret that our client has there."""
    return ZohoOAuth(
        regions()[region_code],
        settings.ZOHO_CLIENT_ID,
        _secret(region_code),
        settings.ZOHO_CALLBACK_URL,
    )


def _secret(region_code: str) -> str:
    """Each data centre may have given our client a secret of its own."""
    own = f"ZOHO_CLIENT_SECRET_{region_code.upper()}"
    return env.text(own, settings.ZOHO_CLIENT_SECRET)
