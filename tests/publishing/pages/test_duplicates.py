"""Both side by side, and the buttons of whoever may say what they are."""

import re

import pytest

from dext_sync.businesses.models import Business, User
from publishing.models import Item
from tests.publishing.factories import ready_item
from tests.publishing.pages.conftest import At, now, text
from tests.publishing.twins import questions_about, say_different, twins

QUESTION = "Is it the same?"
REASON = "It may be a duplicate: say whether it is the same or different."


@pytest.fixture
def pair(connected_bakery: Business, bob: User) -> tuple[Item, Item]:
    return twins(connected_bakery, bob)


def answer(item: Item, word: str) -> dict[str, object]:
    return {"question": [each.pk for each in questions_about(item)], "answer": word}


def cells(page: str) -> list[list[str]]:
    """What the table says, row by row."""
    (table,) = re.findall(r'<table class="twins__table">.*?</table>', page)
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in rows[1:]]


def test_the_page_shows_both_and_why(
    at: At, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    first, second = pair

    page = text(at(bob, bakery).opens("item", second.pk))

    assert QUESTION in page
    assert f'<a href="#id_duplicate" data-focuses="id_duplicate">{REASON}</a>' in page
    assert "The same reference." in page
    assert f'<a href="/b/harbour-bakery/costs/{first.pk}/">Invoice INV-7</a>' in page
    assert cells(page) == [
        ["Supplier", "Acme Paper Ltd", "Acme Paper Ltd"],
        ["Type", "Invoice", "Invoice"],
        ["Date", "19 Nov 2026", "20 Nov 2026"],
        ["Reference", "inv 7", "INV-7"],
        ["Total", "£120.00", "£120.00"],
        ["File", "invoice.pdf", "invoice.pdf"],
        ["Brought by", "Bob", "Bob"],
    ]
    alike = re.findall(r'class="twins__alike"><th scope="row">(.*?)</th>', page)
    assert alike == ["Supplier", "Reference"]


def test_the_other_one_asks_nothing(
    at: At, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    page = text(at(bob, bakery).opens("item", pair[0].pk))

    assert QUESTION not in page
    assert '<div id="item-duplicates"></div>' in page


def test_the_inbox_says_the_reason(
    at: At, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    assert REASON in text(at(bob, bakery).opens("costs_inbox"))


def test_different_makes_it_ready_at_once(
    at: At, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    _first, second = pair
    visitor = at(bob, bakery)

    said = visitor.posts(
        "item_duplicate", second.pk, data=answer(second, "different"), htmx=True
    )

    assert "Ready to publish." in text(said)
    assert '<div id="item-duplicates" hx-swap-oob="true"></div>' in text(said)
    assert now(second).status == "ready"


def test_the_same_is_archived_with_a_link_to_the_other(
    at: At, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    first, second = pair
    visitor = at(bob, bakery)

    said = visitor.posts("item_duplicate", second.pk, data=answer(second, "same"))

    assert said.headers["Location"] == "/b/harbour-bakery/costs/"
    page = text(visitor.opens("item", second.pk))
    link = f'<a href="/b/harbour-bakery/costs/{first.pk}/">Invoice INV-7</a>'
    assert f"It is the same as {link}." in page
    history = text(visitor.opens("item_history", second.pk))
    name = "Invoice INV-7, Acme Paper Ltd, 20 Nov 2026"
    assert f'href="/b/harbour-bakery/costs/{first.pk}/">{name}</a>' in history
    assert 'said: Invoice inv 7 is the same as <a id="said-' in history
    assert (now(first).status, now(second).status) == ("ready", "archived")


def test_one_press_says_that_all_are_different(
    at: At, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    third = ready_item(bakery, bob, reference="INV.7")
    visitor = at(bob, bakery)
    page = text(visitor.opens("item", third.pk))
    assert page.count('class="twins__pair"') == 2
    assert "It is different from all of these" in page

    visitor.posts("item_duplicate", third.pk, data=answer(third, "different"))

    assert now(third).status == "ready"


def test_an_old_page_changes_nothing(
    at: At, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    _first, second = pair
    visitor = at(bob, bakery)
    old = answer(second, "same")
    visitor.posts("item_duplicate", second.pk, data=answer(second, "different"))

    late = visitor.posts("item_duplicate", second.pk, data=old, htmx=True)

    assert "This is no longer open." in text(late)
    assert now(second).status == "ready"


@pytest.mark.parametrize(
    "nonsense",
    [
        {},
        {"answer": "perhaps"},
        {"answer": "same", "question": "x"},
        {"answer": "same", "question": "9" * 30},
    ],
)
def test_nonsense_is_no_answer(
    at: At,
    bob: User,
    bakery: Business,
    pair: tuple[Item, Item],
    nonsense: dict[str, str],
) -> None:
    _first, second = pair

    at(bob, bakery).posts("item_duplicate", second.pk, data=nonsense)

    assert now(second).reasons == ["duplicate"]


def test_the_question_of_another_item_is_not_answered_here(
    at: At, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    first, second = pair

    at(bob, bakery).posts("item_duplicate", first.pk, data=answer(second, "same"))

    assert (now(first).status, now(second).status) == ("ready", "to_review")


def test_vera_learns_nothing_of_an_item_that_she_may_not_see(
    at: At, alice: User, vera: User, connected_bakery: Business
) -> None:
    first = ready_item(connected_bakery, alice, reference="INV-7")
    hers = ready_item(connected_bakery, vera, reference="INV-7")
    visitor = at(vera, connected_bakery)

    page = text(visitor.opens("item", hers.pk))

    assert "The same reference. The other is another item of this business." in page
    assert "twins__table" not in page
    assert "Alice" not in page
    assert f"/costs/{first.pk}/" not in page
    assert "says somebody who may see all documents" in page


def test_nor_may_she_say_that_what_she_cannot_see_is_another(
    at: At, alice: User, vera: User, connected_bakery: Business
) -> None:
    ready_item(connected_bakery, alice, reference="INV-7")
    hers = ready_item(connected_bakery, vera, reference="INV-7")

    said = at(vera, connected_bakery).posts(
        "item_duplicate", hers.pk, data=answer(hers, "different")
    )

    assert said.status_code == 403
    assert now(hers).reasons == ["duplicate"]


def test_nor_may_she_answer_for_it(
    at: At, alice: User, vera: User, connected_bakery: Business
) -> None:
    ready_item(connected_bakery, vera, reference="INV-7")
    alices = ready_item(connected_bakery, alice, reference="INV-7")

    said = at(vera, connected_bakery).posts(
        "item_duplicate", alices.pk, data=answer(alices, "different")
    )

    assert said.status_code == 404
    assert now(alices).reasons == ["duplicate"]


def test_a_bulk_publish_leaves_it_and_says_why(
    at: At, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    first, second = pair
    visitor = at(bob, bakery)

    asked = text(
        visitor.posts("items_publish", data={"item": [first.pk, second.pk]}, htmx=True)
    )
    visitor.posts(
        "items_publish", data={"item": [first.pk, second.pk], "confirmed": "1"}
    )

    assert "Publish 1 item, £120" in asked
    assert REASON in asked
    assert (now(first).status, now(second).status) == ("publishing", "to_review")


def test_activity_names_both_to_those_who_see_all(
    at: At, alice: User, bob: User, bakery: Business, pair: tuple[Item, Item]
) -> None:
    first, second = pair
    say_different(second, bob)
    page = text(at(alice, bakery).opens("activity"))
    costs = f"/b/{bakery.slug}/costs"
    assert (
        f'said: <a href="{costs}/{second.pk}/">Invoice inv 7</a> is different from '
        f'<a href="{costs}/{first.pk}/">Invoice INV-7</a>'
    ) in page
