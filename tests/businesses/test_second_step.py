"""The second step of signing in: what it offers, and what a wrong code leaves behind."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal import auth as keys
from django.test import Client
from fido2.cose import CoseKey
from fido2.webauthn import AttestedCredentialData

from dext_sync.businesses.audit import sentence
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.factories import PASSWORD

STEP = "/accounts/2fa/authenticate/"
KEY = AttestedCredentialData.create(b"a" * 16, b"k" * 16, CoseKey({1: 2, 3: -7}))


@pytest.fixture
def half_in(
    committed_db: None, bakery: Business, alice: User, client: Client
) -> Client:
    """Alice's browser: her password was right, her authenticator app is asked for."""
    TOTP.activate(alice, generate_totp_secret())
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    return client


def test_a_key_is_asked_for_only_where_there_is_one(
    half_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Use a passkey or security key" not in half_in.get(STEP).text

    monkeypatch.setattr(keys, "get_credentials", lambda _user: [KEY])

    assert "Use a passkey or security key" in half_in.get(STEP).text


def test_the_code_can_be_typed_at_once(half_in: Client) -> None:
    assert "autofocus" in half_in.get(STEP).text


def test_a_wrong_code_is_in_the_trail(half_in: Client, bakery: Business) -> None:
    page = half_in.post(STEP, {"code": "000000"}).text

    assert "This code is not right" in page
    with acting_in(bakery.pk):
        latest = AuditEntry.objects.for_business(bakery).latest("at")
        assert (latest.actor_name, sentence(latest)) == (
            "Alice",
            "failed at the second step of signing in",
        )


def test_tries_that_are_not_looked_at_do_not_fill_the_trail(
    half_in: Client, bakery: Business
) -> None:
    pages = [half_in.post(STEP, {"code": "000000"}).text for _try in range(20)]

    assert "Too many tries that failed." in pages[-1]
    with acting_in(bakery.pk):
        entries = AuditEntry.objects.for_business(bakery)
        assert entries.filter(action="person.second_step_failed").count() < 10
