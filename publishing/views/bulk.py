"""Coding and archiving a whole selection at once."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from dext_sync.businesses.roles import Need
from publishing import archiving, coding, forms
from publishing.views.fields import OPTIONS_URLS, place_of
from publishing.views.selection import Selection, back_to_list, selection_of
from publishing.views.visible import WorkspaceRequest, connection_of, workspace_view

TITLES = {
    "category": gettext_lazy("Set category"),
    "tax_rate": gettext_lazy("Set tax rate"),
}


@workspace_view(Need.MEMBER)
@require_POST
def code(request: WorkspaceRequest) -> HttpResponse:
    """First asks for the value, then sets it on every item that may be changed."""
    field = request.POST.get("field", "")
    if field not in TITLES:
        raise Http404
    selection = selection_of(request)
    if not selection.items:
        return _nothing(request, selection)
    if "typed" not in request.POST:
        return _ask(request, selection, field)
    try:
        value = forms.clean(
            field, request.POST, place_of(request, connection_of(request))
        )
        if value is None:
            raise ValidationError(_("Choose one first."))
    except ValidationError as refusal:
        return _ask(request, selection, field, " ".join(refusal.messages))
    _say_coded(request, _set(request, selection, field, value))
    return back_to_list(request, selection.listing)


@workspace_view(Need.MEMBER)
@require_POST
def archive(request: WorkspaceRequest) -> HttpResponse:
    selection = selection_of(request)
    if not selection.items:
        return _nothing(request, selection)
    if request.POST.get("confirmed") != "1":
        return _dialog(request, "archive_many", {"selection": selection})
    done = sum(_archived(request, item) for item in selection.items)
    messages.success(
        request,
        ngettext("%(count)d item archived.", "%(count)d items archived.", done)
        % {"count": done},
    )
    _say_left(request, len(selection.items) - done)
    return back_to_list(request, selection.listing)


def _ask(
    request: WorkspaceRequest, selection: Selection, field: str, error: str = ""
) -> HttpResponse:
    context = {
        "selection": selection,
        "field": field,
        "title": TITLES[field],
        "replaced": sum(
            getattr(item, f"{field}_id") is not None for item in selection.items
        ),
        "options_url": reverse(
            OPTIONS_URLS[field], args=[request.business.slug, request.workspace]
        ),
        "typed": request.POST.get("typed", ""),
        "error": error,
    }
    return _dialog(request, "code_many", context, status=422 if error else 200)


def _dialog(
    request: WorkspaceRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The content of a dialog, or without JavaScript a page with the same."""
    if request.htmx:
        return render(request, f"publishing/_{name}.html", context)
    return render(request, f"publishing/{name}.html", context, status=status)


def _nothing(request: WorkspaceRequest, selection: Selection) -> HttpResponse:
    messages.warning(request, _("Select at least one item first."))
    return back_to_list(request, selection.listing)


@dataclass
class Coded:
    """How many of a selection were changed, and how many left and why."""

    done: int = 0
    in_zoho: int = 0
    moving: int = 0


def _set(
    request: WorkspaceRequest, selection: Selection, field: str, value: Any
) -> Coded:
    coded = Coded()
    for item in selection.items:
        try:
            coding.change(item, field, value, by=request.user)
        except coding.InZoho:
            coded.in_zoho += 1
        except coding.NotEditable:
            coded.moving += 1
        else:
            coded.done += 1
    return coded


def _archived(request: WorkspaceRequest, item: Any) -> bool:
    try:
        archiving.archive(item, request.user)
    except archiving.NotArchivable:
        return False
    return True


def _say_coded(request: WorkspaceRequest, coded: Coded) -> None:
    words = ngettext("%(count)d item changed.", "%(count)d items changed.", coded.done)
    messages.success(request, words % {"count": coded.done})
    if coded.in_zoho:
        words = ngettext(
            "%(count)d item is in Zoho Books and was left as it is: clear its "
            "publishing data first.",
            "%(count)d items are in Zoho Books and were left as they are: clear their "
            "publishing data first.",
            coded.in_zoho,
        )
        messages.warning(request, words % {"count": coded.in_zoho})
    _say_left(request, coded.moving)


def _say_left(request: WorkspaceRequest, left: int) -> None:
    if left:
        words = ngettext(
            "%(count)d item is being published and was left as it is.",
            "%(count)d items are being published and were left as they are.",
            left,
        )
        messages.warning(request, words % {"count": left})
