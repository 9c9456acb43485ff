"""What `manage.py check` says before anybody can connect."""

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def registered(settings: Settings) -> None:
    settings.ZOHO_CLIENT_ID, settings.ZOHO_CLIENT_SECRET = "1000.CLIENT", "secret"


def said() -> list[str | None]:
    return [each.id for each in run_checks(tags=["connections"])]


def test_where_all_is_set_it_says_nothing() -> None:
    assert said() == []


def test_a_key_that_is_none_is_said_before_it_is_needed(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [*settings.ENCRYPTION_KEYS, "not a key"]
    assert said() == ["connections.E004"]


def test_each_other_thing_that_keeps_people_from_connecting_is_said(
    settings: Settings,
) -> None:
    settings.ZOHO_CLIENT_ID = ""
    settings.ZOHO_HOME_REGION = "moon"
    settings.ZOHO_CALLBACK_URL = "http://books.example.com/connections/zoho/callback"
    assert said() == ["connections.W001", "connections.E002", "connections.E003"]
