"""Strange input where two are compared."""

import pytest

from dext_sync.businesses.models import Business, User
from tests.publishing.factories import ready_item
from tests.publishing.pages.conftest import At
from tests.publishing.twins import twins

LONG = "9" * 5000


@pytest.mark.parametrize("number", [LONG, "9" * 30, "٣", "²", "\0"])
def test_a_question_of_any_number(
    at: At, connected_bakery: Business, bob: User, number: str
) -> None:
    _first, item = twins(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    answer = visitor.posts(
        "item_duplicate", item.pk, data={"answer": "different", "question": number}
    )
    assert answer.status_code in (302, 404)


@pytest.mark.parametrize("typed", ["0001-01-02", "9999-12-31"])
def test_a_day_at_the_end_of_time(
    at: At, connected_bakery: Business, bob: User, typed: str
) -> None:
    item = ready_item(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    answer = visitor.posts("item_field", item.pk, "date", data={"value": typed})
    assert answer.status_code in (200, 302, 422)
