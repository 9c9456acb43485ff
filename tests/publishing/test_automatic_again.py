"""Items that would go by themselves and must not, and those that must not wait for ever."""

import datetime as dt

import pytest
import time_machine

from connections.models import Connection, ConnectionEvent, TaxRate
from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import archiving, automatic, coding, pausing, ruling, spellings, tasks
from publishing.models import Item, Publication, Step, Supplier
from tests.publishing.automatics import (
    RESTS,
    acme,
    decide,
    decision,
    publications,
    say,
    set_to,
)
from tests.publishing.factories import entry, make_supplier, ready_item
from tests.publishing.steps import item_now, press_publish

__all__ = ["acme"]


def heed(business_id: int) -> None:
    for owner, event_id in rows_across("connection_events_open", 50):
        tasks.heed_event(owner, event_id)
    tasks.review_items(business_id)


def test_a_cleared_item_is_not_sent_a_second_time_without_a_click(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme)
    decide(acme.business, clock)
    (first,) = publications(item)
    with acting_in(acme.business_id):
        now = dt.datetime.now(dt.UTC)
        steps = Step.unscoped.filter(publication=first)
        steps.update(state="done")
        steps.filter(kind="record").update(zoho_id="900")
        Publication.unscoped.filter(pk=first.pk).update(
            state="published", finished_at=now
        )
        Item.unscoped.filter(pk=item.pk).update(
            status="published", archived_at=now, published_at=now
        )
        archiving.unarchive(item_now(item), bob, may_publish=True)
        archiving.clear(item_now(item), bob)

    decide(acme.business, clock)

    assert len(publications(item)) == 1


def test_what_waited_for_a_connection_goes_though_the_review_came_after_the_mending(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme)
    with acting_in(acme.business_id):
        rows = Connection.objects.for_business(acme.business)
        rows.update(state=Connection.State.NEEDS_RECONNECTING)
    decide(acme.business, clock)
    assert "does not work" in decision(item)

    with acting_in(acme.business_id):
        rows.update(state=Connection.State.CONNECTED)
        for kind in ("broken", "mended"):
            ConnectionEvent.unscoped.create(
                business=acme.business, connection=rows.get(), kind=kind
            )
    heed(acme.business_id)
    decide(acme.business, clock)

    assert len(publications(item)) == 1


@pytest.mark.parametrize("name", ["Zero Rate", "Standard Rate"])
def test_a_rule_applied_to_the_inbox_lets_go_what_had_the_default_tax_only(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User, name: str
) -> None:
    rate = entry(TaxRate, acme.business, "Standard Rate")
    set_to(acme.business, alice, "cost_tax", value=rate)
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme, tax_rate=None, tax_amount=None)
    decide(acme.business, clock)
    assert "only the default tax" in decision(item)

    with acting_in(acme.business_id):
        ruled = TaxRate.unscoped.get(name=name)
        ruling.set_supplier_rule(acme, {"tax_rate": ruled}, by=alice)
        ruling.apply(ruling.preview(ruling.waiting(acme)), by=alice)
    assert item_now(item).status == Item.Status.READY
    decide(acme.business, clock)

    assert len(publications(item)) == 1


def test_a_person_who_confirms_the_default_tax_has_spoken(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    rate = entry(TaxRate, acme.business, "Standard Rate")
    set_to(acme.business, alice, "cost_tax", value=rate)
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme, tax_rate=None, tax_amount=None)
    decide(acme.business, clock)
    assert "choose the rate" in decision(item)

    with acting_in(acme.business_id):
        coding.change(item, "tax_rate", rate, by=bob)
    decide(acme.business, clock)

    assert len(publications(item)) == 1


def test_a_setting_that_changes_does_not_overtake_a_person_who_types(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme)
    with acting_in(acme.business_id):
        coding.change(item, "description", "Paper", by=bob)

    set_to(acme.business, alice, "new_invoices", value="sent")
    heed(acme.business_id)
    clock.shift(dt.timedelta(seconds=1))
    tasks.decide_automatically(acme.business_id)

    assert publications(item) == []


def test_an_exception_made_while_a_batch_is_decided_holds(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme)
    clock.shift(RESTS + dt.timedelta(seconds=1))
    set_to(acme.business, alice, "auto_exceptions", value=["invoice"])

    with acting_in(acme.business_id):
        automatic.decide_about(item.pk)

    assert publications(item) == []


def test_an_item_that_follows_its_supplier_into_another_is_decided_about(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    other = make_supplier(acme.business, "City Power")
    say(acme, alice, "always")
    say(other, alice, "never")
    item = ready_item(acme.business, bob, supplier=other)
    decide(acme.business, clock)
    assert "Never" in decision(item)

    with acting_in(acme.business_id):
        spellings.merge(acme, other, by=alice)
        coding.review_supplier(acme)
    assert item_now(item).supplier_id == acme.pk
    decide(acme.business, clock)

    assert "Never" not in decision(item)
    assert len(publications(item)) == 1


def test_a_duplicate_does_not_go_by_itself_because_its_supplier_was_merged(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    """End to end of test_review_duplicates: the second bill of one invoice."""
    spelling = make_supplier(acme.business, "ACME PAPER LIMITED", agreed_by=alice)
    say(acme, alice, "always")
    first = ready_item(acme.business, bob, supplier=spelling, reference="INV-7")
    press_publish(first, bob)
    with acting_in(acme.business_id):
        now = dt.datetime.now(dt.UTC)
        Publication.unscoped.filter(item=first).update(
            state="published", finished_at=now
        )
        Item.unscoped.filter(pk=first.pk).update(status="published", archived_at=now)
    second = ready_item(acme.business, bob, supplier=spelling, reference="inv 7")
    assert item_now(second).reasons == ["duplicate"]

    with acting_in(acme.business_id):
        spellings.merge(acme, spelling, by=alice)
        coding.review_supplier(acme)
    decide(acme.business, clock)

    assert publications(second) == []


def test_a_failure_that_stands_keeps_the_supplier_paused(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    items = [ready_item(acme.business, bob, supplier=acme) for _each in range(2)]
    decide(acme.business, clock)
    with acting_in(acme.business_id):
        for item in items:
            (publication,) = publications(item)
            Item.unscoped.filter(pk=item.pk).update(status="failed")
            Publication.unscoped.filter(pk=publication.pk).update(
                state="failed", finished_at=dt.datetime.now(dt.UTC)
            )
            pausing.pause_over(publication, "Zoho said no.")
        pausing.mended(items[0])

        assert Supplier.unscoped.get(pk=acme.pk).paused_at is not None
