"""Other processes, as a person would start them: without what the test run exports."""

import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from dext_sync.local import bootstrap, readiness
from dext_sync.local.guard import runs

OF_THE_TEST_RUN = (
    *("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "SITE_URL"),
    *("ENCRYPTION_KEYS", "DOCUMENTS_DIR", "MAIL_DIR", "DJANGO_SETTINGS_MODULE"),
)


def clean_environment(**more: str) -> dict[str, str]:
    kept = {
        name: os.environ[name] for name in os.environ if name not in OF_THE_TEST_RUN
    }
    return {
        name: value for name, value in kept.items() if not name.startswith("PYTEST_")
    } | more


def fresh_clone(folder: Path) -> Path:
    """What the bootstrap needs of the project, and no .venv."""
    for name in ("manage.py", "dext_sync/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(bootstrap.ROOT / name, folder / name)
    shutil.copytree(bootstrap.ROOT / "dext_sync/local", folder / "dext_sync/local")
    for name in (bootstrap.RUNTIME, bootstrap.DEVELOPMENT, bootstrap.BROWSER):
        shutil.copy(bootstrap.ROOT / name, folder / name)
    return folder


def free_port(*, beside: tuple[int, ...] = (100, 101)) -> int:
    """With others this far above it: the demo's stand-in has two a hundred above."""
    while True:
        port = random.randint(20_000, 32_000)
        if all(readiness.is_free(port + distance) for distance in (0, *beside)):
            return port


def eventually(happened: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def processes_with(variable: str) -> set[int]:
    """Every running process that has this NAME=VALUE in its environment."""
    wanted = variable.encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if wanted in variables and runs(int(entry.name)):
            found.add(int(entry.name))
    return found
