"""Disconnecting while something is on its way to Zoho."""

import pytest
import time_machine

from connections import ending
from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.factories import ready_item
from tests.publishing.steps import publish, work_until_settled
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.django_db


def test_it_waits_while_the_fate_of_something_sent_is_unknown(
    connection: Connection,
    zoho: Zoho,
    bakery: Business,
    alice: User,
    bob: User,
    clock: time_machine.Traveller,
) -> None:
    zoho.fails("answer_lost", path="/bills")
    publication = publish(ready_item(bakery, bob), bob)

    with acting_in(bakery.pk), pytest.raises(ending.StillHeld):
        ending.disconnect(connection, alice)
    with acting_in(bakery.pk):
        connection.refresh_from_db()
    assert connection.state == "connected"

    work_until_settled(publication, clock)
    with acting_in(bakery.pk):
        assert ending.disconnect(connection, alice)
        connection.refresh_from_db()
    assert connection.state == "disconnected"
    assert len(zoho.bills) == 1
