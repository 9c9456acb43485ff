"""Workers that come too late: what they may still say, and what they may not send."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from connections.books import ConnectedBooks, open_books
from connections.budget import Priority
from connections.models import Grant, PurchaseRecord
from connections.zoho.errors import ZohoUnavailable
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, by_hand, results, sending
from publishing.leases import LeaseLost
from publishing.models import Item, Publication, Step
from publishing.outcomes import Done, Refused
from publishing.problems import Problem, Wait
from tests.conftest import browser_of
from tests.publishing.factories import make_entry, paid_receipt, ready_item
from tests.publishing.pages.conftest import Visitor, text
from tests.publishing.steps import (
    attempts_of,
    begun,
    item_now,
    now,
    page_of,
    publish,
    step_of,
    take_lease,
    trail_of,
    work,
    work_until_settled,
)
from tests.publishing.test_clearing import cleared
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("connection")


class TestALateNo:
    def test_does_not_end_what_another_worker_is_sending(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        publication = begun(item, bob)
        first, late_step = taken_and_opened(publication)
        let_it_be_sent_again(publication, clock)
        second, step = taken_and_opened(publication)
        done = send_now(second, step)

        with acting_in(bakery.pk), pytest.raises(LeaseLost):
            results.settle(first, late_step, Refused(Problem.FORBIDDEN))
        with acting_in(bakery.pk):
            results.settle(second, step, done)
            results.wait_for(second, Wait.MINUTE, timezone.now())
        work_until_settled(publication, clock)

        assert item_now(item).status == "published"
        assert len(zoho.expenses) == 1

    def test_does_not_say_that_zoho_has_nothing(
        self, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        publication = begun(paid_receipt(bakery, bob), bob)
        first, step = taken_and_opened(publication)
        clock.shift(121)
        work(publication)

        with acting_in(bakery.pk):
            with pytest.raises(LeaseLost):
                results.looked(first, step)
            with pytest.raises(LeaseLost):
                results.not_there(first, step)

        assert step_of(publication, Step.Kind.RECORD).look_ups == 0
        assert step_of(publication, Step.Kind.RECORD).state == "uncertain"


class TestALateYes:
    def test_counts_though_the_item_has_failed_meanwhile(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = ready_item(bakery, bob)
        publication = begun(item, bob)
        first, step = taken_and_opened(publication)
        done = send_now(first, step)
        refuse_meanwhile(publication, clock)
        assert item_now(item).status == "failed"

        with acting_in(bakery.pk):
            results.settle(first, step, done)
        assert item_now(item).status == "publishing"
        work_until_settled(publication, clock)

        assert item_now(item).status == "published"
        assert len(zoho.bills) == 1
        assert len(zoho.bills[0]["documents"]) == 1
        assert now(publication).problem == ""

    def test_for_a_document_puts_right_what_was_said_of_it(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        first, step = document_opened(zoho, item, bob, clock)
        refuse_meanwhile(first, clock, step.kind)
        assert item_now(item).document_missing

        with acting_in(bakery.pk):
            results.settle(first, step, Done())

        assert not item_now(item).document_missing

    def test_for_a_document_says_nothing_of_the_one_that_came_after_clearing(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        first, step = document_opened(zoho, item, bob, clock)
        refuse_meanwhile(first, clock, step.kind)
        cleared(item, bob)
        zoho.fails("mandatory_tag", path="/expenses/*/receipt")
        publish(item, bob)

        with acting_in(bakery.pk):
            results.settle(first, step, Done())

        assert item_now(item).document_missing
        assert page_of(item).can_attach_again

    def test_for_what_a_person_has_seen_there_tells_its_id(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        publication = begun(item, bob)
        first, step = taken_and_opened(publication)
        done = send_now(first, step)
        seen_by_a_person(publication, bob, clock)

        with acting_in(bakery.pk), pytest.raises(LeaseLost):
            results.settle(first, step, done)

        assert "publication.second_record" not in trail_of(bakery, item)
        assert step_of(publication, Step.Kind.RECORD).zoho_id == done.zoho_id
        page = page_of(item)
        assert done.zoho_id in page.open_url
        assert page.can_attach_again


class TestASecondRecord:
    def test_is_told(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        publication = begun(item, bob)
        first, step = taken_and_opened(publication)
        work_until_settled(publication, clock)
        done = send_now(first, step)

        with acting_in(bakery.pk), pytest.raises(LeaseLost):
            results.settle(first, step, done)

        assert len(zoho.expenses) == 2
        assert step_of(publication, Step.Kind.RECORD).zoho_id != done.zoho_id
        assert trail_of(bakery, item)[-1] == "publication.second_record"
        page = page_of(item)
        assert page.status == "published"
        assert page.problem == (
            f"Zoho Books has a second record of this item ({done.zoho_id}): one of the "
            "two is to be deleted there."
        )

    def test_is_told_where_the_item_was_published_again(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        publication = begun(item, bob)
        first, step = taken_and_opened(publication)
        refuse_meanwhile(publication, clock)
        publish(item_now(item), bob)
        done = send_now(first, step)

        with acting_in(bakery.pk):
            results.settle(first, step, done)

        assert len(zoho.expenses) == 2
        assert "publication.second_record" in trail_of(bakery, item)
        assert done.zoho_id in page_of(item).problem
        assert item_now(item).status == "published"

    def test_the_same_one_told_twice_is_none(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        item = paid_receipt(bakery, bob)
        publication = begun(item, bob)
        first, step = taken_and_opened(publication)
        done = send_now(first, step)
        work_until_settled(publication, clock)

        with acting_in(bakery.pk), pytest.raises(LeaseLost):
            results.settle(first, step, done)

        assert len(zoho.expenses) == 1
        assert "publication.second_record" not in trail_of(bakery, item)
        assert page_of(item).problem == ""

    def test_stays_known_once_the_other_one_is_deleted_and_cleared(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        """The yes that came late is in Zoho still, and an expense has no number that
        Zoho would refuse."""
        item = paid_receipt(bakery, bob)
        publication = begun(item, bob)
        first, step = taken_and_opened(publication)
        refuse_meanwhile(publication, clock)
        publish(item_now(item), bob)
        done = send_now(first, step)
        with acting_in(bakery.pk):
            results.settle(first, step, done)
            other = Publication.unscoped.get(item=item, state="published")
            archiving.unarchive(item, bob, may_publish=True)
            archiving.clear(item, bob)
        make_entry(
            PurchaseRecord,
            first.connection,
            "",
            zoho_id=step_of(other, Step.Kind.RECORD).zoho_id,
            kind="expense",
            total=12,
            removed_at=timezone.now(),
        )
        assert done.zoho_id in [each["expense_id"] for each in zoho.expenses]

        page = text(Visitor(browser_of(bob), bakery).opens("item", item.pk))

        assert "Ready to publish." in page
        assert "Publishing again makes a second one." in page


class TestALateRequest:
    @pytest.mark.parametrize("kind", [Step.Kind.RECORD, Step.Kind.DOCUMENT])
    def test_does_not_leave(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        kind: Step.Kind,
    ) -> None:
        publication = begun(ready_item(bakery, bob), bob)
        if kind == Step.Kind.DOCUMENT:
            zoho.fails("per_minute", method="POST", path="/bills/*/attachment")
            work(publication)
            clock.shift(70)
        first, step = taken_and_opened(publication)
        assert step.kind == kind
        clock.shift(121)
        work_until_settled(publication, clock)

        with pytest.raises(ZohoUnavailable):
            send_in_time(first, step)

        assert len(zoho.bills) == 1
        assert len(zoho.bills[0]["documents"]) == 1

    def test_is_not_begun_once_another_worker_has_taken_over(
        self, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        publication = begun(ready_item(bakery, bob), bob)
        first = take_lease(now(publication))
        clock.shift(121)
        take_lease(now(publication))

        with acting_in(bakery.pk), pytest.raises(LeaseLost):
            results.opened(first, first.steps.get(kind=Step.Kind.RECORD), {})

        assert attempts_of(publication) == []

    def test_does_not_leave_where_its_token_came_too_late(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        publication = begun(ready_item(bakery, bob), bob)
        first, step = taken_and_opened(publication)
        clock.shift(11)

        with pytest.raises(ZohoUnavailable):
            send_in_time(first, step)

        assert list(zoho.standin.calls) == []

    def test_nothing_is_begun_before_there_is_a_token(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        with acting_in(bakery.pk):
            Grant.objects.update(
                access_expires_at=timezone.now(),
                cool_down_until=timezone.now() + timedelta(seconds=90),
            )

        publication = publish(ready_item(bakery, bob), bob)

        assert publication.waiting_reason == "token"
        assert attempts_of(publication) == []
        assert step_of(publication, Step.Kind.RECORD).sent_at is None
        assert zoho.bills == []


def send_in_time(publication: Publication, step: Step) -> Done:
    """As the engine sends it, however long it was held up before."""
    with acting_in(publication.business_id):
        sent = sending.message(publication, step)
        books = opened_books(publication)
        return sending.send_in_time(books, publication, step, sent)


def opened_books(publication: Publication) -> ConnectedBooks:
    return open_books(publication.connection, Priority.PERSON)


def taken_and_opened(publication: Publication) -> tuple[Publication, Step]:
    """A worker takes it and is about to send its first step."""
    mine = take_lease(now(publication))
    with acting_in(publication.business_id):
        step = mine.steps.exclude(state__in=results.SETTLED).first()
        assert step is not None
        results.opened(mine, step, {})
    return mine, step


def send_now(publication: Publication, step: Step) -> Done:
    with acting_in(publication.business_id):
        books = opened_books(publication)
        return sending.send(books, publication, sending.message(publication, step))


def let_it_be_sent_again(
    publication: Publication, clock: time_machine.Traveller
) -> None:
    """The first worker's time is over, and Zoho is asked as often as it must be."""
    clock.shift(121)
    work(publication)
    mine = taken_after(publication, clock)
    with acting_in(publication.business_id):
        step = mine.steps.get(kind=Step.Kind.RECORD)
        results.not_there(mine, step)
        results.wait_for(mine, Wait.MINUTE, timezone.now())


