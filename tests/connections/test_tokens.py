"""Access tokens: one for all, renewed by one."""

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from connections import books, tasks, tokens
from connections.budget import Priority
from connections.models import Connection, ConnectionEvent, Grant
from connections.zoho.errors import (
    ZohoForbidden,
    ZohoMisconfigured,
    ZohoRateLimited,
    ZohoUnauthorized,
    ZohoUnavailable,
)
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import acting_in, rows_across
from tests.publishing.zoho import ALICE, Zoho

pytestmark = pytest.mark.usefixtures("database")


def grant_of(connection: Connection, **fields: object) -> Grant:
    assert connection.grant is not None
    Grant.objects.filter(pk=connection.grant.pk).update(**fields)
    return Grant.objects.get(pk=connection.grant.pk)


def cold(connection: Connection) -> Grant:
    return grant_of(connection, access_token="", access_expires_at=None)


def token_calls(zoho: Zoho) -> int:
    return len(zoho.calls("POST", "/oauth/refresh_token"))


def test_a_live_token_is_used_as_it_is(connection: Connection, zoho: Zoho) -> None:
    grant = grant_of(connection)
    assert tokens.access_token(grant) == grant.access_token
    assert token_calls(zoho) == 0


def test_a_token_is_renewed_a_little_early(connection: Connection, zoho: Zoho) -> None:
    soon = timezone.now() + timedelta(minutes=2)
    grant = grant_of(connection, access_expires_at=soon)
    assert tokens.access_token(grant) != grant.access_token
    assert token_calls(zoho) == 1


@pytest.mark.parametrize(("age", "calls"), [(5, 0), (80, 0), (100, 1)])
def test_a_token_of_two_minutes_is_not_renewed_at_each_call(
    connection: Connection, zoho: Zoho, age: int, calls: int
) -> None:
    given = timezone.now() - timedelta(seconds=age)
    ends = given + timedelta(minutes=2)
    grant = grant_of(connection, refreshed_at=given, access_expires_at=ends)
    tokens.access_token(grant)
    assert token_calls(zoho) == calls


def test_a_refused_token_is_replaced_once(connection: Connection, zoho: Zoho) -> None:
    grant = grant_of(connection)
    first = tokens.access_token(grant, refused=grant.access_token)
    second = tokens.access_token(grant, refused=grant.access_token)
    assert first == second != grant.access_token
    assert token_calls(zoho) == 1


