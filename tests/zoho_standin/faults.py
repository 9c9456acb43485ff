"""The ways in which Zoho misbehaves, switched on for the next matching calls."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase

from tests.zoho_standin.answers import Record

_WRITES = ("POST", "PUT", "DELETE")

# name: the methods it waits for, unless `match` says more.
BOOKS_FAULTS: dict[str, tuple[str, ...]] = {
    "answer_lost": _WRITES,  # stored, then the connection drops
    "call_lost": (),  # the connection drops, nothing stored
    "answer_late": _WRITES,  # stored, then `seconds` of silence
    "late_before": (),  # `seconds` of silence, then stored
    "slow": (),  # the same as late_before, one second unless told
    "error_500": (),  # nothing stored
    "error_500_after": _WRITES,  # stored
    "no_such_url": (),  # 404/5, which says nothing of the record
    "html_502": (),  # an HTML page instead of JSON, nothing stored
    "html_400": (),  # the same of whatever stands before Zoho Books
    "list_stale": ("GET",),  # a list without what is younger than `seconds`
    "filters_ignored": ("GET",),  # the whole list, as for a filter it does not know
    "case_minded": ("GET",),  # a name or number is found in its own spelling only
    "sort_ignored": ("GET",),  # in the usual order, as for a column it does not know
    "sort_ignored_unsaid": ("GET",),  # and the page does not tell how it is sorted
    "upload_not_stored": ("POST", "PUT"),  # success, file dropped
    "tokens_dead": (),  # the token that is presented dies: 401/57
    "forbidden": (),  # 401/57 although the token lives: a right is missing
    "organisation_off": (),  # 400/6041
    "mandatory_tag": ("POST", "PUT"),
    "vendor_refused": ("POST", "PUT"),  # 400/2, whatever the vendor is
    "date_locked": _WRITES,
    "tax_inactive": ("POST", "PUT"),
    "per_minute": (),  # 429/44
    "per_day": (),  # 429/45
    "at_once": (),  # 429/1070
    "per_user": (),  # 429/43 with Retry-After
    "user_blocked": (),  # the same, and the user stays blocked for an hour
}
TOKEN_FAULTS = ("token_throttled", "invalid_client", "refresh_token_revoked")
FAULTS = (*BOOKS_FAULTS, *TOKEN_FAULTS, "token_html_502", "token_slow", "token_lost")


@dataclass(frozen=True)
class Match:
    """Which calls; empty means any. `path` is below /books/v3 and may have `*`."""

    method: str = ""
    path: str = ""
    organization_id: str = ""
    email: str = ""


@dataclass(frozen=True)
class Fault:
    name: str
    times: int = 1
    skip: int = 0
    seconds: float = 1.0
    status: int = 0
    match: Match = field(default_factory=Match)


@dataclass(frozen=True)
class Seen:
    """A call, as far as faults care."""

    method: str
    path: str
    organization_id: str = ""
    email: str = ""


class Storm:
    """Of every ten answers one is spoilt, for as long as it lasts; which of the ten, and
    how, is settled by the seed.

    Whatever the call was to do has been done.
    """

    ways = ("answer_lost", "error_500_after")

    def __init__(self, seed: int, *, every: int = 10) -> None:
        self._dice = random.Random(seed)
        self._every = every
        self._answers = 0
        self._unlucky = 0

    def next(self) -> Fault | None:
        place = self._answers % self._every
        if place == 0:
            self._unlucky = self._dice.randrange(self._every)
        self._answers += 1
        return Fault(self._dice.choice(self.ways)) if place == self._unlucky else None


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._storm: Storm | None = None

    def add(self, fault: Fault) -> None:
        if fault.name not in FAULTS:
            raise ValueError(f"No such fault: {fault.name}")
        with self._lock:
            self._waiting.append(fault)

    def brew(self, storm: Storm) -> None:
        with self._lock:
            self._storm = storm

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
            self._storm = None

    def waiting(self) -> list[Record]:
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def take(self, names: tuple[str, ...], seen: Seen) -> Fault | None:
        """Uses up one turn of the first fault that waits for this call."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.name not in names or not _matches(fault, seen):
                    continue
                self._waiting[place] = _used(fault)
                if self._waiting[place].times <= 0:
                    del self._waiting[place]
                if fault.skip <= 0:
                    return fault
            if self._storm is not None and set(names) >= set(Storm.ways):
                return self._storm.next()
        return None


def _matches(fault: Fault, seen: Seen) -> bool:
    match = fault.match
    methods = (match.method.upper(),) if match.method else BOOKS_FAULTS.get(fault.name)
    return (
        (not methods or seen.method in methods)
        and (not match.path or fnmatchcase(seen.path, match.path))
        and (not match.organization_id or match.organization_id == seen.organization_id)
        and (not match.email or match.email == seen.email)
    )


def _used(fault: Fault) -> Fault:
    if fault.skip > 0:
        return replace(fault, skip=fault.skip - 1)
    return replace(fault, times=fault.times - 1)


def fault_from(order: Record) -> Fault:
    """{"fault": name, "times": 1, "skip": 0, "seconds": 1, "match": {…}}."""
    known = {"fault", "times", "skip", "seconds", "status", "match"}
    if unknown := set(order) - known:
        raise ValueError(f"Unknown: {', '.join(sorted(unknown))}")
    return Fault(
        name=str(order["fault"]),
        times=int(order.get("times", 1)),
        skip=int(order.get("skip", 0)),
        seconds=float(order.get("seconds", 1.0)),
        status=int(order.get("status", 0)),
        match=Match(**order.get("match", {})),
    )
