"""The command `test`: the whole suite, with a browser where there is one."""

import os
import shutil
import sys
from collections.abc import Sequence

from dext_sync.local import bootstrap
from dext_sync.local.refusal import CannotStart

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
UNLESS_TOLD_OTHERWISE = ("-n", "2", "--dist", "loadgroup")


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
    chosen = arguments or UNLESS_TOLD_OTHERWISE
    command = [sys.executable, "-m", "pytest", *chosen]
    sys.stdout.flush()
    os.chdir(bootstrap.ROOT)
    os.execve(command[0], command, bootstrap.environment())  # noqa: S606
