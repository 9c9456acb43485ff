"""Worker processes that are there in a moment: forked from one that has imported all."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests import worker_process


@dataclass
class Fork:
    """One process with whatever it has started."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        if self.process.pid is None:
            raise RuntimeError("It has not been started.")
        return self.process.pid

    def children(self) -> list[int]:
        """Those that live."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        try:
            return [
                int(number) for number in listed.read_text().split() if lives(number)
            ]
        except FileNotFoundError:
            return []

    def kill(self) -> None:
        """SIGKILL to all of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.join()

    def kill_a_child(self) -> bool:
        """SIGKILL to the one that works; the one that commands it finds out."""
        for child in self.children():
            os.kill(child, signal.SIGKILL)
            return True
        return False


def lives(number: str) -> bool:
    """Whether there is more of the process than its end, which nobody has heard of."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@dataclass
class Forks:
    """The environment is that of the moment when the first one of all begins."""

    folder: Path
    settings: Mapping[str, object] = field(default_factory=dict)
    """Those of Django that are others than in the environment."""
    all: list[Fork] = field(default_factory=list)
    begun: int = 0

    def worker(
        self, *, processes: int = 1, queues: str = "", clock: bool = False
    ) -> Fork:
        return self.begin(
            "worker",
            worker_process.work,
            processes=processes,
            queues=queues,
            clock=clock,
        )

    def timetable(self, *, faster: int) -> Fork:
        return self.begin("timetable", worker_process.keep_time, faster=faster)

    def begin(self, kind: str, does: Callable[..., None], **options: Any) -> Fork:
        """`does` is told its name, the folder, the settings, and the options."""
        self.begun += 1
        name = f"{kind}-{self.begun}"
        process = CONTEXT.Process(
            target=does,
            args=(name, self.folder, self.settings),
            kwargs=options,
            daemon=False,
        )
        process.start()
        fork = Fork(process)
        self.all.append(fork)
        return fork

    def end(self, fork: Fork) -> None:
        fork.kill()
        self.all.remove(fork)


CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.worker_process"])


@contextmanager
def forks(folder: Path, **settings: object) -> Iterator[Forks]:
    nursery = Forks(folder, settings)
    try:
        yield nursery
    finally:
        for fork in list(nursery.all):
            nursery.end(fork)
