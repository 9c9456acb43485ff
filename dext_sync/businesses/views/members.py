"""The users of a business: who they are, inviting, changing, removing them."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dext_sync.businesses import members, support
from dext_sync.businesses.access import BusinessRequest, business_view, with_two_factor
from dext_sync.businesses.forms import InviteForm, RightsForm
from dext_sync.businesses.members import Done, Refused, Rights
from dext_sync.businesses.models import Invitation, Membership
from dext_sync.businesses.roles import Need, Role


def gives_an_admins_rights(request: HttpRequest) -> bool:
    """Then the password or the second factor is asked for again."""
    return request.method == "POST" and request.POST.get("role") in (
        Role.ADMIN,
        Role.ACCOUNTANT,
    )


@business_view(Need.MANAGE)
def index(request: BusinessRequest) -> HttpResponse:
    rows = Membership.objects.for_business(request.business).select_related("user")
    people = sorted(rows, key=_by_rank)
    have_it = with_two_factor(each.user_id for each in people)
    return TemplateResponse(
        request,
        "businesses/members.html",
        {
            "members": people,
            "with_two_factor": have_it,
            "has_two_factor": request.user.pk in have_it,
            "invitations": members.open_invitations(request.business),
            "offers_support": support.is_offered(),
            "support_access": support.current(request.business),
        },
    )


def _by_rank(member: Membership) -> tuple[int, str]:
    return list(Role).index(Role(member.role)), str(member.user).lower()


@business_view(Need.MANAGE)
@reauthentication_required(enabled=gives_an_admins_rights)  # type: ignore[untyped-decorator]
def invite(request: BusinessRequest) -> HttpResponse:
    form = InviteForm(request.POST or None, business=request.business)
    if request.method == "POST" and form.is_valid() and _is_invited(form, request):
        # The same words whether that person has an account here or not.
        messages.success(
            request,
            _("An invitation is on its way to %(to)s.")
            % {"to": form.cleaned_data["email"]},
        )
        return redirect("members", request.business.slug)
    return TemplateResponse(request, "businesses/member_invite.html", {"form": form})


def _is_invited(form: InviteForm, request: BusinessRequest) -> bool:
    """Otherwise the form says why not."""
    address = form.cleaned_data["email"]
    try:
        outcome = members.invite(
            request.business, address, rights(form), by=request.user
        )
    except OSError:
        outcome = Refused(_("The email could not be sent. Try again in a moment."))
    if isinstance(outcome, Refused):
        form.add_error(None, outcome.sentence)
    return isinstance(outcome, Done)


def rights(form: RightsForm) -> Rights:
    return Rights(
        role=Role(form.cleaned_data["role"]),
        sees_all_documents=form.cleaned_data["sees_all_documents"],
        publishes=form.cleaned_data["publishes"],
    )


@business_view(Need.MANAGE)
@reauthentication_required(enabled=gives_an_admins_rights)  # type: ignore[untyped-decorator]
def change(request: BusinessRequest, member_id: int) -> HttpResponse:
    member = _member(request, member_id)
    form = RightsForm(
        request.POST or None, business=request.business, initial=RightsForm.of(member)
    )
    if request.method == "POST" and form.is_valid():
        outcome = members.change(member, rights(form), by=request.user)
        done = _("%(name)s’s role was saved.") % {"name": member.user}
        return _back(request, outcome, done)
    return TemplateResponse(
        request, "businesses/member_change.html", {"form": form, "member": member}
    )


@business_view(Need.MANAGE)
def remove(request: BusinessRequest, member_id: int) -> HttpResponse:
    member = _member(request, member_id)
    if request.method == "POST":
        outcome = members.remove(member, by=request.user)
        done = _("%(name)s has no access any more.") % {"name": member.user}
        if member.user == request.user and isinstance(outcome, Done):
            messages.success(request, done)
            return redirect("home")
        return _back(request, outcome, done)
    return TemplateResponse(
        request, "businesses/member_remove.html", {"member": member}
    )


@business_view(Need.MANAGE)
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def hand_over(request: BusinessRequest, member_id: int) -> HttpResponse:
    member = _member(request, member_id)
    if request.method == "POST":
        outcome = members.hand_over(request.membership, member)
        done = _("%(name)s is the owner now.") % {"name": member.user}
        return _back(request, outcome, done)
    return TemplateResponse(
        request, "businesses/ownership_hand_over.html", {"member": member}
    )


@business_view(Need.MANAGE)
@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]
def two_factor(request: BusinessRequest) -> HttpResponse:
    required = "required" in request.POST
    outcome = members.require_two_factor(
        request.business, required=required, by=request.user
    )
    if required:
        done = _("Every user needs two-factor sign-in here now.")
    else:
        done = _("Two-factor sign-in is each user’s own choice now.")
    return _back(request, outcome, done)


@business_view(Need.MANAGE)
@require_POST
def revoke(request: BusinessRequest, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(
        Invitation.objects.for_business(request.business), pk=invitation_id
    )
    if members.revoke(invitation, by=request.user):
        messages.success(
            request,
            _("The invitation of %(who)s is taken back.") % {"who": invitation.email},
        )
    return redirect("members", request.business.slug)


def _member(request: BusinessRequest, member_id: int) -> Membership:
    people = Membership.objects.for_business(request.business)
    return get_object_or_404(people.select_related("user", "business"), pk=member_id)


def _back(request: BusinessRequest, outcome: Done | Refused, done: str) -> HttpResponse:
    match outcome:
        case Done():
            messages.success(request, done)
        case Refused(sentence):
            messages.error(request, sentence)
    return redirect("members", request.business.slug)
