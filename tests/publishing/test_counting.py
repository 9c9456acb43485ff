"""How many items there are, without counting all of very many."""

import pytest

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import counting
from publishing.counting import Count
from publishing.models import Item

pytestmark = pytest.mark.django_db


def make_many(business: Business, owner: User, count: int, status: str) -> None:
    with acting_in(business.pk):
        Item.unscoped.bulk_create(
            Item(business=business, owner=owner, currency="GBP", status=status)
            for _number in range(count)
        )


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0"), (7, "7"), (1000, "1,000"), (1001, "1,000+")]
)
def test_few_are_counted_and_many_are_not(
    bakery: Business, alice: User, number: int, words: str
) -> None:
    make_many(bakery, alice, number, Item.Status.READY)
    with acting_in(bakery.pk):
        assert str(counting.count(Item.unscoped.all())) == words


def test_statuses_are_counted_each_for_itself(bakery: Business, alice: User) -> None:
    make_many(bakery, alice, 1001, Item.Status.READY)
    make_many(bakery, alice, 3, Item.Status.FAILED)
    items = Item.unscoped.all()
    lists = {status: items.filter(status=status) for status in ("ready", "failed")}

    with acting_in(bakery.pk):
        found = counting.of_each({**lists, "none": items.none()})

    assert found == {
        "ready": Count(1000, or_more=True),
        "failed": Count(3),
        "none": Count(),
    }


def test_each_value_of_a_column_is_counted_for_itself(
    bakery: Business, alice: User
) -> None:
    make_many(bakery, alice, 1001, Item.Status.READY)
    make_many(bakery, alice, 3, Item.Status.FAILED)
    values = ("ready", "failed", "published")

    with acting_in(bakery.pk):
        found = counting.per(Item.unscoped.all(), "status", values)
        nothing = counting.per(Item.unscoped.none(), "status", values)

    assert found == {
        "ready": Count(1000, or_more=True),
        "failed": Count(3),
        "published": Count(),
    }
    assert nothing == dict.fromkeys(values, Count())


def test_where_the_end_is_not_seen_each_status_may_have_more(
    bakery: Business, alice: User
) -> None:
    make_many(bakery, alice, 1200, Item.Status.READY)

    with acting_in(bakery.pk):
        found = counting.by_status(Item.unscoped.all())

    assert str(found["ready"]) == "1,001+"


def test_counts_are_added() -> None:
    assert Count(3) + Count(4) == Count(7)
    assert Count(3) + Count(1, or_more=True) == Count(4, or_more=True)
    assert Count(900) + Count(200) == Count(1000, or_more=True)
