"""Documents arriving from a browser: several at once, each with its own answer."""

from collections.abc import Sequence
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from dext_sync.businesses.access import require_two_factor
from dext_sync.businesses.incoming import take_long_form
from dext_sync.businesses.models import Membership
from dext_sync.businesses.roles import Need
from publishing import picking, uploads
from publishing.uploads import Accepted, Refused
from publishing.views.visible import (
    WorkspaceRequest,
    inbox_of,
    items_of_both,
    workspace_view,
)

Results = Sequence[Accepted | Refused]


# The token is checked by `_received`: before that, how much arrives is looked at.
@csrf_exempt
@workspace_view(Need.MEMBER)
@require_POST
def upload(request: WorkspaceRequest) -> HttpResponse:
    if _length(request) > settings.UPLOAD_MAX_BYTES:
        return _too_much(request)
    take_long_form(request)
    try:
        return _received(request)
    except TooManyFilesSent:
        return _too_much(request)


@csrf_protect
def _received(request: WorkspaceRequest) -> HttpResponse:
    files = cast("list[UploadedFile[bytes]]", request.FILES.getlist("documents"))
    _look_again(request)
    results = [_taken(request, file) for file in files]
    if request.htmx:
        return _answered(request, results, before=_added_before(request))
    if not results:
        messages.error(request, _("Choose at least one document first."))
        return redirect(inbox_of(request))
    if any(isinstance(result, Refused) for result in results):
        return _told(request, results)
    messages.success(request, _thanks(len(results)))
    return redirect(inbox_of(request))


def _look_again(request: WorkspaceRequest) -> None:
    """At what the door has looked at: the form may have taken hours to arrive."""
    rows = Membership.unscoped.select_related("business")
    now = rows.filter(pk=request.membership.pk).first()
    if now is None:
        raise Http404
    require_two_factor(request, now)


def _added_before(request: WorkspaceRequest) -> int:
    """How many the script has added together with these: it sends them one by one."""
    said = request.POST.get("before", "0")
    return int(said) if picking.is_id(said) else 0


def _length(request: WorkspaceRequest) -> int:
    """As Django takes it, who reads as much: nothing where it is no number."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _too_much(request: WorkspaceRequest) -> HttpResponse:
    """None of it is taken: half of what was sent would be worse than nothing."""
    most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
    sentence = _(
        "Too much at once, so nothing was taken: send at most %(most)d documents "
        "together."
    )
    results = [Refused(sentence % {"most": most})]
    return _answered(request, results) if request.htmx else _told(request, results)


def _answered(
    request: WorkspaceRequest, results: Results, *, before: int = 0
) -> HttpResponse:
    """How many there are now, and in full only what somebody should read."""
    items = [each.item for each in results if isinstance(each, Accepted)]
    added = before + len(items)
    context = {
        "results": results,
        "added": added if items else 0,
        "only": items[0] if items and added == 1 else None,
    }
    return render(request, "publishing/_upload_answer.html", context)


def _told(request: WorkspaceRequest, results: Results) -> HttpResponse:
    context = {"results": results}
    return render(request, "publishing/uploads.html", context, status=422)


def _taken(
    request: WorkspaceRequest, file: "UploadedFile[bytes]"
) -> Accepted | Refused:
    return uploads.accept(
        request.business,
        file,
        by=request.user,
        visible=items_of_both(request),
        workspace=request.workspace,
    )


def _thanks(count: int) -> str:
    return ngettext(
        "%(count)d document uploaded.", "%(count)d documents uploaded.", count
    ) % {"count": count}
