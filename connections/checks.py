"""System checks: what must be configured before anybody can connect."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from connections import registration
from connections.zoho.regions import is_loopback
from dext_sync.businesses.secrets import encrypt


@register("connections")
def zoho_is_configured(**_kwargs: Any) -> list[CheckMessage]:
    return [*_keys(), *_client(), *_regions(), *_callback()]


def _keys() -> list[CheckMessage]:
    if not settings.ENCRYPTION_KEYS:
        return []  # Only while debugging; the settings refuse it elsewhere.
    try:
        encrypt("")
    except ValueError:
        return [
            Error(
                "ENCRYPTION_KEYS holds something that is no Fernet key.",
                hint="How one is made says the README (Rotating keys).",
                id="connections.E004",
            )
        ]
    return []


def _client() -> list[CheckMessage]:
    if settings.ZOHO_CLIENT_ID and settings.ZOHO_CLIENT_SECRET:
        return []
    return [
        checks.Warning(
            "ZOHO_CLIENT_ID and ZOHO_CLIENT_SECRET are not set: nobody can connect.",
            hint="Register a server-based client at Zoho (README, Configuration).",
            id="connections.W001",
        )
    ]


def _regions() -> list[CheckMessage]:
    try:
        regions = registration.regions()
    except ValueError as error:
        return [Error(str(error), id="connections.E001")]
    if settings.ZOHO_HOME_REGION in regions:
        return []
    return [
        Error(
            f"ZOHO_HOME_REGION is {settings.ZOHO_HOME_REGION!r}, which the table of "
            "data centres does not have.",
            id="connections.E002",
        )
    ]


def _callback() -> list[CheckMessage]:
    url = settings.ZOHO_CALLBACK_URL
    if urlsplit(url).scheme == "https" or is_loopback(url):
        return []
    return [
        Error(
            "Zoho sends people back to SITE_URL, which must be https.",
            id="connections.E003",
        )
    ]
