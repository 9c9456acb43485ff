"""Publish means what the page showed, not what somebody has made of it meanwhile."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item
from publishing.views import values
from tests.publishing.pages.conftest import At, Visitor, now, text
from tests.publishing.steps import publications

CHANGED = "Not published: it was changed after this page had shown it."


def values_on(page: str) -> str:
    found = re.search(r'name="values" value="(\w+)"', page)
    assert found
    return found[1]


def change(visitor: Visitor, item: Item, field: str, value: str, values: str) -> str:
    data = {"value": value, "values": values}
    return text(visitor.posts("item_field", item.pk, field, data=data, htmx=True))


def publish(visitor: Visitor, item: Item, values: str, **more: str) -> str:
    data = {"values": values, **more}
    return text(visitor.posts("item_publish", item.pk, data=data, htmx=True))


def test_what_another_has_changed_meanwhile_is_shown_and_not_sent(
    at: At, alice: User, bob: User, bakery: Business, item: Item
) -> None:
    mine = at(alice, bakery)
    seen = values_on(text(mine.opens("item", item.pk)))
    change(at(bob, bakery), item, "description", "Bob's words", "")

    answer = publish(mine, item, seen)

    assert CHANGED in answer
    assert "Bob&#x27;s words" in answer
    assert publications(bakery) == []
    publish(mine, item, values_on(answer))
    assert publications(bakery) == [item.pk]


def test_it_is_not_sent_from_a_row_of_before_either(
    at: At, alice: User, bob: User, bakery: Business, item: Item
) -> None:
    mine = at(alice, bakery)
    seen = values_on(text(mine.opens("costs_inbox")))
    change(at(bob, bakery), item, "description", "Bob's words", "")
    assert CHANGED in publish(mine, item, seen, **{"in": "row"})
    assert publications(bakery) == []


def test_a_save_shows_what_another_has_changed_meanwhile(
    at: At, alice: User, bob: User, bakery: Business, item: Item
) -> None:
    mine = at(alice, bakery)
    seen = values_on(text(mine.opens("item", item.pk)))
    change(at(bob, bakery), item, "description", "Bob's words", "")
    answer = change(mine, item, "reference", "INV-105", seen)
    assert "Bob&#x27;s words" in answer
    publish(mine, item, values_on(answer))
    assert publications(bakery) == [item.pk]


def test_a_refused_save_shows_it_too(
    at: At, alice: User, bob: User, bakery: Business, item: Item
) -> None:
    mine = at(alice, bakery)
    seen = values_on(text(mine.opens("item", item.pk)))
    change(at(bob, bakery), item, "description", "Bob's words", "")
    assert "Bob&#x27;s words" in change(mine, item, "total", "1e9", seen)


def test_one_s_own_saves_draw_nothing_else_anew(
    at: At, alice: User, bakery: Business, item: Item
) -> None:
    mine = at(alice, bakery)
    seen = values_on(text(mine.opens("item", item.pk)))
    answer = change(mine, item, "description", "Words", seen)
    assert 'id="field-total"' not in answer
    assert values_on(answer) != seen


def test_without_javascript_nothing_is_published_beside_what_was_not_saved(
    at: At, alice: User, bakery: Business, item: Item
) -> None:
    mine = at(alice, bakery)
    data = {"value": "1e9"}
    page = text(mine.posts("item_field", item.pk, "total", data=data))
    assert "Enter an amount" in page
    assert 'id="publish"' not in page
    assert now(item).status == Item.Status.READY


def test_what_could_not_be_taken_keeps_it_from_going_by_itself_at_once(
    at: At, alice: User, bakery: Business, item: Item
) -> None:
    with acting_in(bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(auto_due_at=timezone.now())
    change(at(alice, bakery), item, "total", "1e9", "")
    due = now(item).auto_due_at
    assert due is not None
    assert due > timezone.now() + timedelta(seconds=5)


def test_a_selection_is_asked_about_again_where_it_changed_meanwhile(
    at: At, alice: User, bob: User, bakery: Business, item: Item
) -> None:
    mine = at(alice, bakery)
    chosen = {"item": item.pk}
    asked = text(mine.posts("items_publish", data=chosen))
    agreed = {**chosen, "confirmed": "1", "values": values_on(asked)}
    change(at(bob, bakery), item, "reference", "INV-105", "")

    answer = text(mine.posts("items_publish", data=agreed))

    assert CHANGED in answer
    assert "INV-105" in answer
    assert publications(bakery) == []
    mine.posts("items_publish", data={**agreed, "values": values_on(answer)})
    assert publications(bakery) == [item.pk]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch, item: Item) -> None:
    """Somebody changes the item in the instant after it was compared."""

    def compare(*_told: object) -> bool:
        Item.unscoped.filter(pk=item.pk).update(description="Bob's words")
        return False

    monkeypatch.setattr(values, "are_others", compare)
    monkeypatch.setattr(values, "are_others_of", compare)


@pytest.mark.usefixtures("hurried")
def test_what_is_changed_in_the_last_instant_is_not_sent_unseen(
    at: At, alice: User, bakery: Business, item: Item
) -> None:
    assert CHANGED in publish(at(alice, bakery), item, "")
    assert publications(bakery) == []


@pytest.mark.usefixtures("hurried")
def test_nor_is_one_of_many(at: At, alice: User, bakery: Business, item: Item) -> None:
    mine = at(alice, bakery)
    mine.posts("items_publish", data={"item": item.pk, "confirmed": "1"})
    assert "It was changed after this page had shown it." in text(
        mine.opens("costs_inbox")
    )
    assert publications(bakery) == []
