"""The document of an item goes to the record that a person has entered in Zoho, and
nothing else of that record changes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections.models import Connection, PurchaseRecord
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import answering, archiving, attaching
from publishing.models import Item, Publication, Suspicion
from tests.conftest import browser_of
from tests.connections.meanwhile import just_after
from tests.publishing.factories import TODAY, paid_receipt, ready_item
from tests.publishing.pages.conftest import Visitor, text
from tests.publishing.steps import (
    item_now,
    now,
    page_of,
    publications,
    publish,
    trail_of,
    work,
    work_until_settled,
)
from tests.publishing.test_duplicates_in_zoho import (
    ACME,
    refreshed,
    typed_bill,
    typed_expense,
)
from tests.publishing.twins import questions_about
from tests.publishing.zoho import Zoho

WRITES = ("POST", "PUT", "DELETE")


@pytest.fixture(autouse=True)
def patient(settings: Settings, connection: Connection) -> None:
    """Enough budget for a refresh after a refresh."""
    settings.ZOHO_CALLS_A_MINUTE = 1000


def asked_about(connection: Connection, item: Item) -> Item:
    refreshed(connection)
    assert item_now(item).reasons == ["duplicate"]
    return item


def attach(item: Item, by: User) -> Publication:
    (question,) = questions_about(item)
    with acting_in(item.business_id):
        return attaching.attach(item, question, by=by)


def writes(zoho: Zoho) -> list[str]:
    return [
        f"{call['method']} {call['path']}"
        for call in zoho.standin.calls
        if call["method"] in WRITES
    ]


def without_documents(record: dict[str, Any]) -> dict[str, Any]:
    """What of a record nobody but its own people may have changed."""
    of_the_document = {
        "documents",
        "has_attachment",
        "attachment_name",
        "last_modified_time",
        "expense_receipt_name",
        "expense_receipt_type",
    }
    return {name: record[name] for name in record if name not in of_the_document}


def test_the_bill_gets_the_document_and_nothing_else_of_it_changes(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed = typed_bill(zoho)
    before = dict(typed)
    item = asked_about(connection, ready_item(bakery, bob))

    work(attach(item, bob))

    (bill,) = zoho.bills
    assert len(bill["documents"]) == 1
    assert without_documents(bill) == without_documents(before)
    assert writes(zoho) == [f"POST /bills/{typed['bill_id']}/attachment"]
    assert item_now(item).status == Item.Status.PUBLISHED
    assert page_of(item).headline == (
        "It is the same as bill INV-104, and its document is attached there."
    )
    assert questions_about(item) == []
    told = trail_of(bakery, item)
    assert {"item.same", "publication.attaches", "publication.attached"} <= set(told)
    assert "publication.published" not in told


def test_an_expense_gets_its_receipt(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_expense(zoho)
    item = asked_about(connection, paid_receipt(bakery, bob))

    work(attach(item, bob))

    (expense,) = zoho.expenses
    assert len(expense["documents"]) == 1
    assert item_now(item).status == Item.Status.PUBLISHED
    assert not item_now(item).document_missing


def test_a_record_that_has_a_document_keeps_it_and_gets_no_other(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed = typed_bill(zoho)
    item = asked_about(connection, ready_item(bakery, bob))
    other = asked_about(connection, ready_item(bakery, bob, reference="INV-104"))
    assert len(questions_about(other)) >= 1
    publication = attach(item, bob)
    typed["documents"].append({"document_id": "1", "file_name": "theirs.pdf"})
    typed["has_attachment"] = True

    work(publication)

    assert [each["file_name"] for each in typed["documents"]] == ["theirs.pdf"]
    assert writes(zoho) == []
    assert item_now(item).status == Item.Status.PUBLISHED
    assert item_now(item).document_missing
    assert "has a document already" in page_of(item).problem


@pytest.mark.usefixtures("committed_db")
def test_of_two_items_in_the_same_instant_one_brings_its_document(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_bill(zoho)
    item, other = (
        ready_item(bakery, bob, reference="INV-104", total=total)
        for total in (Decimal("99.00"), Decimal("98.00"))
    )
    refreshed(connection)
    begun: list[Publication] = []
    of_bill = question_about_bill(item)

    with (
        just_after(
            'FROM "publishing_step"', lambda: begun.append(attach_to_bill(other, bob))
        ),
        acting_in(bakery.pk),
        pytest.raises(attaching.NotAttachable),
    ):
        attaching.attach(item, of_bill, by=bob)

    assert [each.item_id for each in begun] == [other.pk]
    assert item_now(item).status == Item.Status.TO_REVIEW
    assert of_bill in questions_about(item)


def question_about_bill(item: Item) -> Suspicion:
    (question,) = [each for each in questions_about(item) if each.record_id]
    return question


def attach_to_bill(item: Item, by: User) -> Publication:
    question = question_about_bill(item)
    with acting_in(item.business_id):
        return attaching.attach(item, question, by=by)


def test_a_lost_answer_leaves_one_document(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    typed_bill(zoho)
    item = asked_about(connection, ready_item(bakery, bob))
    zoho.fails("answer_lost", method="POST", path="/bills/*/attachment")
    publication = attach(item, bob)

    work(publication)
    assert now(publication).state == Publication.State.CHECKING
    work_until_settled(publication, clock)

    (bill,) = zoho.bills
    assert len(bill["documents"]) == 1
    assert item_now(item).status == Item.Status.PUBLISHED
    assert not item_now(item).document_missing


def test_a_record_that_zoho_fails_at_for_a_day_is_left_without_the_document(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    typed_bill(zoho)
    item = asked_about(connection, ready_item(bakery, bob))
    zoho.fails("error_500", method="GET", path="/bills/*", times=1000)
    publication = attach(item, bob)
    for _look in range(3):
        work(publication)
        clock.shift(timedelta(days=1))

    assert now(publication).state == Publication.State.PUBLISHED
    assert item_now(item).document_missing
    assert page_of(item).can_attach_again
    assert zoho.bills[0]["documents"] == []


def test_a_second_press_and_a_second_item_bring_nothing(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_bill(zoho)
    item = asked_about(connection, ready_item(bakery, bob))
    (question,) = questions_about(item)
    work(attach(item, bob))

    with acting_in(bakery.pk), pytest.raises(attaching.NotAttachable):
        attaching.attach(item, question, by=bob)

    assert len(zoho.bills[0]["documents"]) == 1


def test_without_a_document_there_is_nothing_to_attach(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_bill(zoho)
    item = asked_about(connection, ready_item(bakery, bob, document=None))
    (question,) = questions_about(item)

    with acting_in(bakery.pk), pytest.raises(attaching.NotAttachable):
        attaching.attach(item, question, by=bob)

    assert item_now(item).status == Item.Status.TO_REVIEW


@pytest.mark.parametrize(
    ("model", "meanwhile"),
    [
        (PurchaseRecord, {"removed_at": timezone.now()}),
        (PurchaseRecord, {"is_active": False}),
        (Connection, {"state": "needs_reconnecting"}),
        (Connection, {"organisation_id": "4711"}),
    ],
)
def test_nothing_goes_to_a_record_that_is_not_there_any_more(
    model: type[PurchaseRecord | Connection],
    meanwhile: dict[str, object],
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
) -> None:
    typed_bill(zoho)
    item = asked_about(connection, ready_item(bakery, bob))
    (question,) = questions_about(item)

    with acting_in(bakery.pk):
        model.unscoped.update(**meanwhile)
        with pytest.raises(attaching.NotAttachable):
            attaching.attach(item, question, by=bob)

    assert item_now(item).status == Item.Status.TO_REVIEW
    assert publications(bakery) == []


def test_what_was_published_before_holds_up_no_other_document(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    publish(ready_item(bakery, bob, reference="A-1"), bob)
    typed = typed_bill(zoho)
    item = asked_about(connection, ready_item(bakery, bob, reference="INV-104"))

    work(attach(item, bob))

    assert len(typed["documents"]) == 1


def test_what_lacks_something_else_may_be_attached_too(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_bill(zoho)
    item = ready_item(bakery, bob, category=None)
    refreshed(connection)

    work(attach(item, bob))

    assert item_now(item).status == Item.Status.PUBLISHED


def test_cleared_it_is_asked_about_again_before_a_second_one_is_made(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_bill(zoho)
    item = asked_about(connection, ready_item(bakery, bob))
    work(attach(item, bob))

    with acting_in(bakery.pk):
        archiving.unarchive(item, bob, may_publish=True)
        archiving.clear(item, bob)

    assert item_now(item).reasons == ["duplicate"]


def test_an_expense_that_was_attached_to_and_cleared_has_no_number_that_zoho_minds(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    """The claim of what attaches has the record's reference for its number, and Zoho
    takes two expenses of one reference."""
    zoho.person_types(
        "expense",
        vendor=ACME,
        account="Office Supplies",
        paid_through="Company Card",
        date=TODAY.isoformat(),
        amount=12,
        reference_number="R-7",
    )
    item = asked_about(connection, paid_receipt(bakery, bob, reference="R-7"))
    work(attach(item, bob))
    with acting_in(bakery.pk):
        archiving.unarchive(item, bob, may_publish=True)
        archiving.clear(item, bob)
    with acting_in(bakery.pk):
        answering.different(item, questions_about(item), bob)

    page = text(Visitor(browser_of(bob), bakery).opens("item", item.pk))

    assert "It becomes an expense in Zoho Books." in page
    assert "Publishing again makes a second one." in page
    assert "only under another number" not in page


class TestOnThePage:
    @pytest.fixture
    def item(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> Item:
        typed_bill(zoho)
        return asked_about(connection, ready_item(bakery, bob))

    def presses(self, person: User, item: Item) -> Any:
        (question,) = questions_about(item)
        data = {"answer": "attach", "question": question.pk}
        visitor = Visitor(browser_of(person), item.business)
        return visitor.posts("item_duplicate", item.pk, data=data)

    def test_it_is_offered_to_who_may_publish(self, item: Item, alice: User) -> None:
        page = text(Visitor(browser_of(alice), item.business).opens("item", item.pk))

        assert "It is the same: attach the document there" in page

    def test_one_press_begins_it(self, item: Item, alice: User) -> None:
        self.presses(alice, item)

        with acting_in(item.business_id):
            publication = Publication.unscoped.get(item=item)
        assert publication.attaches
        assert publication.requested_by == alice
        assert item_now(item).status == Item.Status.PUBLISHING

    def test_nor_may_who_publishes_and_does_not_see_the_record(
        self, item: Item, bob: User
    ) -> None:
        assert self.presses(bob, item).status_code == 403
        assert item_now(item).status == Item.Status.TO_REVIEW

    def test_whoever_may_not_publish_may_not_attach(
        self, item: Item, vera: User
    ) -> None:
        with acting_in(item.business_id):
            Item.unscoped.filter(pk=item.pk).update(owner=vera)

        page = text(Visitor(browser_of(vera), item.business).opens("item", item.pk))
        answer = self.presses(vera, item)

        assert "attach the document there" not in page
        assert answer.status_code == 403
        assert item_now(item).status == Item.Status.TO_REVIEW
        with acting_in(item.business_id):
            assert list(answering.open_questions(item)) == questions_about(item)
