"""The connection's own page, refreshing its lists, disconnecting it."""

from dataclasses import dataclass

from allauth.account.decorators import reauthentication_required
from babel.numbers import format_decimal
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from connections import ending, lists, tasks
from connections.forms import SettingsForm
from connections.locks import locks_of
from connections.models import Allowance, Connection
from connections.views.refreshes import last_refreshed, refresh_of
from connections.views.toward_zoho import leads_to_zoho, region_form
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need
from dext_sync.celery import enqueue


@dataclass(frozen=True)
class Calls:
    """Zoho's count of the organisation's day, as it last said."""

    used: int
    limit: int

    @property
    def used_text(self) -> str:
        return _count_text(self.used)

    @property
    def limit_text(self) -> str:
        return _count_text(self.limit)


def _count_text(count: int) -> str:
    """2,000, as the reader's language groups it."""
    return format_decimal(count, locale=to_locale(get_language() or "en"))


@business_view(Need.MANAGE)
@require_safe
@leads_to_zoho
def connection(request: BusinessRequest, connection_id: int) -> HttpResponse:
    found = _connection(request, connection_id)
    return TemplateResponse(
        request,
        "connections/connection.html",
        {
            "connection": found,
            "calls": _calls(found),
            "shows_calls": True,
            "refresh": refresh_of(found),
            "last_refreshed": last_refreshed(found),
            "locks": locks_of(found),
            "form": region_form(request, found),
            "settings": SettingsForm(connection=found),
        },
    )


def _connection(request: BusinessRequest, connection_id: int) -> Connection:
    rows = Connection.objects.for_business(request.business)
    return get_object_or_404(
        rows.select_related("business", "grant", "connected_by"), pk=connection_id
    )


def _calls(found: Connection) -> Calls | None:
    """None before the first call, and after a day ended without any."""
    said = Allowance.objects.for_business(found.business).filter(connection=found)
    allowance = said.first()
    if allowance is None or allowance.day_limit is None:
        return None
    left, ends = allowance.day_remaining, allowance.day_resets_at
    if left is None or ends is None or ends <= timezone.now():
        return None
    return Calls(max(0, allowance.day_limit - left), allowance.day_limit)


@business_view(Need.MANAGE)
@require_POST
def refresh(request: BusinessRequest, connection_id: int) -> HttpResponse:
    """Begins it, or shows the one that runs."""
    found = _connection(request, connection_id)
    if not found.is_working:
        messages.error(request, _("Reconnect first: nothing can be read from Zoho."))
        return redirect("connection", request.business.slug, found.pk)
    lists.start(found, by=request.user)
    enqueue(tasks.refresh_lists, request.business.pk, found.pk)
    return redirect("connection", request.business.slug, found.pk)


@business_view(Need.MANAGE)
@require_safe
@never_cache
def progress(request: BusinessRequest, connection_id: int) -> HttpResponse:
    """A fragment that asks for itself again as long as the refresh runs."""
    found = _connection(request, connection_id)
    return TemplateResponse(
        request,
        "connections/_refresh.html",
        {
            "connection": found,
            "refresh": refresh_of(found),
            "last_refreshed": last_refreshed(found),
            "calls": _calls(found),
            "locks": locks_of(found),
            # Only the connection's own page has a place for them.
            "shows_calls": "calls" in request.GET,
            "is_update": True,
        },
    )


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def disconnect(request: BusinessRequest, connection_id: int) -> HttpResponse:
    """Asks first, on a page of its own; then for the password."""
    found = _connection(request, connection_id)
    if found.state == Connection.State.DISCONNECTED:
        return redirect("connection", request.business.slug, found.pk)
    if request.method == "POST":
        try:
            ending.disconnect(found, request.user)
        except ending.StillHeld:
            messages.error(
                request,
                _(
                    "Zoho is still being asked about something that was sent. Nothing "
                    "was disconnected: try again in a few minutes."
                ),
            )
            return redirect("connection", request.business.slug, found.pk)
        messages.success(
            request,
            _("%(name)s is disconnected. Lists and history are kept.")
            % {"name": found.organisation_name},
        )
        return redirect("connections", request.business.slug)
    return TemplateResponse(
        request, "connections/disconnect.html", {"connection": found}
    )
