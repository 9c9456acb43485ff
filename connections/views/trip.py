"""Setting out to Zoho, and coming back from there."""

from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.timezone import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from connections import consents, wizard
from connections.consents import Answer, StateUnknown, StateUsed
from connections.models import Connection, Consent
from connections.views.problems import PROBLEMS
from connections.views.toward_zoho import leads_to_zoho, region_form
from dext_sync.businesses.access import (
    BusinessRequest,
    PersonRequest,
    business_view,
    let_in,
)
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Need
from dext_sync.businesses.tenancy import acting_in

TRIPS: Final = "trips_to_zoho"
"""In the session: the business of each trip, by the hash of its state."""
SEVERAL: Final = "trips_for_several"
"""In the session too: all the businesses that a trip is for, by the id of its consent."""
MOST_TRIPS: Final = 10


@business_view(Need.MANAGE)
@require_safe
@leads_to_zoho
def steps(request: BusinessRequest) -> HttpResponse:
    """What the modal says, for a browser without JavaScript."""
    return _steps_page(request)


def _steps_page(request: BusinessRequest, status: int = 200) -> HttpResponse:
    connection = wizard.connection_of(request.business)
    return TemplateResponse(
        request,
        "connections/steps.html",
        {
            "connection": connection,
            "form": region_form(request, connection),
            "changing": "change" in request.GET,
        },
        status=status,
    )


@business_view(Need.MANAGE)
@require_POST
@leads_to_zoho
def start(request: BusinessRequest) -> HttpResponse:
    connection = wizard.connection_of(request.business)
    form = region_form(request, connection)
    if not form.is_valid():
        return _steps_page(request, status=422)
    if not settings.ZOHO_CLIENT_ID:
        return _not_configured(request, connection)
    _consent, state, url = consents.set_out(
        request.business,
        request.user,
        request.session.session_key or "",
        form.cleaned_data["region"],
        _purpose(connection),
    )
    remember(request, request.business, state)
    return redirect(url)


def _not_configured(
    request: BusinessRequest, connection: Connection | None
) -> HttpResponse:
    context = {
        "problem": PROBLEMS["misconfigured"],
        "way_on": reverse("connections", args=[request.business.slug]),
        "connection": connection,
    }
    return TemplateResponse(request, "connections/problem.html", context, status=503)


def _purpose(connection: Connection | None) -> Consent.Purpose:
    if connection is None or connection.state == Connection.State.DISCONNECTED:
        return Consent.Purpose.CONNECT
    return Consent.Purpose.RECONNECT


def remember(request: PersonRequest, business: Business, state: str) -> None:
    trips = dict(request.session.get(TRIPS, {}))
    trips[consents.hashed(state)] = business.pk
    request.session[TRIPS] = dict(list(trips.items())[-MOST_TRIPS:])


def remember_several(
    request: PersonRequest, consent_id: int, businesses: Iterable[int]
) -> None:
    """This trip is for all of these; the consent is the first one's."""
    several = dict(request.session.get(SEVERAL, {}))
    several[str(consent_id)] = list(businesses)
    request.session[SEVERAL] = dict(list(several.items())[-MOST_TRIPS:])


def is_of_several(request: HttpRequest, consent_id: int) -> bool:
    return bool(several_of(request, consent_id))


def several_of(request: HttpRequest, consent_id: int) -> list[int]:
    """The businesses of that trip; none where this session set out on no such trip."""
    businesses: list[int] = request.session.get(SEVERAL, {}).get(str(consent_id), [])
    return businesses


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Where Zoho sends the browser; the state says for which business.

    It only takes the answer in and sends on, so that no page has a code in its address.
    """
    if not isinstance(request.user, User):
        return _not_taken(request, "connections/signed_out.html")
    answer = _answer(request)
    membership = _membership(request, request.user, answer.state)
    if membership is None:
        return _not_known(request)
    if not membership.manages:
        raise PermissionDenied
    business = membership.business
    if not let_in([membership]):
        # The door there says why; nothing of the answer stays in the address.
        return redirect("connections", business.slug)
    with acting_in(business.pk), override(business.zone):
        return _taken_in(request, membership, answer)


def _answer(request: HttpRequest) -> Answer:
    return Answer(
        state=request.GET.get("state", ""),
        code=request.GET.get("code", ""),
        error=request.GET.get("error", ""),
        location=request.GET.get("location", ""),
        accounts_server=request.GET.get("accounts-server", ""),
    )


def _membership(request: HttpRequest, user: User, state: str) -> Membership | None:
    """In the business that this session set out from with that state."""
    business_id = request.session.get(TRIPS, {}).get(consents.hashed(state))
    if business_id is None:
        return None
    theirs = Membership.unscoped.filter(user=user, business_id=business_id)
    return theirs.select_related("business", "user").first()


def _taken_in(
    request: HttpRequest, membership: Membership, answer: Answer
) -> HttpResponse:
    business, user = membership.business, membership.user
    session_key = request.session.session_key or ""
    try:
        consent = consents.came_back(business, user, session_key, answer)
    except StateUsed as used:
        if is_of_several(request, used.consent.pk):
            return redirect("reconnect_together_finish", used.consent.pk)
        return redirect("connection_ended", business.slug, used.consent.pk)
    except StateUnknown:
        return _not_known(request)
    if is_of_several(request, consent.pk):
        return redirect("reconnect_together_finish", consent.pk)
    page = "connection_ended" if consent.problem else "connection_organisation"
    return redirect(page, business.slug, consent.pk)


def _not_known(request: HttpRequest) -> HttpResponse:
    """Nothing that came with such an answer was used or passed on."""
    return _not_taken(request, "connections/state_unknown.html")


def _not_taken(request: HttpRequest, page: str) -> HttpResponse:
    """What the answer held does not stay in the address either."""
    if request.GET:
        return redirect("zoho_callback")
    return TemplateResponse(request, page, status=400)
