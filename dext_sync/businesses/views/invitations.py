"""An invitation's page, for whoever holds the letter."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from dext_sync.businesses import members
from dext_sync.businesses.access import PersonRequest
from dext_sync.businesses.members import Joined, Refused
from dext_sync.businesses.models import Invitation, User
from dext_sync.businesses.signup import INVITATION


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = members.find_invitation(token)
    if found is None:
        return _over(request, token)
    if not isinstance(request.user, User):
        # Signing in or up leads back here.
        request.session[INVITATION] = token
        return _page(request, "invitation_signed_out", found)
    if not members.is_for(found, request.user):
        request.session.pop(INVITATION, None)
        return _page(request, "invitation_of_another", status=403)
    if request.method == "POST":
        return _joined(request, found, request.user)
    return _page(request, "invitation", found)


@login_required
@never_cache
def offered(
    request: PersonRequest, business_id: int, invitation_id: int
) -> HttpResponse:
    """The same without the letter: the person's own verified address is invited."""
    for found in members.invitations_of(request.user):
        if (found.business_id, found.pk) == (business_id, invitation_id):
            if request.method == "POST":
                return _joined(request, found, request.user)
            return _page(request, "invitation", found)
    return _page(request, "invitation_over", status=410)


def _over(request: HttpRequest, token: str) -> HttpResponse:
    """Some people keep the letter as their way in."""
    request.session.pop(INVITATION, None)
    user = request.user
    business = members.joined_with(token, user) if isinstance(user, User) else None
    if business is not None:
        return redirect("business_home", business.slug)
    return _page(request, "invitation_over", status=410)


def _joined(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    request.session.pop(INVITATION, None)
    match members.join(found, user):
        case Joined(business):
            messages.success(
                request, _("Welcome to %(name)s.") % {"name": business.name}
            )
            return redirect("business_home", business.slug)
        case Refused(sentence):
            messages.error(request, sentence)
            return redirect("home")


def _page(
    request: HttpRequest, name: str, found: Invitation | None = None, status: int = 200
) -> HttpResponse:
    return TemplateResponse(
        request, f"businesses/{name}.html", {"invitation": found}, status=status
    )
