"""Outlives a killed parent just long enough to stop its children and remove its folders.

Run as a script by a bare Python, with the seconds that each child has to end by itself.
Each line on its input is a JSON list:
["watch", pid, signal], ["forget", pid] or ["remove", folder]. The end of the input,
which the kernel delivers however the parent died, is the order to clean up.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path


def main(grace: float) -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watched: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        follow(json.loads(line), watched, folders)
    for pid, signal_number in reversed(watched.items()):
        end(pid, signal_number, grace)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def follow(order: list[object], watched: dict[int, int], folders: list[str]) -> None:
    match order:
        case ["watch", int(pid), int(signal_number)]:
            watched[pid] = signal_number
        case ["forget", int(pid)]:
            watched.pop(pid, None)
        case ["remove", str(folder)]:
            folders.append(folder)
        case _:
            raise ValueError(order)


def end(pid: int, signal_number: int, grace: float) -> None:
    """Asks the process, waits, then kills it with its whole group."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal_number)
    deadline = time.monotonic() + grace
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def runs(pid: int) -> bool:
    """A zombie no longer runs, though it can still be signalled."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return sys.platform != "linux"
    return status.rpartition(")")[2].split()[0] != "Z"


if __name__ == "__main__":
    main(float(sys.argv[1]))
