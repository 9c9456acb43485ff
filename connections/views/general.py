"""The settings on the connection's own page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from connections import general
from connections.forms import GeneralForm
from connections.models import Connection
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need


@business_view(Need.MANAGE)
@require_POST
def save(request: BusinessRequest, connection_id: int) -> HttpResponse:
    rows = Connection.objects.for_business(request.business)
    found = get_object_or_404(rows.select_related("business"), pk=connection_id)
    form = GeneralForm(request.POST, business=request.business)
    if form.is_valid():
        general.set_new_invoices(found, form.choice, by=request.user)
        messages.success(request, _("The settings are saved."))
    else:
        messages.error(request, _("Nothing was saved: choose one of the two."))
    return redirect("connection", request.business.slug, found.pk)
