"""What the frame around every page says about the connection to Zoho Books."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from connections import leaving
from connections.models import Connection
from dext_sync.businesses.models import Business, User

register = template.Library()

DOTS = {
    Connection.State.CONNECTED: "green",
    Connection.State.NEEDS_RECONNECTING: "red",
    Connection.State.DISCONNECTED: "none",
}


@register.simple_tag(takes_context=True)
def connection_dot(
    context: template.RequestContext, business: Business | None
) -> SafeString | str:
    """A dot and the state in words; nothing outside a business."""
    if not business:
        return ""
    connection = _connection_on(context, business)
    if connection is None:
        return format_html('<span class="dot">{}</span>', _("Not connected"))
    return format_html(
        '<span class="dot dot--{}">{}</span>',
        DOTS[Connection.State(connection.state)],
        connection.get_state_display(),
    )


@register.inclusion_tag("connections/_banners.html", takes_context=True)
def connection_banners(
    context: template.RequestContext, request: HttpRequest
) -> dict[str, Any]:
    """Said to whoever can mend it: a broken connection on every page, a missing one
    where somebody is about to publish.
    """
    membership = getattr(request, "membership", None)
    if membership is None or not membership.manages:
        return {}
    connection = _connection_on(context, membership.business)
    return {
        "business": membership.business,
        "connection": connection,
        "days_left": leaving.days_left(connection) if connection else None,
        "is_missing": _is_about_to_publish(request)
        and (connection is None or connection.state == Connection.State.DISCONNECTED),
    }


@register.simple_tag
def connection_given_by(business: Business, person: User) -> Connection | None:
    """The connection that works with this person's permission at Zoho, if one does."""
    connection = _connection_of(business)
    if connection is None or not leaving.is_given_by(connection, person):
        return None
    return connection


def _is_about_to_publish(request: HttpRequest) -> bool:
    page = request.resolver_match.url_name if request.resolver_match else None
    return bool(page) and str(page).startswith(("costs_inbox", "sales_inbox", "item"))


def _connection_on(
    context: template.RequestContext, business: Business
) -> Connection | None:
    """Read once for all that one page says of it."""
    key = f"connection of {business.pk}"
    if key not in context.render_context:
        context.render_context[key] = _connection_of(business)
    found: Connection | None = context.render_context[key]
    return found


def _connection_of(business: Business) -> Connection | None:
    return Connection.objects.for_business(business).first()
