"""A person's own page: name, ways to sign in, the businesses they belong to."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from dext_sync.businesses import audit, members
from dext_sync.businesses.access import BusinessRequest, PersonRequest, business_view
from dext_sync.businesses.forms import MailsForm, PersonForm
from dext_sync.businesses.members import Done, Refused
from dext_sync.businesses.roles import Need


@login_required
def person(request: PersonRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        request.user.save(update_fields=["name"])
        messages.success(request, _("Your name is saved."))
        return redirect("person")
    context = {"form": form, "has_two_factor": is_mfa_enabled(request.user)}
    return TemplateResponse(request, "businesses/person.html", context)


@business_view(Need.MEMBER)
def leave(request: BusinessRequest) -> HttpResponse:
    if request.method == "POST":
        return _left(request)
    return TemplateResponse(request, "businesses/leave.html", {})


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


def _left(request: BusinessRequest) -> HttpResponse:
    match members.remove(request.membership, by=request.user):
        case Done():
            messages.success(
                request, _("You left %(name)s.") % {"name": request.business.name}
            )
            return redirect("home")
        case Refused(sentence):
            messages.error(request, sentence)
            return redirect("person")
