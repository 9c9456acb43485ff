"""Changing the key that secrets are encrypted with."""

from io import StringIO

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db import connections as databases
from pytest_django.fixtures import Settings

from connections import rotation
from connections.models import Connection, Consent, Grant
from connections.rotation import Place
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.secrets import WrongKey, encrypt
from dext_sync.businesses.tenancy import acting_in
from dext_sync.local.servers import fernet_key

pytestmark = pytest.mark.usefixtures("committed_db")

TOKENS = Place("connections_grant", "refresh_token")


@pytest.fixture
def secrets(connection: Connection, alice: User) -> None:
    """One of each kind that the application keeps."""
    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(alice)
    with acting_in(connection.business_id):
        Consent.unscoped.create(
            business_id=connection.business_id,
            person=alice,
            session_hash="s",
            state_hash="s",
            purpose=Consent.Purpose.CONNECT,
            region="eu",
            refresh_token="1000.waiting",
        )


@pytest.fixture
def new_key(settings: Settings, secrets: None) -> str:
    """In front of the old one, as the README says."""
    key = fernet_key()
    settings.ENCRYPTION_KEYS = [key, *settings.ENCRYPTION_KEYS]
    return key


def rotate_keys() -> str:
    said = StringIO()
    call_command("rotate_keys", stdout=said, stderr=said)
    return said.getvalue()


def stored(place: Place) -> str:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {place.column} FROM {place.table}")  # noqa: S608
        return str(cursor.fetchone()[0])


def test_every_encrypted_column_is_known() -> None:
    assert {str(place) for place in rotation.places()} == {
        "connections_grant.refresh_token",
        "connections_grant.access_token",
        "connections_consent.refresh_token",
        "connections_consent.access_token",
        "mfa_authenticator.data.secret",
        "mfa_authenticator.data.seed",
    }


def test_afterwards_the_new_key_alone_opens_everything(
    new_key: str, settings: Settings, bakery: Business, alice: User
) -> None:
    token = Grant.objects.get().refresh_token
    codes = RecoveryCodes.activate(alice).generate_codes()
    said = rotate_keys()
    settings.ENCRYPTION_KEYS = [new_key]

    assert "connections_grant.refresh_token: 1 encrypted anew" in said
    assert "mfa_authenticator.data.seed: 1 encrypted anew" in said
    assert said.endswith("Everything is encrypted with the first key.\n")
    assert Grant.objects.get().refresh_token == token
    with acting_in(bakery.pk):
        assert Consent.unscoped.get().refresh_token == "1000.waiting"
    totp = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert get_adapter().decrypt(totp.data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert RecoveryCodes.activate(alice).generate_codes() == codes


def test_before_the_new_key_alone_opens_nothing(
    new_key: str, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = [new_key]
    with pytest.raises(WrongKey):
        Grant.objects.get()


def test_a_second_run_changes_nothing(new_key: str) -> None:
    rotate_keys()
    before = stored(TOKENS)
    said = rotate_keys()
    assert "connections_grant.refresh_token: 0 encrypted anew, 1 were up to date" in (
        said
    )
    assert stored(TOKENS) == before


def test_a_value_that_no_key_opens_is_named_and_left_as_it_is(
    new_key: str, settings: Settings
) -> None:
    old_keys = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [fernet_key()]
    foreign = encrypt("1000.lost")
    settings.ENCRYPTION_KEYS = old_keys
    number = Grant.objects.get().pk
    with database.cursor() as cursor:
        cursor.execute("UPDATE connections_grant SET refresh_token = %s", [foreign])
    said = StringIO()
    with pytest.raises(CommandError, match="1 values cannot be opened"):
        call_command("rotate_keys", stdout=said, stderr=said)
    assert f"connections_grant.refresh_token: no key opens row {number}" in (
        said.getvalue()
    )
    assert "connections_grant.access_token: 1 encrypted anew" in said.getvalue()
    assert stored(TOKENS) == foreign


def test_a_token_that_changed_since_it_was_read_is_not_overwritten(
    new_key: str,
) -> None:
    before = stored(TOKENS)
    grant = Grant.objects.get()
    grant.refresh_token = "1000.newer"
    grant.save(update_fields=["refresh_token"])
    assert not rotation.replaced(TOKENS, grant.pk, before, encrypt("1000.older"))
    assert Grant.objects.get().refresh_token == "1000.newer"


def test_more_rows_than_one_batch(
    new_key: str, settings: Settings, connection: Connection
) -> None:
    Grant.objects.bulk_create(
        Grant(region="eu", refresh_token="") for _row in range(rotation.BATCH)
    )
    Grant.objects.filter(refresh_token="").update(refresh_token="1000.many")
    tally = rotation.rotate(TOKENS)
    assert (tally.renewed, tally.current) == (1, rotation.BATCH)


def test_without_the_owners_address_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(databases.settings, "owner")
    with pytest.raises(CommandError, match="DATABASE_OWNER_URL is not set"):
        rotate_keys()
