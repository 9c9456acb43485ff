"""The one door to a business, for a person's request and for a worker's task.

Whoever comes through is named in every log line that is written inside.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, Final, ParamSpec, cast
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from celery import Task, shared_task
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.timezone import override
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails
from structlog.contextvars import bind_contextvars, bound_contextvars

from dext_sync.businesses import support
from dext_sync.businesses.models import Business, Membership, User, Visit
from dext_sync.businesses.roles import Need
from dext_sync.businesses.tenancy import acting_as, acting_in

P = ParamSpec("P")

QUESTIONS: Final = ("GET", "HEAD", "OPTIONS")

STOPPED_AT: Final = "stopped_at"
"""Where the session keeps the page that a person without two-factor wanted to see."""


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails
    memberships: list[Membership]
    """All that the person has, where the page around a view will show them."""


class BusinessRequest(PersonRequest):
    """A request that came through the door of one business."""

    business: Business
    membership: Membership


class TwoFactorMissing(Exception):
    """The business asks its members for two-factor sign-in, and this one has none."""

    def __init__(self, membership: Membership) -> None:
        super().__init__(membership.business.slug)
        self.membership = membership


class PersonDoor:
    """Middleware: the database answers what the signed-in person may see, and nobody on
    the way keeps it, unless the view says how."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        bind_contextvars(person_id=request.user.pk)
        with acting_as(request.user.pk):
            return kept_by_nobody(self.get_response(request))

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        if isinstance(exception, TwoFactorMissing):
            return _asks_for_two_factor(cast(PersonRequest, request), exception)
        return None


def _asks_for_two_factor(
    request: PersonRequest, missing: TwoFactorMissing
) -> HttpResponse:
    """The name is all that is told. The pages that set it up lead back from there.
    Where something was typed it stays, with what is typed there."""
    business = missing.membership.business
    home = reverse("business_home", args=[business.slug])
    if request.htmx and request.method not in ("GET", "HEAD"):
        return HttpResponse(status=403)
    if request.htmx:
        return HttpResponseClientRedirect(request.htmx.current_url_abs_path or home)
    if _is_whole_page(request) or request.method == "POST":
        address = request.get_full_path() if request.method == "GET" else home
        request.session[STOPPED_AT] = {"name": business.name, "address": address}
    context = {"closed": business, "is_visit": missing.membership.is_visit}
    return render(request, "businesses/two_factor_missing.html", context, status=403)


View = Callable[Concatenate[BusinessRequest, P], HttpResponseBase]


