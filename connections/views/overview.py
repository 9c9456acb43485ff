"""The Connections page, and the list of software that can be connected."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from connections import wizard
from connections.views.refreshes import last_refreshed, refresh_of
from connections.views.toward_zoho import leads_to_zoho, region_form
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need


@dataclass(frozen=True)
class Software:
    """`steps`: the name of the page that leads to it."""

    code: str
    name: str
    text: str | Promise
    steps: str


# Another accounting software is added here, with a way to connect of its own.
AVAILABLE: Final = (
    Software(
        code="zoho-books",
        name="Zoho Books",
        text=_(
            "Bills, expenses and sales invoices with their documents; suppliers, "
            "customers and lists."
        ),
        steps="connection_steps",
    ),
)


@business_view(Need.MANAGE)
@require_safe
def connections(request: BusinessRequest) -> HttpResponse:
    connection = wizard.connection_of(request.business)
    return TemplateResponse(
        request,
        "connections/connections.html",
        {
            "connection": connection,
            "refresh": refresh_of(connection) if connection else None,
            "last_refreshed": last_refreshed(connection) if connection else None,
        },
    )


@business_view(Need.MANAGE)
@require_safe
@leads_to_zoho
def choose(request: BusinessRequest) -> HttpResponse:
    connection = wizard.connection_of(request.business)
    return TemplateResponse(
        request,
        "connections/choose.html",
        {
            "available": AVAILABLE,
            "connection": connection,
            "form": region_form(request, connection),
        },
    )
