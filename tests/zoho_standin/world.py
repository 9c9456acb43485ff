"""What the stand-in stores: Zoho users, organisations and everything in them."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from tests.zoho_standin.answers import Record

CentreName = Literal["us", "eu"]
CENTRES: tuple[CentreName, ...] = ("us", "eu")

Table = dict[str, Record]

# What can be locked, in the order of `lock_scope`: 0 is everything, the rest a guess.
LOCK_MODULES = (
    "all",
    "sales",
    "purchase",
    "banking",
    "accountant",
    "inventory_adjustments",
)


@dataclass
class User:
    """A person with a Zoho account; `centre` is the only one that knows them."""

    email: str
    name: str
    zuid: int
    centre: CentreName
    password: str = "zoho-demo"


@dataclass
class Organisation:
    """One set of books. `members` maps e-mail addresses to Zoho user ids, `roles` the
    addresses of those who are no administrators to what they are instead."""

    organisation_id: str
    centre: CentreName
    edition: str
    profile: Record
    members: dict[str, str]
    accounts: Table = field(default_factory=dict)
    taxes: Table = field(default_factory=dict)
    exemptions: Table = field(default_factory=dict)
    authorities: Table = field(default_factory=dict)
    contacts: Table = field(default_factory=dict)
    items: Table = field(default_factory=dict)
    projects: Table = field(default_factory=dict)
    currencies: Table = field(default_factory=dict)
    locations: Table = field(default_factory=dict)
    tags: Table = field(default_factory=dict)
    bills: Table = field(default_factory=dict)
    expenses: Table = field(default_factory=dict)
    invoices: Table = field(default_factory=dict)
    documents: Table = field(default_factory=dict)
    active: bool = True
    locations_enabled: bool = False
    locked_until: str = ""
    # Where a module is locked by itself: up to which day.
    module_locks: dict[str, str] = field(default_factory=dict)
    lock_reason: str = ""
    # As many as are declared where nobody asks for more; more may not be given.
    locks_a_page: int = 10
    calls_day: str = ""
    calls_today: int = 0
    roles: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.profile["name"])

    @property
    def locks(self) -> dict[str, str]:
        """Per module, or "all": the last day that is closed."""
        every = {"all": self.locked_until, **self.module_locks}
        return {module: until for module, until in every.items() if until}

    def lock(self, module: str, until: str) -> None:
        """Lock it up to and including this day; "" unlocks it."""
        if module not in LOCK_MODULES:
            raise KeyError(module)
        if module == "all":
            self.locked_until = until
        else:
            self.module_locks[module] = until

    def closed_until(self, module: str) -> str:
        """The last day on which nothing of the module can be entered; "" if none."""
        return max(self.locks.get("all", ""), self.locks.get(module, ""))

    @property
    def base_currency(self) -> Record:
        return self.currencies[self.profile["currency_id"]]

    def now(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, ZoneInfo(self.profile["time_zone"]))

    def today(self, seconds: float) -> date:
        return self.now(seconds).date()

    def stamp(self, seconds: float) -> str:
        return self.now(seconds).strftime("%Y-%m-%dT%H:%M:%S%z")


@dataclass
class World:
    """Everything that outlives a restart, apart from tokens and documents' bytes."""

    users: dict[str, User] = field(default_factory=dict)
    organisations: MutableMapping[str, Organisation] = field(default_factory=dict)
    last_number: int = 100000

    def next_id(self, centre: CentreName) -> str:
        """Zoho's ids of 18 (eu) and 19 (us) digits: more than a double can hold."""
        self.last_number += 2
        base = 4600000000000000000 if centre == "us" else 208250000000000000
        return str(base + self.last_number)

    def organisations_of(self, user: User) -> list[Organisation]:
        return [
            organisation
            for organisation in self.organisations.values()
            if organisation.centre == user.centre and user.email in organisation.members
        ]
