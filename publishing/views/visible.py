"""Which items a member may see: every page, document and button starts here."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from connections import standing
from connections.models import Connection
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need
from publishing.models import Item, items_seen_by

P = ParamSpec("P")

USUAL = ("owner", "document", "supplier__contact", "category", "tax_rate")
"""What nearly every item has: of one alone the others are asked for where it has them,
which costs less than to join them."""
RELATED = (*USUAL, "project", "location", "customer", "payment_method")


class WorkspaceRequest(BusinessRequest):
    """A request for a page of Costs or of Sales."""

    workspace: Item.Workspace


class OfOtherWorkspace(Exception):
    """The item is there, under the address of the other workspace."""

    def __init__(self, item: Item) -> None:
        super().__init__(item)
        self.item = item


View = Callable[Concatenate[WorkspaceRequest, P], HttpResponseBase]


def workspace_view(need: Need) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Open a view below `b/<slug>/<costs or sales>/` to members who have what it needs.

    An item that is asked for in the wrong one is shown under its own address.
    """

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def in_workspace(
            request: BusinessRequest, *args: Any, workspace: str, **kwargs: Any
        ) -> HttpResponseBase:
            visitor = cast(WorkspaceRequest, request)
            visitor.workspace = Item.Workspace(workspace)
            try:
                return view(visitor, *args, **kwargs)
            except OfOtherWorkspace as found:
                return _to_its_own(visitor, found.item)

        through_the_door: Callable[..., HttpResponseBase] = in_workspace
        return business_view(need)(through_the_door)

    return decorate


def _to_its_own(request: WorkspaceRequest, item: Item) -> HttpResponse:
    match = request.resolver_match
    if request.method not in ("GET", "HEAD") or match is None or not match.url_name:
        raise Http404
    same_page: dict[str, Any] = {**match.kwargs, "workspace": item.workspace}
    address = reverse(match.url_name, kwargs=same_page)
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{address}?{query}" if query else address)


def items_of(request: WorkspaceRequest) -> QuerySet[Item]:
    """The workspace's items that this member may see."""
    return items_of_both(request).filter(workspace=request.workspace)


def items_of_both(request: BusinessRequest) -> QuerySet[Item]:
    """The same of both workspaces."""
    return items_seen_by(request.membership).select_related(*RELATED)


def item_or_404(request: WorkspaceRequest, item_id: int) -> Item:
    """An item that is not this member's to see does not exist for them."""
    mine = items_seen_by(request.membership).select_related(*USUAL)
    try:
        item = mine.get(pk=item_id)
    except Item.DoesNotExist:
        raise Http404 from None
    if item.workspace != request.workspace:
        raise OfOtherWorkspace(item)
    return item


def inbox_of(request: WorkspaceRequest) -> str:
    """Address of the workspace's Inbox."""
    return reverse(f"{request.workspace}_inbox", args=[request.business.slug])


def connection_of(request: BusinessRequest) -> Connection | None:
    """The business's connection unless it is disconnected; a page that only shows asks
    once, what was posted may change it."""
    if request.method in ("GET", "HEAD"):
        connection = standing.seen_by(request)
    else:
        connection = standing.connection_of(request.business)
    if connection is None or connection.state == Connection.State.DISCONNECTED:
        return None
    return connection
