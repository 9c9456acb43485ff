"""What a forked worker process does; to import this is to import all that one needs."""

import os
import signal
from pathlib import Path

import django

from dext_sync.celery import app
from dext_sync.local.launch import end_with

django.setup()
app.loader.import_default_modules()


def work(name: str, folder: Path) -> None:
    """A Celery worker with one process that works and one that commands it."""
    _begin(name, folder)
    options = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    arguments = ["--concurrency", "1", "--loglevel", "INFO", *options]
    app.worker_main(["worker", "--hostname", f"{name}@here", *arguments])


def keep_time(name: str, folder: Path, *, faster: int) -> None:
    """The timetable of the product, with its hours shortened."""
    _begin(name, folder)
    for entry in app.conf.beat_schedule.values():
        entry["schedule"] /= faster
    app.Beat(loglevel="INFO", schedule=str(folder / f"{name}.timetable")).run()


def _begin(name: str, folder: Path) -> None:
    """A group of its own, so that it can be killed whole; nothing outlives its parent."""
    os.setsid()
    end_with(os.getppid(), signal.SIGKILL)
    with (folder / f"{name}.log").open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
