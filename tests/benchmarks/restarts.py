"""Every process is restarted twice while people publish: what is lost by that?"""

import json
import os
import subprocess
import sys
from typing import Any

from dext_sync.local import bootstrap
from dext_sync.local.benchmark import Row

ITEMS = 150


def measure(small: bool) -> list[Row]:  # noqa: FBT001
    """With servers that nobody else needs, since they are restarted as well."""
    items = 30 if small else ITEMS
    finished = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "tests.benchmarks.upheaval", str(items)],
        check=True,
        stdout=subprocess.PIPE,
        env=bootstrap.environment() | _without_servers(),
        text=True,
    )
    return _rows(items, json.loads(finished.stdout))


def _without_servers() -> dict[str, str]:
    """Ours are of this measurement alone, and so are their addresses."""
    given = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if name not in given}


def _rows(items: int, told: dict[str, Any]) -> list[Row]:
    found: dict[str, list[str]] = told["found"]
    lost = found.pop("lost") + found.pop("unfinished")
    others = [f"{name}: {each}" for name, many in found.items() for each in many]
    for each in (*lost, *others):
        sys.stderr.write(f"{each}\n")
    what = f"{items} items, {told['restarts']} restarts (each process twice)"
    return [
        Row(
            "restarts",
            f"{what}: lost",
            f"{len(lost)} ({told['seconds']:.0f} s, {told['repeated']} clicks repeated)",
            "0",
            not lost,
        ),
        Row(
            "restarts",
            f"{what}: sent twice, failed for no reason, left open",
            f"{len(others)}",
            "0",
            not others,
        ),
    ]