def refuse_meanwhile(
    publication: Publication,
    clock: time_machine.Traveller,
    kind: str = Step.Kind.RECORD,
) -> None:
    """Another worker was told no."""
    clock.shift(121)
    work(publication)
    mine = taken_after(publication, clock)
    with acting_in(publication.business_id):
        step = mine.steps.get(kind=kind)
        results.settle(mine, step, Refused(Problem.FORBIDDEN))
        if step.follows_record:
            results.published(mine)


def document_opened(
    zoho: Zoho, item: Item, by: User, clock: time_machine.Traveller
) -> tuple[Publication, Step]:
    """The expense is there, and a worker is about to attach its receipt."""
    zoho.fails("per_minute", method="POST", path="/expenses/*/receipt")
    publication = publish(item, by)
    clock.shift(70)
    return taken_and_opened(publication)


def seen_by_a_person(
    publication: Publication, by: User, clock: time_machine.Traveller
) -> None:
    """Nobody can look it up any more, so somebody has."""
    clock.shift(121)
    work(publication)
    with acting_in(publication.business_id):
        Publication.unscoped.filter(pk=publication.pk).update(
            waiting_reason=Wait.LONG_LIST.code
        )
        assert by_hand.settle(publication.item, is_there=True, by=by)


def taken_after(publication: Publication, clock: time_machine.Traveller) -> Publication:
    clock.shift(1)
    return take_lease(now(publication))
