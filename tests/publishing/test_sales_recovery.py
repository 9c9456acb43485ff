"""Sales whose answers are lost, whose workers die: one invoice, in the state it should be."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving
from publishing.models import Step
from tests.publishing.dying import die_at
from tests.publishing.factories import make_customer, ready_item, ready_sale
from tests.publishing.steps import (
    attempts_of,
    begun,
    item_now,
    now,
    page_of,
    publish,
    step_of,
    verify,
    work,
    work_until_settled,
)
from tests.publishing.zoho import BAKERY, Zoho
from tests.zoho_standin import changes
from tests.zoho_standin.world import Table

pytestmark = pytest.mark.usefixtures("connection")


@pytest.mark.parametrize("fault", ["answer_lost", "error_500_after", "call_lost"])
@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("/contacts", Step.Kind.CONTACT),
        ("/invoices", Step.Kind.RECORD),
        ("/invoices/*/attachment", Step.Kind.DOCUMENT),
        ("/invoices/*/status/sent", Step.Kind.SENT),
    ],
)
def test_a_lost_answer_leaves_one_of_everything(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
    path: str,
    step: Step.Kind,
    fault: str,
) -> None:
    new = make_customer(bakery, "New Café", agreed_by=bob)
    item = ready_sale(bakery, bob, supplier=new, mark_as_sent=True)
    zoho.fails(fault, method="POST", path=path)

    publication = publish(item, bob)
    assert step_of(publication, step).state == "uncertain"
    work_until_settled(publication, clock)

    assert_published_once(zoho)
    assert item_now(item).status == "published"
    assert not item_now(item).document_missing


@pytest.mark.parametrize("arrived", [False, True])
@pytest.mark.parametrize("at", list(Step.Kind))
def test_a_worker_that_dies_at_any_step_leaves_one_of_everything(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
    at: Step.Kind,
    *,
    arrived: bool,
) -> None:
    new = make_customer(bakery, "New Café", agreed_by=bob)
    item = ready_sale(bakery, bob, supplier=new, mark_as_sent=True)
    publication = begun(item, bob)

    die_at(publication, at, arrived=arrived)
    work_until_settled(publication, clock)

    assert_published_once(zoho)
    assert item_now(item).status == "published"


def assert_published_once(zoho: Zoho) -> None:
    (invoice,) = zoho.invoices
    assert (invoice["status"], invoice["is_emailed"]) == ("sent", False)
    assert len(invoice["documents"]) == 1
    assert len(zoho.contacts("New Café")) == 1


def test_a_document_that_zoho_did_not_keep_is_sent_once_more(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    item = ready_sale(bakery, bob)
    zoho.fails("upload_not_stored", path="/invoices/*/attachment")
    publication = publish(item, bob)
    assert zoho.invoices[0]["documents"] == []

    verify(connection)
    clock.shift(61)
    work(publication)
    clock.shift(61)
    verify(connection)

    assert len(zoho.invoices[0]["documents"]) == 1
    assert not page_of(item).is_moving


def test_a_mark_that_is_refused_leaves_the_invoice_published(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("mandatory_tag", path="/invoices/*/status/sent")

    publication = publish(item, bob)

    page = page_of(item)
    assert publication.state == "published"
    assert page.headline == "Published as draft invoice 2026-17."
    assert page.problem == (
        "Zoho Books did not mark the invoice as sent. Look at it there: if it is a "
        "draft, mark it as sent in Zoho Books."
    )
    assert page.zoho_words == (
        "Please select a value for the mandatory reporting tag Department."
    )
    assert not item_now(item).document_missing
    assert zoho.invoices[0]["status"] == "draft"


def test_a_draft_that_a_person_deletes_before_the_mark_can_be_published_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("per_minute", method="POST", path="/invoices/*/status/sent")
    publication = publish(item, bob)
    changes.remove(zoho.standin, BAKERY, "invoices", "2026-17")
    work_until_settled(publication, clock)

    page = page_of(item)
    assert page.can_clear
    assert page.problem == (
        "The invoice is no longer in Zoho Books, so it was not marked as sent. If it is "
        "to be there, clear its publishing data and publish it again."
    )
    with acting_in(bakery.pk):
        archiving.clear(item, bob)
    assert item_now(item).archived_at is None
    publish(item_now(item), bob)

    (invoice,) = zoho.invoices
    assert invoice["status"] == "sent"
    assert len(invoice["documents"]) == 1


def test_one_that_a_person_voids_meanwhile_is_left_alone(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("call_lost", method="POST", path="/invoices/*/status/sent")
    publication = publish(item, bob)
    changes.update(zoho.standin, BAKERY, "invoices", "2026-17", status="void")

    work_until_settled(publication, clock)

    assert zoho.invoices[0]["status"] == "void"
    assert attempts_of(publication)[-1] == ("sent", "found")
    assert item_now(item).status == "published"


def test_a_document_that_is_refused_does_not_keep_it_from_being_marked(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("mandatory_tag", path="/invoices/*/attachment")

    publish(item, bob)

    page = page_of(item)
    assert zoho.invoices[0]["status"] == "sent"
    assert page.can_attach_again
    assert page.headline == (
        "Published as invoice 2026-17, marked as sent; its document is missing there."
    )


@pytest.mark.parametrize("sells", [True, False])
def test_where_zoho_ignores_the_question_ours_is_found_among_all(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
    *,
    sells: bool,
) -> None:
    item = ready_sale(bakery, bob) if sells else ready_item(bakery, bob)
    path = "/invoices" if sells else "/bills"
    zoho.fails("answer_lost", method="POST", path=path)
    publication = publish(item, bob)
    table = zoho.organisation.invoices if sells else zoho.organisation.bills
    others_of_today(table, 205)
    zoho.fails("filters_ignored", path=path, times=3)

    work_until_settled(publication, clock)

    assert [call["method"] for call in zoho.standin.calls] == [
        "POST",
        *["GET"] * 3,
        "POST",
    ]
    assert len(table) == 206
    assert item_now(item).status == "published"


def others_of_today(rows: Table, count: int) -> None:
    """Records like the only one there is, entered after it."""
    ((own, pattern),) = rows.items()
    first = datetime.fromisoformat(pattern["created_time"])
    for number in range(1, count + 1):
        zoho_id = f"2082599{number:010}"
        stamp = (first + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S%z")
        row = {
            key: zoho_id if value == own else value for key, value in pattern.items()
        }
        rows[zoho_id] = row | {
            "reference_number": f"PO {number}",
            "created_time": stamp,
            "documents": [],
        }


def test_one_that_a_person_has_changed_before_it_was_found_is_left_a_draft(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("answer_lost", method="POST", path="/invoices")
    publication = publish(item, bob)
    (invoice,) = zoho.invoices
    changes.update(
        zoho.standin, BAKERY, "invoices", invoice["invoice_id"], total=Decimal(90)
    )

    work_until_settled(publication, clock)

    assert zoho.invoices[0]["status"] == "draft"
    assert "(total 90 instead of 120.00)" in page_of(item).problem


def test_one_that_was_lost_and_has_another_tax_there_is_left_a_draft(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    """The list in which it is found tells its total, and no tax."""
    item = ready_sale(bakery, bob, mark_as_sent=True)
    changes.update(zoho.standin, BAKERY, "taxes", "Standard Rate", tax_percentage=25)
    zoho.fails("answer_lost", method="POST", path="/invoices")
    publication = publish(item, bob)

    work_until_settled(publication, clock)

    assert zoho.invoices[0]["status"] == "draft"
    assert "(tax 24.00 instead of 20.00)" in page_of(item).problem


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"tax_total": Decimal(0)}, "(tax 0 instead of 20.00)"),
        ({"total": Decimal(90)}, "(total 90 instead of 120.00)"),
    ],
)
def test_one_that_a_person_has_changed_while_it_waited_is_left_a_draft(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
    said: dict[str, Decimal],
    told: str,
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("per_day", method="POST", path="/invoices/*/status/sent")
    publication = publish(item, bob)
    changed(zoho, **said)

    work_until_settled(publication, clock)

    assert zoho.invoices[0]["status"] == "draft"
    assert told in page_of(item).problem
    assert item_now(item).status == "published"


def test_one_that_a_person_has_marked_while_it_waited_is_not_marked_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("per_day", method="POST", path="/invoices/*/status/sent")
    publication = publish(item, bob)
    changed(zoho, status="paid", total=Decimal(90))
    zoho.standin.calls.clear()

    work_until_settled(publication, clock)

    assert not [each for each in zoho.standin.calls if "sent" in each["path"]]
    assert zoho.invoices[0]["status"] == "paid"
    assert step_of(publication, Step.Kind.SENT).state == "done"


@pytest.mark.parametrize("fault", ["per_day", "call_lost"])
@pytest.mark.parametrize("status", ["pending_approval", "rejected"])
def test_one_that_waits_to_be_approved_is_not_said_to_be_marked(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
    fault: str,
    status: str,
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails(fault, method="POST", path="/invoices/*/status/sent")
    publication = publish(item, bob)
    changed(zoho, status=status)

    work_until_settled(publication, clock)

    assert zoho.invoices[0]["status"] == status
    assert step_of(publication, Step.Kind.SENT).state == "refused"
    assert page_of(item).problem == (
        "Zoho Books did not mark the invoice as sent. Look at it there: if it is a "
        "draft, mark it as sent in Zoho Books."
    )


@pytest.mark.parametrize("fault", ["per_day", "call_lost"])
def test_one_that_was_approved_meanwhile_is_marked(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
    fault: str,
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails(fault, method="POST", path="/invoices/*/status/sent")
    publication = publish(item, bob)
    changed(zoho, status="approved")

    work_until_settled(publication, clock)

    assert zoho.invoices[0]["status"] == "sent"
    assert page_of(item).headline == "Published as invoice 2026-17, marked as sent."


def test_one_that_cannot_be_read_before_it_is_marked_waits(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("per_day", method="POST", path="/invoices/*/status/sent")
    publication = publish(item, bob)
    zoho.fails("error_500", method="GET", path="/invoices/*")
    clock.shift(timedelta(days=1))

    work(publication)

    assert zoho.invoices[0]["status"] == "draft"
    work_until_settled(publication, clock)
    assert zoho.invoices[0]["status"] == "sent"


def test_one_that_zoho_fails_at_for_a_day_is_left_a_draft_and_ends(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("per_day", method="POST", path="/invoices/*/status/sent")
    publication = publish(item, bob)
    zoho.fails("error_500", method="GET", path="/invoices/*", times=1000)
    clock.shift(timedelta(days=1))
    work(publication)
    assert now(publication).waiting_reason == "unclear"
    assert item_now(item).status == "publishing"

    for _look in range(2):
        clock.shift(timedelta(days=1))
        work(publication)

    assert now(publication).finished_at is not None
    assert item_now(item).status == "published"
    assert zoho.invoices[0]["status"] == "draft"
    assert "did not mark the invoice as sent" in page_of(item).problem


def test_one_hiccup_after_days_without_zoho_ends_nothing(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("per_day", method="POST", path="/invoices/*/status/sent")
    publication = publish(item, bob)
    zoho.fails("html_502", method="GET", path="/invoices/*", times=1000)
    for _try in range(3):
        clock.shift(timedelta(days=1))
        work(publication)
    assert now(publication).waiting_reason == "unavailable"
    zoho.is_well()
    zoho.fails("error_500", method="GET", path="/invoices/*")
    clock.shift(timedelta(days=1))

    work(publication)

    assert now(publication).waiting_reason == "unclear"
    work_until_settled(publication, clock)
    assert zoho.invoices[0]["status"] == "sent"


def changed(zoho: Zoho, **fields: object) -> None:
    """A person has opened the draft in Zoho Books."""
    (invoice,) = zoho.invoices
    number = invoice["invoice_id"]
    changes.update(zoho.standin, BAKERY, "invoices", number, **fields)


def test_what_keeps_a_sale_a_draft_is_said_though_its_document_is_there(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    item = ready_sale(bakery, bob, mark_as_sent=True)
    zoho.fails("forbidden", method="POST", path="/invoices/*/status/sent", times=2)

    publication = publish(item, bob)

    assert publication.state == "published"
    assert not item_now(item).document_missing
    assert publication.problem_code == "forbidden"
