"""What the frame around every page says about publishing: how much waits."""

from django import template
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.translation import gettext as _

from connections.models import Connection
from dext_sync.businesses.models import Membership
from publishing import counting, failures, merging, usage, waiting
from publishing.models import (
    CategoryRule,
    Item,
    PaymentMethod,
    Supplier,
    SupplierRule,
    items_seen_by,
)

register = template.Library()


@register.simple_tag(takes_context=True)
def inbox_count(
    context: Context, request: HttpRequest, workspace: str
) -> counting.Count:
    """Items in this Inbox that this member may see; none outside a business."""
    known: dict[str, counting.Count] | None = context.get("inbox_counts")
    if known is not None:
        return known.get(workspace, counting.Count())
    membership = getattr(request, "membership", None)
    if membership is None:
        return counting.Count()
    return counting.count(_inboxes_of(membership).filter(workspace=workspace))


@register.simple_tag
def inbox_counts(request: HttpRequest) -> dict[str, counting.Count]:
    """The same of both workspaces in one question, for a page that shows both."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {}
    return counting.per(_inboxes_of(membership), "workspace", Item.Workspace.values)


def _inboxes_of(membership: Membership) -> QuerySet[Item]:
    return items_seen_by(membership).filter(archived_at=None)


@register.inclusion_tag("publishing/_waiting.html", takes_context=True)
def what_waits(context: Context, connection: Connection) -> dict[str, object]:
    """For Zoho Books, of this business; the reading of lists comes last."""
    return {
        "business": connection.business,
        "connection": connection,
        "lines": waiting.lines(connection),
        "refresh": context.get("refresh"),
        "is_update": context.get("is_update"),
    }


@register.inclusion_tag("publishing/_to_merge.html")
def lists_to_merge(connection: Connection) -> dict[str, object]:
    """Told where rules, defaults or open items use what another organisation had."""
    return {
        "business": connection.business,
        "connection": connection,
        "merges": connection.is_working and merging.is_due(connection),
    }


@register.inclusion_tag("publishing/_gone_in_use.html")
def gone_in_use(
    membership: Membership, connection: Connection, slug: str
) -> dict[str, object]:
    """Of a list: what is no longer to be had in Zoho, with the rules and items that use
    it; for whoever sees them all."""
    if not membership.manages:
        return {}
    slug_of_business = membership.business.slug
    found = usage.gone_in_use(slug, connection)
    return {
        "found": [
            (each.entry, [_linked(row, slug_of_business) for row in each.rows])
            for each in found
        ]
    }


def _linked(row: Model, slug: str) -> tuple[str, str]:
    """What people call it, and where it is changed."""
    match row:
        case Item():
            return str(row), reverse("item", args=[slug, row.workspace, row.pk])
        case SupplierRule():
            words = _("rule of %(name)s") % {"name": row.supplier}
            return words, _page_of(row.supplier, slug)
        case Supplier():
            return str(row), _page_of(row, slug)
        case CategoryRule():
            words = _("category rule “%(words)s”") % {"words": row}
            return words, reverse("category_rules", args=[slug, row.workspace])
        case PaymentMethod():
            words = _("payment method %(name)s") % {"name": row}
            return words, reverse("payment_method_change", args=[slug, row.pk])
        case _:
            return _("default tax"), reverse("connection", args=[slug, row.pk])


def _page_of(supplier: Supplier, slug: str) -> str:
    is_customer = supplier.side == Supplier.Side.CUSTOMER
    side = "customers" if is_customer else "suppliers"
    return reverse("supplier", args=[slug, side, supplier.pk])


@register.inclusion_tag("publishing/_after_reconnect.html")
def failed_by_connection(
    request: HttpRequest, connection: Connection
) -> dict[str, object]:
    """Once it works again: what failed for its sake, to be published in one go."""
    membership = getattr(request, "membership", None)
    if membership is None or not membership.may_publish or not connection.is_working:
        return {}
    found = failures.failed_by_connection(items_seen_by(membership)).order_by()
    counted = found.values_list("workspace").annotate(Count("pk"))
    return {
        "request": request,
        "business": membership.business,
        "cause": failures.BY_CONNECTION,
        "waiting": sorted(counted),
    }
