"""A person's own page: name, ways to sign in, the businesses they belong to."""

from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from dext_sync.businesses import audit, members
from dext_sync.businesses.access import (
    STOPPED_AT,
    BusinessRequest,
    PersonRequest,
    business_view,
    memberships_of,
)
from dext_sync.businesses.forms import MailsForm, PersonForm
from dext_sync.businesses.members import Done, Refused
from dext_sync.businesses.models import Membership
from dext_sync.businesses.roles import Need, Role
from dext_sync.businesses.tenancy import acting_in


@login_required
def person(request: PersonRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        request.user.save(update_fields=["name"])
        messages.success(request, _("Your name is saved."))
        return redirect("person")
    request.memberships = memberships_of(request.user)
    context = {
        "form": form,
        "has_two_factor": is_mfa_enabled(request.user),
        "has_clients": bool(_clients(request.memberships)),
    }
    return TemplateResponse(request, "businesses/person.html", context)


def _clients(memberships: list[Membership]) -> list[Membership]:
    return [each for each in memberships if each.role == Role.ACCOUNTANT]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def leave_clients(request: PersonRequest) -> HttpResponse:
    """Asks first, on a page of its own; then for the password. What it showed is left."""
    memberships = memberships_of(request.user)
    clients = _clients(memberships)
    if request.method == "POST":
        shown = request.POST.getlist("client")
        _leave(request, [each for each in clients if str(each.pk) in shown])
        return redirect("person")
    if not clients:
        return redirect("person")
    request.memberships = memberships
    context = {
        "rows": [_client_row(request, each) for each in clients],
        "others": [each for each in memberships if each not in clients],
    }
    return TemplateResponse(request, "businesses/leave_clients.html", context)


def _client_row(request: PersonRequest, client: Membership) -> str:
    """Each row is drawn inside its own business."""
    with acting_in(client.business_id):
        return render_to_string(
            "businesses/_client_to_leave.html",
            {"client": client, "business": client.business},
            request,
        )


def _leave(request: PersonRequest, clients: list[Membership]) -> None:
    outcome = members.leave_clients(clients)
    if count := len(outcome.left):
        done = ngettext(
            "Your access to %(count)s business has ended.",
            "Your access to %(count)s businesses has ended.",
            count,
        )
        messages.success(request, done % {"count": count})
    for business in outcome.failed:
        not_done = _(
            "Your access to %(name)s could not be ended and is as it was. "
            "Try again in a moment."
        )
        messages.error(request, not_done % {"name": business.name})


@login_required
def leave(request: PersonRequest, business: str) -> HttpResponse:
    """Outside of its door: also for whoever is stopped there for want of two-factor."""
    request.memberships = memberships_of(request.user)
    mine = [each for each in request.memberships if each.business.slug == business]
    if not mine:
        raise Http404
    (member,) = mine
    with acting_in(member.business_id):
        if request.method == "POST":
            return _left(request, member)
        return render(request, "businesses/leave.html", {"member": member})


@business_view(Need.MEMBER)
def mails(request: BusinessRequest) -> HttpResponse:
    """What this business sends to the person who looks."""
    typed = request.POST if request.method == "POST" else None
    form = MailsForm(typed, instance=request.membership)
    if form.is_valid():
        if form.has_changed():
            _save_mails(request, form)
        messages.success(request, _("Your choice is saved."))
        return redirect("business_mails", request.business.slug)
    return TemplateResponse(request, "businesses/mails.html", {"form": form})


def _save_mails(request: BusinessRequest, form: MailsForm) -> None:
    member = request.membership
    member.save(update_fields=list(form.changed_data))
    state = "on" if member.failure_mails else "off"
    audit.record(request.business, f"member.failure_mails_{state}", actor=request.user)


def _left(request: PersonRequest, member: Membership) -> HttpResponse:
    match members.remove(member, by=request.user):
        case Done():
            request.session.pop(STOPPED_AT, None)
            messages.success(
                request, _("You left %(name)s.") % {"name": member.business.name}
            )
            return redirect("home")
        case Refused(sentence):
            messages.error(request, sentence)
            return redirect("person")
