"""The settings on the connection's own page: each is saved by itself."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from connections import general
from connections.forms import SettingsForm
from connections.models import Connection
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need


@business_view(Need.MANAGE)
@require_POST
def save(request: BusinessRequest, connection_id: int, setting: str) -> HttpResponse:
    rows = Connection.objects.for_business(request.business)
    found = get_object_or_404(rows.select_related("business"), pk=connection_id)
    form = SettingsForm(request.POST, connection=found)
    if setting not in form.fields:
        raise Http404
    form.keep_only(setting)
    if form.is_valid():
        general.change(found, setting, form.cleaned_data[setting], by=request.user)
    if request.htmx:
        return _field(request, found, form, setting)
    if form.errors:
        messages.error(request, _("Nothing was saved: choose one of these."))
    else:
        messages.success(request, _("The setting is saved."))
    return redirect("connection", request.business.slug, found.pk)


def _field(
    request: BusinessRequest, found: Connection, form: SettingsForm, setting: str
) -> HttpResponse:
    """The field as it stands now, with its tick, or with what was wrong."""
    shown = form if form.errors else SettingsForm(connection=found)
    context = {"connection": found, "field": shown[setting], "saved": not form.errors}
    return render(request, "connections/_setting.html", context)
