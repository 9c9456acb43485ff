"""Items that go into the books by themselves, and those that are held and say why."""

import datetime as dt

import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from connections.models import Account, Connection, TaxRate
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import (
    answering,
    automatic,
    coding,
    requesting,
    ruling,
    tasks,
)
from publishing.models import (
    Item,
    Publication,
    Supplier,
)
from tests.publishing.automatics import (
    GOES,
    RESTED,
    RESTS,
    acme,
    decide,
    decision,
    publications,
    say,
    say_of_method,
    set_to,
    told,
)
from tests.publishing.factories import (
    entry,
    make_item,
    make_method,
    paid_receipt,
    ready_item,
)
from tests.publishing.steps import item_now, press_publish, review, trail_of

__all__ = ["acme"]


def test_what_its_suppliers_rule_wants_goes_once_it_has_rested(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme)

    tasks.decide_automatically(acme.business_id)
    assert publications(item) == []

    decide(acme.business, clock)

    (publication,) = publications(item)
    assert publication.priority == Publication.Priority.AUTOMATIC
    assert publication.requested_by is None
    assert item_now(item).status == Item.Status.PUBLISHING
    assert told(item) == [GOES]
    assert "publication.requested" not in trail_of(acme.business, item)


def test_it_goes_once_however_often_workers_come(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme)

    for _time in range(3):
        decide(acme.business, clock)

    assert len(publications(item)) == 1
    assert told(item) == [GOES]


def test_nobody_who_says_anything_leaves_no_trace(
    clock: time_machine.Traveller, acme: Supplier, bob: User
) -> None:
    item = ready_item(acme.business, bob, supplier=acme)

    decide(acme.business, clock)

    assert publications(item) == []
    assert told(item) == []
    assert item_now(item).auto_due_at is None


