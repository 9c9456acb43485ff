"""One item: document and form, its state, its history, what Publish would send."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dext_sync.businesses import audit
from dext_sync.businesses.roles import Need
from publishing import archiving
from publishing.views import answers, previews
from publishing.views.visible import (
    WorkspaceRequest,
    connection_of,
    inbox_of,
    item_or_404,
    workspace_view,
)

MOST_HISTORY = 200


@workspace_view(Need.MEMBER)
@require_safe
def page(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    return answers.whole_page(request, item_or_404(request, item_id))


@workspace_view(Need.MEMBER)
@require_safe
def state(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    """What is true now; asked every few seconds while something moves."""
    return answers.state(request, item_or_404(request, item_id))


@workspace_view(Need.MEMBER)
@require_safe
def history(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    entries = audit.about(request.business, item)
    if item.supplier is not None:
        # Whoever says which contact the supplier is says it of this item, too.
        entries |= audit.about(request.business, item.supplier)
    told = [(entry, audit.own_sentence(entry)) for entry in entries[:MOST_HISTORY]]
    return answers.whole_page(request, item, tab="history", history=told)


@workspace_view(Need.MEMBER)
@require_safe
def preview(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    context = {
        "item": item,
        "preview": previews.preview(item, connection_of(request)),
    }
    name = "_preview" if request.htmx else "preview"
    return render(request, f"publishing/{name}.html", context)


@workspace_view(Need.MEMBER)
@require_POST
def archive(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    try:
        archiving.archive(item, request.user)
    except archiving.NotArchivable:
        messages.error(request, _("This item is being published: it stays."))
        return redirect("item", request.business.slug, item.workspace, item.pk)
    messages.success(request, _("Archived. It will not be published."))
    return redirect(inbox_of(request))


@workspace_view(Need.MEMBER)
@require_POST
def unarchive(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    try:
        archiving.unarchive(item, request.user)
    except archiving.NotArchivable:
        messages.error(request, _("Only items that were never published come back."))
    else:
        messages.success(request, _("Back in the Inbox."))
    return redirect("item", request.business.slug, item.workspace, item.pk)
