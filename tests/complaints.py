"""What Postgres and the workers have written of that nobody meant to happen, while a
check takes servers and processes away from them."""

import re
from collections.abc import Iterator
from pathlib import Path

POSTGRES = "postgres.log"
DEADLOCK = "deadlock detected"
RAISED = re.compile(r"Task (\S+?)\[\S+\] raised unexpected: .*")
MEANT = re.compile(
    "|".join(
        [
            "terminating connection due to administrator command",
            "server closed the connection unexpectedly",
            "connection to server .* failed",
            "the database system is (starting up|shutting down)",
            "connection already closed",
            "WorkerLostError",
        ]
    )
)
"""How a task ends whose Postgres is restarted, or whose process is killed. A Redis that
is empty or away ends none."""


def of_all(folder: Path) -> list[str]:
    """Lines of the logs in it. Raises FileNotFoundError where Postgres wrote none."""
    return [*deadlocks(folder / POSTGRES), *_unmeant(folder)]


def deadlocks(log: Path) -> list[str]:
    return [line for line in _lines(log) if DEADLOCK in line]


def _unmeant(folder: Path) -> Iterator[str]:
    for log in sorted(folder.glob("*.log")):
        for line in _lines(log):
            if RAISED.search(line) and not MEANT.search(line):
                yield f"{log.stem}: {line}"


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()
