"""Two that are at work on the same thing wait for each other once, and never in a
circle: the item before its publications, the supplier before the item."""

from collections.abc import Callable
from contextlib import suppress
from threading import Event

import pytest
import time_machine
from django.db import connection as database
from django.db import transaction

from connections.models import Account, Connection, Contact
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import (
    answering,
    automatic,
    coding,
    copies,
    copying,
    merging,
    requesting,
    restoring,
    results,
    ruling,
    spellings,
    suppliers,
    word_rules,
)
from publishing.leases import LeaseLost
from publishing.models import (
    CategoryRule,
    Item,
    PaymentMethod,
    Publication,
    RestoreCheck,
    Step,
    Supplier,
    SupplierRule,
    Suspicion,
)
from publishing.outcomes import Done, Refused, uncertain_time
from publishing.problems import Problem
from tests.locks import beside, until_awaited
from tests.publishing.factories import (
    entry,
    make_connection,
    make_lists,
    make_method,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.steps import begun, item_now, now, step_of, work
from tests.publishing.test_after_restore import restored
from tests.publishing.test_late_answers import (
    document_opened,
    let_it_be_sent_again,
    refuse_meanwhile,
    send_now,
    taken_after,
    taken_and_opened,
)
from tests.publishing.test_races import together
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("committed_db")

THE_ITEM = 'FOR NO KEY UPDATE OF "publishing_item"'


@pytest.mark.usefixtures("connection")
class TestTwoWorkers:
    def test_a_late_yes_and_a_no(
        self, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        publication = begun(ready_item(bakery, bob), bob)
        first, late_step = taken_and_opened(publication)
        let_it_be_sent_again(publication, clock)
        second, step = taken_and_opened(publication)

        def no() -> None:
            with acting_in(bakery.pk), suppress(LeaseLost):
                results.settle(second, step, Refused(Problem.FORBIDDEN))

        with acting_in(bakery.pk), beside('UPDATE "publishing_step"', no):
            differs = Done(zoho_id="4711", differences=("total",))
            results.settle(first, late_step, differs)

        assert step_of(publication, Step.Kind.RECORD).state == "done"
        assert now(publication).problem_code == "total_differs"

    def test_a_late_yes_for_a_document_and_the_end(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        first, late_step = document_opened(zoho, item, bob, clock)
        clock.shift(121)
        work(first)
        second = taken_after(first, clock)
        with acting_in(bakery.pk):
            step = second.steps.get(kind=Step.Kind.DOCUMENT)
            results.settle(second, step, Refused(Problem.FORBIDDEN))

        def end() -> None:
            with acting_in(bakery.pk):
                results.published(second)

        with acting_in(bakery.pk), beside(THE_ITEM, end):
            results.settle(first, late_step, Done())

        assert item_now(item).status == "published"
        assert not item_now(item).document_missing

    def test_what_was_sent_before_a_restore_is_missed_and_found(
        self, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        publication = begun(item, bob)
        first, step = taken_and_opened(publication)
        send_now(first, step)
        restored()
        clock.shift(uncertain_time() * 2)

        with acting_in(bakery.pk), beside(THE_ITEM, lambda: work(publication)):
            restoring.ask(RestoreCheck.unscoped.get(kind="bill").pk)

        assert item_now(item).status == "checking"
        assert step_of(publication, Step.Kind.RECORD).state == "uncertain"


class TestAWorkerAndAMerge:
    def test_a_late_yes_for_the_contact_of_a_spelling(
        self,
        connection: Connection,
        bakery: Business,
        alice: User,
        bob: User,
        clock: time_machine.Traveller,
    ) -> None:
        kept = make_supplier(bakery)
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        item = ready_item(bakery, bob, supplier=new)
        publication = begun(item, bob)
        first, step = taken_and_opened(publication)
        done = send_now(first, step)
        refuse_meanwhile(publication, clock, step.kind)

        def merge() -> None:
            with acting_in(bakery.pk):
                spellings.merge(kept, new, by=alice)

        with acting_in(bakery.pk), beside(THE_ITEM, merge):
            results.settle(first, step, done)

        assert item_now(item).supplier_id == kept.pk
        with acting_in(bakery.pk):
            assert Supplier.unscoped.get(pk=new.pk).contact == done.contact

    @pytest.mark.parametrize("status", ["failed", "published"])
    def test_the_end_of_what_was_published_while_they_wait(
        self,
        zoho: Zoho,
        connection: Connection,
        bakery: Business,
        alice: User,
        bob: User,
        status: str,
    ) -> None:
        """The merge has found the item in the Inbox, and waits for another before it."""
        kept, other = make_supplier(bakery), make_supplier(bakery, "New Mill")
        with acting_in(bakery.pk):
            suppliers.link(other, entry(Contact, bakery, "City Power"), by=bob)
        before, item = (ready_item(bakery, bob, supplier=other) for _each in range(2))
        if status == "failed":
            zoho.fails("date_locked", method="POST", path="/bills")
        else:
            pause_over(item)
        is_held, is_awaited = Event(), Event()

        def holds() -> None:
            with acting_in(bakery.pk), transaction.atomic():
                coding.locked(before.pk)
                is_held.set()
                until_awaited()
                is_awaited.set()
                until_awaited(by=2)

        def merges() -> None:
            assert is_held.wait(60)
            with acting_in(bakery.pk):
                spellings.merge(kept, other, by=alice)

        def publishes() -> None:
            assert is_awaited.wait(60)
            with acting_in(bakery.pk):
                by_itself = Publication.Priority.AUTOMATIC
                begun = requesting.request(item, by=None, priority=by_itself)
            assert isinstance(begun, requesting.Requested)
            work(begun.publication)

        together(holds, merges, publishes)

        assert item_now(before).supplier_id == kept.pk
        assert item_now(item).supplier_id == other.pk
        assert item_now(item).status == status


def pause_over(item: Item) -> None:
    with acting_in(item.business_id):
        Supplier.unscoped.filter(items=item).update(
            paused_at=item.created_at, paused_over=item, pause_reason="No."
        )


@pytest.fixture
def former(connected_bakery: Business, bob: User) -> Item:
    """An item with what another organisation had, which was connected before."""
    item = ready_item(connected_bakery, bob)
    with acting_in(connected_bakery.pk):
        connection = Connection.unscoped.get()
        Connection.unscoped.update(organisation_id="4711")
        connection.refresh_from_db()
        make_lists(connection)
    return item


def choices_of(item: Item) -> merging.Choices:
    assert item.category is not None
    new = Account.unscoped.get(name=item.category.name, organisation_id="4711")
    return {("categories", item.category.pk): new.pk}


class TestPeople:
    def test_lists_are_merged_and_a_supplier_is_another_spelling(
        self, former: Item, alice: User
    ) -> None:
        business = former.business
        kept = make_supplier(business, "City Power")

        def is_the_same() -> None:
            with acting_in(business.pk):
                other = Supplier.unscoped.get(items=former)
                spellings.merge(kept, other, by=alice)

        with acting_in(business.pk):
            connection = Connection.unscoped.get()
            with beside(THE_ITEM, is_the_same):
                merging.merge(connection, choices_of(former), by=alice)

        assert item_now(former).supplier_id == kept.pk
        with acting_in(business.pk):
            assert item_now(former).category in Account.unscoped.filter(
                organisation_id="4711"
            )

    def test_a_question_is_answered_and_the_other_one_changed(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        business = connected_bakery
        older = ready_item(business, bob, reference="A-1")
        newer = ready_item(business, bob, reference="A-1")
        with acting_in(business.pk):
            coding.review(older)
            coding.review(newer)
            question = Suspicion.unscoped.get()
            asked = question.item
            other = newer if asked.pk == older.pk else older

        def change() -> None:
            with acting_in(business.pk):
                coding.change(other, "reference", "B-2", by=bob)

        with acting_in(business.pk), beside('UPDATE "publishing_suspicion"', change):
            answering.different(asked, [question], alice)

        assert item_now(asked).status == "ready"
        assert item_now(other).reference == "B-2"

    def test_the_items_of_a_spelling_are_taken_in_the_order_of_all(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        business = connected_bakery
        kept, other = (make_supplier(business, name) for name in ("Acme", "Bolt"))
        items = in_another_order(business, bob, supplier=other)

        def merge() -> None:
            with acting_in(business.pk):
                read_as_written()
                spellings.merge(kept, other, by=alice)

        one_after_the_other(business, items, merge)

        assert {item_now(each).supplier_id for each in items} == {kept.pk}

    def test_items_that_nobody_speaks_of_are_taken_in_the_order_of_all(
        self, connected_bakery: Business, bob: User
    ) -> None:
        business = connected_bakery
        items = in_another_order(business, bob)
        with acting_in(business.pk):
            Item.unscoped.update(auto_due_at=items[0].created_at)
        put_backwards(items)

        def decide() -> None:
            with acting_in(business.pk):
                automatic.decide_due(business)

        one_after_the_other(business, items, decide)

        assert {item_now(each).auto_due_at for each in items} == {None}


def test_what_is_copied_takes_items_in_the_order_of_all(
    connected_bakery: Business, garage: Business, alice: User, charlie: User
) -> None:
    """Rules are written by name: the first one's item is the later one."""
    make_lists(make_connection(garage, organisation_id="4711"))
    items = [
        ready_item(
            garage,
            charlie,
            supplier=make_supplier(garage, name, agreed_by=charlie),
            reference=name,
        )
        for name in ("Bolt", "Acme")
    ]
    with acting_in(connected_bakery.pk):
        for name in ("Acme", "Bolt"):
            supplier = suppliers.named(connected_bakery, name)
            ruling.set_supplier_rule(supplier, {"auto_publish": "always"}, by=alice)
        said = copying.said_by(connected_bakery)
    with acting_in(garage.pk):
        Item.unscoped.update(auto_due_at=None)
        planned = copies.plan(said, copying.desk_of(garage, said).target)

    def copy() -> None:
        with acting_in(garage.pk):
            shown = copying.fingerprint(planned)
            copying.copy(garage, said, range(len(planned)), shown, by=charlie)

    one_after_the_other(garage, items, copy)

    with acting_in(garage.pk):
        assert SupplierRule.unscoped.filter(auto_publish="always").count() == len(items)
    assert None not in {item_now(each).auto_due_at for each in items}


ALWAYS = {"auto_publish": "always"}


def say_of_acme(business: Business, by: User) -> None:
    acme = suppliers.named(business, "Acme Paper Ltd")
    ruling.set_supplier_rule(acme, ALWAYS, by=by)


def say_of_the_card(business: Business, by: User) -> None:
    ruling.set_method_rule(PaymentMethod.unscoped.get(), ALWAYS, by=by)


@pytest.mark.parametrize(
    ("say", "rules"), [(say_of_acme, "supplierrule"), (say_of_the_card, "methodrule")]
)
def test_a_rule_is_said_while_the_same_is_copied_in(
    connected_bakery: Business,
    garage: Business,
    alice: User,
    charlie: User,
    say: Callable[[Business, User], None],
    rules: str,
) -> None:
    """It is new to both of them: the second waits for the first, whose items nobody else
    may hold by then."""
    make_lists(make_connection(garage, organisation_id="4711"))
    item = paid_receipt(garage, charlie)
    make_method(connected_bakery)
    with acting_in(connected_bakery.pk):
        say(connected_bakery, alice)
        said = copying.said_by(connected_bakery)
    with acting_in(garage.pk):
        Item.unscoped.update(auto_due_at=None)
        planned = copies.plan(said, copying.desk_of(garage, said).target)

    def copy() -> None:
        shown = copying.fingerprint(planned)
        with acting_in(garage.pk), suppress(copying.Outdated):
            copying.copy(garage, said, range(len(planned)), shown, by=charlie)

    with acting_in(garage.pk), beside(f'INSERT INTO "publishing_{rules}"', copy):
        say(garage, charlie)

    assert item_now(item).auto_due_at is not None


def test_a_rule_of_words_is_moved_up_in_the_order_of_all(
    connected_bakery: Business, alice: User
) -> None:
    """The one that was written first is tried last."""
    category = entry(Account, connected_bakery, "Postage")
    with acting_in(connected_bakery.pk):
        later, first = (
            word_rules.add(
                connected_bakery, "costs", words, category, searched_in="both", by=alice
            )
            for words in ("stamps", "parcels")
        )
        word_rules.move_up(first, by=alice)

    def move_up() -> None:
        with acting_in(connected_bakery.pk):
            word_rules.move_up(later, by=alice)

    is_held = Event()

    def in_order() -> None:
        with acting_in(connected_bakery.pk), transaction.atomic():
            rules = CategoryRule.unscoped.select_for_update(no_key=True)
            rules.get(pk=later.pk)
            is_held.set()
            until_awaited()
            rules.get(pk=first.pk)

    def other() -> None:
        assert is_held.wait(60)
        move_up()

    together(in_order, other)

    with acting_in(connected_bakery.pk):
        in_turn = list(word_rules.rules_of(connected_bakery, "costs"))
    assert [rule.pk for rule in in_turn] == [later.pk, first.pk]


def in_another_order(business: Business, by: User, **fields: object) -> list[Item]:
    """The last of them is the first that is met where nothing is put in order."""
    items = [
        ready_item(business, by, reference=f"R-{number}", **fields)
        for number in range(3)
    ]
    put_backwards(items)
    return items


def put_backwards(items: list[Item]) -> None:
    """PostgreSQL writes what changes behind what is there."""
    for each in reversed(items):
        with acting_in(each.business_id):
            Item.unscoped.filter(pk=each.pk).update(description="Written last")


def read_as_written() -> None:
    """So few items are read in order by chance, and many are not."""
    with database.cursor() as cursor:
        cursor.execute("SET enable_indexscan = off; SET enable_bitmapscan = off")


def one_after_the_other(
    business: Business, items: list[Item], job: Callable[[], object]
) -> None:
    """Another one locks them in their order, and `job` comes after the first."""
    is_held = Event()

    def in_order() -> None:
        with acting_in(business.pk), transaction.atomic():
            coding.locked(items[0].pk)
            is_held.set()
            until_awaited()
            for each in items[1:]:
                coding.locked(each.pk)

    def other() -> None:
        assert is_held.wait(60)
        job()

    together(in_order, other)
