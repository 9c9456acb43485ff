"""One demo at a time in one state folder."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from dext_sync.local.guard import runs
from dext_sync.local.refusal import CannotStart

CLEANING_SECONDS = 15


@contextlib.contextmanager
def only_demo_in(state: Path) -> Iterator[int]:
    """Gives the lock's file descriptor.

    The guard inherits it: after a killed demo the lock is free only when every process
    of it is gone.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / "demo.lock").open("a+") as lock:
        take(lock.fileno(), state / "demo.lock")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock.fileno()


def take(number: int, path: Path) -> None:
    deadline = time.monotonic() + CLEANING_SECONDS
    while not taken(number):
        holder = path.read_text() or "0"
        if runs(int(holder)) or time.monotonic() > deadline:
            raise CannotStart(
                f"A demo is running from this folder already (process {holder}): "
                "stop it first with Ctrl-C."
            )
        time.sleep(0.1)


def taken(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
