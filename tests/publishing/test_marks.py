"""The mark of an item's turn: always the same, and nobody else's."""

from datetime import timedelta

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import marks
from publishing.recovery import ANY_MARK
from tests.publishing.factories import make_item


def test_the_same_turn_has_the_same_mark(bakery: Business, alice: User) -> None:
    item = make_item(bakery, alice)
    mark = marks.mark_of(item, 0)

    with acting_in(bakery.pk):
        item.refresh_from_db()

    assert marks.mark_of(item, 0) == mark
    assert ANY_MARK.fullmatch(mark)


def test_another_turn_has_another(bakery: Business, alice: User) -> None:
    item = make_item(bakery, alice)

    possible = list(marks.possible_marks(item, 3))

    assert possible[0] == marks.mark_of(item, 3)
    assert len(set(possible)) == marks.TURNS


def test_an_item_that_is_born_later_under_the_same_number_has_another(
    bakery: Business, alice: User
) -> None:
    item = make_item(bakery, alice)
    mark = marks.mark_of(item, 0)

    item.created_at += timedelta(microseconds=1)

    assert marks.mark_of(item, 0) != mark
