"""People publish while web, workers, timetable, Redis and Postgres are restarted, one
after the other and twice each: first they are asked to end, then ours are killed."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests
from django.core.management import call_command
from django.db import connections
from django.test import Client

from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from dext_sync.local import postgres, readiness, valkey
from dext_sync.local.processes import Child
from dext_sync.local.servers import ThrowAwayServers
from publishing.models import Publication
from tests.benchmarks import stage
from tests.benchmarks.stage import Processes
from tests.proof_of_once.things import Things, make_things
from tests.proof_of_once.verdict import History, judge
from tests.publishing.zoho import Zoho
from tests.zoho_standin import StandIn

SEED = 3
CALLS_AN_ITEM = 2
PATIENCE = 180.0
"""Seconds for all of it."""
BETWEEN_CLICKS = 0.1
BEFORE_CLICKING_AGAIN = 0.3
WORKERS = ("worker-1", "worker-2")


def live_through(
    servers: ThrowAwayServers, standin: StandIn, count: int
) -> dict[str, Any]:
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    zoho = Zoho(standin)
    things = make_things(zoho, seed=SEED, count=count)
    before = standin.state(zoho.organisation.name)
    standin.calls.clear()
    port = readiness.free_neighbours()
    people = People(_session_of(things.person), f"http://localhost:{port}", things)
    history = History(SEED)
    with stage.processes(SITE_URL=people.origin) as ours:
        house = House(servers, ours, port)
        house.open()
        began = time.monotonic()
        _turn_upside_down(house, people, standin, history)
        until(partial(_is_over, things.business.pk), began)
        history.seconds = time.monotonic() - began
    found = judge(zoho, things, before, history).findings()
    # How often Zoho is asked is what the proof of once is about.
    del found["superfluous look-ups"]
    return {
        "found": found,
        "restarts": len(history.restarted_at),
        "repeated": people.repeated,
        "seconds": history.seconds,
    }


def _turn_upside_down(
    house: "House", people: "People", standin: StandIn, history: History
) -> None:
    began = time.monotonic()
    clicking = threading.Thread(target=people.click, daemon=True)
    clicking.start()
    restarts = list(house.restarts())
    calls = len(people.things.items) * CALLS_AN_ITEM
    for number, restart in enumerate(restarts, 1):
        # Each comes with one of the calls, whatever the machine's speed.
        moment = calls * number // (len(restarts) + 2)
        until(partial(_have_come, standin, moment), began)
        connections.close_all()
        history.restarted_at.append(time.time())
        restart()
    until(lambda: not clicking.is_alive(), began)


def _have_come(standin: StandIn, calls: int) -> bool:
    return len(standin.calls) >= calls


def until(happened: Callable[[], bool], began: float) -> None:
    """Or until patience ends: what has not come by then is found missing."""
    while not happened() and time.monotonic() < began + PATIENCE:
        time.sleep(0.02)


def _is_over(business_id: int) -> bool:
    with acting_in(business_id):
        return not Publication.unscoped.filter(finished_at=None).exists()


def _session_of(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


@dataclass
class People:
    """They press Publish on one item after the other, each until it is answered."""

    session_key: str
    origin: str
    things: Things
    repeated: int = 0

    def click(self) -> None:
        slug = self.things.business.slug
        for item in self.things.items:
            page = f"{self.origin}/b/{slug}/{item.workspace}/{item.pk}/"
            while not self._is_answered(page):
                self.repeated += 1
                time.sleep(BEFORE_CLICKING_AGAIN)
            time.sleep(BETWEEN_CLICKS)

    def _is_answered(self, page: str) -> bool:
        try:
            with requests.Session() as session:
                return self._clicked(session, page)
        except requests.RequestException:
            return False

    def _clicked(self, session: requests.Session, page: str) -> bool:
        session.trust_env = False
        session.cookies.set("sessionid", self.session_key)
        session.get(page, timeout=10).raise_for_status()
        headers = {
            "HX-Request": "true",
            "X-CSRFToken": session.cookies["csrftoken"],
        }
        answer = session.post(f"{page}publish/", headers=headers, timeout=10)
        return answer.ok


@dataclass
class House:
    """All processes of a deployment."""

    servers: ThrowAwayServers
    ours: Processes
    port: int
    running: dict[str, Child] = field(default_factory=dict)

    def open(self) -> None:
        for name in ("web", *WORKERS, "beat"):
            self._start(name)
        self.ours.workers_answer(len(WORKERS))

    def restarts(self) -> Iterator[Callable[[], None]]:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for name in ("web", *WORKERS, "beat"):
                yield partial(self._restart, name, sign)
            yield partial(self._restart_server, "Valkey", self._redis_answers)
            yield partial(self._restart_server, "Postgres", self._postgres_answers)

    def _start(self, name: str) -> None:
        match name:
            case "web":
                self.running[name] = self.ours.web(self.port)
                answers = partial(readiness.pages_come, self.port)
                until(answers, time.monotonic())
            case "beat":
                self.running[name] = self.ours.beat()
            case _:
                self.running[name] = self.ours.worker(name, at_once=2)

    def _restart(self, name: str, sign: signal.Signals) -> None:
        child = self.running[name]
        if sign == signal.SIGKILL:
            os.killpg(child.process.pid, sign)
        else:
            child.process.send_signal(sign)
        child.process.wait(40)
        self.ours.family.children.remove(child)
        self._start(name)

    def _restart_server(self, name: str, answers: Callable[[], bool]) -> None:
        family = self.servers.family
        server = next(each for each in family.children if each.program.name == name)
        server.process.send_signal(server.program.stop_signal)
        server.process.wait(20)
        family.children.remove(server)
        family.start_and_wait(server.program, answers)

    def _redis_answers(self) -> bool:
        return valkey.answers(valkey.Valkey(self.servers.folder / "valkey.sock"))

    def _postgres_answers(self) -> bool:
        return postgres.answers(postgres.Postgres(self.servers.folder / "pg"))
