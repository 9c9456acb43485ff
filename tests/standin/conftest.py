"""A stand-in per test, with a clock that tests move, and Alice's way into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standin.callers import Books, Clock, Consent
from tests.zoho_standin import Running, StandIn, lend


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standin(clock: Clock) -> StandIn:
    return StandIn(clock)


@pytest.fixture
def running(standin: StandIn) -> Iterator[Running]:
    with lend(standin) as running:
        yield running


@pytest.fixture
def consent(running: Running) -> Consent:
    return Consent(running)


@pytest.fixture
def books(consent: Consent) -> Books:
    """Alice's books: Harbour Bakery Ltd, UK."""
    return consent.has_books("alice@harbourbakery.example", "Harbour Bakery Ltd")


@pytest.fixture
def diner(consent: Consent) -> Books:
    """Sam's books: Sunnyside Diner Inc, US."""
    return consent.has_books("sam@sunnyside.example", "Sunnyside Diner Inc")


@pytest.fixture
def spices(consent: Consent) -> Books:
    """Priya's books: Spice Route Pvt, India."""
    return consent.has_books("priya@spiceroute.example", "Spice Route Pvt")
