"""What Zoho Books says of locked periods."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
import responses

from connections.zoho.client import ZohoBooks
from connections.zoho.types import (
    LockRow,
)
from tests.connections.zoho.recorded import listed, paged

LOCK = {
    "transaction_lock_id": "982000000567045",
    "transaction_lock_status": "enabled",
    "transaction_lock_date": "2026-03-31",
    "lock_scope": 0,
    "lock_scope_formatted": "All",
    "lock_status": "locked",
    "status": "active",
}
LOCKED = LockRow(side="all", since=None, until=dt.date(2026, 3, 31), is_on=True)


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ({}, LOCKED),
        ({"lock_scope_formatted": "Purchases"}, replace(LOCKED, side="purchases")),
        ({"lock_scope_formatted": "", "lock_scope": 1}, replace(LOCKED, side="sales")),
        ({"lock_scope_formatted": "Banking"}, replace(LOCKED, side="")),
        ({"transaction_lock_status": "disabled"}, replace(LOCKED, is_on=False)),
        ({"lock_status": "unlocked"}, replace(LOCKED, is_on=False)),
        (
            {
                "transaction_lock_date": "",
                "start_date": "2026-01-01",
                "end_date": "2026-03-31",
            },
            replace(LOCKED, since=dt.date(2026, 1, 1)),
        ),
    ],
)
def test_a_transaction_lock_closes_a_side_of_the_books_up_to_a_day(
    zoho: responses.RequestsMock,
    books: ZohoBooks,
    said: dict[str, Any],
    understood: LockRow,
) -> None:
    rows = [{**LOCK, **said}]
    listed(zoho, "/transactionlocks", "transaction_locks", rows, paged())

    assert books.transaction_locks().rows == (understood,)
