"""The Inbox, the Archive, and a new item typed in."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from connections import entries
from connections.models import Contact
from dext_sync.businesses import audit
from dext_sync.businesses.roles import Need
from publishing import coding, suppliers, uploads
from publishing.counting import Count
from publishing.failures import Group
from publishing.forms import FilterForm, NewItemForm
from publishing.models import Item, Supplier
from publishing.picking import Place
from publishing.views.causes import changed_frame, failed_in, troubles_of
from publishing.views.columns import choose
from publishing.views.fields import as_value, place_of
from publishing.views.filters import Filters
from publishing.views.issues import OF_AN_ENTRY
from publishing.views.journey import journey_of
from publishing.views.listing import Listing
from publishing.views.narrowing import chips_of, filters_in, form_of, named
from publishing.views.rows import (
    Row,
    frame_of,
    items_in_rows,
    list_path,
    list_url,
    moving_of,
    rows_of,
    seen_of,
)
from publishing.views.selection import ids_in
from publishing.views.visible import (
    WorkspaceRequest,
    connection_of,
    items_of,
    workspace_view,
)

MOST_NAMES: Final = 500


@workspace_view(Need.MEMBER)
@require_safe
def inbox(request: WorkspaceRequest) -> HttpResponse:
    return _list_page(request, archive=False)


@workspace_view(Need.MEMBER)
@require_safe
def archive(request: WorkspaceRequest) -> HttpResponse:
    return _list_page(request, archive=True)


@workspace_view(Need.MEMBER)
@require_POST
def columns(request: WorkspaceRequest) -> HttpResponse:
    """Show these columns from now on, in the list where the person is."""
    choose(request, request.POST.getlist("column"))
    view = QueryDict(request.POST.get("view", ""))
    listing = Listing.of(view, archive=request.POST.get("archive") == "1")
    return redirect(list_url(request, listing))


@workspace_view(Need.MEMBER)
@require_safe
def rows(request: WorkspaceRequest) -> HttpResponse:
    """Rows that were moving when the page was drawn; 204 while they look the same."""
    archive = bool(request.GET.get("archive"))
    listing = Listing.of(QueryDict(request.GET.get("view", "")), archive=archive)
    asked = ids_in(request.GET.getlist("item"))[:100]
    items = items_in_rows(request).filter(pk__in=asked)
    found = rows_of(request, items)
    if request.GET.get("seen") == seen_of(found):
        return HttpResponse(status=204)
    context = {**changed_frame(request, listing), **moving_of(found, listing)}
    return render(request, "publishing/_rows.html", {**context, "rows": found})


@workspace_view(Need.MEMBER)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    place = place_of(request, connection_of(request))
    form = NewItemForm(request.POST or None, place=place)
    if not form.is_valid():
        status = 422 if form.errors else 200
        context = {"form": form, "known_suppliers": _known_names(place)}
        return render(request, "publishing/new.html", context, status=status)
    item = _typed_in(request, form)
    is_ready = item.status == Item.Status.READY
    messages.success(
        request, _("Item added.") if is_ready else _("Item added: complete it here.")
    )
    return redirect("item", request.business.slug, item.workspace, item.pk)


def _known_names(place: Place) -> list[str]:
    """Those that the field offers while one types; others may be typed as well."""
    mine = Supplier.objects.for_business(place.business).filter(
        side=place.side, merged_into=None
    )
    names = set(mine.values_list("name", flat=True)[:MOST_NAMES])
    if place.connection is not None:
        contacts = entries.pickable(place.connection, Contact)
        theirs = contacts.filter(kind=suppliers.KINDS[place.side])
        names |= set(theirs.values_list("name", flat=True)[:MOST_NAMES])
    return sorted(names, key=str.casefold)


def _list_page(request: WorkspaceRequest, *, archive: bool) -> HttpResponse:
    """What was typed into the filters becomes the address of what they leave."""
    listing = Listing.of(request.GET, archive=archive)
    if "filter" not in request.GET:
        counts = listing.counts(items_of(request))
        failed = [] if listing.rules_out_failed(counts) else failed_in(request)
        form = form_of(request, listing, failed)
        return _shown(request, listing, counts, failed, form)
    failed = failed_in(request)
    form = form_of(request, listing, failed, request.GET)
    if form.is_valid():
        narrowed = listing.first_page(filters=filters_in(form))
        return redirect(list_url(request, narrowed))
    return _shown(request, listing, listing.counts(items_of(request)), failed, form)


def _shown(
    request: WorkspaceRequest,
    listing: Listing,
    counts: Mapping[str, Count],
    failed: list[Group],
    form: FilterForm,
) -> HttpResponse:
    page = listing.page(items_in_rows(request))
    rows = rows_of(request, page.items)
    path = list_path(request, listing)
    usual = listing.usual_sort
    names = named(request, listing.filters)
    return render(
        request,
        "publishing/list.html",
        {
            **frame_of(request, listing, counts),
            **moving_of(rows, listing),
            "rows": rows,
            "connection": form.place.connection,
            "newer_url": f"{path}?{page.newer}" if page.newer else "",
            "older_url": f"{path}?{page.older}" if page.older else "",
            "usual_sort": usual,
            "usual_query": listing.first_page(sort=usual).query(),
            "journey": None if listing.archive else journey_of(request),
            "troubles": troubles_of(request, listing, failed),
            "may_want_merging": _may_want_merging(request, rows),
            "form": form,
            "largest": uploads.largest(),
            "most_pages": settings.DOCUMENT_MAX_PAGES,
            "names": names,
            "chips": chips_of(request, listing, names),
            "unfiltered_query": listing.first_page(filters=Filters()).query(),
        },
    )


def _may_want_merging(request: WorkspaceRequest, rows: list[Row]) -> bool:
    """Whether what these rows lack may be of a former organisation: only then is it
    looked up."""
    return request.membership.manages and any(
        reason in OF_AN_ENTRY for row in rows for reason in row.item.open_reasons
    )


def _typed_in(request: WorkspaceRequest, form: NewItemForm) -> Item:
    with transaction.atomic():
        item = Item.unscoped.create(
            business=request.business,
            workspace=request.workspace,
            owner=request.user,
            kind=form.cleaned_data.get("kind", Item.Kind.INVOICE),
            currency=form.cleaned_data["currency"],
            sources={"currency": coding.said_by(request.user)},
        )
        audit.record(request.business, "item.created", actor=request.user, subject=item)
        for field in ("supplier", "date", "reference", "total"):
            if value := form.cleaned_data[field]:
                said = as_value(form.place, field, value)
                item = coding.change(item, field, said, by=request.user)
        return coding.review(item)
