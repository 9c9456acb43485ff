"""What was learnt of a connection comes too late: somebody has just decided about it."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from connections import books, ending, together, wizard
from connections.models import Connection, Grant
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.test_two_finish import connected, consented
from tests.locks import beside
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def connection(bakery: Business) -> Connection:
    return connected(bakery, "4711", "one")


@pytest.fixture
def broken(connection: Connection) -> Connection:
    """Its permission lives again already."""
    with acting_in(connection.business_id):
        Connection.unscoped.update(
            state=Connection.State.NEEDS_RECONNECTING,
            needs_reason=Connection.Broken.PERMISSION_GONE,
        )
        return Connection.unscoped.select_related("business").get(pk=connection.pk)


def while_disconnecting(
    connection: Connection, by: User, job: Callable[[], object]
) -> Connection:
    with (
        acting_in(connection.business_id, by.pk),
        beside('UPDATE "connections_connection"', inside(connection, job)),
    ):
        ending.disconnect(connection, by)
    return now(connection)


def while_reconnecting(
    connection: Connection, by: User, job: Callable[[], object], *, zuid: str = "one"
) -> Connection:
    consent = consented(connection, by, zuid)
    with (
        acting_in(connection.business_id, by.pk),
        beside('UPDATE "connections_connection"', inside(connection, job)),
    ):
        assert isinstance(wizard.finish(consent, by), wizard.Finished)
    return now(connection)


def inside(connection: Connection, job: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        with acting_in(connection.business_id):
            job()

    return run


def now(connection: Connection) -> Connection:
    with acting_in(connection.business_id):
        return Connection.unscoped.get(pk=connection.pk)


def permission_dies() -> None:
    grants = Grant.objects.filter(zuid="one")
    assert grants.update(died_at=timezone.now())


def test_what_is_just_being_disconnected_is_not_mended(
    broken: Connection, alice: User
) -> None:
    after = while_disconnecting(broken, alice, lambda: wizard.mend(broken))
    assert (after.state, after.grant_id) == (Connection.State.DISCONNECTED, None)


def test_what_is_just_being_disconnected_does_not_break(
    connection: Connection, alice: User
) -> None:
    permission_dies()
    after = while_disconnecting(
        connection, alice, lambda: books.permission_gone(connection)
    )
    assert after.state == Connection.State.DISCONNECTED


def test_what_is_just_being_reconnected_does_not_break(
    connection: Connection, alice: User
) -> None:
    permission_dies()
    after = while_reconnecting(
        connection, alice, lambda: books.permission_gone(connection)
    )
    assert after.state == Connection.State.CONNECTED


def test_what_is_just_being_reconnected_is_not_called_refused(
    broken: Connection, alice: User
) -> None:
    partner = together.Partner(broken.business, broken)
    consent = consented(broken, alice, "one")
    after = while_reconnecting(broken, alice, lambda: together.leave(consent, partner))
    assert (after.state, after.needs_reason) == (Connection.State.CONNECTED, "")


def test_what_is_taken_over_while_another_zoho_user_reconnects_keeps_no_permission(
    zoho: Zoho, connection: Connection, garage: Business, alice: User, charlie: User
) -> None:
    theirs = connected(garage, "4712", "three")
    consent = consented(theirs, charlie, "three")
    after = while_reconnecting(
        connection, alice, lambda: ending.give_up(connection, consent), zuid="two"
    )
    assert (after.state, after.ended_because) == ("disconnected", "taken_over")
    assert list(Grant.objects.values_list("zuid", flat=True)) == ["three"]


def test_what_reconnects_while_it_is_taken_over_is_connected_again(
    connection: Connection, garage: Business, alice: User, charlie: User
) -> None:
    """Whoever comes first: the other one is told at Finish that it is taken."""
    theirs = connected(garage, "4712", "three")
    consent, ours = (
        consented(theirs, charlie, "three"),
        consented(connection, alice, "one"),
    )
    with (
        acting_in(connection.business_id),
        beside(
            'UPDATE "connections_connection"',
            inside(connection, lambda: wizard.finish(ours, alice)),
        ),
    ):
        assert ending.give_up(connection, consent)
    after = now(connection)
    assert after.state == Connection.State.CONNECTED
    assert after.grant_id is not None