@pytest.mark.usefixtures("committed_db")
def test_sixteen_cold_callers_make_one_token_call(
    connection: Connection, zoho: Zoho
) -> None:
    grant = cold(connection)
    zoho.fails("token_slow", seconds=0.5)
    got: list[str] = []

    def caller() -> None:
        got.append(tokens.access_token(grant))
        database.close()

    callers = [threading.Thread(target=caller) for _n in range(16)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(30)

    assert len(got) == 16
    assert len(set(got)) == 1
    assert token_calls(zoho) == 1


def test_a_revoked_permission_kills_the_grant_and_breaks_the_connection_once(
    connection: Connection, zoho: Zoho, bakery: Business, mailoutbox: list[object]
) -> None:
    cold(connection)
    zoho.standin.change("revoke", email=ALICE)
    with acting_in(bakery.pk):
        opened = books.open_books(connection, Priority.PERSON)
        with pytest.raises(ZohoUnauthorized):
            opened.organisation()
        connection.refresh_from_db()
        kinds = list(ConnectionEvent.unscoped.values_list("kind", flat=True))
        with pytest.raises(books.NotConnected):
            books.open_books(connection, Priority.PERSON)

    assert connection.state == "needs_reconnecting"
    assert connection.needs_reason == "permission_gone"
    assert grant_of(connection).died_at is not None
    assert kinds == ["broken"]


def test_a_throttled_token_endpoint_is_left_alone_for_a_while(
    connection: Connection, zoho: Zoho
) -> None:
    grant = cold(connection)
    zoho.fails("token_throttled")
    with pytest.raises(ZohoRateLimited):
        tokens.access_token(grant)
    with pytest.raises(ZohoRateLimited) as again:
        tokens.access_token(grant)

    assert token_calls(zoho) == 1
    assert again.value.retry_after is not None
    assert again.value.retry_after > 500
    assert grant_of(connection).died_at is None


@pytest.mark.parametrize("fault", ["token_html_502", "token_lost"])
def test_trouble_at_the_token_endpoint_kills_nothing(
    connection: Connection, zoho: Zoho, fault: str
) -> None:
    grant = cold(connection)
    zoho.fails(fault)
    with pytest.raises(ZohoUnavailable):
        tokens.access_token(grant)
    alive = grant_of(connection)
    assert (alive.died_at, alive.failures) == (None, 1)
    assert alive.cool_down_until is not None

    grant_of(connection, cool_down_until=None)
    assert tokens.access_token(grant) != ""
    assert grant_of(connection).failures == 0


@pytest.mark.parametrize(
    "fault", ["token_html_502", "token_lost", "token_throttled", "invalid_client"]
)
def test_a_token_that_still_serves_is_used_where_no_new_one_is_given(
    connection: Connection, zoho: Zoho, fault: str
) -> None:
    soon = timezone.now() + timedelta(minutes=2)
    grant = grant_of(connection, access_expires_at=soon)
    zoho.fails(fault)

    assert tokens.access_token(grant) == grant.access_token
    assert tokens.access_token(grant) == grant.access_token
    assert token_calls(zoho) == 1
    assert grant_of(connection).failures == 1


def test_a_refused_token_serves_nobody_where_no_new_one_is_given(
    connection: Connection, zoho: Zoho
) -> None:
    grant = grant_of(connection)
    zoho.fails("token_html_502")

    with pytest.raises(ZohoUnavailable):
        tokens.access_token(grant, refused=grant.access_token)


def test_our_own_wrong_configuration_marks_nobodys_connection_dead(
    connection: Connection, zoho: Zoho
) -> None:
    grant = cold(connection)
    zoho.fails("invalid_client")
    with pytest.raises(ZohoMisconfigured):
        tokens.access_token(grant)
    assert grant_of(connection).died_at is None
    with acting_in(connection.business_id):
        connection.refresh_from_db()
    assert connection.state == "connected"


def test_a_lease_left_by_a_killed_process_ends_by_itself(
    connection: Connection, zoho: Zoho
) -> None:
    cold(connection)
    grant = grant_of(connection, refreshing_until=timezone.now() - timedelta(seconds=1))
    assert tokens.access_token(grant) != ""


@pytest.mark.parametrize("zuid", ["", "20081234101"])
def test_a_token_that_is_refused_as_soon_as_it_was_given_is_not_the_cause(
    connection: Connection, zoho: Zoho, zuid: str
) -> None:
    """A missing right looks the same; ten new tokens would only throttle the grant."""
    grant_of(connection, zuid=zuid)
    zoho.fails("forbidden", path="/bills", times=8)
    with acting_in(connection.business_id):
        opened = books.open_books(connection, Priority.PERSON)
        for _bill in range(4):
            with pytest.raises(ZohoForbidden):
                opened.bills()

    assert token_calls(zoho) == 1
    assert grant_of(connection).cool_down_until is None


def test_a_token_that_dies_as_soon_as_it_was_given_is_replaced(
    connection: Connection, zoho: Zoho
) -> None:
    cold(connection)
    grant_of(connection, zuid="20081234101")
    with acting_in(connection.business_id):
        opened = books.open_books(connection, Priority.PERSON)
        opened.bills()
        zoho.fails("tokens_dead", path="/bills")
        opened.bills()
    assert token_calls(zoho) == 2


def test_a_permission_revoked_as_soon_as_it_gave_a_token_is_no_missing_right(
    connection: Connection, zoho: Zoho
) -> None:
    cold(connection)
    grant_of(connection, zuid="20081234101")
    with acting_in(connection.business_id):
        opened = books.open_books(connection, Priority.PERSON)
        opened.bills()
        zoho.standin.change("revoke", email=ALICE)
        with pytest.raises(ZohoUnauthorized):
            opened.bills()
        connection.refresh_from_db()
    assert connection.needs_reason == "permission_gone"


def test_a_permission_that_was_let_go_meanwhile_is_gone_and_no_crash(
    connection: Connection, bakery: Business
) -> None:
    grant = grant_of(connection)
    with acting_in(bakery.pk):
        Connection.unscoped.update(grant=None)
    grant.delete()
    with pytest.raises(ZohoUnauthorized):
        tokens.access_token(Grant(pk=1))


@pytest.mark.usefixtures("committed_db")
def test_a_permission_that_no_connection_uses_is_given_back(
    connection: Connection, zoho: Zoho, bakery: Business
) -> None:
    """As a take-over leaves it whose new connection was never finished."""
    grant = grant_of(connection)
    tasks.try_grant(grant.pk)
    assert grant.refresh_token in zoho.standin.tokens["eu"].refresh_tokens
    with acting_in(bakery.pk):
        Connection.unscoped.update(state="disconnected", grant=None)
    tasks.try_grant(grant.pk)
    assert not Grant.objects.exists()
    assert grant.refresh_token not in zoho.standin.tokens["eu"].refresh_tokens


def test_whoever_shares_a_permission_that_lives_again_is_mended_by_the_sweep(
    connection: Connection, bakery: Business
) -> None:
    """Also where the process that renewed it died before it could tell them."""
    with acting_in(bakery.pk):
        Connection.unscoped.update(
            state=Connection.State.NEEDS_RECONNECTING,
            needs_reason=Connection.Broken.PERMISSION_GONE,
        )
    (found,) = rows_across("connections_to_mend", 10)
    tasks.mend_connection(*found)
    with acting_in(bakery.pk):
        connection.refresh_from_db()
    assert connection.state == "connected"
    assert rows_across("connections_to_mend", 10) == []
