"""Items that go into the books by themselves, and those that are held and say why."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from connections import general
from connections.models import Account, Connection, TaxRate
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import (
    answering,
    archiving,
    automatic,
    coding,
    pausing,
    rehearsal,
    requesting,
    ruling,
    tasks,
)
from publishing.models import (
    AutoDecision,
    Item,
    PaymentMethod,
    Publication,
    Supplier,
)
from tests.logs import written
from tests.publishing.factories import (
    entry,
    make_item,
    make_method,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.steps import item_now, press_publish, trail_of, work
from tests.publishing.zoho import Zoho

RESTS = dt.timedelta(seconds=20)
RESTED = RESTS + dt.timedelta(seconds=1)
GOES = "Auto-published: supplier rule “Always” for Acme Paper Ltd."


@pytest.fixture
def acme(clock: time_machine.Traveller, connected_bakery: Business) -> Supplier:
    return make_supplier(connected_bakery)


def say(supplier: Supplier, by: User, says: str) -> None:
    with acting_in(supplier.business_id):
        ruling.set_supplier_rule(supplier, {"auto_publish": says}, by=by)


def say_of_method(method: PaymentMethod, by: User, says: str) -> None:
    with acting_in(method.business_id):
        ruling.set_method_rule(method, {"auto_publish": says}, by=by)


def set_to(business: Business, by: User, setting: str, value: Any) -> None:
    with acting_in(business.pk):
        connection = Connection.objects.for_business(business).get()
        general.change(connection, setting, value, by=by)


def decide(business: Business, clock: time_machine.Traveller) -> None:
    """Items have rested, and a worker comes."""
    clock.shift(RESTED)
    tasks.decide_automatically(business.pk)


def decision(item: Item) -> str:
    """What is known of it last; empty if nothing was decided."""
    with acting_in(item.business_id):
        found = AutoDecision.unscoped.filter(item=item).first()
    return found.sentence if found else ""


def told(item: Item) -> list[str]:
    """The sentences of its history about going by itself, oldest first."""
    with acting_in(item.business_id):
        entries = audit.about(item.business, item).filter(action__startswith="auto.")
        return [audit.own_sentence(each) for each in entries][::-1]


def publications(item: Item) -> list[Publication]:
    with acting_in(item.business_id):
        return list(item.publications.all())


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
        coding.review_business(acme.business)
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
        with acting_in(acme.business_id), django_assert_num_queries(3 + 16 * count):
            automatic.decide_due(acme.business)


class TestAfterAFailure:
    @pytest.fixture
    def failed(
        self,
        zoho: Zoho,
        connection: Connection,
        clock: time_machine.Traveller,
        alice: User,
        bob: User,
    ) -> Item:
        """Zoho has refused what went by itself."""
        acme = make_supplier(connection.business)
        say(acme, alice, "always")
        item = ready_item(connection.business, bob, supplier=acme)
        decide(connection.business, clock)
        zoho.fails("date_locked")
        (publication,) = publications(item)
        work(publication)
        assert item_now(item).status == Item.Status.FAILED
        return item

    def supplier(self, item: Item) -> Supplier:
        with acting_in(item.business_id):
            return Supplier.unscoped.get(items=item)

    def test_nothing_of_that_supplier_goes_and_it_says_so(
        self, failed: Item, clock: time_machine.Traveller, bob: User
    ) -> None:
        supplier = self.supplier(failed)
        assert supplier.paused_over_id == failed.pk

        another = ready_item(failed.business, bob, supplier=supplier)
        decide(failed.business, clock)

        assert publications(another) == []
        assert decision(another).startswith(
            "Not auto-published: paused for Acme Paper Ltd after a failure: "
        )

    def test_an_admin_lets_it_go_on(
        self, failed: Item, clock: time_machine.Traveller, alice: User, bob: User
    ) -> None:
        supplier = self.supplier(failed)
        another = ready_item(failed.business, bob, supplier=supplier)
        decide(failed.business, clock)

        with acting_in(failed.business_id):
            assert pausing.resume(supplier, by=alice)
            assert not pausing.resume(supplier, by=alice)
        decide(failed.business, clock)

        assert len(publications(another)) == 1
        assert len(publications(failed)) == 1

    def test_it_goes_on_when_the_item_is_in_zoho(
        self, failed: Item, clock: time_machine.Traveller, zoho: Zoho, bob: User
    ) -> None:
        another = ready_item(
            failed.business, bob, supplier=self.supplier(failed), reference="INV-105"
        )
        decide(failed.business, clock)

        again = press_publish(failed, bob)
        assert isinstance(again, requesting.Requested)
        work(again.publication)
        assert item_now(failed).status == Item.Status.PUBLISHED
        decide(failed.business, clock)

        assert self.supplier(failed).paused_at is None
        assert len(publications(another)) == 1

    def test_putting_it_away_ends_no_pause(self, failed: Item, bob: User) -> None:
        with acting_in(failed.business_id):
            archiving.archive(failed, bob)

        assert self.supplier(failed).paused_at is not None

    def test_a_persons_own_failure_pauses_nothing(
        self, zoho: Zoho, connection: Connection, bob: User
    ) -> None:
        item = ready_item(connection.business, bob)
        zoho.fails("date_locked")
        begun = press_publish(item, bob)
        assert isinstance(begun, requesting.Requested)
        work(begun.publication)

        assert item_now(item).status == Item.Status.FAILED
        assert self.supplier(item).paused_at is None


class TestTheDryLook:
    def look(self, acme: Supplier) -> rehearsal.Look:
        with acting_in(acme.business_id):
            connection = Connection.objects.for_business(acme.business).get()
            return rehearsal.of_party(acme, connection)

    def test_it_counts_what_would_have_gone_and_says_why_not(
        self, acme: Supplier, bob: User
    ) -> None:
        for _each in range(3):
            ready_item(acme.business, bob, supplier=acme)
        for _each in range(2):
            ready_item(acme.business, bob, supplier=acme, reference="")

        look = self.look(acme)

        assert (look.count, look.would, look.would_not) == (5, 3, 2)
        assert look.held == (
            ("An invoice needs its number: Zoho Books asks for it.", 2),
        )

    def test_an_item_counts_under_each_of_its_reasons(
        self, acme: Supplier, bob: User
    ) -> None:
        ready_item(acme.business, bob, supplier=acme)
        ready_item(acme.business, bob, supplier=acme, reference="")
        ready_item(acme.business, bob, supplier=acme, reference="", category=None)

        look = self.look(acme)

        assert (look.count, look.would, look.would_not) == (3, 1, 2)
        assert look.held == (
            ("An invoice needs its number: Zoho Books asks for it.", 2),
            ("The category is missing.", 1),
        )
        assert look.overlaps

    def test_a_broken_connection_is_no_reason_of_the_items(
        self, acme: Supplier, bob: User
    ) -> None:
        ready_item(acme.business, bob, supplier=acme)
        ready_item(acme.business, bob, supplier=acme, category=None)
        with acting_in(acme.business_id):
            Connection.unscoped.update(state=Connection.State.NEEDS_RECONNECTING)
            coding.review_business(acme.business)

        look = self.look(acme)

        assert (look.count, look.would, look.is_broken) == (2, 1, True)
        assert look.held == (("The category is missing.", 1),)
        assert not look.overlaps

    def test_where_nothing_is_connected_nothing_is_counted(
        self, acme: Supplier, bob: User
    ) -> None:
        ready_item(acme.business, bob, supplier=acme)
        with acting_in(acme.business_id):
            Connection.unscoped.update(state=Connection.State.DISCONNECTED)

        assert self.look(acme) == rehearsal.Look(is_connected=False)

    def test_nothing_is_written(self, acme: Supplier, bob: User) -> None:
        item = ready_item(acme.business, bob, supplier=acme)

        self.look(acme)

        assert told(item) == []
        assert publications(item) == []

    def test_what_a_person_put_away_would_not_have_gone(
        self, acme: Supplier, bob: User
    ) -> None:
        item = ready_item(acme.business, bob, supplier=acme)
        with acting_in(acme.business_id):
            archiving.archive(item, bob)

        assert self.look(acme).held == (("A person has put it away.", 1),)

    def test_ten_more_items_cost_no_more_queries(
        self,
        acme: Supplier,
        bob: User,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for count in (1, 10):
            for _each in range(count):
                ready_item(acme.business, bob, supplier=acme)
            with acting_in(acme.business_id), django_assert_num_queries(4):
                rehearsal.of_party(
                    acme, Connection.objects.for_business(acme.business).get()
                )


class TestOneThatRaises:
    """Its row says what no code expects, so that nothing can be decided about it."""

    @pytest.fixture
    def bad(self, acme: Supplier, alice: User, bob: User) -> Item:
        say(acme, alice, "always")
        item = ready_item(acme.business, bob, supplier=acme)
        with acting_in(acme.business_id):
            Item.unscoped.filter(pk=item.pk).update(sources=[])
        return item

    def test_it_is_logged_and_passed_over(
        self,
        clock: time_machine.Traveller,
        acme: Supplier,
        bob: User,
        bad: Item,
    ) -> None:
        good = ready_item(acme.business, bob, supplier=acme)

        with written() as lines:
            decide(acme.business, clock)

        assert len(publications(good)) == 1
        assert publications(bad) == []
        over = [each for each in lines() if each["event"] == "An item was passed over."]
        assert [(each["business_id"], each["item_id"]) for each in over] == [
            (acme.business_id, bad.pk),
        ] * 2  # once more when the others are done

    def test_it_is_decided_about_again_in_an_hour(
        self, clock: time_machine.Traveller, acme: Supplier, bad: Item
    ) -> None:
        decide(acme.business, clock)
        with acting_in(acme.business_id):
            Item.unscoped.filter(pk=bad.pk).update(sources=bad.sources)

        clock.shift(dt.timedelta(minutes=59))
        tasks.decide_automatically(acme.business_id)
        assert told(bad) == []
        clock.shift(dt.timedelta(minutes=1))
        tasks.decide_automatically(acme.business_id)
        assert told(bad) == [GOES]

    def test_a_change_brings_it_back_at_once(
        self, clock: time_machine.Traveller, acme: Supplier, bob: User, bad: Item
    ) -> None:
        decide(acme.business, clock)
        with acting_in(acme.business_id):
            Item.unscoped.filter(pk=bad.pk).update(sources=bad.sources)
            coding.change(bad, "description", "Paper", by=bob)

        decide(acme.business, clock)

        assert told(bad) == [GOES]
