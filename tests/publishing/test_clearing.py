"""Publishing once more what was published and cleared, into Zoho itself."""

import pytest

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving
from publishing.models import Item, Publication
from tests.publishing.factories import paid_receipt, ready_item
from tests.publishing.steps import item_now, page_of, publish, verify
from tests.publishing.test_duplicates_in_zoho import typed_bill
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("connection")


def cleared(item: Item, by: User) -> Item:
    with acting_in(item.business_id):
        archiving.unarchive(item, by, may_publish=True)
        return archiving.clear(item, by)


def test_a_cleared_receipt_becomes_a_second_expense(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    item = paid_receipt(bakery, bob)
    first = publish(item, bob)

    second = publish(cleared(item, bob), bob)

    assert second.state == Publication.State.PUBLISHED
    marks = [row["description"].split()[-1] for row in zoho.expenses]
    assert sorted(marks) == sorted([first.mark, second.mark])
    assert item_now(item).status == Item.Status.PUBLISHED


def test_the_first_bill_keeps_its_number_until_it_is_deleted_in_zoho(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    publish(item, bob)

    publish(cleared(item, bob), bob)

    assert item_now(item).status == Item.Status.FAILED
    assert (
        "It was made from this item before its publishing data was cleared: delete it "
        "in Zoho Books, or give this item another reference."
    ) in page_of(item).problem
    assert len(zoho.bills) == 1


def test_a_bill_of_the_same_number_from_another_item_is_not_said_to_be_this_ones(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    publish(ready_item(bakery, bob), bob)
    zoho.bills[0]["bill_number"] = "INV-105"
    item = ready_item(bakery, bob)

    publish(item, bob)

    assert "It was not made from this item." in page_of(item).problem


def test_nor_is_one_that_a_person_typed_after_this_ones_was_cleared(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    publish(item, bob)
    zoho.bills[0]["bill_number"] = "INV-1"
    typed_bill(zoho)

    publish(cleared(item, bob), bob)

    assert "It was not made from this item." in page_of(item).problem


def test_a_cleared_items_document_is_nobodys_question_any_more(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    item = ready_item(bakery, bob)
    publish(item, bob)
    cleared(item, bob)
    zoho.standin.calls.clear()

    verify(connection)

    assert list(zoho.standin.calls) == []
    assert item_now(item).status == Item.Status.READY
