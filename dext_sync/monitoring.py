"""What machines ask of this process, and the line it writes about each request.

`/healthz`: does it answer? `/readyz`: has it all it needs? `/metrics`: how is the work
going? No host name, session or person is looked at for these, and no answer holds
anything of a business.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import request_finished
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.response import Http404
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from structlog.contextvars import bind_contextvars, clear_contextvars

from dext_sync import metrics
from dext_sync.businesses.tenancy import require_safe_role

logger = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponseBase]
REQUEST_ID: Final = re.compile(r"[\w-]{8,64}", re.ASCII)
READY: Final = "ready"


class Probes:
    """Middleware: answers machines before anything is asked about who they are."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = PROBES.get(request.path_info)
        return self.get_response(request) if view is None else _answered(view, request)


def _answered(view: Answer, request: HttpRequest) -> HttpResponseBase:
    clear_contextvars()
    try:
        return view(request)
    except Http404:
        return HttpResponse("Not found.\n", status=404, content_type="text/plain")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Whatever it needs may be away: see readyz."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 where requests can be served, else 503 and which part is missing."""
    parts = {"database": _database(), "redis": _redis()}
    parts["migrations"] = (
        _migrations() if parts["database"] == READY else "the database is not ready"
    )
    all_ready = set(parts.values()) == {READY}
    return JsonResponse(parts, status=200 if all_ready else 503)


def _database() -> str:
    """Whether it answers, and to a role that row-level security binds."""
    try:
        require_safe_role()
    except ImproperlyConfigured:
        return "the role in DATABASE_URL passes row-level security"
    except DatabaseError:
        return "does not answer"
    return READY


def _redis() -> str:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2
        ) as client:
            client.ping()
    except redis.RedisError:
        return "does not answer"
    return READY


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "cannot be read"
    return f"{len(plan)} not applied" if plan else READY


@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """For whoever brings METRICS_TOKEN as a bearer token; to others it does not exist."""
    if not _may_read_metrics(request):
        raise Http404
    return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, wanted)


PROBES: Final[dict[str, Answer]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics_page,
}


class RequestLog:
    """Middleware: one line for each request, and its id in all others.

    A page is told by its name, because some addresses carry a token.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        clear_contextvars()  # the thread has served others before
        request_id = _request_id(request)
        # Not taken back here: Django has a word to say about errors after us.
        bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        _tell(request, response, time.monotonic() - began)
        return response


@receiver(request_finished)
def forget_whose_it_was(**_kwargs: Any) -> None:
    """What the server says next on this thread is about another connection."""
    clear_contextvars()


def _request_id(request: HttpRequest) -> str:
    """The proxy's, where one of ours stands in front; else a new one."""
    given = request.headers.get("X-Request-ID", "") if settings.BEHIND_PROXY else ""
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _tell(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = request.resolver_match
    logger.info(
        "request",
        extra={
            "page": match.view_name if match else "",
            "method": request.method,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000),
        },
    )
