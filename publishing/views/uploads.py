"""Documents arriving from a browser: several at once, each with its own answer."""

from typing import cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need
from publishing import uploads
from publishing.uploads import Accepted, Refused


@business_view(Need.MEMBER)
@require_POST
def upload(request: BusinessRequest) -> HttpResponse:
    files = cast("list[UploadedFile[bytes]]", request.FILES.getlist("documents"))
    results = [(str(file.name), _taken(request, file)) for file in files]
    if request.htmx:
        return render(request, "publishing/_uploads.html", {"results": results})
    if not results:
        messages.error(request, _("Choose at least one document first."))
        return redirect("costs_inbox", request.business.slug)
    if any(isinstance(result, Refused) for _name, result in results):
        return render(
            request, "publishing/uploads.html", {"results": results}, status=422
        )
    messages.success(request, _thanks(len(results)))
    return redirect("costs_inbox", request.business.slug)


def _taken(request: BusinessRequest, file: "UploadedFile[bytes]") -> Accepted | Refused:
    return uploads.accept(request.business, file, by=request.user)


def _thanks(count: int) -> str:
    return ngettext(
        "%(count)d document uploaded.", "%(count)d documents uploaded.", count
    ) % {"count": count}
