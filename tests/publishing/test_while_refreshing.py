"""A long refresh and people who publish, beside each other."""

from datetime import timedelta

import time_machine

from connections import lists
from connections.models import Connection, Contact
from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item
from tests.publishing.factories import ready_item
from tests.publishing.steps import begun, item_now, work_until_settled
from tests.publishing.zoho import BAKERY, Zoho
from tests.zoho_standin import changes

CONTACTS = 10_000
TURN = timedelta(milliseconds=200)


def test_10_13_ten_thousand_contacts_while_items_are_published(
    zoho: Zoho, connection: Connection, clock: time_machine.Traveller, bob: User
) -> None:
    """With Zoho's own limits: whatever waits, waits for a moment that is known."""
    changes.vendors(zoho.standin, BAKERY, CONTACTS)
    items = [
        ready_item(connection.business, bob, reference=f"INV-{number}", document=None)
        for number in range(3)
    ]
    with acting_in(connection.business_id):
        run = lists.start(connection, by=None)

    left: timedelta | None = timedelta(0)
    to_publish = list(items)
    while left is not None:
        clock.shift(left)
        with acting_in(connection.business_id):
            left = lists.refresh(run.pk, turn=TURN)
        if to_publish:
            work_until_settled(begun(to_publish.pop(), bob), clock)

    assert [item_now(item).status for item in items] == [Item.Status.PUBLISHED] * 3
    assert [call for call in zoho.standin.calls if call["status"] == 429] == []
    with acting_in(connection.business_id):
        assert Contact.unscoped.filter(removed_at=None).count() > CONTACTS
        run.refresh_from_db()
    assert run.problem == ""
    assert run.finished_at is not None
