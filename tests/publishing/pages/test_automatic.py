"""Auto-publish as people meet it: switched in a row, looked at dry, watched by the day."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, requesting, rule_files, ruling, tasks
from publishing.formats import locale_of
from publishing.models import Item, MethodRule, Publication, Supplier, SupplierRule
from publishing.picking import Place
from tests.publishing.factories import (
    make_method,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.pages.conftest import At, text
from tests.publishing.steps import review

AS_IF = (
    "The connection to Zoho Books needs reconnecting; until then nothing goes. The "
    "numbers are as if it worked."
)
NOT_CONNECTED = (
    "The business is not connected to Zoho Books. Once it is, this says which items "
    "would go by themselves."
)


@pytest.fixture
def bakery(clock: time_machine.Traveller, connected_bakery: Business) -> Business:
    return connected_bakery


@pytest.fixture
def acme(bakery: Business) -> Supplier:
    return make_supplier(bakery)


def rule_of(supplier: Supplier) -> SupplierRule:
    with acting_in(supplier.business_id):
        return SupplierRule.unscoped.get(supplier=supplier)


def switch_on(supplier: Supplier, by: User) -> None:
    with acting_in(supplier.business_id):
        ruling.set_supplier_rule(supplier, {"auto_publish": "always"}, by=by)


def decide(business: Business, clock: time_machine.Traveller) -> None:
    clock.shift(dt.timedelta(seconds=21))
    tasks.decide_automatically(business.pk)


class TestTheRowOfASupplier:
    def test_says_always_from_now_on(
        self, at: At, alice: User, bakery: Business, acme: Supplier
    ) -> None:
        answer = at(alice, bakery).posts(
            "supplier_auto",
            "suppliers",
            acme.pk,
            data={"auto_publish": "always"},
            htmx=True,
        )

        assert "Saved" in text(answer)
        assert rule_of(acme).auto_publish == "always"
        assert rule_of(acme).auto_publish_since is not None

    def test_and_nothing_again(
        self, at: At, alice: User, bakery: Business, acme: Supplier
    ) -> None:
        switch_on(acme, alice)

        answer = at(alice, bakery).posts(
            "supplier_auto", "suppliers", acme.pk, data={"auto_publish": ""}
        )

        assert answer.status_code == 302
        assert rule_of(acme).auto_publish == ""
        assert rule_of(acme).auto_publish_since is None

    def test_knows_no_other_word(
        self, at: At, alice: User, bakery: Business, acme: Supplier
    ) -> None:
        switch_on(acme, alice)

        answer = at(alice, bakery).posts(
            "supplier_auto", "suppliers", acme.pk, data={"auto_publish": "sometimes"}
        )

        assert answer.status_code == 404
        assert rule_of(acme).auto_publish == "always"

    def test_saving_the_rest_of_the_rule_does_not_begin_anew(
        self,
        at: At,
        alice: User,
        bakery: Business,
        acme: Supplier,
        clock: time_machine.Traveller,
    ) -> None:
        switch_on(acme, alice)
        since = rule_of(acme).auto_publish_since
        clock.shift(dt.timedelta(hours=1))

        data = {"auto_publish": "always", "description": "Paper"}
        at(alice, bakery).posts("supplier", "suppliers", acme.pk, data=data)

        assert rule_of(acme).description == "Paper"
        assert rule_of(acme).auto_publish_since == since


def test_a_payment_method_has_the_rule_too(
    at: At, alice: User, bakery: Business
) -> None:
    card = make_method(bakery)
    data = {
        "name": card.name,
        "last_four": card.last_four,
        "account": card.account_id,
        "auto_publish": "never",
    }

    at(alice, bakery).posts("payment_method_change", card.pk, data=data)

    with acting_in(bakery.pk):
        assert MethodRule.unscoped.get(method=card).auto_publish == "never"


def test_a_file_says_it_in_a_column(bakery: Business, alice: User) -> None:
    with acting_in(bakery.pk):
        connection = Connection.objects.for_business(bakery).get()
        place = Place(bakery, connection, locale_of(bakery), Item.Workspace.COSTS)
        lines = rule_files.read("name,auto-publish\nCity Power,Always\nX,now\n", place)

    assert lines[0].values == {"auto_publish": "always"}
    assert lines[1].errors == ("auto-publish: “now” is none of always, never.",)


class TestTheSettings:
    def page(self, business: Business) -> tuple[int, ...]:
        with acting_in(business.pk):
            return (Connection.objects.for_business(business).get().pk,)

    def connection(self, business: Business) -> Connection:
        with acting_in(business.pk):
            return Connection.objects.for_business(business).get()

    def test_all_items_since_now(self, at: At, alice: User, bakery: Business) -> None:
        answer = at(alice, bakery).posts(
            "connection_setting",
            *self.page(bakery),
            "auto_publishes_all",
            data={"auto_publishes_all": "on"},
            htmx=True,
        )

        assert "Saved" in text(answer)
        found = self.connection(bakery)
        assert found.auto_publishes_all
        assert found.auto_publishes_since is not None

    def test_exceptions_by_type_are_told_in_activity(
        self, at: At, alice: User, bakery: Business
    ) -> None:
        visitor = at(alice, bakery)
        visitor.posts(
            "connection_setting",
            *self.page(bakery),
            "auto_exceptions",
            data={"auto_exceptions": ["receipt", "sales_invoice"]},
            htmx=True,
        )

        assert self.connection(bakery).auto_exceptions == ["receipt", "sales_invoice"]
        assert "from none to Receipts, Sales invoices" in text(
            visitor.opens("activity")
        )

    def test_an_unknown_type_is_refused(
        self, at: At, alice: User, bakery: Business
    ) -> None:
        at(alice, bakery).posts(
            "connection_setting",
            *self.page(bakery),
            "auto_exceptions",
            data={"auto_exceptions": ["everything"]},
            htmx=True,
        )

        assert self.connection(bakery).auto_exceptions == []

    def test_they_recommend_suppliers_and_lead_to_the_help_page(
        self, at: At, alice: User, bakery: Business
    ) -> None:
        page = text(at(alice, bakery).opens("connection", *self.page(bakery)))

        assert "We recommend auto-publish supplier by supplier" in page
        assert "How auto-publish decides" in page


class TestTheDay:
    def test_shows_what_went_and_what_was_held_and_why(
        self,
        at: At,
        alice: User,
        bob: User,
        bakery: Business,
        acme: Supplier,
        clock: time_machine.Traveller,
    ) -> None:
        switch_on(acme, alice)
        ready_item(bakery, bob, supplier=acme, reference="WENT-1")
        ready_item(bakery, bob, supplier=acme, reference="HELD-1", category=None)
        decide(bakery, clock)

        page = text(at(alice, bakery).opens("automatic"))

        went, _, held = page.partition("Held")
        assert "Invoice WENT-1" in went
        assert "Auto-published: supplier rule “Always” for Acme Paper Ltd." in went
        assert "Invoice HELD-1" in held
        assert "Not auto-published: The category is missing." in held

    def test_yesterdays_are_not_todays(
        self,
        at: At,
        alice: User,
        bob: User,
        bakery: Business,
        acme: Supplier,
        clock: time_machine.Traveller,
    ) -> None:
        switch_on(acme, alice)
        ready_item(bakery, bob, supplier=acme, reference="WENT-1")
        decide(bakery, clock)
        clock.shift(dt.timedelta(days=1))

        assert "WENT-1" not in text(at(alice, bakery).opens("automatic"))

    def test_what_was_taken_back_and_cleared_is_not_published_any_more(
        self,
        at: At,
        alice: User,
        bob: User,
        bakery: Business,
        acme: Supplier,
        clock: time_machine.Traveller,
    ) -> None:
        switch_on(acme, alice)
        ready_item(bakery, bob, supplier=acme, reference="WENT-1")
        back = ready_item(bakery, bob, supplier=acme, reference="BACK-1")
        decide(bakery, clock)
        taken_back_and_cleared(back, bob)

        page = text(at(alice, bakery).opens("automatic"))

        assert "WENT-1" in page
        assert "BACK-1" not in page
        assert 'Published by itself today <span class="muted">1</span>' in page

    def test_nor_what_failed_and_has_been_changed_since(
        self,
        at: At,
        alice: User,
        bob: User,
        bakery: Business,
        acme: Supplier,
        clock: time_machine.Traveller,
    ) -> None:
        """While it is failed its status says so there."""
        switch_on(acme, alice)
        item = ready_item(bakery, bob, supplier=acme, reference="FAILED-1")
        decide(bakery, clock)
        with acting_in(bakery.pk):
            Publication.unscoped.update(
                state=Publication.State.FAILED, finished_at=timezone.now()
            )
            Item.unscoped.update(status=Item.Status.FAILED)
        visitor = at(alice, bakery)
        failed = text(visitor.opens("automatic"))
        with acting_in(bakery.pk):
            Item.unscoped.filter(pk=item.pk).update(status=Item.Status.READY)

        assert ">Publishing failed</td>" in failed
        assert "FAILED-1" not in text(visitor.opens("automatic"))

    def test_somebody_with_own_items_only_sees_no_others(
        self,
        at: At,
        alice: User,
        vera: User,
        bakery: Business,
        acme: Supplier,
        clock: time_machine.Traveller,
    ) -> None:
        switch_on(acme, alice)
        ready_item(bakery, alice, supplier=acme, reference="ALICES-1")
        ready_item(bakery, vera, supplier=acme, reference="VERAS-1")
        decide(bakery, clock)

        page = text(at(vera, bakery).opens("automatic"))

        assert "VERAS-1" in page
        assert "ALICES-1" not in page

    def test_a_suppliers_page_looks_dry_before_it_is_switched_on(
        self, at: At, alice: User, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        for number in range(3):
            ready_item(bakery, bob, supplier=acme, reference=f"R-{number}")
        ready_item(bakery, bob, supplier=acme, reference="R-4", category=None)

        page = text(at(alice, bakery).opens("supplier", "suppliers", acme.pk))

        assert (
            "Of the last 4 items 3 would have been published by themselves, 1 not"
            in page
        )
        assert '<b class="num">1</b> The category is missing.' in page

    def test_one_of_several_would_have_gone_by_itself(
        self, at: At, alice: User, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        ready_item(bakery, bob, supplier=acme, reference="R-1")
        ready_item(bakery, bob, supplier=acme, reference="R-2", category=None)

        page = text(at(alice, bakery).opens("supplier", "suppliers", acme.pk))

        assert (
            "Of the last 2 items 1 would have been published by itself, 1 not" in page
        )

    def test_it_says_that_an_item_may_count_under_several_reasons(
        self, at: At, alice: User, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        ready_item(bakery, bob, supplier=acme, reference="", category=None)

        page = text(at(alice, bakery).opens("supplier", "suppliers", acme.pk))

        assert (
            "The last item would not have been published by itself, because (an item may "
            "count under several):"
        ) in page

    @pytest.mark.parametrize(
        ("state", "sentence"),
        [
            (Connection.State.NEEDS_RECONNECTING, AS_IF),
            (Connection.State.DISCONNECTED, NOT_CONNECTED),
        ],
    )
    @pytest.mark.parametrize("page", ["automatic", "supplier"])
    def test_it_says_that_the_connection_does_not_work(
        self,
        at: At,
        alice: User,
        bob: User,
        bakery: Business,
        acme: Supplier,
        state: str,
        sentence: str,
        page: str,
    ) -> None:
        ready_item(bakery, bob, supplier=acme)
        with acting_in(bakery.pk):
            Connection.unscoped.update(state=state)
        review(bakery)

        ids = ("suppliers", acme.pk) if page == "supplier" else ()
        said = text(at(alice, bakery).opens(page, *ids))

        assert sentence in said
        assert '<b class="num">' not in said

    def test_the_pause_is_shown_and_ended_there(
        self, at: At, alice: User, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        item = ready_item(bakery, bob, supplier=acme)
        with acting_in(bakery.pk):
            Supplier.unscoped.filter(pk=acme.pk).update(
                paused_at=item.created_at,
                paused_over=item,
                pause_reason="The date is locked.",
            )
        visitor = at(alice, bakery)
        assert "an item failed: The date is locked." in text(
            visitor.opens("supplier", "suppliers", acme.pk)
        )

        visitor.posts("supplier_resume", "suppliers", acme.pk)

        page = text(visitor.opens("supplier", "suppliers", acme.pk))
        assert "Auto-publish of Acme Paper Ltd goes on." in page
        assert "The date is locked." not in page


class TestThePageOfAnItem:
    """While it rests, whoever looks at it knows what will become of it."""

    GOES = "It goes to Zoho Books by itself in a moment"

    def test_says_that_it_is_about_to_go_and_which_rule_says_so(
        self, at: At, alice: User, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        switch_on(acme, alice)
        item = ready_item(bakery, bob, supplier=acme)

        page = text(at(bob, bakery).opens("item", item.pk))

        assert f"{self.GOES}: supplier rule “Always” for Acme Paper Ltd." in page

    def test_names_the_rule_of_the_payment_method_before_that_of_the_supplier(
        self, at: At, alice: User, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        switch_on(acme, alice)
        receipt = paid_receipt(bakery, bob)
        with acting_in(bakery.pk):
            assert receipt.payment_method is not None
            ruling.set_method_rule(
                receipt.payment_method, {"auto_publish": "always"}, by=alice
            )
            Item.unscoped.filter(pk=receipt.pk).update(created_at=timezone.now())

        page = text(at(bob, bakery).opens("item", receipt.pk))

        assert f"{self.GOES}: payment method rule “Always” for Company Card" in page

    def test_says_so_when_a_field_was_saved(
        self, at: At, alice: User, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        switch_on(acme, alice)
        item = ready_item(bakery, bob, supplier=acme)
        visitor = at(bob, bakery)

        answer = text(
            visitor.posts(
                "item_field", item.pk, "reference", data={"value": "X"}, htmx=True
            )
        )

        assert self.GOES in answer

    def test_says_nothing_where_no_rule_lets_it_go(
        self, at: At, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        item = ready_item(bakery, bob, supplier=acme)

        assert self.GOES not in text(at(bob, bakery).opens("item", item.pk))

    def test_says_nothing_of_what_a_person_must_publish_again(
        self, at: At, alice: User, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        """It was in Zoho before, and its publishing data was cleared."""
        switch_on(acme, alice)
        item = ready_item(bakery, bob, supplier=acme)
        taken_back_and_cleared(item, bob)

        page = text(at(bob, bakery).opens("item", item.pk))

        assert "Ready to publish." in page
        assert self.GOES not in page

    def test_says_nothing_while_its_supplier_is_paused(
        self, at: At, alice: User, bob: User, bakery: Business, acme: Supplier
    ) -> None:
        switch_on(acme, alice)
        item = ready_item(bakery, bob, supplier=acme)
        with acting_in(bakery.pk):
            Supplier.unscoped.filter(pk=acme.pk).update(paused_at=timezone.now())

        assert self.GOES not in text(at(bob, bakery).opens("item", item.pk))


def taken_back_and_cleared(item: Item, by: User) -> None:
    """It had been published, by a rule if one has spoken, else by this person."""
    with acting_in(item.business_id):
        if not item.publications.exists():
            requesting.request(item, by=by)
        item.publications.update(
            state=Publication.State.PUBLISHED, finished_at=timezone.now()
        )
        Item.unscoped.filter(pk=item.pk).update(
            status=Item.Status.PUBLISHED, archived_at=timezone.now()
        )
        archiving.unarchive(item, by, may_publish=True)
        archiving.clear(item, by)
