"""What an item became before it was cleared: told wherever it can be published again."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connections.models import Connection, Contact, PurchaseRecord
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication
from publishing.problems import Problem
from tests.publishing.factories import (
    make_entry,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.pages.conftest import At, text
from tests.publishing.steps import as_published, clear, press_publish

STAYS = "Bill INV-104 stays in Zoho Books. Publishing again makes a second one."
SAME_NUMBER = f"{STAYS} Zoho Books takes it only under another number."
BILL = "https://books.zoho.eu/app/20081234501#/bills/4600000000000001"


@pytest.fixture
def published(connected_bakery: Business, bob: User) -> Item:
    item = ready_item(connected_bakery, bob)
    press_publish(item, bob)
    return as_published(item, "4600000000000001")


@pytest.fixture
def cleared(bob: User, published: Item) -> Item:
    """Published, taken back and cleared: its bill stays in Zoho."""
    return clear(published, bob)


def test_once_cleared_its_page_says_what_stays_and_leads_there(
    at: At, alice: User, bakery: Business, cleared: Item
) -> None:
    """Whoever opens it: Alice has not cleared it herself."""
    page = text(at(alice, bakery).opens("item", cleared.pk))

    assert "Ready to publish." in page
    assert SAME_NUMBER in page
    assert f'href="{BILL}" target="_blank" rel="noopener"' in page


def test_under_another_number_zoho_takes_it(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    visitor = at(bob, bakery)

    panel = text(
        visitor.posts(
            "item_field", cleared.pk, "reference", data={"value": "104b"}, htmx=True
        )
    )

    assert STAYS in panel
    assert "only under another number" not in panel


def test_an_expense_has_no_number_that_zoho_minds(
    at: At, bob: User, connected_bakery: Business
) -> None:
    receipt = paid_receipt(connected_bakery, bob, reference="R-7")
    press_publish(receipt, bob)
    visitor = at(bob, connected_bakery)
    taken_back = as_published(receipt, "4600000000000007")
    visitor.posts("item_unarchive", taken_back.pk)
    asked = text(visitor.opens("item_clear", taken_back.pk, htmx=True))
    visitor.posts("item_clear", taken_back.pk)

    page = text(visitor.opens("item", receipt.pk))

    stays = "The expense stays in Zoho Books. Publishing again makes a second one."
    assert stays in asked
    assert stays in page
    assert "It becomes an expense in Zoho Books." in page
    assert "only under another number" not in asked + page


def test_clearing_says_that_zoho_takes_the_number_once(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    assert SAME_NUMBER in text(visitor.opens("item_clear", published.pk, htmx=True))


def test_the_preview_of_what_was_cleared_says_that_it_makes_a_second_one(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    preview = text(at(bob, bakery).opens("item_preview", cleared.pk, htmx=True))

    assert SAME_NUMBER in preview
    assert f'href="{BILL}"' in preview


def test_of_many_the_second_ones_are_counted_and_marked(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    other = ready_item(bakery, bob, reference="INV-105")

    asked = text(
        at(bob, bakery).posts(
            "items_publish", data={"item": [cleared.pk, other.pk]}, htmx=True
        )
    )

    assert "Publish 2 items" in asked
    assert "1 of these was published before and stays in Zoho Books" in asked
    assert asked.count(SAME_NUMBER) == asked.count("Published before") == 1


def test_more_second_ones_cost_the_dialog_no_more_queries(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    visitor = at(bob, bakery)

    def queries(items: list[Item]) -> int:
        with CaptureQueriesContext(database) as asked:
            visitor.posts("items_publish", data={"item": [each.pk for each in items]})
        return len(asked)

    queries([cleared])
    of_one = queries([cleared])
    more = [ready_item(bakery, bob, reference=f"M-{number}") for number in range(3)]
    for number, item in enumerate(more):
        press_publish(item, bob)
        clear(as_published(item, f"460000000000010{number}"), bob)

    assert queries([cleared, *more]) == of_one


def test_its_row_says_that_it_was_published_before(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    ready_item(bakery, bob, reference="INV-105")

    page = text(at(bob, bakery).opens("costs_inbox"))

    assert page.count("Published before") == 1


def test_it_is_still_said_when_publishing_again_has_failed(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    press_publish(cleared, bob)
    with acting_in(bakery.pk):
        cleared.publications.filter(cleared_at=None).update(
            state=Publication.State.FAILED, finished_at=timezone.now()
        )
        Item.unscoped.filter(pk=cleared.pk).update(status=Item.Status.FAILED)

    assert STAYS in text(at(bob, bakery).opens("item", cleared.pk))


def test_nothing_is_said_of_a_record_that_was_gone_when_it_was_cleared(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    with acting_in(bakery.pk):
        Publication.unscoped.filter(item=published).update(
            problem_code=Problem.RECORD_GONE.code
        )
    clear(published, bob)
    visitor = at(bob, bakery)

    assert "stays in Zoho Books" not in text(visitor.opens("item", published.pk))
    assert "Published before" not in text(visitor.opens("costs_inbox"))


@pytest.mark.parametrize(
    "gone", [{"removed_at": timezone.now()}, {"is_active": False, "status": "void"}]
)
def test_nor_once_the_lists_say_that_it_has_left_zoho(
    at: At, bob: User, bakery: Business, cleared: Item, gone: dict[str, Any]
) -> None:
    with acting_in(bakery.pk):
        connection = Connection.unscoped.get()
    make_entry(
        PurchaseRecord,
        connection,
        "INV-104",
        zoho_id="4600000000000001",
        kind="bill",
        total=Decimal(120),
        **gone,
    )
    visitor = at(bob, bakery)

    page = text(visitor.opens("item", cleared.pk))
    asked = text(visitor.posts("items_publish", data={"item": cleared.pk}))

    assert "Ready to publish." in page
    assert "Publishing again makes a second one." not in page + asked


def test_in_another_organisation_the_number_is_free(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    with acting_in(bakery.pk):
        Publication.unscoped.filter(item=cleared).update(organisation_id="20081239999")

    page = text(at(bob, bakery).opens("item", cleared.pk))

    assert STAYS in page
    assert "only under another number" not in page


def test_from_another_supplier_zoho_takes_the_number(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    """A bill's number is taken once for each supplier."""
    with acting_in(bakery.pk):
        connection = Connection.unscoped.get()
    make_entry(
        Contact, connection, "Other Mill Ltd", kind="vendor", currency_code="GBP"
    )
    other = make_supplier(bakery, "Other Mill Ltd")
    with acting_in(bakery.pk):
        Item.unscoped.filter(pk=cleared.pk).update(supplier=other)

    page = text(at(bob, bakery).opens("item", cleared.pk))

    assert STAYS in page
    assert "only under another number" not in page


def test_what_was_put_away_after_it_was_cleared_does_not_say_that_nothing_was_sent(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_archive", cleared.pk)

    page = text(visitor.opens("item", cleared.pk))

    assert "Nothing of it was sent to Zoho Books." not in page


def test_names_and_numbers_are_no_markup(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, reference="<b>INV</b>")
    press_publish(item, bob)
    clear(as_published(item, '"><script>x'), bob)
    visitor = at(bob, connected_bakery)

    for page in (
        visitor.opens("item", item.pk),
        visitor.opens("item_preview", item.pk, htmx=True),
        visitor.posts("items_publish", data={"item": item.pk}, htmx=True),
    ):
        assert "<script>x" not in page.content.decode()
        assert "<b>INV" not in page.content.decode()
