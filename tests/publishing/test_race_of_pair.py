"""One becomes like the other in the instant in which that one is published."""

from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding
from publishing.models import Publication
from tests.publishing.factories import make_connection, make_lists, ready_item
from tests.publishing.steps import item_now, press_publish
from tests.publishing.test_duplicates import change
from tests.publishing.test_races import together

pytestmark = pytest.mark.usefixtures("committed_db")


def tries(*change_of: Any) -> None:
    with suppress(coding.NotEditable):
        change(*change_of)


def test_one_goes_and_the_other_is_held(
    bakery: Business, alice: User, bob: User
) -> None:
    make_lists(make_connection(bakery))
    for number in range(8):
        older = ready_item(bakery, bob, reference=f"OLD-{number}")
        newer = ready_item(bakery, bob, reference=f"NEW-{number}")

        together(
            partial(change, older, "reference", f"new {number}", bob),
            partial(press_publish, newer, alice),
        )

        states = [item_now(each).status for each in (older, newer)]
        assert states in (["to_review", "publishing"], ["ready", "to_review"])


def test_both_change_to_one_and_both_are_published(
    bakery: Business, alice: User, bob: User
) -> None:
    make_lists(make_connection(bakery))
    for number in range(8):
        items = [ready_item(bakery, bob, reference=f"{name}-{number}") for name in "AB"]

        together(
            *[partial(tries, each, "reference", f"C {number}", bob) for each in items],
            *[partial(press_publish, each, alice) for each in items],
        )
        together(*[partial(press_publish, each, alice) for each in items])

        with acting_in(bakery.pk):
            going = [
                each.claim["number"]
                for each in Publication.unscoped.filter(item__in=items)
            ]
        states = sorted(item_now(each).status for each in items)
        assert len(going) == len(set(going))
        assert states in (["publishing", "publishing"], ["publishing", "to_review"])
        if states[0] == states[1]:
            assert len(set(going)) == 2
