"""Documents that Zoho said it took, and whether it has them."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import archiving, requesting, verification
from publishing.models import Item, Step
from tests.publishing.factories import paid_receipt, ready_item, ready_sale
from tests.publishing.steps import (
    item_now,
    now,
    page_of,
    publish,
    step_of,
    trail_of,
    verify,
    work,
)
from tests.publishing.test_clearing import cleared
from tests.publishing.zoho import BAKERY, Zoho
from tests.zoho_standin import changes

pytestmark = pytest.mark.usefixtures("connection")
ATTACHING = {"bill": "/bills/*/attachment", "expense": "/expenses/*/receipt"}


def test_one_list_call_verifies_many_items(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    publications = [
        publish(ready_item(bakery, bob, reference=f"INV-{number}"), bob)
        for number in range(5)
    ]
    zoho.standin.calls.clear()

    verify(connection)

    assert [call["path"] for call in zoho.standin.calls] == ["/bills"]
    for publication in publications:
        assert step_of(publication, Step.Kind.DOCUMENT).verified_at is not None


def test_a_record_that_the_list_does_not_show_says_itself_what_it_has(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    publication = publish(ready_item(bakery, bob), bob)
    zoho.fails("list_stale", path="/bills", seconds=3600)
    zoho.standin.calls.clear()

    verify(connection)

    asked = [call["path"] for call in zoho.standin.calls]
    assert asked == ["/bills", f"/bills/{zoho.bills[0]['bill_id']}"]
    assert step_of(publication, Step.Kind.DOCUMENT).verified_at is not None


def test_an_address_that_zoho_does_not_know_is_no_record_that_is_gone(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
) -> None:
    zoho.fails("upload_not_stored", path=ATTACHING["bill"])
    publication = publish(ready_item(bakery, bob), bob)
    zoho.fails("no_such_url", path="/bills/*")

    verify(connection)

    assert now(publication).problem_code == ""


def test_it_is_asked_once_and_no_more(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    publish(ready_item(bakery, bob), bob)
    verify(connection)
    zoho.standin.calls.clear()

    clock.shift(timedelta(minutes=5))
    verify(connection)

    assert list(zoho.standin.calls) == []


def test_what_was_cleared_is_asked_about_no_more(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    item = ready_item(bakery, bob)
    publish(item, bob)
    cleared(item, bob)
    zoho.standin.calls.clear()

    verify(connection)

    assert list(zoho.standin.calls) == []


@pytest.mark.parametrize("kind", ["bill", "expense"])
def test_a_document_that_zoho_did_not_keep_is_sent_once_more(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
    kind: str,
) -> None:
    item = ready_item(bakery, bob) if kind == "bill" else paid_receipt(bakery, bob)
    zoho.fails("upload_not_stored", path=ATTACHING[kind])
    publication = publish(item, bob)
    assert page_of(item).is_moving

    verify(connection)

    assert page_of(item).status == Item.Status.PUBLISHED
    assert page_of(item).detail == "The document is being attached again."
    clock.shift(61)
    work(publication)
    clock.shift(61)
    verify(connection)

    (record,) = zoho.bills + zoho.expenses
    assert len(record["documents"]) == 1
    assert item_now(item).status == "published"
    assert not item_now(item).document_missing
    assert step_of(publication, Step.Kind.DOCUMENT).verified_at is not None
    assert trail_of(bakery, item).count("publication.published") == 1


def test_a_document_that_shows_late_is_not_attached_twice(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item = ready_item(bakery, bob)
    publication = publish(item, bob)
    (bill,) = zoho.bills
    late = {"documents": bill["documents"], "attachment_name": bill["attachment_name"]}
    bill.update(documents=[], attachment_name="")
    verify(connection)
    work(publication)

    bill.update(late)
    clock.shift(61)
    work(publication)
    verify(connection)

    paths = [call["path"] for call in zoho.standin.calls if call["method"] == "POST"]
    assert len([path for path in paths if path.endswith("/attachment")]) == 1
    assert not item_now(item).document_missing
    assert step_of(publication, Step.Kind.DOCUMENT).verified_at is not None


def test_never_kept_is_told_and_can_be_attached_again(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item = ready_item(bakery, bob)
    zoho.fails("upload_not_stored", path=ATTACHING["bill"], times=2)
    publication = publish(item, bob)
    verify(connection)
    clock.shift(61)
    work(publication)
    clock.shift(61)

    verify(connection)

    page = page_of(item)
    assert item_now(item).document_missing
    assert page.can_attach_again
    assert page.problem == (
        "Zoho Books said that it took the document, and does not have it."
    )
    assert len(zoho.bills) == 1
    zoho.standin.calls.clear()
    clock.shift(61)
    verify(connection)
    assert list(zoho.standin.calls) == []
    with acting_in(bakery.pk):
        again = requesting.attach_again(item, by=bob)
    assert isinstance(again, requesting.Requested)
    work(publication)
    clock.shift(61)
    verify(connection)
    assert not item_now(item).document_missing
    assert page_of(item).problem == ""
    assert len(zoho.bills[0]["documents"]) == 1


def test_a_bill_that_was_deleted_in_zoho_is_told(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    item = ready_item(bakery, bob)
    publication = publish(item, bob)
    changes.remove(zoho.standin, BAKERY, "bills", "INV-104")

    verify(connection)

    assert now(publication).problem_code == "record_gone"
    assert zoho.bills == []


@pytest.mark.parametrize("fault", ["forbidden", "error_500"])
def test_a_record_that_cannot_be_read_keeps_no_other_from_it(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
    fault: str,
) -> None:
    readable = publish(ready_item(bakery, bob, reference="INV-1"), bob)
    clock.shift(1)
    unreadable = publish(ready_item(bakery, bob, reference="INV-2"), bob)
    for bill in zoho.bills:
        bill["documents"], bill["attachment_name"] = [], ""
    newest = step_of(unreadable, Step.Kind.RECORD).zoho_id
    zoho.fails(fault, method="GET", path=f"/bills/{newest}", times=100)

    verify(connection)

    assert step_of(readable, Step.Kind.DOCUMENT).state == "waiting"
    assert step_of(unreadable, Step.Kind.DOCUMENT).state == "done"
    assert step_of(unreadable, Step.Kind.DOCUMENT).verified_at is None


def test_a_zoho_that_is_away_is_not_asked_about_each_record(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    for number in range(5):
        publish(ready_item(bakery, bob, reference=f"INV-{number}"), bob)
    for bill in zoho.bills:
        bill["documents"], bill["attachment_name"] = [], ""
    zoho.fails("error_500", method="GET", path="/bills/*", times=100)
    zoho.standin.calls.clear()

    verify(connection)

    assert [call["status"] for call in zoho.standin.calls] == [200, 500, 500]


def test_some_that_zoho_fails_at_are_no_zoho_that_is_away(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    """Each second one, and none of the others waits for them."""
    published = [
        publish(ready_item(bakery, bob, reference=f"INV-{number}"), bob)
        for number in range(5)
    ]
    for bill in zoho.bills:
        bill["documents"], bill["attachment_name"] = [], ""
    for unreadable in published[1::2]:
        bill_id = step_of(unreadable, Step.Kind.RECORD).zoho_id
        zoho.fails("error_500", method="GET", path=f"/bills/{bill_id}")

    verify(connection)

    states = [step_of(each, Step.Kind.DOCUMENT).state for each in published]
    assert states == ["waiting", "done", "waiting", "done", "waiting"]


@pytest.mark.parametrize(
    ("fault", "path"), [("forbidden", "/bills"), ("no_such_url", "/bills/*")]
)
def test_what_cannot_be_read_is_asked_about_ever_more_rarely(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
    fault: str,
    path: str,
) -> None:
    """Each minute would spend the organisation's calls of the day."""
    zoho.fails("upload_not_stored", path=ATTACHING["bill"])
    publish(ready_item(bakery, bob), bob)
    zoho.fails(fault, method="GET", path=path, times=10_000)
    zoho.standin.calls.clear()

    for _minute in range(4 * 60):
        clock.shift(timedelta(seconds=61))
        verify(connection)

    assert 10 < len(zoho.standin.calls) < 60