def business_view(need: Need) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Open a view below `b/<slug:slug>/` to members who have what it needs.

    A stranger gets 404, so that nobody learns which businesses exist; a member
    without the right gets 403, one without the two-factor sign-in that the business
    requires the page that leads there. To have it set up is enough: whoever was signed
    in elsewhere is signed out by that, and whoever switches it off is stopped. Times are
    those of the business's zone, and the answer is rendered before the door closes.
    Nobody on the way keeps it, unless the view says how. Support, while an Admin lets it
    in, comes through with questions alone, and the database changes nothing for it.
    """

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def through_the_door(
            request: HttpRequest, slug: str, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            visitor = cast(BusinessRequest, request)
            membership = _membership(visitor, slug)
            require_two_factor(visitor, membership)
            bind_contextvars(business_id=membership.business_id, **_ids(kwargs))
            if isinstance(membership, Visit):
                _tell_of(membership)
            # Not before: the page of an error shows what is known here.
            visitor.membership = membership
            visitor.business = membership.business
            if not _may(visitor, need):
                raise PermissionDenied
            inside = acting_in(visitor.business.pk, read_only=membership.is_visit)
            with inside, override(visitor.business.zone):
                return kept_by_nobody(_rendered(view(visitor, *args, **kwargs)))

        through_the_door.need = need  # type: ignore[attr-defined]
        return through_the_door

    return decorate


def _tell_of(visit: Visit) -> None:
    with acting_in(visit.business.pk):
        support.note(visit)


def _may(request: BusinessRequest, need: Need) -> bool:
    """A visit only asks."""
    member = request.membership
    return member.may(need) and (not member.is_visit or request.method in QUESTIONS)


def _is_whole_page(request: PersonRequest) -> bool:
    """Not a part of one, nor a picture in it."""
    headers = request.headers
    if request.method != "GET" or "HX-Request" in headers:
        return False
    return "text/html" in headers.get("Accept", "text/html")


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """The whole page goes there, also where only a part of it was asked for. Where
    something was typed it stays, with what is typed there."""
    htmx: HtmxDetails = cast(PersonRequest, request).htmx
    if not htmx:
        return redirect_to_login(request.get_full_path())
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=401)
    back = htmx.current_url_abs_path or "/"
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
    return HttpResponseClientRedirect(address)


def require_two_factor(request: PersonRequest, membership: Membership) -> None:
    """Raises TwoFactorMissing, which is answered with the page that leads there."""
    if not let_in([membership]):
        raise TwoFactorMissing(membership)
    if membership.needs_two_factor:
        request.session.pop(STOPPED_AT, None)


def let_in(memberships: Iterable[Membership]) -> list[Membership]:
    """Without those of businesses that require the two-factor sign-in they have not."""
    found = list(memberships)
    asked = {each.user_id for each in found if each.needs_two_factor}
    lacking = asked and asked - with_two_factor(asked)
    return [
        each
        for each in found
        if not (each.needs_two_factor and each.user_id in lacking)
    ]


def with_two_factor(people: Iterable[int]) -> set[int]:
    """Of these ids of persons; recovery codes alone are asked for by nobody."""
    theirs = Authenticator.objects.filter(user__in=people)
    factors = theirs.exclude(type=Authenticator.Type.RECOVERY_CODES)
    return set(factors.values_list("user_id", flat=True))


def memberships_of(user: User) -> list[Membership]:
    rows = Membership.unscoped.filter(user=user).select_related("business")
    return list(rows.order_by("business__name", "pk"))


def _membership(request: PersonRequest, slug: str) -> Membership:
    """A whole page shows the others beside it: all are asked for at once."""
    if _is_whole_page(request):
        request.memberships = memberships_of(request.user)
        mine = [each for each in request.memberships if each.business.slug == slug]
    else:
        rows = Membership.unscoped.select_related("business")
        mine = list(rows.filter(user=request.user, business__slug=slug))
    if not mine:
        return _visit(request, slug)
    (membership,) = mine
    membership.user = request.user
    return membership


def _visit(request: PersonRequest, slug: str) -> Visit:
    visit = support.visit(request.user, slug)
    if visit is None:
        raise Http404
    return visit


def _ids(named: Mapping[str, Any]) -> dict[str, Any]:
    """Those that name a row, for the log."""
    return {name: value for name, value in named.items() if name.endswith("_id")}


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    return response


def kept_by_nobody(response: HttpResponseBase) -> HttpResponseBase:
    """Not by the browser either: the next person at that screen is another."""
    if not response.has_header("Cache-Control"):
        patch_cache_control(response, private=True, no_store=True)
    return response


def business_task(
    **options: Any,
) -> Callable[[Callable[Concatenate[int, P], None]], "Task[Concatenate[int, P], None]"]:
    """A Celery task whose first argument is the business it works in."""

    def decorate(
        work: Callable[Concatenate[int, P], None],
    ) -> "Task[Concatenate[int, P], None]":
        parameters = signature(work)

        @wraps(work)
        def in_business(business_id: int, *args: P.args, **kwargs: P.kwargs) -> None:
            named = parameters.bind(business_id, *args, **kwargs).arguments
            with bound_contextvars(**_ids(named)), acting_in(business_id):
                work(business_id, *args, **kwargs)

        task: Task[Concatenate[int, P], None] = shared_task(**options)(in_business)
        return task

    return decorate
