"""What the frame around every page says about publishing: how much waits."""

from django import template
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template import Context

from connections.models import Connection
from dext_sync.businesses.models import Membership
from publishing import counting, failures, merging, waiting
from publishing.models import Item

register = template.Library()


@register.simple_tag
def inbox_count(request: HttpRequest, workspace: str) -> counting.Count:
    """Items in this Inbox that this member may see; none outside a business."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return counting.Count()
    return counting.count(_inbox_of(membership, workspace))


def _inbox_of(membership: Membership, workspace: str) -> QuerySet[Item]:
    items = Item.objects.for_business(membership.business).filter(
        workspace=workspace, archived_at=None
    )
    if membership.may_see_all_documents:
        return items
    return items.filter(owner=membership.user_id)


@register.inclusion_tag("publishing/_waiting.html", takes_context=True)
def what_waits(context: Context, connection: Connection) -> dict[str, object]:
    """For Zoho Books, of this business; the reading of lists comes last."""
    return {
        "business": connection.business,
        "connection": connection,
        "lines": waiting.lines(connection),
        "refresh": context.get("refresh"),
    }


@register.inclusion_tag("publishing/_to_merge.html")
def lists_to_merge(connection: Connection) -> dict[str, object]:
    """Told where rules, defaults or open items use what another organisation had."""
    return {
        "business": connection.business,
        "connection": connection,
        "merges": connection.is_working and merging.is_due(connection),
    }


@register.inclusion_tag("publishing/_after_reconnect.html")
def failed_by_connection(
    request: HttpRequest, connection: Connection
) -> dict[str, object]:
    """Once it works again: what failed for its sake, to be published in one go."""
    membership = getattr(request, "membership", None)
    if membership is None or not membership.may_publish or not connection.is_working:
        return {}
    items = Item.objects.for_business(membership.business)
    if not membership.may_see_all_documents:
        items = items.filter(owner=membership.user_id)
    found = failures.failed_by_connection(items).order_by()
    counted = found.values_list("workspace").annotate(Count("pk"))
    return {
        "request": request,
        "business": membership.business,
        "cause": failures.BY_CONNECTION,
        "waiting": sorted(counted),
    }
