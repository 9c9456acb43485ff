"""What has failed, cause by cause: how often, what mends it, and publishing it again."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from connections.models import TaxExemption
from publishing import counting, failures
from publishing.failures import Group
from publishing.models import Item
from publishing.views.filters import Filters
from publishing.views.listing import Listing
from publishing.views.rows import frame_of, list_url
from publishing.views.visible import WorkspaceRequest, items_of

LISTS = {
    "category": "categories",
    "project": "projects",
    "location": "locations",
    "customer": "customers",
    "tax_rate": "tax-rates",
}


@dataclass(frozen=True)
class Trouble:
    """A cause as one reader is told it; `query` is the list of its items."""

    count: int
    sentence: str
    entry: str
    zoho_words: str
    mend_label: str
    mend_url: str
    query: str
    list_url: str


@dataclass(frozen=True)
class Troubles:
    """`is_open`: every cause is told; else only how many items there are."""

    causes: list[Trouble]
    is_open: bool

    @property
    def count(self) -> int:
        return sum(cause.count for cause in self.causes)

    @property
    def headline(self) -> str:
        return ngettext(
            "%(count)d item could not be published.",
            "%(count)d items could not be published.",
            self.count,
        ) % {"count": self.count}


def failed_in(request: WorkspaceRequest) -> list[Group]:
    """Of what this member sees, once for all places of a page that tell of it."""
    return failures.grouped(items_of(request).filter(archived_at=None))


def troubles_of(
    request: WorkspaceRequest, listing: Listing, failed: Iterable[Group]
) -> Troubles | None:
    """For the Inbox; None where nothing has failed."""
    if listing.archive:
        return None
    only = listing.filters.cause
    groups = [each for each in failed if only in (None, each.cause)]
    if not groups:
        return None
    failed_only = listing.status == "failed"
    return Troubles(
        [_trouble(request, each) for each in groups],
        failed_only,
    )


def changed_frame(request: WorkspaceRequest, listing: Listing) -> dict[str, object]:
    """The frame for what changes rows, with what stands above the list of failures."""
    frame = frame_of(request, listing)
    if listing.archive:
        return frame
    if listing.status == "failed":
        open_causes = troubles_of(request, listing, failed_in(request))
        return {**frame, "troubles": open_causes}
    if frame["failed"] is not None:
        return frame
    here = items_of(request).filter(archived_at=None, status=Item.Status.FAILED)
    failed = counting.count(here)
    return {**frame, "failed": None if failed.or_more else failed.number}


def _trouble(request: WorkspaceRequest, group: Group) -> Trouble:
    listing = Listing(status="failed", filters=Filters(cause=group.cause))
    label, url = _mends(request, group)
    return Trouble(
        count=group.count,
        sentence=group.sentence,
        entry=str(group.entry or ""),
        zoho_words=group.zoho_words,
        mend_label=label,
        mend_url=url,
        query=listing.query(),
        list_url=list_url(request, listing),
    )


def _mends(request: WorkspaceRequest, group: Group) -> tuple[str, str]:
    """Where to go; without a place only the words."""
    slug, manages = request.business.slug, request.membership.manages
    match group.field:
        case "connection":
            page = reverse("connections", args=[slug])
            return _for_admins(_("Open Connections"), page, manages=manages)
        case "payment_method":
            page = reverse("payment_methods", args=[slug])
            return _for_admins(_("Open Payment methods"), page, manages=manages)
        case field if field in LISTS and group.entry is not None:
            exempt = isinstance(group.entry, TaxExemption)
            of_entry = "tax-exemptions" if exempt else LISTS[field]
            page = reverse("list_page", args=[slug, of_entry])
            words = _("Look at it in the lists, or choose another one")
            return (words, page) if manages else (_("Choose another one"), "")
        case field if field and group.count == 1:
            return _("Correct it"), _field_url(group.last.item, slug, field)
        case field if field:
            return _("Correct it on each item."), ""
        case _:
            words = _("Correct what Zoho names, or publish it once more as it is.")
            return (words if group.zoho_words else ""), ""


def _for_admins(label: str, page: str, *, manages: bool) -> tuple[str, str]:
    return (label, page) if manages else (_("Ask an Admin of this business."), "")


def _field_url(item: Item, slug: str, field: str) -> str:
    page = reverse("item", args=[slug, item.workspace, item.pk])
    return f"{page}#id_{field}"
