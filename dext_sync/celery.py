"""The Celery application, its timetable, and the one way to hand it work."""

import logging
import os
import time
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any, ParamSpec

from celery import Celery, Task
from celery.signals import heartbeat_sent
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.module_loading import import_string
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES
from redis import RedisError
from structlog.contextvars import bound_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dext_sync.settings")
# `migrate` has made Django's checks. Here they would load every page, which takes each
# worker and beat as long again as all that they need.
os.environ.setdefault("CELERY_SKIP_CHECKS", "yes")

P = ParamSpec("P")

logger = logging.getLogger(__name__)

REMINDER_LIFE = 15
RUNG = 5
"""Seconds: a reminder is forgotten; an equal one may ring beside it."""
SHORT = 1
"""Seconds: one that rests longer keeps none from ringing now, nor so much earlier."""

PEOPLE, WORK, LISTS = "people", "work", "lists"
"""Queues: what somebody waits for, with the sweeps, which are short; publishing in
turns, and the rest; the long reading of lists."""

HEED_CONNECTIONS = "publishing.tasks.sweep_connection_events"


class NamedTask(Task[..., Any]):
    """Every log line that is written during a task says which one."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with bound_contextvars(task=self.name, task_id=self.request.id):
            _answered(self, args)
            return self.run(*args, **kwargs)


TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "dext_sync.broker:Transport")

app = Celery("dext_sync", task_cls=NamedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A worker looks into them in this order, unless its --queues names another.
app.conf.task_queues = [Queue(name, routing_key=name) for name in (PEOPLE, WORK, LISTS)]
app.conf.task_default_queue = WORK
app.conf.task_routes = {
    "publishing.tasks.publish": {"queue": PEOPLE},
    "*.sweep_*": {"queue": PEOPLE},
    "connections.tasks.refresh_lists": {"queue": LISTS},
}

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
        "task": HEED_CONNECTIONS,
        "schedule": timedelta(seconds=10),
        "options": {"expires": 20},
    },
    "ask Zoho what a restored database forgot": {
        "task": "publishing.tasks.sweep_restores",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 20},
    },
    "review items of a business that has changed": {
        "task": "publishing.tasks.sweep_reviews",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 20},
    },
    "decide what goes by itself": {
        "task": "publishing.tasks.sweep_decisions",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 20},
    },
    "tell what could not be published": {
        "task": "publishing.tasks.sweep_failures",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
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
    "forget sign-ins that are over": {
        "task": "dext_sync.businesses.tasks.sweep_sessions",
        "schedule": timedelta(hours=6),
        "options": {"expires": 3600},
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


def ring(name: str) -> None:
    """The same of a sweep in a package that stands above whoever rings."""
    transaction.on_commit(lambda: remind(import_string(name)))


def send(task: "Task[P, Any]", *args: P.args, **kwargs: P.kwargs) -> None:
    """Ring the bell; where the broker is away, the sweep will find the work."""
    _ring(task, args, kwargs)


def remind(task: "Task[P, Any]", *args: P.args, **kwargs: P.kwargs) -> None:
    """Send what a sweep has found, unless it was just sent; the next sweep finds it
    again, so that copies that no worker came to in time do not pile up."""
    remind_in(timedelta(0), task, *args, **kwargs)


def remind_in(
    rest: timedelta, task: "Task[P, Any]", *args: P.args, **kwargs: P.kwargs
) -> None:
    """The same after a rest, which must be short: until then a worker holds it."""
    seconds = rest.total_seconds()
    if _is_rung(task, args, seconds):
        return
    options: dict[str, float] = {"countdown": seconds} if seconds else {}
    _ring(task, args, kwargs, expires=seconds + REMINDER_LIFE, **options)


def _is_rung(task: "Task[..., Any]", args: tuple[object, ...], seconds: float) -> bool:
    mark = _mark(task, args)
    try:
        if seconds > SHORT:
            return _rests_already(f"{mark}:rests", seconds)
        return not cache.add(mark, 1, timeout=ceil(seconds) + RUNG)
    except RedisError:
        return False


def _rests_already(mark: str, seconds: float) -> bool:
    """Whether one like it rings in time: none that rests longer, nor one that has just
    rung and rests anew."""
    now = time.time()
    known: float | None = cache.get(mark)
    if known is not None and now < known < now + seconds + SHORT:
        return True
    cache.set(mark, now + seconds, timeout=ceil(seconds))
    return False


def _answered(task: "Task[..., Any]", args: tuple[object, ...]) -> None:
    """From now on the next reminder is news."""
    try:
        cache.delete(_mark(task, args))
    except RedisError:
        return  # It is forgotten by itself.


def _mark(task: "Task[..., Any]", args: tuple[object, ...]) -> str:
    return ":".join(["rung", task.name, *map(str, args)])


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
