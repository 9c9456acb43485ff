"""The stand-in as one object: its state behind a lock, its switches, its log."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.zoho_standin.answers import Record, dumps, loads, snapshot
from tests.zoho_standin.changes import CHANGES
from tests.zoho_standin.documents import Documents
from tests.zoho_standin.faults import Faults, fault_from
from tests.zoho_standin.limits import Limits
from tests.zoho_standin.seeds import new_world
from tests.zoho_standin.tokens import AccessToken, Code, Tokens
from tests.zoho_standin.world import (
    CENTRES,
    CentreName,
    Organisation,
    User,
    World,
)

_LOGGED_CALLS = 20_000


class StandIn:
    """Zoho as far as we need it, in two data centres.

    `clock` answers seconds since the epoch; tests move it instead of waiting.
    `strict_queries` answers 400 to query parameters that Zoho would ignore.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        client_id: str = "1000.DEXTSYNCDEMO",
        client_secret: str = "standin-secret",  # noqa: S107
        client_secret_eu: str | None = None,
        redirect_uri: str | None = None,
        strict_queries: bool = True,
        state_file: Path | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.stopped = threading.Event()
        self.client_id = client_id
        self.client_secrets: dict[CentreName, str] = {
            "us": client_secret,
            "eu": client_secret_eu or client_secret,
        }
        self.redirect_uri = redirect_uri
        self.client_centres: set[CentreName] = set(CENTRES)
        self.strict_queries = strict_queries
        self.origins: dict[CentreName, str] = {"us": "", "eu": ""}
        self.limits = Limits(clock)
        self.faults = Faults()
        self.calls: deque[Record] = deque(maxlen=_LOGGED_CALLS)
        self._state_file = state_file
        folder = state_file.with_suffix(".documents") if state_file else None
        self.documents = Documents(folder)
        self.world, self.tokens = self._stored_state()

    def organisation(self, name_or_id: str) -> Organisation:
        """By id, or by name ("Harbour Bakery Ltd")."""
        for organisation in self.world.organisations.values():
            if name_or_id in (organisation.organisation_id, organisation.name):
                return organisation
        raise KeyError(name_or_id)

    def user(self, email: str) -> User:
        return self.world.users[email.strip().lower()]

    def fault(self, name: str, **details: Any) -> None:
        """`times`, `skip`, `seconds`, `status`, `match={"method": …, "path": …}`."""
        self.faults.add(fault_from({"fault": name, **details}))

    def change(self, name: str, **details: Any) -> Record:
        """Somebody does something in Zoho meanwhile: see `changes`."""
        with self.lock:
            answer = CHANGES[name](self, **details)
            self.save()
            return _copied(answer)

    def state(self, organization: str) -> Record:
        """Everything that an organisation (id or name) holds, as a copy."""
        with self.lock:
            return _copied(self.organisation(organization))

    def agreed(self, email: str, scopes: list[str], redirect_uri: str = "") -> str:
        """The code of a user who has signed in and accepted, as after those pages."""
        with self.lock:
            code = Code(
                email, self.client_id, scopes, redirect_uri, self.clock(), offline=True
            )
            return self.tokens[self.user(email).centre].new_code(code)

    def granted(self, email: str, scopes: list[str]) -> tuple[str, str]:
        """A refresh token of that user and an access token, as after the exchange."""
        with self.lock:
            now, tokens = self.clock(), self.tokens[self.user(email).centre]
            code = tokens.taken_code(self.agreed(email, scopes), now)
            if code is None:
                raise AssertionError("A code that was given just now is not known.")
            refresh = tokens.new_refresh_token(code, now)
            access = AccessToken(email, scopes, now + 3600, refresh)
            return refresh, tokens.new_access_token(access, now)

    def reset(self) -> None:
        """The world as it was on the first day, with no token, fault or call."""
        with self.lock:
            self.world = new_world()
            self.tokens = {centre: Tokens() for centre in CENTRES}
            self.faults.clear()
            self.limits.reset()
            self.calls.clear()
            self.save()

    def pause(self, seconds: float) -> None:
        """Waits, but not longer than the stand-in runs."""
        self.stopped.wait(seconds)

    def hurry(self) -> None:
        """Nobody waits any longer, nor who is about to: until time is taken again."""
        self.stopped.set()

    def take_time(self) -> None:
        self.stopped.clear()

    def save(self) -> None:
        if self._state_file is None:
            return
        state = {
            "world": replace(self.world, organisations=dict(self.world.organisations)),
            "tokens": self.tokens,
        }
        self._state_file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._state_file.with_suffix(".draft")
        draft.write_text(snapshot(state), encoding="utf-8")
        draft.replace(self._state_file)

    def _stored_state(self) -> tuple[World, dict[CentreName, Tokens]]:
        if self._state_file is None or not self._state_file.exists():
            return new_world(), {centre: Tokens() for centre in CENTRES}
        state = loads(self._state_file.read_text(encoding="utf-8"))
        tokens = {
            centre: Tokens.restored(json.loads(dumps(state["tokens"][centre])))
            for centre in CENTRES
        }
        return _restored_world(state["world"]), tokens


def _copied(value: object) -> Record:
    copy: Record = loads(snapshot(value))
    return copy


def _restored_world(state: Record) -> World:
    return World(
        users={email: User(**row) for email, row in state["users"].items()},
        organisations={
            number: Organisation(**row)
            for number, row in state["organisations"].items()
        },
        last_number=state["last_number"],
    )
