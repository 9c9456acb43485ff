"""What a forked worker process does; to import this is to import all that one needs."""

import gc
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings as django_settings

from dext_sync.celery import app
from dext_sync.local import preload
from dext_sync.local.launch import end_with

preload.workers()
gc.freeze()  # Or each of them would copy all of it, looking for garbage.


def work(
    name: str,
    folder: Path,
    settings: Mapping[str, object],
    *,
    processes: int = 1,
    queues: str = "",
    clock: bool = False,
) -> None:
    """A Celery worker: processes that work and one that commands them.

    clock: with the timetable inside.
    """
    settle(name, folder, settings)
    alone = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
    app.Worker(
        hostname=f"{name}@here",
        concurrency=processes,
        queues=queues or None,
        beat=clock,
        schedule_filename=str(folder / f"{name}.timetable"),
        loglevel="WARNING",
        **alone,
    ).start()


def keep_time(
    name: str, folder: Path, settings: Mapping[str, object], *, faster: int
) -> None:
    """The timetable of the product, with its hours shortened."""
    settle(name, folder, settings)
    for entry in app.conf.beat_schedule.values():
        entry["schedule"] /= faster
    app.Beat(loglevel="WARNING", schedule=str(folder / f"{name}.timetable")).run()


def settle(name: str, folder: Path, settings: Mapping[str, object]) -> None:
    """A group of its own, so that it can be killed whole; nothing outlives its parent."""
    for setting, value in settings.items():
        setattr(django_settings, setting, value)
    os.setsid()
    end_with(os.getppid(), signal.SIGKILL)
    with (folder / f"{name}.log").open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
