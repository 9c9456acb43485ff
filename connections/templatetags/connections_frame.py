"""What the frame around every page says about the connection to Zoho Books."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from connections import leaving, standing
from connections.models import Connection
from dext_sync.businesses.models import Business, Membership, User

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
        "days_left": _days_left(connection, membership),
        "is_missing": _is_about_to_publish(request)
        and (connection is None or connection.state == Connection.State.DISCONNECTED),
    }


@register.simple_tag
def connection_given_by(business: Business, person: User) -> Connection | None:
    """The connection that works with this person's permission at Zoho, if one does."""
    connection = standing.connection_of(business)
    if connection is None or not leaving.is_given_by(connection, person):
        return None
    return connection


def _days_left(connection: Connection | None, reader: Membership) -> int | None:
    """Whoever gave the permission and reads this page has not left."""
    if connection is None or connection.connected_by_id == reader.user_id:
        return None
    return leaving.days_left(connection)


def _is_about_to_publish(request: HttpRequest) -> bool:
    page = request.resolver_match.url_name if request.resolver_match else None
    return bool(page) and str(page).startswith(("costs_inbox", "sales_inbox", "item"))


def _connection_on(
    context: template.RequestContext, business: Business
) -> Connection | None:
    """That of the page's own business is known where its view has asked for it."""
    request = context["request"]
    if getattr(request, "business", None) == business:
        return standing.seen_by(request)
    return standing.connection_of(business)
