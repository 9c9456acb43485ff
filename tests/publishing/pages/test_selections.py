"""Publish, code and archive a selection: what is asked first, and what comes of it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from celery.signals import before_task_publish

from connections.models import Account, Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication
from tests.publishing.factories import (
    entry,
    make_item,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.pages.conftest import (
    At,
    now,
    text,
)
from tests.publishing.steps import publications


def test_a_bulk_publish_asks_with_one_sum_per_currency(
    at: At, bob: User, connected_bakery: Business
) -> None:
    pounds = [
        ready_item(
            connected_bakery, bob, reference=f"P-{number}", total=total, tax_amount=None
        )
        for number, total in enumerate([Decimal(48000), Decimal(310)])
    ]
    answer = text(
        at(bob, connected_bakery).posts(
            "items_publish", data={"item": [each.pk for each in pounds]}, htmx=True
        )
    )
    assert "Publish 2 items, £48,310, to the books of Harbour Bakery" in answer
    assert '<span class="muted">P-0</span></span><span class="num">£48,000.00' in answer
    assert publications(connected_bakery) == []


def test_the_sums_of_two_currencies_stand_apart(
    at: At, bob: User, connected_bakery: Business
) -> None:
    items = [ready_item(connected_bakery, bob), ready_item(connected_bakery, bob)]
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=items[1].pk).update(currency="EUR", total="50.20")
    answer = text(
        at(bob, connected_bakery).posts(
            "items_publish", data={"item": [each.pk for each in items]}
        )
    )
    assert "Publish 2 items, €50.20, £120, to the books of Harbour Bakery" in answer
    assert answer.count("€50.20") == 2  # In the title, and at its line.


def test_each_line_says_what_it_becomes(
    at: At, bob: User, connected_bakery: Business
) -> None:
    bill, receipt = (
        ready_item(connected_bakery, bob),
        paid_receipt(connected_bakery, bob),
    )
    elsewhere = paid_receipt(
        connected_bakery,
        bob,
        kind="invoice",
        reference="P-1",
        publish_to="expenses",
        payment_method=receipt.payment_method,
        total=Decimal(33),
        tax_amount=Decimal("5.50"),
    )
    chosen = {"item": [bill.pk, receipt.pk, elsewhere.pk]}

    answer = text(at(bob, connected_bakery).posts("items_publish", data=chosen))

    assert answer.count('<span class="plan__reason">Bill</span>') == 1
    assert answer.count('<span class="plan__reason">Expense</span>') == 2


def test_a_line_says_that_it_creates_the_supplier_which_happens_once(
    at: At, bob: User, connected_bakery: Business
) -> None:
    rope = make_supplier(connected_bakery, "Rope Makers", agreed_by=bob)
    items = [
        ready_item(connected_bakery, bob, supplier=rope, reference=f"R-{number}")
        for number in range(2)
    ]
    chosen = {"item": [each.pk for each in items]}

    answer = text(at(bob, connected_bakery).posts("items_publish", data=chosen))

    assert answer.count("Bill · creates the supplier Rope Makers in Zoho Books") == 1


def test_one_item_is_one_item(at: At, bob: User, bakery: Business, item: Item) -> None:
    answer = at(bob, bakery).posts("items_publish", data={"item": item.pk})
    assert "Publish 1 item, £120, to the books of Harbour Bakery" in text(answer)


def test_what_is_not_ready_is_named_with_its_reasons_and_left(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    unready = ready_item(bakery, bob, reference="", total=Decimal(9), tax_amount=None)
    visitor = at(bob, bakery)
    both: Mapping[str, Any] = {"item": [item.pk, unready.pk]}
    answer = text(visitor.posts("items_publish", data=both))
    assert "Publish 1 item, £120, to the books of Harbour Bakery" in answer
    assert "1 item is not ready and is left as it is" in answer
    assert "An invoice needs its number" in answer
    visitor.posts("items_publish", data={**both, "confirmed": "1"})
    assert publications(bakery) == [item.pk]
    assert now(unready).status == Item.Status.TO_REVIEW


@pytest.mark.usefixtures("committed_db")
def test_workers_begin_with_the_first_of_many(
    at: At, bob: User, connected_bakery: Business
) -> None:
    items = [ready_item(connected_bakery, bob) for _item in range(3)]
    on_their_way: list[int] = []

    def heard(sender: str, **_said: object) -> None:
        if sender == "publishing.tasks.publish_due":
            on_their_way.append(Publication.unscoped.count())

    before_task_publish.connect(heard)
    try:
        at(bob, connected_bakery).posts(
            "items_publish",
            data={"item": [each.pk for each in items], "confirmed": "1"},
        )
    finally:
        before_task_publish.disconnect(heard)
    assert on_their_way == [1, 3]


def test_all_matching_are_those_of_the_view(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    other = paid_receipt(bakery, bob, description="Stamps")
    at(bob, bakery).posts(
        "items_publish", data={"matching": "1", "view": "q=stamps", "confirmed": "1"}
    )
    assert publications(bakery) == [other.pk]


def test_nothing_selected_is_said(at: At, bob: User, bakery: Business) -> None:
    visitor = at(bob, bakery)
    answer = visitor.posts("items_publish", data={"view": "status=ready"})
    assert answer["Location"] == f"/b/{bakery.slug}/costs/?status=ready"
    assert "Select at least one item first." in text(visitor.opens("costs_inbox"))


def test_without_a_connection_nothing_can_be_published(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    with acting_in(bakery.pk):
        Connection.unscoped.update(state=Connection.State.NEEDS_RECONNECTING)
    answer = at(bob, bakery).posts("item_publish", item.pk, htmx=True)
    assert "needs reconnecting" in text(answer)
    assert publications(bakery) == []


def test_a_category_is_set_on_the_whole_selection(
    at: At, bob: User, connected_bakery: Business
) -> None:
    items = [ready_item(connected_bakery, bob), make_item(connected_bakery, bob)]
    visitor = at(bob, connected_bakery)
    chosen: Mapping[str, Any] = {
        "item": [each.pk for each in items],
        "field": "category",
    }
    assert "For 2 items" in text(visitor.posts("items_code", data=chosen))
    postage = entry(Account, connected_bakery, "Postage")
    visitor.posts(
        "items_code", data={**chosen, "typed": "Postage", "value": postage.pk}
    )
    assert [now(each).category for each in items] == [postage, postage]


def test_the_dialog_asks_searches_and_leads_back_to_the_list(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    chosen = {"item": item.pk, "field": "category", "view": "q=acme"}
    dialog = text(visitor.posts("items_code", data=chosen, htmx=True))
    assert f'data-picker="/b/{bakery.slug}/costs/options/categories/"' in dialog
    wrong = visitor.posts("items_code", data={**chosen, "typed": "Yachts"}, htmx=True)
    assert "Nothing is called “Yachts”." in text(wrong)
    done = visitor.posts("items_code", data={**chosen, "typed": "Postage"}, htmx=True)
    assert done["HX-Redirect"] == f"/b/{bakery.slug}/costs/?q=acme"
    assert str(now(item).category) == "Postage"


def test_what_is_being_published_keeps_its_category(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_publish", item.pk)
    visitor.posts(
        "items_code", data={"item": item.pk, "field": "category", "typed": "Postage"}
    )
    assert str(now(item).category) == "Office Supplies"
    page = text(visitor.opens("costs_inbox"))
    assert "1 item is being published and was left as it is." in page


def test_a_value_must_be_chosen_for_a_selection(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = at(bob, bakery).posts(
        "items_code", data={"item": item.pk, "field": "category", "typed": ""}
    )
    assert answer.status_code == 422
    assert "Choose one first." in text(answer)
    assert str(now(item).category) == "Office Supplies"


def test_only_category_and_tax_are_set_on_selections(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = at(bob, bakery).posts(
        "items_code", data={"item": item.pk, "field": "total", "typed": "1"}
    )
    assert answer.status_code == 404


def test_archiving_a_selection_asks_first(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    assert "Archive 1 item without publishing?" in text(
        visitor.posts("items_archive", data={"item": item.pk})
    )
    assert now(item).status == Item.Status.READY
    visitor.posts("items_archive", data={"item": item.pk, "confirmed": "1"})
    assert now(item).status == Item.Status.ARCHIVED


def test_before_a_category_is_set_for_many_it_is_said_how_many_have_one(
    at: At, alice: User, connected_bakery: Business
) -> None:
    postage = entry(Account, connected_bakery, "Postage")
    items = [
        make_item(connected_bakery, alice, category=category)
        for category in (postage, None, postage)
    ]
    visitor = at(alice, connected_bakery)
    all_of_them = {"item": [each.pk for each in items], "field": "category"}

    asked = text(visitor.posts("items_code", data=all_of_them))
    without = text(
        visitor.posts("items_code", data={**all_of_them, "item": items[1].pk})
    )

    assert "2 of them have one already: it is replaced." in asked
    assert "already" not in without
