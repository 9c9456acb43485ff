"""While a token is being asked for, somebody else comes by one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from connections import permissions, tokens
from connections.models import Connection, Grant
from connections.zoho.errors import ZohoRateLimited, ZohoUnauthorized
from dext_sync.businesses.models import User
from tests.connections.meanwhile import just_after
from tests.connections.test_tokens import cold, grant_of, token_calls
from tests.publishing.zoho import ALICE, Zoho

pytestmark = pytest.mark.usefixtures("committed_db")

READ = 'FROM "connections_grant"'
LEASE_TAKEN = 'UPDATE "connections_grant" SET "refreshing_until"'


def consented_anew() -> None:
    """As Finish leaves it."""
    now = timezone.now()
    Grant.objects.update(
        refresh_token="1000.new refresh",
        access_token="1000.new access",
        access_expires_at=now + timedelta(hours=1),
        refreshing_until=None,
        died_at=None,
        renewed_at=now,
    )


def test_whoever_read_it_before_another_renewed_it_asks_for_no_other(
    connection: Connection, zoho: Zoho
) -> None:
    grant = cold(connection)
    with just_after(READ, lambda: tokens.access_token(grant)):
        found = tokens.access_token(grant)

    assert found == grant_of(connection).access_token
    assert token_calls(zoho) == 1


def test_a_token_of_the_permission_before_does_not_replace_the_new_one(
    connection: Connection,
) -> None:
    grant = cold(connection)
    with just_after(LEASE_TAKEN, consented_anew):
        tokens.access_token(grant)

    assert grant_of(connection).access_token == "1000.new access"


def test_the_end_of_the_permission_before_is_not_that_of_the_new_one(
    connection: Connection, zoho: Zoho
) -> None:
    grant = cold(connection)
    zoho.standin.change("revoke", email=ALICE)
    with just_after(LEASE_TAKEN, consented_anew), pytest.raises(ZohoUnauthorized):
        tokens.access_token(grant)

    fresh = grant_of(connection)
    assert (fresh.died_at, fresh.access_token) == (None, "1000.new access")


def test_trouble_with_the_permission_before_does_not_cool_the_new_one_down(
    connection: Connection, zoho: Zoho
) -> None:
    grant = cold(connection)
    zoho.fails("token_throttled")
    with just_after(LEASE_TAKEN, consented_anew), pytest.raises(ZohoRateLimited):
        tokens.access_token(grant)

    assert grant_of(connection).cool_down_until is None


def test_a_token_that_comes_after_the_withdrawal_is_not_kept(
    connection: Connection, alice: User
) -> None:
    """Zoho gave it before it heard of the withdrawal."""
    grant = cold(connection)

    def withdraws() -> None:
        Grant.objects.update(refresh_token="")
        assert permissions.withdraw(grant, alice)

    with just_after(LEASE_TAKEN, withdraws):
        tokens.access_token(grant)

    assert grant_of(connection).access_token == ""
