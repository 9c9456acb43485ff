"""The first page, and the pages that say what went wrong."""

import sys
from typing import Final

from django.contrib.auth.decorators import login_required
from django.db import Error as DatabaseProblem
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.timezone import override
from redis import RedisError

from dext_sync.businesses import members, support
from dext_sync.businesses.access import (
    PersonRequest,
    kept_by_nobody,
    let_in,
    memberships_of,
)
from dext_sync.businesses.models import Business, Membership
from dext_sync.businesses.signup import INVITATION
from dext_sync.businesses.tenancy import acting_in

AWAY: Final = (RedisError, OperationalError, InterfaceError)
"""Redis counts the tries to sign in: without it nobody is let in on trust."""


@login_required
def home(request: PersonRequest) -> HttpResponse:
    """Where one business is all there is, straight into it."""
    memberships = memberships_of(request.user)
    is_support = support.is_support(request.user)
    match memberships:
        case [] if not is_support:
            return _first_steps(request)
        case [only] if "all" not in request.GET and not is_support:
            return redirect("business_home", only.business.slug)
        case _:
            all_open = [*memberships, *support.visits(request.user)]
            mine = let_in(all_open)
            rows = [_row(request, each, is_open=each in mine) for each in all_open]
            facts = {"rows": rows, "invitations": members.invitations_of(request.user)}
            return HttpResponse(
                render_to_string("businesses/home.html", facts, request)
            )


def _first_steps(request: PersonRequest) -> HttpResponse:
    """Whoever was invited joins; a letter opened elsewhere left no token here."""
    if token := request.session.get(INVITATION):
        return redirect("invitation", token)
    match members.invitations_of(request.user):
        case [only]:
            return redirect("invitation_offered", only.business_id, only.pk)
        case _:
            return redirect("business_new")


def _row(request: HttpRequest, membership: Membership, *, is_open: bool) -> str:
    """Each row is drawn inside its own business."""
    with acting_in(membership.business_id, read_only=True):
        return render_to_string(
            "businesses/_business_row.html",
            {
                "member": membership,
                "business": membership.business,
                "is_open": is_open,
            },
            request,
        )


def permission_denied(
    request: HttpRequest, exception: Exception | None = None
) -> HttpResponse:
    return _page(request, "403.html", 403)


def page_not_found(
    request: HttpRequest, exception: Exception | None = None
) -> HttpResponse:
    return _page(request, "404.html", 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, "businesses/page_too_old.html", 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Where only a server of ours is away, that is said: it comes back by itself."""
    if isinstance(sys.exc_info()[1], AWAY):
        answer = _page_without_database(request, "503.html", 503)
        answer["Retry-After"] = "30"
        return answer
    return _page_without_database(request, "500.html", 500)


def _page_without_database(
    request: HttpRequest, template: str, status: int
) -> HttpResponse:
    try:
        return _page(request, template, status)
    except DatabaseProblem:
        # The frame asks the database too, and that may be what broke.
        return HttpResponse(
            render_to_string(template, {"layout": "outside.html"}), status=status
        )


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """In the frame of the business where the person was, if they were let in."""
    business = getattr(request, "business", None)
    if isinstance(business, Business):
        inside = acting_in(business.pk, read_only=True)
        with inside, override(business.zone):
            text = render_to_string(template, {"layout": "business.html"}, request)
    else:
        text = render_to_string(template, {"layout": _layout(request)}, request)
    answer = HttpResponse(text, status=status)
    kept_by_nobody(answer)
    return answer


def _layout(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return "frame.html" if user and user.is_authenticated else "outside.html"
