"""Words that are looked up, and words that too many items mention."""

import pytest
from django.db import connection as database

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.counting import Count
from publishing.models import Item
from publishing.views import search
from tests.publishing.factories import make_item, ready_item

pytestmark = pytest.mark.django_db


def found(business: Business, words: str) -> list[Item]:
    with acting_in(business.pk):
        items = Item.unscoped.order_by("pk")
        return list(search.for_page(items, words, search.looked_up(words)))


@pytest.fixture
def items(connected_bakery: Business, alice: User) -> list[Item]:
    """Paper from Acme, and two descriptions that look like patterns."""
    return [
        ready_item(connected_bakery, alice),
        make_item(connected_bakery, alice, description="100% rye_flour"),
        make_item(connected_bakery, alice, description="1000 rye flours C:\\rye"),
    ]


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("acme paper", [0]),
        ("acme rye", []),
        ("flour", [1, 2]),
        ("100%", [1]),
        ("rye_", [1]),
        ("c:\\rye", [2]),
        ("ry", [1, 2]),
        ("'); DROP TABLE publishing_item; --", []),
    ],
)
@pytest.mark.parametrize("few", [0, 1000])
def test_every_word_must_be_somewhere_however_many_mention_it(
    connected_bakery: Business,
    items: list[Item],
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    places: list[int],
    few: int,
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    assert found(connected_bakery, words) == [items[place] for place in places]


def test_so_many_are_looked_up_as_are_counted(
    connected_bakery: Business, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    flours = frozenset(item.pk for item in items[1:])
    with acting_in(connected_bakery.pk):
        every = Item.unscoped.all()
        assert search.looked_up("flour") == search.LookedUp(flours, is_all=True)
        told = search.counted(every, "flour", search.looked_up("flour"))
        assert told == {Item.Status.TO_REVIEW: Count(2)}
        monkeypatch.setattr(search, "MOST", 1)
        told = search.counted(every, "flour", search.looked_up("flour"))
        assert told == {Item.Status.TO_REVIEW: Count(2, or_more=True)}


def test_a_word_of_many_new_items_is_not_looked_up_and_yet_found(
    connected_bakery: Business, alice: User, items: list[Item]
) -> None:
    """One in twenty of the newest two thousand: a page meets them soon."""
    oats = {number for number in range(2000) if number % 20 == 0}
    with acting_in(connected_bakery.pk):
        made = Item.unscoped.bulk_create(
            Item(
                business=connected_bakery,
                owner=alice,
                description="oats" if number in oats else "rye",
            )
            for number in range(2000)
        )
        assert search.looked_up("oats") is None
        acme = frozenset([items[0].pk])
        assert search.looked_up("acme") == search.LookedUp(acme, is_all=True)
    assert found(connected_bakery, "oats") == [made[number] for number in sorted(oats)]


def test_another_business_is_told_nothing(garage: Business, items: list[Item]) -> None:
    with acting_in(garage.pk):
        assert search.looked_up("acme") == search.LookedUp(frozenset(), is_all=True)


def test_nobody_is_told_nothing(items: list[Item]) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT items_mentioning(ARRAY['acme'], ARRAY[NULL::numeric], 9)"
        )
        assert cursor.fetchall() == []
