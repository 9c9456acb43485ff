"""One call of the Books API, after it was let in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.zoho_standin.answers import Answer, FileAnswer, Record
from tests.zoho_standin.schemas import Schema
from tests.zoho_standin.world import CentreName, Organisation, User

if TYPE_CHECKING:
    from tests.zoho_standin.standin import StandIn


@dataclass(frozen=True)
class Upload:
    name: str
    content_type: str
    content: bytes


@dataclass
class Call:
    standin: StandIn
    centre: CentreName
    user: User
    method: str
    path: str
    queries: dict[str, str]
    body: Record = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    of: Organisation | None = None
    files_vanish: bool = False
    stale_seconds: float = 0
    says_sorting: bool = True
    minds_case: bool = False

    @property
    def organisation(self) -> Organisation:
        if self.of is None:
            raise RuntimeError(f"{self.path} is not a call of an organisation")
        return self.of

    def new_id(self) -> str:
        return self.standin.world.next_id(self.centre)

    def stamp(self) -> str:
        return self.organisation.stamp(self.standin.clock())

    def today(self) -> str:
        return self.organisation.today(self.standin.clock()).isoformat()

    @property
    def author_id(self) -> str:
        return self.organisation.members[self.user.email]


Handler = Callable[[Call], Answer | FileAnswer]

NO_QUERIES: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Route:
    """`pattern` is below /books/v3; `scope` such as `bills.CREATE`."""

    method: str
    pattern: str
    scope: str
    handler: Handler
    queries: frozenset[str] = NO_QUERIES
    schema: Schema | None = None
    in_organisation: bool = True
    takes_files: bool = False
