"""What has failed, or raises, and would go by itself."""

import datetime as dt

import pytest
import time_machine

from connections.models import Connection
from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from publishing import (
    archiving,
    coding,
    pausing,
    requesting,
    tasks,
)
from publishing.models import (
    Item,
    Supplier,
)
from tests.logs import written
from tests.publishing.automatics import (
    GOES,
    acme,
    decide,
    decision,
    publications,
    say,
    told,
)
from tests.publishing.factories import (
    make_supplier,
    ready_item,
)
from tests.publishing.steps import item_now, press_publish, work
from tests.publishing.zoho import Zoho

__all__ = ["acme"]


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
