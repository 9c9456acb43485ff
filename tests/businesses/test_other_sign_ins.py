"""Whoever sets up a second factor ends the sign-ins that have passed none."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dext_sync.businesses import members
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.businesses.membership import code_for, signed_in_with_password

INBOX = "/b/harbour-bakery/costs/"
APP = "/accounts/2fa/totp/"

pytestmark = pytest.mark.usefixtures("committed_db", "code_has_begun")


@pytest.fixture
def code_has_begun() -> Iterator[None]:
    """What is computed now holds for half a minute."""
    with time_machine.travel(timezone.now().timestamp() // 30 * 30):
        yield


def set_up_the_app(client: Client) -> None:
    (secret,) = re.findall(
        r'value="([A-Z2-7]{32})"', client.get(f"{APP}activate/").text
    )
    client.post(f"{APP}activate/", {"code": code_for(secret)})


def test_who_came_in_with_the_password_alone_is_out_once_there_is_a_second_factor(
    bakery: Business, alice: User, vera: User
) -> None:
    TOTP.activate(alice, generate_totp_secret())
    hers, anothers = signed_in_with_password(vera), signed_in_with_password(vera)
    with acting_in(bakery.pk):
        members.require_two_factor(bakery, required=True, by=alice)

    set_up_the_app(hers)

    assert hers.get(INBOX).status_code == 200
    assert anothers.get(INBOX)["Location"].startswith("/accounts/login/")
    assert anothers.get(f"{APP}deactivate/")["Location"].startswith("/accounts/login/")


def test_a_new_secret_key_brings_none_of_them_back(
    bakery: Business, vera: User, settings: Settings
) -> None:
    hers, anothers = signed_in_with_password(vera), signed_in_with_password(vera)
    set_up_the_app(hers)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10

    assert hers.get(INBOX).status_code == 200
    assert anothers.get(INBOX)["Location"].startswith("/accounts/login/")


def test_it_is_said_before(bakery: Business, vera: User) -> None:
    client = signed_in_with_password(vera)
    sentence = "Setting one up signs you out everywhere else."
    assert sentence in client.get("/accounts/2fa/").text

    set_up_the_app(client)

    assert sentence not in client.get("/accounts/2fa/").text


def test_who_has_passed_one_already_stays_where_another_is_added(
    bakery: Business, vera: User
) -> None:
    Authenticator.objects.create(
        user=vera, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"}
    )
    hers, on_her_phone = signed_in_with_password(vera), signed_in_with_password(vera)

    set_up_the_app(hers)

    assert TOTP(Authenticator.objects.get(user=vera, type="totp"))
    assert on_her_phone.get(INBOX).status_code == 200
