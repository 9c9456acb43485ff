"""People on their way to Zoho."""

from collections.abc import Callable

import pytest

from dext_sync.businesses.models import Business, User
from tests.conftest import Browse
from tests.connections.trips import Trip
from tests.publishing.zoho import Zoho

Travels = Callable[[User, Business], Trip]


@pytest.fixture
def travels(browse: Browse, zoho: Zoho) -> Travels:
    """`travels(alice, bakery)` is Alice's browser on the bakery's pages."""

    def trip(person: User, business: Business) -> Trip:
        return Trip(browse(person), person, business, zoho)

    return trip
