"""A person's own page: name, ways to sign in, the businesses they belong to."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from dext_sync.businesses import members
from dext_sync.businesses.access import BusinessRequest, PersonRequest, business_view
from dext_sync.businesses.forms import PersonForm
from dext_sync.businesses.members import Done, Refused
from dext_sync.businesses.roles import Need


@login_required
def person(request: PersonRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        request.user.save(update_fields=["name"])
        messages.success(request, _("Your name is saved."))
        return redirect("person")
    return TemplateResponse(request, "businesses/person.html", {"form": form})


@business_view(Need.MEMBER)
def leave(request: BusinessRequest) -> HttpResponse:
    if request.method == "POST":
        return _left(request)
    return TemplateResponse(request, "businesses/leave.html", {})


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
