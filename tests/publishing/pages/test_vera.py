"""What Vera cannot bring about: she may not publish, and sees no items but her own."""

import datetime as dt

import pytest
import time_machine

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import ruling, tasks
from publishing.models import Item, Supplier
from tests.publishing.factories import make_supplier, ready_item
from tests.publishing.pages.conftest import At, now, text
from tests.publishing.twins import questions_about


@pytest.fixture
def acme(
    clock: time_machine.Traveller, connected_bakery: Business, alice: User
) -> Supplier:
    supplier = make_supplier(connected_bakery)
    with acting_in(connected_bakery.pk):
        ruling.set_supplier_rule(supplier, {"auto_publish": "always"}, by=alice)
    return supplier


def decide(business: Business, clock: time_machine.Traveller) -> None:
    clock.shift(dt.timedelta(seconds=21))
    tasks.decide_automatically(business.pk)


def test_her_answer_about_what_she_may_not_see_sends_nothing_to_the_books(
    at: At,
    alice: User,
    vera: User,
    bakery: Business,
    acme: Supplier,
    clock: time_machine.Traveller,
) -> None:
    """She cannot compare the two, may not publish, and yet makes the second bill go."""
    ready_item(bakery, alice, supplier=acme, reference="INV-7")
    again = ready_item(bakery, vera, supplier=acme, reference="inv 7")
    (question,) = questions_about(again)
    data = {"question": question.pk, "answer": "different"}
    at(vera, bakery).posts("item_duplicate", again.pk, data=data)
    decide(bakery, clock)

    assert now(again).status in (Item.Status.TO_REVIEW, Item.Status.READY)


def test_her_putting_away_does_not_end_a_pause_that_an_admin_must_end(
    at: At,
    alice: User,
    vera: User,
    bakery: Business,
    acme: Supplier,
    clock: time_machine.Traveller,
) -> None:
    hers = ready_item(bakery, vera, supplier=acme, reference="V-1")
    with acting_in(bakery.pk):
        Item.unscoped.filter(pk=hers.pk).update(status=Item.Status.FAILED)
        Supplier.unscoped.filter(pk=acme.pk).update(
            paused_at=hers.created_at, paused_over=hers, pause_reason="Locked."
        )
    alices = ready_item(bakery, alice, supplier=acme, reference="A-1")
    at(vera, bakery).posts("item_archive", hers.pk)
    decide(bakery, clock)

    assert now(alices).status == Item.Status.READY


def test_the_history_of_her_item_tells_no_rule(
    at: At, vera: User, bakery: Business, acme: Supplier
) -> None:
    hers = ready_item(bakery, vera, supplier=acme, reference="V-1")
    page = text(at(vera, bakery).opens("item_history", hers.pk))
    assert "changed the rule of" not in page
