"""What a person says of an item that may be the same as another."""

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dext_sync.businesses.roles import Need
from dext_sync.celery import enqueue
from publishing import answering, archiving, attaching, tasks
from publishing.models import Item, Suspicion
from publishing.picking import is_id
from publishing.views import answers
from publishing.views.likeness import may_see_other
from publishing.views.visible import (
    WorkspaceRequest,
    inbox_of,
    item_or_404,
    workspace_view,
)

ATTACH: Final = "attach"


@workspace_view(Need.MEMBER)
@require_POST
def decide(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    asked = _asked(request, item)
    try:
        if request.POST.get("answer") == ATTACH:
            return _attached(request, item, asked)
        if request.POST.get("answer") == Suspicion.Answer.SAME:
            return _is_same(request, item, asked)
        _require_seen(request, asked)
        answering.different(item, asked, request.user)
    except answering.Answered:
        messages.warning(request, _("This is no longer open."))
    return answers.moved(request, item)


def _require_seen(request: WorkspaceRequest, asked: list[Suspicion]) -> None:
    """Who cannot see the other one cannot say that it is another."""
    if not all(may_see_other(request, each) for each in asked):
        raise PermissionDenied


def _asked(request: WorkspaceRequest, item: Item) -> list[Suspicion]:
    """The one that is named, or all that are open."""
    if request.POST.get("answer") not in ("same", "different", ATTACH):
        raise Http404
    named = request.POST.getlist("question")
    if not all(is_id(text) for text in named):
        raise Http404
    asked = Suspicion.unscoped.filter(item=item, pk__in=named)
    return list(asked.select_related("other"))


def _attached(
    request: WorkspaceRequest, item: Item, asked: list[Suspicion]
) -> HttpResponse:
    """It writes to Zoho: for those who may publish, and see the record."""
    membership = request.membership
    if not (membership.may_publish and membership.may_see_all_documents):
        raise PermissionDenied
    if len(asked) != 1:
        raise answering.Answered
    try:
        publication = attaching.attach(item, asked[0], by=request.user)
    except attaching.NotAttachable:
        messages.warning(
            request, _("Nothing can be attached to it from here. Look in Zoho Books.")
        )
        return answers.moved(request, item)
    enqueue(tasks.publish, request.business.pk, publication.pk)
    return answers.moved(request, item)


def _is_same(
    request: WorkspaceRequest, item: Item, asked: list[Suspicion]
) -> HttpResponse:
    if len(asked) != 1:
        raise answering.Answered
    try:
        answering.same(item, asked[0], request.user)
    except archiving.NotArchivable:
        messages.error(request, _("This item is being published: it stays."))
        return answers.moved(request, item)
    messages.success(
        request, _("Archived: it is the same as another. It will not be published.")
    )
    return redirect(inbox_of(request))
