"""The Celery application, its timetable, and the one way to hand it work."""

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any, ParamSpec

from celery import Celery, Task
from celery.signals import heartbeat_sent
from django.conf import settings
from django.db import transaction
from structlog.contextvars import bound_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dext_sync.settings")

P = ParamSpec("P")

logger = logging.getLogger(__name__)

REMINDER_LIFE = 15
"""Seconds."""


class NamedTask(Task[..., Any]):
    """Every log line that is written during a task says which one."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with bound_contextvars(task=self.name, task_id=self.request.id):
            return self.run(*args, **kwargs)


app = Celery("dext_sync", task_cls=NamedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Postgres is the truth and the broker only a bell: whatever it lost, a sweep finds.
app.conf.beat_schedule = {
    "publish what is due": {
        "task": "publishing.tasks.sweep_publications",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 10},
    },
    "verify documents": {
        "task": "publishing.tasks.sweep_verifications",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 20},
    },
    "heed what happened to connections": {
        "task": "publishing.tasks.sweep_connection_events",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 20},
    },
    "refresh lists that are due": {
        "task": "connections.tasks.sweep_refreshes",
        "schedule": timedelta(seconds=20),
        "options": {"expires": 40},
    },
    "tell whose permission is gone": {
        "task": "connections.tasks.sweep_dead_grants",
        "schedule": timedelta(seconds=20),
        "options": {"expires": 40},
    },
    "mind whose giver has left": {
        "task": "connections.tasks.sweep_leavers",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "try permissions that rest": {
        "task": "connections.tasks.keep_grants_alive",
        "schedule": timedelta(minutes=15),
        "options": {"expires": 600},
    },
    "revoke abandoned consents": {
        "task": "connections.tasks.sweep_consents",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
}


@heartbeat_sent.connect
def show_life(**_kwargs: Any) -> None:
    """Every two seconds that a worker is connected to the broker: for its health check."""
    if settings.WORKER_HEARTBEAT_FILE:
        Path(settings.WORKER_HEARTBEAT_FILE).touch()


def enqueue(task: "Task[P, Any]", *args: P.args, **kwargs: P.kwargs) -> None:
    """Hand the task to a worker once the current transaction is committed."""
    transaction.on_commit(lambda: send(task, *args, **kwargs))


def send(task: "Task[P, Any]", *args: P.args, **kwargs: P.kwargs) -> None:
    """Ring the bell; where the broker is away, the sweep will find the work."""
    _ring(task, args, kwargs)


def remind(task: "Task[P, Any]", *args: P.args, **kwargs: P.kwargs) -> None:
    """Send what a sweep has found; the next sweep finds it again, so that copies that
    no worker came to in time do not pile up before people's clicks."""
    _ring(task, args, kwargs, expires=REMINDER_LIFE)


def _ring(
    task: "Task[..., Any]",
    args: tuple[object, ...],
    kwargs: dict[str, object],
    **options: Any,
) -> None:
    try:
        task.apply_async(args=args, kwargs=kwargs, retry=False, **options)
    except task.OperationalError:
        logger.warning("The broker is away: %s waits for its sweep.", task.name)
