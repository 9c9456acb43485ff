"""What became of the items that a bulk publish sent, told until all have settled."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from dext_sync.businesses.roles import Need
from publishing.models import Item
from publishing.views.causes import changed_frame
from publishing.views.listing import MOVING, Listing
from publishing.views.visible import WorkspaceRequest, items_of, workspace_view


@dataclass(frozen=True)
class Journey:
    """How many are still on their way, how many arrived, how many did not."""

    moving: int
    published: int
    failed: int

    @property
    def is_over(self) -> bool:
        return not self.moving

    @property
    def seen(self) -> str:
        return f"{self.moving}-{self.published}-{self.failed}"

    @property
    def sentences(self) -> list[str]:
        return [
            *_counted(
                self.moving,
                ngettext(
                    "%(count)d item is on its way to Zoho Books.",
                    "%(count)d items are on their way to Zoho Books.",
                    self.moving,
                ),
            ),
            *_counted(
                self.published,
                ngettext(
                    "%(count)d item was published.",
                    "%(count)d items were published.",
                    self.published,
                ),
            ),
            *_counted(
                self.failed,
                ngettext(
                    "%(count)d item was not published: its status says why.",
                    "%(count)d items were not published: their status says why.",
                    self.failed,
                ),
            ),
        ]


@workspace_view(Need.MEMBER)
@require_safe
def progress(request: WorkspaceRequest) -> HttpResponse:
    """Asked while items are on their way; 204 while none of them has settled."""
    journey = journey_of(request)
    if journey is not None and request.GET.get("seen") == journey.seen:
        return HttpResponse(status=204)
    listing = Listing.of(request.GET, archive=False)
    context = {
        **changed_frame(request, listing),
        "journey": journey,
        "with_counts": True,
    }
    return render(request, "publishing/_journey.html", context)


def set_out(request: WorkspaceRequest, items: Iterable[Item]) -> None:
    """Remember them for the next pages that this person looks at."""
    known = request.session.get(_key(request), [])
    request.session[_key(request)] = [*known, *(item.pk for item in items)]


def journey_of(request: WorkspaceRequest) -> Journey | None:
    """None where nothing was sent; once all have settled it is told a last time."""
    sent = request.session.get(_key(request))
    if not sent:
        return None
    journey = _counted_up(request, sent)
    if journey.is_over:
        del request.session[_key(request)]
    return journey


def _counted_up(request: WorkspaceRequest, sent: list[int]) -> Journey:
    items = items_of(request).filter(pk__in=sent).order_by()
    found = dict(items.values_list("status").annotate(Count("pk")))
    moving = sum(found.pop(status, 0) for status in MOVING)
    published = found.pop(Item.Status.PUBLISHED, 0)
    return Journey(moving, published, sum(found.values()))


def _key(request: WorkspaceRequest) -> str:
    return f"sent-{request.business.pk}-{request.workspace}"


def _counted(count: int, words: str) -> list[str]:
    return [words % {"count": count}] if count else []
