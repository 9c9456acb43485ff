"""A row of the list, and the frame of tabs and columns around all rows."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from publishing import facts, filling
from publishing.counting import Count
from publishing.models import Item, Publication
from publishing.progress import CALM, PREFETCH, Progress, progress
from publishing.views.columns import FEW, columns_of
from publishing.views.fields import Field
from publishing.views.issues import Issue, issues_of, issues_of_all
from publishing.views.listing import Listing
from publishing.views.values import print_of
from publishing.views.visible import WorkspaceRequest, items_of

TAB_LABELS = {
    "": pgettext_lazy("items", "All"),
    "to_review": gettext_lazy("To review"),
    "ready": gettext_lazy("Ready"),
    "publishing": gettext_lazy("Publishing"),
    "failed": gettext_lazy("Failed"),
    "published": gettext_lazy("Published"),
    "archived": gettext_lazy("Not published"),
}

SHOWN = ("owner", "supplier", "category")


@dataclass(frozen=True)
class Tab:
    label: str
    query: str
    count: Count
    current: bool


@dataclass(frozen=True)
class Row:
    item: Item
    progress: Progress
    issues: tuple[Issue, ...] = ()
    typed: Field | None = None
    """Its category as it was typed, where that could not be saved."""

    @property
    def key(self) -> str:
        return str(self.item.pk)

    @property
    def goes_to(self) -> str:
        if self.item.workspace == Item.Workspace.SALES:
            return _("Sales")
        is_expense = facts.becomes(self.item) == Publication.Kind.EXPENSE
        known = Item.PublishTo
        return facts.place_words(known.EXPENSES if is_expense else known.PURCHASES)

    @property
    def values(self) -> str:
        return print_of(self.item)

    @property
    def category_seen(self) -> str:
        return self.typed.seen if self.typed else filling.print_of(self.item.category)

    @property
    def is_moving(self) -> bool:
        return self.progress.is_moving


def row_of(request: WorkspaceRequest, item: Item, typed: Field | None = None) -> Row:
    return Row(item, progress(item), issues_of(request, item), typed)


def rows_of(request: WorkspaceRequest, items: Iterable[Item]) -> list[Row]:
    found = list(items)
    issues = issues_of_all(request, found)
    return [Row(item, progress(item), issues.get(item.pk, ())) for item in found]


def items_in_rows(request: WorkspaceRequest) -> QuerySet[Item]:
    """The items of this member with what a row shows of them, and no more."""
    items = items_of(request).select_related(None).select_related(*SHOWN)
    return items.prefetch_related(*PREFETCH)


def frame_of(
    request: WorkspaceRequest,
    listing: Listing,
    counts: Mapping[str, Count] | None = None,
) -> dict[str, object]:
    """What rows, tabs and toolbar need wherever they are drawn.

    counts: of the tabs, where they are known already.
    """
    counts = counts or listing.counts(items_of(request))
    columns = columns_of(request, listing)
    shown = {column.name for column in columns if column.shown}
    return {
        "listing": listing,
        "query": listing.query(),
        "list_path": list_path(request, listing),
        "tabs": [
            Tab(
                str(TAB_LABELS[tab]),
                listing.first_page(status=tab).query(),
                counts[tab],
                current=tab == listing.status,
            )
            for tab in listing.tabs
        ],
        "matching": counts[listing.status].number,
        "failed": None if listing.status == "failed" else listing.failed_in(counts),
        "matching_words": str(counts[listing.status]),
        "columns": columns,
        "shown": shown,
        "is_few": len(shown) <= FEW,
        "may_publish": request.membership.may_publish,
        "takes_tax": request.business.tax_registered,
    }


def list_path(request: WorkspaceRequest, listing: Listing) -> str:
    place = "archive" if listing.archive else "inbox"
    return reverse(f"{request.workspace}_{place}", args=[request.business.slug])


def list_url(request: WorkspaceRequest, listing: Listing) -> str:
    path, query = list_path(request, listing), listing.query()
    return f"{path}?{query}" if query else path


def moving_of(rows: list[Row], listing: Listing) -> dict[str, object]:
    """Which rows the page asks for again, and what it has seen of them already."""
    moving = [row for row in rows if row.is_moving]
    asked = [("item", row.key) for row in moving]
    view = [("view", listing.query()), ("archive", "1" if listing.archive else "")]
    return {
        "moving": moving,
        "moving_pace": _pace(moving),
        "moving_query": urlencode([*asked, *view, ("seen", seen_of(rows))]),
    }


def _pace(moving: list[Row]) -> str:
    """One row is watched by whoever has just sent it; many are on a longer way."""
    return moving[0].progress.pace if len(moving) == 1 else CALM


def seen_of(rows: list[Row]) -> str:
    """Changes whenever one of the rows would look otherwise."""
    told = repr([(row.item.pk, row.item.status, row.progress) for row in rows])
    return hashlib.sha256(told.encode()).hexdigest()[:16]
