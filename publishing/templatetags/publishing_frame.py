"""What the frame around every page says about publishing: how much waits."""

from django import template
from django.db.models import QuerySet
from django.http import HttpRequest

from dext_sync.businesses.models import Membership
from publishing.models import Item

register = template.Library()


@register.simple_tag
def inbox_count(request: HttpRequest, workspace: str) -> int:
    """Items in this Inbox that this member may see; 0 outside a business."""
    membership = getattr(request, "membership", None)
    return _inbox_of(membership, workspace).count() if membership else 0


def _inbox_of(membership: Membership, workspace: str) -> QuerySet[Item]:
    items = Item.objects.for_business(membership.business).filter(
        workspace=workspace, archived_at=None
    )
    if membership.may_see_all_documents:
        return items
    return items.filter(owner=membership.user_id)
