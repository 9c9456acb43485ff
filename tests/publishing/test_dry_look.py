"""The dry look: what would go by itself, said before it is switched on."""

from pytest_django import DjangoAssertNumQueries

from connections.models import Connection
from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from publishing import (
    archiving,
    rehearsal,
)
from publishing.models import (
    Supplier,
)
from tests.publishing.automatics import acme, publications, told
from tests.publishing.factories import (
    ready_item,
)
from tests.publishing.steps import review

__all__ = ["acme"]


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
        review(acme.business)

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
