"""Creating a business, finding its first page, changing its profile."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dext_sync.businesses import audit, members
from dext_sync.businesses.access import BusinessRequest, PersonRequest, business_view
from dext_sync.businesses.forms import DetailsForm, ProfileForm
from dext_sync.businesses.models import Business
from dext_sync.businesses.roles import Need
from dext_sync.businesses.signup import create_business


@login_required
def new(request: PersonRequest) -> HttpResponse:
    form = DetailsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        business = create_business(request.user, **form.cleaned_data)
        messages.success(request, _("%(name)s is set up.") % {"name": business.name})
        return redirect("business_home", business.slug)
    return TemplateResponse(
        request,
        "businesses/new.html",
        {"form": form, "invitations": members.invitations_of(request.user)},
    )


@business_view(Need.MEMBER)
def home(request: BusinessRequest) -> HttpResponse:
    return redirect("costs_inbox", request.business.slug)


@business_view(Need.MANAGE)
def profile(request: BusinessRequest) -> HttpResponse:
    before = Business.objects.get(pk=request.business.pk)
    form = ProfileForm(request.POST or None, instance=request.business)
    if request.method == "POST" and form.is_valid():
        _save(form, before, request)
        messages.success(request, _("The business profile is saved."))
        return redirect("business_profile", request.business.slug)
    # A refused form has touched the instance that the frame shows.
    request.business = before
    return TemplateResponse(request, "businesses/profile.html", {"form": form})


def _save(form: ProfileForm, before: Business, request: BusinessRequest) -> None:
    changed = [
        name
        for name in form.Meta.fields
        if getattr(before, name) != getattr(form.instance, name)
    ]
    if not changed:
        return
    form.instance.ask_for_review()
    form.instance.save(update_fields=[*changed, "review_due_at", "reviewed_up_to"])
    audit.record(
        before,
        "business.changed",
        actor=request.user,
        subject=before,
        changes=", ".join(_change(form, name, before) for name in changed),
    )


def _change(form: ProfileForm, name: str, before: Business) -> str:
    label = form.fields[name].label
    old, new = (_shown(getattr(each, name)) for each in (before, form.instance))
    return f"{label}: {old} → {new}"


def _shown(value: object) -> str:
    if isinstance(value, date):
        return date_format(value, "j F Y")
    return "—" if value is None else str(value)
