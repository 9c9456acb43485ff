"""Letting support look into a business, and no longer."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dext_sync.businesses import support
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need


@business_view(Need.MANAGE)
@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]
def grant(request: BusinessRequest) -> HttpResponse:
    if not support.is_offered():
        raise Http404
    support.grant(request.business, by=request.user)
    messages.success(request, _("Support may look in for 24 hours now."))
    return redirect("members", request.business.slug)


@business_view(Need.MANAGE)
@require_POST
def end(request: BusinessRequest) -> HttpResponse:
    if support.end(request.business, by=request.user):
        messages.success(request, _("Support has no access any more."))
    return redirect("members", request.business.slug)
