"""Access as a connection would give it, keeping count of what happens to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from connections.zoho.errors import ZohoRateLimited
from connections.zoho.types import DailyLimit

API = "https://www.zohoapis.uk"
ORGANISATION = "60001234567"
FIRST, SECOND = "1000.first-secret", "1000.second-secret"


class BakeryAccess:
    def __init__(self) -> None:
        self.refused: list[str] = []
        self.calls = 0
        self.under_way = 0
        self.seen: list[DailyLimit] = []
        self.refusals: list[ZohoRateLimited] = []
        self.came_back: list[tuple[int | None, int | None]] = []
        self.budget_spent = False

    def token(self, refused: str | None = None) -> str:
        if refused is None:
            return FIRST
        self.refused.append(refused)
        return SECOND

    @contextmanager
    def call(self) -> Iterator[None]:
        if self.budget_spent:
            raise ZohoRateLimited("The minute is spent.", limit="minute", retry_after=9)
        self.calls += 1
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def came(self, status: int | None, code: int | None) -> None:
        self.came_back.append((status, code))

    def limits(self, limits: DailyLimit) -> None:
        self.seen.append(limits)

    def limited(self, error: ZohoRateLimited) -> None:
        self.refusals.append(error)
