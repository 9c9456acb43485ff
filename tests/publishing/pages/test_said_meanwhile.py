"""Two people save one field: the later one is told what the other has said there."""

import re

import pytest

from connections.models import Account
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, filling
from publishing.models import Item
from tests.publishing.factories import entry, make_entry
from tests.publishing.pages.conftest import At, Visitor, now, text
from tests.publishing.steps import trail_of

TOLD = "Bob has changed this to “INV-9” meanwhile. Yours is not saved."


def seen_on(page: str, field: str) -> str:
    form = page[page.index(f'id="field-{field}"') :]
    return seen_in(form)


def seen_in(form: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', form)
    assert found
    return found[1]


def save(
    visitor: Visitor, item: Item, field: str, value: str, seen: str, **more: str
) -> str:
    data = {"value": value, "seen": seen, **more}
    return text(visitor.posts("item_field", item.pk, field, data=data, htmx=True))


@pytest.fixture
def mine(at: At, alice: User, bakery: Business) -> Visitor:
    return at(alice, bakery)


@pytest.fixture
def bobs(at: At, bob: User, bakery: Business) -> Visitor:
    return at(bob, bakery)


def test_whose_it_is_and_which_is_told_and_nothing_typed_is_lost(
    mine: Visitor, bobs: Visitor, item: Item
) -> None:
    seen = seen_on(text(mine.opens("item", item.pk)), "reference")
    save(bobs, item, "reference", "INV-9", seen)

    answer = save(mine, item, "reference", "INV-7", seen)

    assert TOLD in answer
    assert 'value="INV-7"' in answer
    assert now(item).reference == "INV-9"
    again = save(mine, item, "reference", "INV-7", seen_on(answer, "reference"))
    assert "Saved" in again
    assert now(item).reference == "INV-7"


def test_theirs_may_be_kept(mine: Visitor, bobs: Visitor, item: Item) -> None:
    seen = seen_on(text(mine.opens("item", item.pk)), "reference")
    save(bobs, item, "reference", "INV-9", seen)
    answer = save(mine, item, "reference", "INV-7", seen)

    kept = save(
        mine, item, "reference", "INV-7", seen_on(answer, "reference"), keep="1"
    )

    assert TOLD not in kept
    assert "Saved" not in kept
    assert 'value="INV-9"' in kept
    assert now(item).reference == "INV-9"


def test_who_says_the_same_is_told_nothing(
    mine: Visitor, bobs: Visitor, item: Item
) -> None:
    seen = seen_on(text(mine.opens("item", item.pk)), "reference")
    save(bobs, item, "reference", "INV-9", seen)
    assert "Saved" in save(mine, item, "reference", "INV-9", seen)


def test_ones_own_words_of_before_are_no_others(mine: Visitor, item: Item) -> None:
    """Whoever types on while the first words are being saved has not seen them come."""
    seen = seen_on(text(mine.opens("item", item.pk)), "reference")
    save(mine, item, "reference", "INV-7", seen)
    assert "Saved" in save(mine, item, "reference", "INV-77", seen)
    assert now(item).reference == "INV-77"


def test_what_could_not_be_taken_has_not_been_compared(
    mine: Visitor, bobs: Visitor, item: Item
) -> None:
    seen = seen_on(text(mine.opens("item", item.pk)), "total")
    save(bobs, item, "total", "99.00", seen)
    refused = save(mine, item, "total", "1e9", seen)
    assert "Enter an amount" in refused

    answer = save(mine, item, "total", "77.00", seen_on(refused, "total"))

    assert "Bob has changed this to “99.00” meanwhile." in answer


def test_a_choice_shows_what_was_chosen_last(
    mine: Visitor, bobs: Visitor, item: Item
) -> None:
    seen = seen_on(text(mine.opens("item", item.pk)), "publish_to")
    save(bobs, item, "publish_to", "purchases", seen)

    answer = save(mine, item, "publish_to", "expenses", seen)

    assert "Bob has changed this to “Purchases” meanwhile." in answer
    field = answer[answer.index('<select name="value" id="id_publish_to"') :]
    choices = field[: field.index("</select>")]
    assert re.findall(r'value="(\w+)" selected', choices) == ["expenses"]


def test_a_row_tells_it_too(
    mine: Visitor, bobs: Visitor, item: Item, bakery: Business
) -> None:
    page = text(mine.opens("costs_inbox"))
    seen = seen_in(page[page.index('class="row__category"') :])
    postage = str(entry(Account, bakery, "Postage").pk)
    save(bobs, item, "category", postage, seen, typed="Postage")

    mine_is = {"value": "", "typed": "Office Supplies", "in": "row"}
    answer = save(mine, item, "category", seen=seen, **mine_is)

    assert "Bob has changed this to “Postage” meanwhile." in answer
    assert "Office Supplies" in answer
    assert "Save mine" in answer
    kept = save(mine, item, "category", seen=seen_in(answer), keep="1", **mine_is)
    assert "Keep theirs" not in kept
    assert str(now(item).category) == "Postage"
    save(mine, item, "category", seen=seen_in(answer), **mine_is)
    assert str(now(item).category) == "Office Supplies"


def test_a_row_keeps_which_one_was_picked_where_two_have_one_name(
    mine: Visitor, bobs: Visitor, item: Item, bakery: Business
) -> None:
    page = text(mine.opens("costs_inbox"))
    seen = seen_in(page[page.index('class="row__category"') :])
    with acting_in(bakery.pk):
        books = entry(Account, bakery, "Postage").connection
    his, hers = (
        make_entry(Account, books, "Sundries", account_type="expense")
        for _twice in range(2)
    )
    in_row = {"typed": "Sundries", "in": "row"}
    save(bobs, item, "category", str(his.pk), seen, typed="Sundries")

    answer = save(mine, item, "category", str(hers.pk), seen, **in_row)
    form = answer[answer.index('class="row__category"') :]
    (picked,) = re.findall(r'name="value" value="(\d*)"', form)[:1]
    save(mine, item, "category", picked, seen_in(form), **in_row)

    assert now(item).category == hers


def test_without_javascript_the_page_asks_as_well(
    mine: Visitor, bobs: Visitor, item: Item
) -> None:
    seen = seen_on(text(mine.opens("item", item.pk)), "reference")
    save(bobs, item, "reference", "INV-9", seen)

    data = {"value": "INV-7", "seen": seen}
    page = text(mine.posts("item_field", item.pk, "reference", data=data))

    assert TOLD in page
    assert "Save mine" in page
    assert 'id="publish"' not in page


def test_it_is_seen_where_it_is_written(
    alice: User, bob: User, bakery: Business, item: Item
) -> None:
    """Both have looked before either has saved."""
    seen = filling.print_of(item.reference)
    with acting_in(bakery.pk):
        coding.change(item, "reference", "INV-9", by=bob, seen=seen)

        with pytest.raises(filling.SaidMeanwhile):
            coding.change(item, "reference", "INV-7", by=alice, seen=seen)

    assert now(item).reference == "INV-9"
    assert trail_of(bakery, item).count("item.changed") == 1
