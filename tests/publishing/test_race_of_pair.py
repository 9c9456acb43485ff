"""One becomes like the other in the instant in which that one is published."""

from collections.abc import Callable
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
from tests.publishing.test_races import in_step

pytestmark = pytest.mark.usefixtures("committed_db")


AGES = ("OLD", "NEW")


def nothing() -> None:
    """In a round of fewer calls."""


def tries(*change_of: Any) -> None:
    with suppress(coding.NotEditable):
        change(*change_of)


def test_one_goes_and_the_other_is_held(
    bakery: Business, alice: User, bob: User
) -> None:
    make_lists(make_connection(bakery))
    pairs = [
        [ready_item(bakery, bob, reference=f"{name}-{number}") for name in AGES]
        for number in range(8)
    ]

    in_step(
        *[
            (
                partial(change, older, "reference", f"new {number}", bob),
                partial(press_publish, newer, alice),
            )
            for number, (older, newer) in enumerate(pairs)
        ]
    )

    for pair in pairs:
        states = [item_now(each).status for each in pair]
        assert states in (["to_review", "publishing"], ["ready", "to_review"])


def test_both_change_to_one_and_both_are_published(
    bakery: Business, alice: User, bob: User
) -> None:
    make_lists(make_connection(bakery))
    pairs = [
        [ready_item(bakery, bob, reference=f"{name}-{number}") for name in "AB"]
        for number in range(8)
    ]

    rounds: list[list[Callable[[], object]]] = []
    for number, pair in enumerate(pairs):
        changes = [
            partial(tries, each, "reference", f"C {number}", bob) for each in pair
        ]
        presses = [partial(press_publish, each, alice) for each in pair]
        rounds += [[*changes, *presses], [*presses, nothing, nothing]]
    in_step(*rounds)

    for pair in pairs:
        with acting_in(bakery.pk):
            going = [
                each.claim["number"]
                for each in Publication.unscoped.filter(item__in=pair)
            ]
        states = sorted(item_now(each).status for each in pair)
        assert len(going) == len(set(going))
        assert states in (["publishing", "publishing"], ["publishing", "to_review"])
        if states[0] == states[1]:
            assert len(set(going)) == 2
