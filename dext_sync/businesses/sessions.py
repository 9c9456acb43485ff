"""How long a sign-in lasts: twelve idle hours, and never more than fourteen days."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

BEGAN = "began"
SEEN = "seen"
# Writing the session on every request would cost a write for every picture of a page.
NOTICED_EVERY = timedelta(minutes=5)


class SessionLimits:
    """Middleware: signs out whoever was away too long, or in for too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            if is_over(request.session):
                logout(request)
            elif not _asks_by_itself(request):
                notice(request.session)
        return self.get_response(request)


def _asks_by_itself(request: HttpRequest) -> bool:
    """An open page asks for its parts again and again, with nobody before it."""
    return request.method == "GET" and "HX-Request" in request.headers


def is_over(session: SessionBase) -> bool:
    now = timezone.now().timestamp()
    longest = settings.SESSION_LONGEST.total_seconds()
    return bool(
        now - session.get(BEGAN, now) > longest
        or now - session.get(SEEN, now) > settings.SESSION_COOKIE_AGE
    )


def notice(session: SessionBase) -> None:
    now = timezone.now().timestamp()
    if BEGAN not in session:
        session[BEGAN] = now
    if now - session.get(SEEN, 0) > NOTICED_EVERY.total_seconds():
        session[SEEN] = now