def test_those_never_looked_at_come_first(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    old = publish(ready_item(bakery, bob, reference="INV-1"), bob)
    newer = publish(ready_item(bakery, bob, reference="INV-2"), bob)
    with acting_in(bakery.pk):
        for publication, days in ((old, 9), (newer, 2)):
            publication.steps.filter(kind="document").update(
                looked_at=publication.requested_at - timedelta(days=days)
            )
        newest = publish(ready_item(bakery, bob, reference="INV-3"), bob)

        order = [step.publication_id for step in verification.claimed(connection)]

    assert order == [newest.pk, old.pk, newer.pk]


def test_attaching_again_what_is_there_adds_no_second_file(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    zoho.fails("mandatory_tag", path=ATTACHING["bill"])
    publication = publish(item, bob)
    (bill,) = zoho.bills
    bill["documents"] = [{"document_id": "1", "file_name": "by-hand.pdf"}]
    bill["attachment_name"] = "by-hand.pdf"

    with acting_in(bakery.pk):
        requesting.attach_again(item, by=bob)
    work(publication)

    assert [each["file_name"] for each in zoho.bills[0]["documents"]] == ["by-hand.pdf"]
    assert not item_now(item).document_missing


def test_attaching_again_what_is_not_missing_does_nothing(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    publish(item, bob)
    zoho.standin.calls.clear()

    with acting_in(bakery.pk):
        assert requesting.attach_again(item, by=bob) == requesting.Held(())

    assert list(zoho.standin.calls) == []


def test_what_was_taken_back_is_asked_about_all_the_same(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    item = ready_item(bakery, bob)
    publication = publish(item, bob)
    with acting_in(bakery.pk):
        archiving.unarchive(item, bob, may_publish=True)

    verify(connection)

    assert step_of(publication, Step.Kind.DOCUMENT).verified_at is not None
    assert item_now(item).status == Item.Status.TO_REVIEW


def test_what_was_taken_back_lacks_its_document_and_is_sent_nothing(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    """Attached again it would stand open, as if it were not in Zoho."""
    item = ready_item(bakery, bob)
    publication = publish(item, bob)
    zoho.bills[0]["documents"], zoho.bills[0]["attachment_name"] = [], ""
    with acting_in(bakery.pk):
        archiving.unarchive(item, bob, may_publish=True)

    verify(connection)

    assert step_of(publication, Step.Kind.DOCUMENT).state == "refused"
    assert now(publication).state == "published"
    assert item_now(item).document_missing
    assert item_now(item).status == Item.Status.TO_REVIEW


def test_the_sweep_finds_what_was_taken_back(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    item = ready_item(bakery, bob)
    publication = publish(item, bob)
    with acting_in(bakery.pk):
        archiving.unarchive(item, bob, may_publish=True)
    later = timezone.now() + timedelta(minutes=1)

    assert rows_across("verifications_due", later) == [
        (bakery.pk, publication.connection_id)
    ]


@pytest.mark.parametrize(
    ("make", "path", "told"),
    [
        (
            ready_item,
            "/bills/*/attachment",
            "The record in Zoho Books differs from the document",
        ),
        (
            partial(ready_sale, mark_as_sent=True),
            "/invoices/*/attachment",
            "so it was not marked as sent: look at it there.",
        ),
    ],
)
def test_once_it_is_attached_what_differs_is_told_again(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    make: Callable[..., Item],
    path: str,
    told: str,
) -> None:
    item = make(bakery, bob)
    changes.update(zoho.standin, BAKERY, "taxes", "Standard Rate", tax_percentage=25)
    zoho.fails("mandatory_tag", path=path, times=2)
    publication = publish(item, bob)
    for missing in (True, False):
        with acting_in(bakery.pk):
            requesting.attach_again(item_now(item), by=bob)
        work(publication)
        assert item_now(item).document_missing is missing

    assert told in page_of(item).problem
    assert "(tax 24" in page_of(item).problem
