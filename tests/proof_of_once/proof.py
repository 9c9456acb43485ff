"""Everything at once: people publish, workers die, servers go, answers are lost."""

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from dext_sync.businesses.tenancy import acting_in
from dext_sync.celery import send
from dext_sync.local import postgres
from dext_sync.local.servers import ThrowAwayServers
from publishing import requesting, tasks
from publishing.models import Item, Publication
from tests import complaints
from tests.forks import Fork, Forks, forks
from tests.proof_of_once.things import Things, make_things
from tests.proof_of_once.verdict import WORKERS, History, Verdict, judge
from tests.publishing.zoho import Zoho
from tests.zoho_standin import StandIn
from tests.zoho_standin.faults import Storm

FASTER = 5
"""The timetable's hours, shortened as much as the wait for a lost answer."""
CALLS_AN_ITEM = 2
PATIENCE = 300.0


def prove(
    servers: ThrowAwayServers, standin: StandIn, *, seed: int, items: int, kills: int
) -> Verdict:
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    zoho = Zoho(standin)
    things = make_things(zoho, seed=seed, count=items)
    before = standin.state(zoho.organisation.name)
    standin.calls.clear()
    standin.faults.brew(Storm(seed))
    connections.close_all()
    with forks(servers.folder) as nursery:
        ordeal = Ordeal(servers, zoho, things, nursery, History(seed))
        ordeal.plan(kills, calls=items * CALLS_AN_ITEM)
        began = time.monotonic()
        ordeal.run()
        ordeal.history.seconds = time.monotonic() - began
    said = complaints.of_all(servers.folder)
    return judge(zoho, things, before, ordeal.history, said)


@dataclass
class Ordeal:
    servers: ThrowAwayServers
    zoho: Zoho
    things: Things
    nursery: Forks
    history: History
    workers: list[Fork] = field(default_factory=list)
    timetable: Fork | None = None
    planned: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.history.seed)

    def plan(self, kills: int, *, calls: int) -> None:
        """Each trouble comes with one of the calls, whatever the machine's speed."""
        moments = [self.dice.randrange(4, calls * 9 // 10) for _kill in range(kills)]
        self.planned = [
            *((moment, self._kill) for moment in moments),
            (calls // 4, self._empty_redis),
            (calls * 2 // 3, self._empty_redis),
            (calls * 2 // 5, self._restart_postgres),
        ]
        self.planned.sort(key=lambda trouble: trouble[0])

    def run(self) -> None:
        self.workers = [self.nursery.worker() for _worker in range(WORKERS)]
        self.timetable = self.nursery.timetable(faster=FASTER)
        unpressed = list(self.things.items)
        deadline = time.monotonic() + PATIENCE
        while unpressed or not self._is_over():
            if unpressed:
                self._press(unpressed.pop())
            else:
                time.sleep(0.02)
            self._make_trouble()
            self._replace_dead()
            if time.monotonic() > deadline:
                return

    def _press(self, item: Item) -> None:
        with acting_in(item.business_id):
            answer = requesting.request(item, by=self.things.person)
        if isinstance(answer, requesting.Held):
            raise TypeError(f"{item} cannot be published: {answer.reasons}")
        send(tasks.publish, item.business_id, answer.publication.pk)

    def _is_over(self) -> bool:
        if self.planned:
            return False
        with acting_in(self.things.business.pk):
            return not Publication.unscoped.filter(finished_at=None).exists()

    def _make_trouble(self) -> None:
        while self.planned and self.planned[0][0] <= len(self.zoho.standin.calls):
            _moment, trouble = self.planned.pop(0)
            trouble()

    def _kill(self) -> None:
        """The process that works, mostly with the one that commands it: that one takes
        seconds to find out that it is alone."""
        victim = self.dice.choice(self.workers)
        if self.dice.random() < 0.8 or not victim.kill_a_child():
            victim.kill()
        self.history.killed_at.append(time.time())

    def _replace_dead(self) -> None:
        """As whoever keeps the processes running would."""
        for worker in [each for each in self.workers if not each.process.is_alive()]:
            self.workers.remove(worker)
            self.nursery.end(worker)
            self.workers.append(self.nursery.worker())

    def _empty_redis(self) -> None:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushall()
        self.history.emptied_at.append(time.time())

    def _restart_postgres(self) -> None:
        connections.close_all()
        family = self.servers.family
        server = next(
            child for child in family.children if child.program.name == "Postgres"
        )
        server.process.send_signal(signal.SIGINT)
        server.process.wait(10)
        family.children.remove(server)
        reachable = postgres.Postgres(self.servers.folder / "pg")
        family.start_and_wait(server.program, lambda: postgres.answers(reachable))
        self.history.restarted_at.append(time.time())
