"""What an answer told a moment ago, and what others have been told since."""

import pytest

from connections import budget
from connections.books import ConnectionAccess
from connections.budget import Priority
from connections.models import Connection
from connections.zoho.errors import Limit, ZohoRateLimited
from connections.zoho.types import DailyLimit
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.factories import make_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(bakery: Business) -> Connection:
    return make_connection(bakery)


def goes(access: ConnectionAccess) -> bool:
    try:
        with access.call():
            return True
    except ZohoRateLimited:
        return False


def answered(access: ConnectionAccess, remaining: int = 900) -> None:
    access.limits(DailyLimit(limit=1000, remaining=remaining, resets_in=3600))


@pytest.mark.parametrize("limit", ["minute", "day", "user"])
def test_what_zoho_has_told_another_worker_holds_at_once(
    connection: Connection, limit: Limit
) -> None:
    """A block that another worker was told of; this one has an answer in hand."""
    with acting_in(connection.business_id):
        mine = ConnectionAccess(connection, Priority.REFRESH)
        assert goes(mine)
        answered(mine)

        budget.note_refusal(
            connection, ZohoRateLimited("no", limit=limit, retry_after=600)
        )

        assert not goes(mine)


def test_the_share_of_people_in_the_day_is_not_eaten_by_a_refresh(
    connection: Connection,
) -> None:
    with acting_in(connection.business_id):
        mine = ConnectionAccess(connection, Priority.REFRESH)
        other = ConnectionAccess(connection, Priority.PERSON)
        assert goes(mine)
        answered(mine, remaining=900)
        answered(other, remaining=1)

        assert not goes(mine)
