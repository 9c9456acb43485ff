"""Which items a member may see: every page, document and button starts here."""

from django.db.models import QuerySet
from django.http import Http404

from connections.models import Connection
from dext_sync.businesses.access import BusinessRequest
from publishing.models import Item

RELATED = (
    "owner",
    "document",
    "supplier__contact",
    "category",
    "project",
    "location",
    "customer",
    "tax_rate",
    "payment_method",
)


def items_of(request: BusinessRequest) -> QuerySet[Item]:
    """All items of the business, or the member's own without *access all documents*."""
    items = Item.objects.for_business(request.business).select_related(*RELATED)
    if request.membership.may_see_all_documents:
        return items
    return items.filter(owner=request.user)


def item_or_404(request: BusinessRequest, item_id: int) -> Item:
    """An item that is not this member's to see does not exist for them."""
    item = items_of(request).filter(pk=item_id).first()
    if item is None:
        raise Http404
    return item


def connection_of(request: BusinessRequest) -> Connection | None:
    """The business's connection unless it is disconnected."""
    return (
        Connection.objects.for_business(request.business)
        .exclude(state=Connection.State.DISCONNECTED)
        .first()
    )
