"""Disconnecting while something is on its way to Zoho."""

import pytest
import time_machine

from connections import books, ending
from connections.models import Connection, Grant
from connections.zoho.errors import ZohoOrganisationRefused
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import results
from tests.publishing.factories import ready_item
from tests.publishing.steps import (
    attempts_of,
    begun,
    publish,
    take_lease,
    work_until_settled,
)
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


def test_a_no_of_the_former_organisation_does_not_break_the_one_connected_since(
    connected_bakery: Business,
) -> None:
    """The same permission carries both; the answer was on its way meanwhile."""
    with acting_in(connected_bakery.pk):
        former = Connection.unscoped.get()
        Connection.unscoped.update(organisation_id="4711")

        books.refused(former, ZohoOrganisationRefused("Not associated.", code=6041))

        assert Connection.unscoped.get().state == Connection.State.CONNECTED


def test_nothing_leaves_through_a_connection_that_is_not_what_it_was(
    connected_bakery: Business, bob: User
) -> None:
    publication = take_lease(begun(ready_item(connected_bakery, bob), bob))
    other = Grant.objects.create(region="eu", refresh_token="1000.other")
    with acting_in(connected_bakery.pk):
        step = publication.steps.get(kind="record")
        seen = publication.connection
        before = {name: getattr(seen, name) for name in results.FACTS}
        for changed in (
            {"state": "needs_reconnecting"},
            {"grant_id": other.pk},
            {"region": "us"},
            {"organisation_id": "4711"},
        ):
            Connection.unscoped.update(**before | changed)
            with pytest.raises(results.ConnectionChanged):
                results.opened(publication, step, {})

    assert attempts_of(publication) == []


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"organisation_id": "4711"}, "organisation"),
        ({"region": "us"}, "answer_lost"),
        ({}, "long_list"),
        ({}, "right"),
        ({}, "scope"),
    ],
)
def test_what_nobody_finds_out_through_this_connection_does_not_hold_it(
    facts: dict[str, str],
    reason: str,
    connected_bakery: Business,
    alice: User,
    bob: User,
) -> None:
    publication = begun(ready_item(connected_bakery, bob), bob)
    with acting_in(connected_bakery.pk):
        publication.steps.update(state="uncertain", **facts)
        publication.waiting_reason = reason
        publication.save(update_fields=["waiting_reason"])
        assert ending.disconnect(publication.connection, alice)


@pytest.mark.parametrize("reason", ["", "answer_lost", "minute", "list_lags"])
def test_what_is_found_out_through_it_holds_it(
    reason: str, connected_bakery: Business, alice: User, bob: User
) -> None:
    publication = begun(ready_item(connected_bakery, bob), bob)
    with acting_in(connected_bakery.pk):
        publication.steps.update(state="uncertain")
        publication.waiting_reason = reason
        publication.save(update_fields=["waiting_reason"])
        with pytest.raises(ending.StillHeld):
            ending.disconnect(publication.connection, alice)
