"""Imports in one process all that others need which are forked from it.

Only where the environment is that of the application: its settings are read here.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import django

from dext_sync.celery import app

OF_WORKERS = (
    "celery.app.amqp",
    "celery.app.log",
    "celery.app.trace",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.events",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.pidbox",
    "celery.worker.strategy",
    "kombu.transport.redis",
)
OF_THE_WEB = (
    "celery.bin.celery",
    "dext_sync.urls",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
)


def workers() -> None:
    """What a worker and the timetable need."""
    with garbage_left():
        django.setup()
        app.loader.import_default_modules()
        for name in OF_WORKERS:
            import_module(name)
        app.finalize()


def everything() -> None:
    """And what the web server and the command lines need."""
    with garbage_left():
        workers()
        for name in OF_THE_WEB:
            import_module(name)


@contextmanager
def garbage_left() -> Iterator[None]:
    """What is imported stays: looking for garbage in it takes a quarter of the time."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()
