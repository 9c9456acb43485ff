"""How the pages answer about one item: whole, or only what changed on it."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import reswap, retarget

from connections.models import Connection
from publishing import automatic, documents
from publishing.models import Item
from publishing.picking import Place
from publishing.progress import PREFETCH, Progress, has_just_set_out, progress
from publishing.views import rows, values
from publishing.views.causes import changed_frame
from publishing.views.fields import Field, Sheet, changed, sheet_of
from publishing.views.former import Former, former_of
from publishing.views.history import history_of, newest_of
from publishing.views.issues import issues_of
from publishing.views.likeness import likeness_of
from publishing.views.listing import Listing
from publishing.views.visible import (
    WorkspaceRequest,
    connection_of,
    item_or_404,
    items_of,
)

ZOOMS = (50, 75, 100, 125, 150, 200, 300)


def whole_page(
    request: WorkspaceRequest,
    item: Item,
    *,
    tab: str = "details",
    instead: Field | None = None,
    **context: Any,
) -> HttpResponse:
    """instead: a field that could not be saved, as it was typed."""
    left = _left_the_inbox(request, item)
    listing = listing_of(request, item, archive=False if left else None)
    preceding, following = listing.beside(items_of(request), item)
    return render(
        request,
        "publishing/item.html",
        {
            **_facts(request, item),
            **_viewer(request, item),
            "groups": sheet_of(request, item).groups(instead=instead),
            "unsaved": instead,
            "tab": tab,
            "query": listing.query(),
            "list_url": rows.list_url(request, listing),
            "from_inbox": not listing.archive,
            "previous": _linked(preceding),
            "next": _linked(following),
            **context,
        },
        status=422 if instead else 200,
    )


def saved(
    request: WorkspaceRequest,
    item: Item,
    field: str,
    before: Sheet,
    *,
    ticked: bool = True,
) -> HttpResponse:
    """The saved field with its tick, and what else looks otherwise now."""
    if is_row(request):
        return row(request, item)
    if not request.htmx:
        return redirect(_address(request, item, f"field-{field}"))
    after = sheet_of(request, item, before.place)
    context = {
        **_facts(request, item, before.place),
        "field": replace(after.field(field), saved=ticked),
        "others": _others(request, field, before, after),
    }
    return render(request, "publishing/_saved.html", context)


def _others(
    request: WorkspaceRequest, field: str, before: Sheet, after: Sheet
) -> list[Field]:
    """All, where somebody else has changed the item since the page was drawn."""
    if values.are_others(request, before.item):
        return _all_besides(after, field)
    return changed(before, after, field)


def _all_besides(sheet: Sheet, field: str) -> list[Field]:
    return [each for name, each in sheet.fields().items() if name != field]


def refused(request: WorkspaceRequest, item: Item, typed: Field) -> HttpResponse:
    """What was typed stays, with the reason beside it."""
    if is_row(request):
        return row(request, item, typed)
    if not request.htmx:
        return whole_page(request, item, instead=typed)
    others = []
    if values.are_others(request, item):
        others = _all_besides(sheet_of(request, item), typed.name)
    context = {**_facts(request, item), "field": typed, "others": others}
    return render(request, "publishing/_saved.html", context)


def moved(request: WorkspaceRequest, item: Item) -> HttpResponse:
    """After a press of a button: all that is true of the item now."""
    item = item_or_404(request, item.pk)
    if is_row(request):
        return row(request, item)
    if not request.htmx:
        return redirect(_address(request, item, ""))
    context = _moved(request, item)
    if _tab(request) == "history":
        context |= history_of(request, item)
    else:
        context["groups"] = sheet_of(request, item).groups()
    answer = render(request, "publishing/_moved.html", context)
    # Also where a field was meant that can no longer be changed.
    return reswap(retarget(answer, "#item-state"), "outerHTML")


def state(request: WorkspaceRequest, item: Item) -> HttpResponse:
    """The state panel, 204 while it is the same; what else looks otherwise once the
    item is in another status, nothing moves any more, or somebody has changed it.

    It is asked so often that nothing else is looked up before, but for what has
    happened, where that is shown.
    """
    prefetch_related_objects([item], "publications__steps")
    now = _now(item, _Where(request))
    shows_history = _tab(request) == "history"
    shows_values = item.takes_changes and not shows_history
    if shows_history:
        is_changed = request.GET.get("newest") != newest_of(request.business, item)
    else:
        is_changed = shows_values and values.are_others(request, item)
    moves_on = request.GET.get("was") == item.status and now.is_moving
    is_seen = request.GET.get("seen") == _seen(now)
    if (is_seen or (moves_on and has_just_set_out(item))) and not is_changed:
        return HttpResponse(status=204)
    is_same_form = request.GET.get("editable", "") == _flag(item)
    if is_same_form and moves_on and not (shows_history and is_changed):
        return render(request, "publishing/_state.html", _facts(request, item))
    context = _moved(request, item)
    if shows_history:
        context |= history_of(request, item)
    if not is_same_form:
        context["groups"] = sheet_of(request, item).groups()
    elif shows_values:
        context["others"] = sheet_of(request, item).fields().values()
    else:  # its fields are not drawn anew: they show what they showed
        context["values"] = request.GET.get("values") or context["values"]
    # Who listens to the page would be told the same again: it compares the words itself.
    context["compares"] = is_seen and is_same_form
    answer = render(request, "publishing/_moved.html", context)
    return reswap(answer, "none") if context["compares"] else answer


def row(
    request: WorkspaceRequest, item: Item, typed: Field | None = None
) -> HttpResponse:
    listing = listing_of(request, item)
    if not request.htmx:
        if typed is not None:
            return whole_page(request, item, instead=typed)
        return redirect(f"{rows.list_url(request, listing)}#item-{item.pk}")
    changed_row = rows.row_of(request, item, typed)
    context = {
        **changed_frame(request, listing),
        **rows.moving_of([changed_row], listing),
        "row": changed_row,
    }
    return render(request, "publishing/_changed_row.html", context)


def is_row(request: WorkspaceRequest) -> bool:
    return request.POST.get("in") == "row"


def listing_of(
    request: WorkspaceRequest, item: Item, *, archive: bool | None = None
) -> Listing:
    """The list that the person came from, as the address or the form says."""
    if archive is None:
        archive = item.archived_at is not None
    return Listing.of(_view_of(request), archive=archive)


def _left_the_inbox(request: WorkspaceRequest, item: Item) -> bool:
    """Whether the person came from there, and the item has gone on meanwhile."""
    return item.archived_at is not None and request.GET.get("from") == "inbox"


def _view_of(request: WorkspaceRequest) -> QueryDict:
    return QueryDict(request.POST.get("view", "")) if request.POST else request.GET


def _address(request: WorkspaceRequest, item: Item, anchor: str) -> str:
    address = reverse("item", args=[request.business.slug, item.workspace, item.pk])
    query = listing_of(request, item).query()
    return f"{address}{'?' + query if query else ''}{'#' + anchor if anchor else ''}"


def _linked(items: QuerySet[Item]) -> Item | None:
    """The first, with no more of it than its link needs."""
    return items.select_related(None).only("workspace").first()


def _facts(
    request: WorkspaceRequest, item: Item, place: Place | None = None
) -> dict[str, Any]:
    """place: where something was typed: its connection is known."""
    # Nearly every fact below looks at its publications.
    prefetch_related_objects([item], *PREFETCH)
    where = _Where(request, place)
    now = _now(item, where)
    return {
        "item": item,
        "progress": now,
        "seen": _seen(now),
        "by_itself": _by_itself(item, where),
        "former": _former(item, where),
        "issues": issues_of(request, item),
        "likeness": likeness_of(request, item),
        "section": f"{item.workspace}_archive"
        if item.archived_at
        else f"{item.workspace}_inbox",
        "editable": item.is_editable,
        "takes_changes": item.takes_changes,
        "may_unarchive": _may_unarchive(request, item, now),
        "editable_flag": _flag(item),
        "values": values.print_of(item),
        "may_publish": request.membership.may_publish,
        "query": listing_of(request, item).query(),
        "tab": _tab(request),
    }


def _tab(request: WorkspaceRequest) -> str:
    """Of the page that asks again, or where a button is pressed."""
    address = request.htmx.current_url_abs_path or ""
    if urlsplit(address).path.endswith("/history/"):
        return "history"
    return request.GET.get("tab", "")


@dataclass
class _Where:
    """The connection that an item would go to, asked for by what must know it."""

    request: WorkspaceRequest
    place: Place | None = None

    @cached_property
    def connection(self) -> Connection | None:
        return self.place.connection if self.place else connection_of(self.request)


def _now(item: Item, where: _Where) -> Progress:
    """An invoice that does not say whether it is sent leaves it to the setting."""
    is_open = item.status == Item.Status.READY and item.mark_as_sent is None
    asks = is_open and item.workspace == Item.Workspace.SALES
    return progress(item, where.connection if asks else None)


def _by_itself(item: Item, where: _Where) -> str:
    if item.auto_due_at is None or item.status != Item.Status.READY:
        return ""
    return automatic.expectation(item, where.connection)


def _former(item: Item, where: _Where) -> list[Former]:
    """Told where it can be published."""
    sendable = item.status in (Item.Status.READY, Item.Status.FAILED)
    if not sendable or not item.left_in_zoho:
        return []
    return former_of(item, where.connection)


def _seen(now: Progress) -> str:
    """Changes whenever the state would be told otherwise."""
    return hashlib.sha256(repr(now).encode()).hexdigest()[:16]


def _moved(request: WorkspaceRequest, item: Item) -> dict[str, Any]:
    """Once it is published, what waits next in the Inbox that it came from."""
    context = _facts(request, item)
    if item.status != Item.Status.PUBLISHED:
        return context
    listing = Listing.of(_view_of(request), archive=False)
    visible = items_of(request)
    following = _linked(listing.following(visible, item.pk))
    first = following or _linked(listing.following(visible, None))
    return {**context, "next_item": first, "next_query": listing.query()}


def _may_unarchive(request: WorkspaceRequest, item: Item, now: Progress) -> bool:
    """What is in Zoho may be taken back by those alone who may publish it."""
    if item.archived_at is None or now.is_moving:
        return False
    return request.membership.may_publish or item.standing_publication is None


def _flag(item: Item) -> str:
    return "1" if item.takes_changes else "0"


def _viewer(request: WorkspaceRequest, item: Item) -> dict[str, Any]:
    """Zoom and turn stand in the address, so that they work without JavaScript."""
    if item.document is None:
        return {}
    zoom = _one_of(request.GET.get("zoom", ""), ZOOMS, 100)
    turn = _one_of(request.GET.get("turn", ""), (0, 90, 180, 270), 0)
    place = ZOOMS.index(zoom)
    return {
        "pages": range(1, item.document.page_count + 1),
        "undrawable": documents.is_undrawable(item.document),
        "zoom": zoom,
        "turn": turn,
        "zoom_in": ZOOMS[min(place + 1, len(ZOOMS) - 1)],
        "zoom_out": ZOOMS[max(place - 1, 0)],
        "next_turn": (turn + 90) % 360,
    }


def _one_of(text: str, known: tuple[int, ...], usual: int) -> int:
    return next((value for value in known if str(value) == text), usual)
