"""The items that a person ticked in the Inbox, or all that match what they see."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from publishing.models import Item
from publishing.picking import is_id
from publishing.views.listing import Listing
from publishing.views.rows import list_url
from publishing.views.visible import WorkspaceRequest, items_of

AT_ONCE = 500
"""One press moves at most so many; the rest stays selected for the next one."""


@dataclass(frozen=True)
class Selection:
    items: list[Item]
    asked: int
    """How many were meant; more than AT_ONCE are taken in several presses."""
    listing: Listing

    @property
    def is_cut(self) -> bool:
        return self.asked > len(self.items)


def selection_of(request: WorkspaceRequest) -> Selection:
    """Ids of other people's items, or of another business, simply are not found."""
    listing = Listing.of(QueryDict(request.POST.get("view", "")), archive=False)
    chosen = _chosen(request, listing)
    return Selection(list(chosen[:AT_ONCE]), chosen.count(), listing)


def back_to_list(request: WorkspaceRequest, listing: Listing) -> HttpResponse:
    """The whole list again, also out of a dialog that htmx filled."""
    address = list_url(request, listing)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _chosen(request: WorkspaceRequest, listing: Listing) -> QuerySet[Item]:
    visible = items_of(request)
    if request.POST.get("matching") == "1":
        return listing.matching(visible)
    ids = ids_in(request.POST.getlist("item"))
    return visible.filter(pk__in=ids, archived_at=None)


def ids_in(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if is_id(text)]
