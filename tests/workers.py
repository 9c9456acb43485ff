"""Real worker processes for tests, to be killed at the worst moment."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from dext_sync.celery import LISTS, PEOPLE, WORK
from dext_sync.local.processes import Child, Family
from dext_sync.local.program import Program
from tests.forks import Forks, forks
from tests.zoho_standin.server import Running

UNCERTAIN_SECONDS = 4
"""Instead of two minutes: how long a lost request may still be at work."""


@dataclass
class Workers:
    family: Family
    folder: Path
    environment: dict[str, str]
    begun: int = 0

    def begin(self, *, processes: int = 1, queues: str = "") -> Child:
        """A worker with the timetable inside, as a person's machine would run them;
        one for some queues only has none."""
        self.begun += 1
        name = f"worker-{self.begun}"
        schedule = str(self.folder / f"{name}.beat")
        command = [
            *(sys.executable, "-m", "celery", "-A", "dext_sync", "worker"),
            *("--concurrency", str(processes), "--loglevel", "INFO"),
            *(("--queues", queues) if queues else ("--beat", "--schedule", schedule)),
            *("--hostname", f"{name}@%h"),
            *("--without-gossip", "--without-mingle"),
        ]
        program = Program(
            name, command, self.folder / f"{name}.log", environment=self.environment
        )
        return self.family.start(program)

    def kill(self, worker: Child) -> None:
        """SIGKILL to it and everything it has started."""
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()


@contextmanager
def forked_workers(running: Running, folder: Path, **more: object) -> Iterator[Forks]:
    """The same workers, there in a moment. more: other settings of theirs."""
    _forget_what_was_rung_for()
    settings = {
        "ZOHO_REGIONS": json.dumps(running.regions),
        "ZOHO_CLIENT_ID": running.standin.client_id,
        "ZOHO_CLIENT_SECRET": running.standin.client_secrets["eu"],
        "ZOHO_UNCERTAIN_SECONDS": UNCERTAIN_SECONDS,
        "DOCUMENTS_DIR": folder / "documents",
        **more,
    }
    with forks(folder, **settings) as nursery:
        yield nursery


@contextmanager
def workers(running: Running, folder: Path, **more: str) -> Iterator[Workers]:
    """more: what else is in their environment."""
    _forget_what_was_rung_for()
    environment = {
        **os.environ,
        "ZOHO_REGIONS": json.dumps(running.regions),
        "ZOHO_CLIENT_ID": running.standin.client_id,
        "ZOHO_CLIENT_SECRET": running.standin.client_secrets["eu"],
        "ZOHO_UNCERTAIN_SECONDS": str(UNCERTAIN_SECONDS),
        "AUTO_PUBLISH_RESTS_SECONDS": "2",
        "DOCUMENTS_DIR": str(folder / "documents"),
        "C_FORCE_ROOT": "1",
        **more,
    }
    with Family() as family:
        yield Workers(family, folder, environment)
        family.stop(seconds=0)  # nothing of theirs is worth waiting for


def _forget_what_was_rung_for() -> None:
    """By earlier tests."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
        broker.delete(PEOPLE, WORK, LISTS)


def until(happened: Callable[[], bool], *, seconds: float = 60) -> None:
    """Look every twentieth of a second; fail loudly when it does not come true."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError(f"This did not come true: {happened}")
        time.sleep(0.05)
