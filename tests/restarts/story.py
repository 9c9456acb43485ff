"""One business publishes, while the servers behind it go and come back."""

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.urls import reverse

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from dext_sync.local import postgres, readiness, valkey
from dext_sync.local.processes import Child
from dext_sync.local.program import Program
from dext_sync.local.servers import ThrowAwayServers
from publishing.models import Item, PublishAttempt
from tests import complaints
from tests.factories import make_business, make_users
from tests.local.surroundings import free_port
from tests.publishing.crowd import waiting
from tests.publishing.zoho import Zoho, connected_to
from tests.workers import until
from tests.zoho_standin import StandIn, serve

ITEMS = 18
AWAY = 2.0
"""Seconds."""


def live_through(
    servers: ThrowAwayServers, standin: StandIn, zoho_port: int
) -> dict[str, Any]:
    """The processes are forked from this one, which imported all that they need: so they
    come before the stand-in, which has threads."""
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    (alice,) = make_users("Alice")
    bakery = make_business("Harbour Bakery", owner=alice)
    zoho = Zoho(standin)
    connected_to(zoho, bakery)
    browser = Client()
    browser.force_login(alice)
    connections.close_all()
    session = browser.cookies["sessionid"].value
    place = Place(servers, zoho, bakery, alice, session)
    place.open()
    try:
        with serve(standin, zoho_port):
            until(lambda: readiness.pages_come(place.port))
            seen = place.story() | place.outcome()
            return seen | {"complaints": complaints.of_all(servers.folder)}
    except AssertionError as failure:
        raise AssertionError(f"{failure}\n\n{place.last_words()}") from None
    finally:
        place.close()


@dataclass
class Place:
    servers: ThrowAwayServers
    zoho: Zoho
    bakery: Business
    alice: User
    session: str
    processes: list[Child] = field(default_factory=list)
    port: int = field(default_factory=free_port)

    def open(self) -> None:
        celery = ("celery", "-A", "dext_sync")
        alone = ("--without-gossip", "--without-mingle")
        schedule = str(self.servers.folder / "timetable")
        self._start(
            "worker",
            *celery,
            "worker",
            "--concurrency",
            "2",
            "--loglevel",
            "INFO",
            *alone,
        )
        self._start(
            "beat",
            *celery,
            "beat",
            "--schedule",
            schedule,
            "--pidfile",
            "",
            "--loglevel",
            "INFO",
        )
        bind = ("--bind", f"127.0.0.1:{self.port}")
        self._start("web", "gunicorn", "--config", "python:dext_sync.web", *bind)

    def _start(self, name: str, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        program = Program(name, command, self.servers.folder / f"{name}.log")
        self.processes.append(self.servers.family.fork(program))

    def story(self) -> dict[str, Any]:
        """What the pages answer before, during and after each time."""
        seen: dict[str, Any] = {"before": self.pages()}
        waiting(self.bakery, self.alice, ITEMS)
        self.until_more(3)
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushall()
        self.until_more(3)
        with self.without("Valkey", self.redis_answers):
            seen["without Redis"] = self.pages()
            self.one_of_the_next_calls_takes_long()
        self.until_it_is_under_way()
        with self.without("Postgres", self.postgres_answers):
            seen["without Postgres"] = self.pages()
        until(self.is_done)
        seen["after"] = self.pages()
        return seen

    def pages(self) -> list[int]:
        inbox = reverse("costs_inbox", args=[self.bakery.slug])
        return [self.status("/healthz"), self.status("/readyz"), self.status(inbox)]

    def status(self, page: str) -> int:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{page}",
            headers={"Host": "localhost", "Cookie": f"sessionid={self.session}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def close(self) -> None:
        """At once: nothing is left to do."""
        for each in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(each.process.pid, signal.SIGKILL)

    def last_words(self) -> str:
        told = (
            f"{each.program.name}: {each.last_words(40)}" for each in self.processes
        )
        return "\n\n".join(told)

    def until_more(self, count: int) -> None:
        """So many bills have arrived since now."""
        before = len(self.zoho.bills)
        until(lambda: len(self.zoho.bills) >= min(before + count, ITEMS))

    def one_of_the_next_calls_takes_long(self) -> None:
        """Its answer comes when the server behind us is gone."""
        self.zoho.fails("slow", method="POST", path="/bills", skip=3, seconds=AWAY / 2)

    def until_it_is_under_way(self) -> None:
        until(lambda: not self.zoho.standin.faults.waiting())

    @contextmanager
    def without(self, name: str, answers: Callable[[], bool]) -> Iterator[None]:
        family = self.servers.family
        server = next(each for each in family.children if each.program.name == name)
        connections.close_all()
        server.process.send_signal(server.program.stop_signal)
        server.process.wait(10)
        family.children.remove(server)
        gone_at = time.monotonic()
        yield
        time.sleep(max(0, gone_at + AWAY - time.monotonic()))
        family.start_and_wait(server.program, answers)

    def redis_answers(self) -> bool:
        return valkey.answers(valkey.Valkey(self.servers.folder / "valkey.sock"))

    def postgres_answers(self) -> bool:
        return postgres.answers(postgres.Postgres(self.servers.folder / "pg"))

    def is_done(self) -> bool:
        with acting_in(self.bakery.pk):
            open_ones = Item.unscoped.exclude(status=Item.Status.PUBLISHED)
            return not open_ones.exists()

    def outcome(self) -> dict[str, Any]:
        with acting_in(self.bakery.pk):
            open_attempts = PublishAttempt.unscoped.filter(ended_at=None).count()
        bills = self.zoho.bills
        return {
            "bills": len(bills),
            "numbers": len({bill["bill_number"] for bill in bills}),
            "documents": sum(len(bill["documents"]) for bill in bills),
            "open attempts": open_attempts,
            "refused by Zoho": sum(
                call["status"] == 429 for call in self.zoho.standin.calls
            ),
            "ended": [each.program.name for each in self.processes if each.ended],
        }
