"""The command `test`: the whole suite, with a browser where there is one; and
`proof_of_once`, which takes as long again and is a step of CI's own.
"""

import os
import shutil
import sys
from collections.abc import Sequence

from dext_sync.local import bootstrap
from dext_sync.local.refusal import CannotStart

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MOST_WORKERS = 8
"""So many share the connections of one PostgreSQL and the databases of one Redis."""
HOW_MANY = ("-n", "--numprocesses", "--dist", "-pno:xdist", "no:xdist")
TAKES_A_PATH = ("--ignore", "--deselect")


def lock_files() -> list[str]:
    """What the tests need installed; importable before any of it is."""
    files = [bootstrap.RUNTIME, bootstrap.DEVELOPMENT]
    if chromium() is not None:
        return [*files, bootstrap.BROWSER]
    if os.environ.get("DEXT_BROWSER") == "required":
        raise CannotStart(
            "DEXT_BROWSER says that the browser tests must run, and there is no "
            f"Chromium: none of {', '.join(BROWSERS)} is on the PATH."
        )
    return files


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def main(arguments: Sequence[str]) -> None:
    if chromium() is None:
        print("No Chromium on the PATH: the browser tests will be SKIPPED.")
    become("pytest", with_workers(arguments))


def prove(arguments: Sequence[str]) -> None:
    become("tests.proof_of_once", arguments)


def become(module: str, arguments: Sequence[str]) -> None:
    command = [sys.executable, "-m", module, *arguments]
    sys.stdout.flush()
    os.chdir(bootstrap.ROOT)
    os.execve(command[0], command, bootstrap.environment())  # noqa: S606


def with_workers(arguments: Sequence[str]) -> list[str]:
    """Unless the person says how many, or names the tests: those begin sooner alone."""
    told = any(argument.startswith(HOW_MANY) for argument in arguments)
    if told or names_tests(arguments):
        return list(arguments)
    return ["-n", str(workers(cores())), "--dist", "loadgroup", *arguments]


def workers(available: int) -> int:
    """One more than there are cores: the tests that start processes wait for them half
    of the time."""
    return min(available + 1, MOST_WORKERS)


def cores() -> int:
    """That this process may use, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def names_tests(arguments: Sequence[str]) -> bool:
    before = ("", *arguments)
    return any(
        (bootstrap.ROOT / argument.partition("::")[0]).exists()
        for option, argument in zip(before, arguments, strict=False)
        if option not in TAKES_A_PATH
    )