def test_10_11_a_rule_changed_today_leaves_yesterdays_item(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    item = ready_item(acme.business, bob, supplier=acme)
    clock.shift(dt.timedelta(days=1))
    say(acme, alice, "always")

    decide(acme.business, clock)

    assert publications(item) == []
    assert decision(item) == (
        "Not auto-published: it was submitted before supplier rule “Always” for "
        "Acme Paper Ltd was set."
    )


def test_10_2_off_for_the_supplier_wins_over_on_for_all(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    set_to(acme.business, alice, "auto_publishes_all", value=True)
    say(acme, alice, "never")
    item = ready_item(acme.business, bob, supplier=acme)

    decide(acme.business, clock)

    assert publications(item) == []
    assert told(item) == [
        "Not auto-published: supplier rule “Never” for Acme Paper Ltd."
    ]


def test_10_2_the_payment_methods_always_wins_over_both(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "never")
    card = make_method(acme.business)
    say_of_method(card, alice, "always")
    item = paid_receipt(acme.business, bob, supplier=acme, payment_method=card)

    decide(acme.business, clock)

    assert len(publications(item)) == 1
    assert told(item) == [
        "Auto-published: payment method rule “Always” for Company Card •4242."
    ]


def test_10_2_a_type_in_the_exceptions_never_goes(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    set_to(acme.business, alice, "auto_exceptions", value=["invoice"])
    item = ready_item(acme.business, bob, supplier=acme)

    decide(acme.business, clock)

    assert publications(item) == []
    assert decision(item) == "Not auto-published: Cost invoices are excepted."


def test_an_exception_that_is_taken_back_lets_it_go(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    set_to(acme.business, alice, "auto_exceptions", value=["invoice"])
    item = ready_item(acme.business, bob, supplier=acme)
    decide(acme.business, clock)

    set_to(acme.business, alice, "auto_exceptions", value=[])
    for business_id, event_id in rows_across("connection_events_open", 50):
        tasks.heed_event(business_id, event_id)
    decide(acme.business, clock)

    assert len(publications(item)) == 1


def test_what_is_missing_is_said_and_it_goes_when_a_person_has_filled_it_in(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme, reference="")
    decide(acme.business, clock)
    assert decision(item) == (
        "Not auto-published: An invoice needs its number: Zoho Books asks for it."
    )

    with acting_in(acme.business_id):
        coding.change(item, "reference", "INV-9", by=bob)
    decide(acme.business, clock)

    assert told(item)[1:] == [GOES]
    assert len(publications(item)) == 1


def test_a_person_who_types_is_not_overtaken(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme)
    clock.shift(RESTS - dt.timedelta(seconds=2))
    with acting_in(acme.business_id):
        coding.change(item, "description", "Paper", by=bob)

    clock.shift(dt.timedelta(seconds=5))
    tasks.decide_automatically(acme.business_id)
    assert publications(item) == []

    decide(acme.business, clock)
    assert len(publications(item)) == 1


def test_only_the_default_tax_is_not_enough(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    rate = entry(TaxRate, acme.business, "Standard Rate")
    set_to(acme.business, alice, "cost_tax", value=rate)
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme, tax_rate=None, tax_amount=None)
    assert item_now(item).status == Item.Status.READY

    decide(acme.business, clock)

    assert publications(item) == []
    assert decision(item) == (
        "Not auto-published: only the default tax speaks for its rate: choose the rate, or publish it."
    )


def test_a_rate_that_a_rule_says_afterwards_is_enough(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    rate = entry(TaxRate, acme.business, "Standard Rate")
    set_to(acme.business, alice, "cost_tax", value=rate)
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme, tax_rate=None, tax_amount=None)
    decide(acme.business, clock)
    assert publications(item) == []

    with acting_in(acme.business_id):
        ruling.set_supplier_rule(acme, {"tax_rate": rate}, by=alice)
        assert ruling.apply(ruling.preview(ruling.waiting(acme)), by=alice) == 0
    decide(acme.business, clock)

    assert told(item)[-1] == GOES


def test_10_7_a_category_that_left_zoho_holds_it(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    gone = entry(Account, acme.business, "Postage")
    with acting_in(acme.business_id):
        gone.removed_at = timezone.now()
        gone.save(update_fields=["removed_at"])
    item = ready_item(acme.business, bob, supplier=acme, category=gone)

    decide(acme.business, clock)

    assert publications(item) == []
    assert item_now(item).category_id == gone.pk
    assert decision(item).startswith("Not auto-published: ")


def test_a_connection_that_is_mended_lets_go_what_waited(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    with acting_in(acme.business_id):
        rows = Connection.objects.for_business(acme.business)
        rows.update(state=Connection.State.NEEDS_RECONNECTING)
    item = ready_item(acme.business, bob, supplier=acme)
    decide(acme.business, clock)
    assert decision(item) == (
        "Not auto-published: the connection to Zoho Books does not work."
    )

    with acting_in(acme.business_id):
        rows.update(state=Connection.State.CONNECTED)
    review(acme.business)
    decide(acme.business, clock)

    assert len(publications(item)) == 1


def test_10_14_a_suspected_duplicate_waits_for_the_answer_and_goes_after_it(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    ready_item(acme.business, bob, supplier=acme, reference="INV-7")
    second = ready_item(acme.business, bob, supplier=acme, reference="inv 7")
    decide(acme.business, clock)
    assert publications(second) == []
    assert decision(second).startswith("Not auto-published: ")
    assert item_now(second).reasons == ["duplicate"]

    with acting_in(acme.business_id):
        questions = list(answering.open_questions(second))
        answering.different(second, questions, bob)
    decide(acme.business, clock)

    assert told(second)[-1] == GOES
    assert len(publications(second)) == 1


def test_a_person_who_was_first_is_not_published_again(
    clock: time_machine.Traveller, acme: Supplier, alice: User, bob: User
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme)
    assert isinstance(press_publish(item, bob), requesting.Requested)

    decide(acme.business, clock)

    (publication,) = publications(item)
    assert publication.requested_by == bob
    assert told(item) == []


def test_another_business_is_never_looked_at(
    clock: time_machine.Traveller,
    acme: Supplier,
    alice: User,
    bob: User,
    garage: Business,
    charlie: User,
) -> None:
    say(acme, alice, "always")
    item = ready_item(acme.business, bob, supplier=acme)
    make_item(garage, charlie)
    clock.shift(RESTED)

    due = rows_across("businesses_to_decide_about", 50)
    assert {business for business, _same in due} == {acme.business_id, garage.pk}
    tasks.decide_automatically(garage.pk)

    assert publications(item) == []
    assert rows_across("businesses_to_decide_about", 50) == [
        (acme.business_id, acme.business_id)
    ]


def test_one_more_item_costs_the_same_queries(
    clock: time_machine.Traveller,
    acme: Supplier,
    alice: User,
    bob: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Held ones, as those that go are the engine's."""
    say(acme, alice, "never")
    for count in (1, 3):
        for _each in range(count):
            ready_item(acme.business, bob, supplier=acme)
        clock.shift(RESTED)
        with acting_in(acme.business_id), django_assert_num_queries(3 + 15 * count):
            automatic.decide_due(acme.business)
