"""What the frame around every page says about the connection to Zoho Books."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from connections.models import Connection
from dext_sync.businesses.models import Business

register = template.Library()

DOTS = {
    Connection.State.CONNECTED: "green",
    Connection.State.NEEDS_RECONNECTING: "red",
    Connection.State.DISCONNECTED: "none",
}


@register.simple_tag
def connection_dot(business: Business | None) -> SafeString | str:
    """A dot and the state in words; nothing outside a business."""
    if not business:
        return ""
    connection = _connection_of(business)
    if connection is None:
        return format_html('<span class="dot">{}</span>', _("Not connected"))
    return format_html(
        '<span class="dot dot--{}">{}</span>',
        DOTS[Connection.State(connection.state)],
        connection.get_state_display(),
    )


@register.inclusion_tag("connections/_banners.html")
def connection_banners(request: HttpRequest) -> dict[str, Any]:
    """A broken connection is said to whoever can mend it, on every page."""
    membership = getattr(request, "membership", None)
    if membership is None or not membership.manages:
        return {}
    return {
        "business": membership.business,
        "connection": _connection_of(membership.business),
    }


def _connection_of(business: Business) -> Connection | None:
    return Connection.objects.for_business(business).first()
