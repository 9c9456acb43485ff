"""One item: document and form, its state, its history, what Publish would send."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from dext_sync.businesses.roles import Need
from publishing import archiving, coding, filling
from publishing.models import Item
from publishing.rules import Origin, Said
from publishing.views import answers, former, previews
from publishing.views.history import history_of
from publishing.views.visible import (
    WorkspaceRequest,
    connection_of,
    inbox_of,
    item_or_404,
    workspace_view,
)


@workspace_view(Need.MEMBER)
@require_safe
def page(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    return answers.whole_page(request, item_or_404(request, item_id))


@workspace_view(Need.MEMBER)
@require_safe
def state(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    """What is true now; asked every few seconds while something moves."""
    item = item_or_404(request, item_id)
    return answers.state(request, item)


@workspace_view(Need.MEMBER)
@require_safe
def history(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    return answers.whole_page(request, item, tab="history", **history_of(request, item))


@dataclass(frozen=True)
class SaidLine:
    source: dict[str, object]
    value: str


@workspace_view(Need.MEMBER)
@require_safe
def why(request: WorkspaceRequest, item_id: int, field: str) -> HttpResponse:
    """Everything that is said about one value, and what lost."""
    item = item_or_404(request, item_id)
    if field not in filling.FILLED or field not in coding.FIELDS_OF[item.workspace]:
        raise Http404
    said = filling.Voices.of(item, connection_of(request)).about(item, field)
    context = {
        "item": item,
        "label": coding.label_of(item, field),
        "said": [
            SaidLine(
                _source_of(item, field, each), coding.shown(item, field, each.value)
            )
            for each in said
        ],
    }
    name = "_why" if request.htmx else "why"
    return render(request, f"publishing/{name}.html", context)


def _source_of(item: Item, field: str, said: Said) -> dict[str, object]:
    """A person's own word with its time; the others as they are now."""
    now: dict[str, object] = item.sources.get(field, {})
    if said.source.origin is Origin.PERSON:
        return now
    return filling.as_json(said.source)


@workspace_view(Need.MEMBER)
@require_safe
def preview(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    connection = connection_of(request)
    context = {
        "item": item,
        "preview": previews.preview(item, connection),
        "former": former.former_of(item, connection),
    }
    name = "_preview" if request.htmx else "preview"
    return render(request, f"publishing/{name}.html", context)


@workspace_view(Need.MEMBER)
@require_POST
def archive(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    try:
        archived = archiving.archive(item, request.user)
    except archiving.NotArchivable:
        messages.error(request, _("This item is being published: it stays."))
        return redirect("item", request.business.slug, item.workspace, item.pk)
    if archived.status == Item.Status.PUBLISHED:
        messages.success(request, _("Back in the Archive."))
    else:
        messages.success(request, _("Archived. It will not be published."))
    return redirect(inbox_of(request))


@workspace_view(Need.MEMBER)
@require_POST
def unarchive(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    try:
        archiving.unarchive(
            item, request.user, may_publish=request.membership.may_publish
        )
    except archiving.NotArchivable:
        messages.error(
            request, _("This item is still on its way to Zoho Books: it stays.")
        )
    except archiving.NotAllowed:
        messages.error(
            request,
            _("This item is in Zoho Books: ask somebody who may publish."),
        )
    else:
        messages.success(request, _("Back in the Inbox."))
    return redirect("item", request.business.slug, item.workspace, item.pk)


@workspace_view(Need.PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def clear(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    """Asks first, and says what stays in Zoho Books."""
    item = item_or_404(request, item_id)
    if request.method != "POST":
        return _asks_to_clear(request, item)
    try:
        archiving.clear(item, request.user)
    except archiving.NotClearable:
        return _nothing_to_clear(request, item)
    messages.success(
        request, _("Publishing data cleared. This item can be published again.")
    )
    return redirect("item", request.business.slug, item.workspace, item.pk)


def _asks_to_clear(request: WorkspaceRequest, item: Item) -> HttpResponse:
    standing = item.standing_publication
    if standing is None or not archiving.is_clearable(item):
        return _nothing_to_clear(request, item)
    context = {
        "item": item,
        "record": former.record_in_words(standing),
        "stays": former.stays(item, standing, connection_of(request)),
        "is_gone": standing.is_gone,
    }
    name = "_clear" if request.htmx else "clear"
    return render(request, f"publishing/{name}.html", context)


def _nothing_to_clear(request: WorkspaceRequest, item: Item) -> HttpResponse:
    messages.warning(request, _("There is nothing to clear."))
    return redirect("item", request.business.slug, item.workspace, item.pk)
