"""Zoho's budget: per minute, per day and at once of an organisation, and per user."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from tests.zoho_standin.answers import Record, Refused
from tests.zoho_standin.tokens import CODES_PER_WINDOW
from tests.zoho_standin.world import Organisation

DAY_BY_PLAN = {"Free": 1000, "Standard": 2000, "Professional": 5000}
PREMIUM_DAY = 10_000
_BLOCKED_SECONDS = 3600


@dataclass(frozen=True)
class Sizes:
    """None switches a limit off; `per_day` and `at_once` 0 mean: as the plan says."""

    per_minute: int | None = 100
    minute_seconds: float = 60
    per_day: int | None = 0
    at_once: int | None = 0
    per_user: int | None = 1100
    codes_per_ten_minutes: int | None = CODES_PER_WINDOW
    access_token_seconds: int | None = 3600
    upload_bytes: int | None = 10 * 1024 * 1024


class Limits:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.sizes = Sizes()
        self._minutes: defaultdict[str, deque[float]] = defaultdict(deque)
        self._blocked_until: dict[str, float] = {}
        self._in_process: defaultdict[str, int] = defaultdict(int)

    def change(self, sizes: Record) -> Record:
        with self._lock:
            self.sizes = replace(self.sizes, **sizes)
        return asdict(self.sizes)

    def block(self, email: str) -> None:
        self._blocked_until[email] = self._clock() + _BLOCKED_SECONDS

    def count_user(self, email: str) -> None:
        """Refuses with 43, and blocks the user for an hour, beyond the limit."""
        with self._lock:
            now = self._clock()
            if self._blocked_until.get(email, 0) > now:
                raise user_blocked()
            limit = self.sizes.per_user
            if not self._within_minute(f"user {email}", limit, now):
                self._blocked_until[email] = now + _BLOCKED_SECONDS
                raise user_blocked()

    def count_organisation(self, organisation: Organisation) -> None:
        """Refuses with 45 or 44; a refused call is not counted."""
        with self._lock:
            now = self._clock()
            _begin_day(organisation, now)
            limit = self.per_day(organisation)
            if limit is not None and organisation.calls_today >= limit:
                raise day_spent(limit)
            key = f"organisation {organisation.organisation_id}"
            if not self._within_minute(key, self.sizes.per_minute, now):
                raise minute_spent()
            organisation.calls_today += 1

    def enter(self, organisation: Organisation) -> None:
        limit = self.sizes.at_once
        if limit == 0:
            limit = 5 if organisation.profile["plan_name"] == "Free" else 10
        with self._lock:
            running = self._in_process[organisation.organisation_id]
            if limit is not None and running >= limit:
                raise too_many_at_once()
            self._in_process[organisation.organisation_id] = running + 1

    def leave(self, organisation: Organisation) -> None:
        with self._lock:
            self._in_process[organisation.organisation_id] -= 1

    def per_day(self, organisation: Organisation) -> int | None:
        if self.sizes.per_day == 0:
            return DAY_BY_PLAN.get(organisation.profile["plan_name"], PREMIUM_DAY)
        return self.sizes.per_day

    def headers(self, organisation: Organisation) -> dict[str, str]:
        limit = self.per_day(organisation) or PREMIUM_DAY
        with self._lock:
            now = self._clock()
            _begin_day(organisation, now)
            return {
                "X-Rate-Limit-Limit": str(limit),
                "X-Rate-Limit-Remaining": str(max(0, limit - organisation.calls_today)),
                "X-Rate-Limit-Reset": str(seconds_to_midnight(organisation.now(now))),
            }

    def _within_minute(self, key: str, limit: int | None, now: float) -> bool:
        recent = self._minutes[key]
        while recent and now - recent[0] >= self.sizes.minute_seconds:
            recent.popleft()
        if limit is not None and len(recent) >= limit:
            return False
        recent.append(now)
        return True


def _begin_day(organisation: Organisation, now: float) -> None:
    day = organisation.today(now).isoformat()
    if organisation.calls_day != day:
        organisation.calls_day, organisation.calls_today = day, 0


def seconds_to_midnight(now: datetime) -> int:
    """In real seconds, also on the days on which the clocks change."""
    midnight = (now + timedelta(days=1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return max(1, int(midnight.timestamp() - now.timestamp()))


def user_blocked() -> Refused:
    message = (
        "For security reasons you have been blocked for some time as you have"
        " exceeded the maximum number of requests per minute."
    )
    return Refused(429, 43, message, {"Retry-After": str(_BLOCKED_SECONDS)})


def minute_spent() -> Refused:
    message = (
        "For security reasons your organization has been blocked as it have exceeded"
        " the maximum number of requests per minute that can originate from an"
        " organization."
    )
    return Refused(429, 44, message)


def day_spent(limit: int) -> Refused:
    message = (
        "The API call for this organization has exceeded the maximum call rate limit"
        f" of {limit}."
    )
    return Refused(429, 45, message)


def too_many_at_once() -> Refused:
    message = (
        "You have reached the maximum number of in process requests allowed."
        " Kindly try again after some time."
    )
    return Refused(429, 1070, message)
