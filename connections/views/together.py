"""Reconnect all: one trip to Zoho for the businesses that share one permission."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from connections import consents, lists, tasks, together
from connections.forms import RegionForm
from connections.models import Consent
from connections.together import Group, Partner, Reach, Reached
from connections.views.problems import PROBLEMS
from connections.views.toward_zoho import leads_to_zoho
from connections.views.trip import remember, remember_several, several_of
from connections.wizard import Finished
from dext_sync.businesses.access import PersonRequest
from dext_sync.businesses.tenancy import acting_in
from dext_sync.celery import enqueue


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@leads_to_zoho
def steps(request: PersonRequest, grant_id: int) -> HttpResponse:
    """Which businesses it is for, and where to sign in; then the browser is sent on."""
    group = _group(request, grant_id)
    form = _region_form(request, group.partners[0])
    if request.method != "POST" or not form.is_valid():
        return render(
            request,
            "connections/together.html",
            {"group": group, "form": form},
            status=422 if form.errors else 200,
        )
    if not settings.ZOHO_CLIENT_ID:
        return _problem_page(request, "misconfigured", status=503)
    return redirect(_set_out(request, group, form.cleaned_data["region"]))


def _group(request: PersonRequest, grant_id: int) -> Group:
    groups = together.groups(together.partners_of(request.user))
    found = next((each for each in groups if each.grant_id == grant_id), None)
    if found is None:
        raise Http404
    return found


def _region_form(request: PersonRequest, first: Partner) -> RegionForm:
    return RegionForm(
        request.POST or None,
        business=first.business,
        preferred=first.connection.region,
    )


def _set_out(request: PersonRequest, group: Group, region: str) -> str:
    """The address at Zoho. The consent is the first business's until Finish."""
    first = group.partners[0].business
    with acting_in(first.pk):
        consent, state, url = consents.set_out(
            first,
            request.user,
            request.session.session_key or "",
            region,
            Consent.Purpose.RECONNECT,
        )
    remember(request, first, state)
    remember_several(request, consent.pk, (each.business.pk for each in group.partners))
    return url


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: PersonRequest, consent_id: int) -> HttpResponse:
    """What the new permission reaches; Finish reconnects that."""
    consent = _consent(request, consent_id)
    if request.method == "POST" and consents.can_ask_again(consent):
        with acting_in(consent.business_id):
            consents.ask_again(consent)
        return redirect("reconnect_together_finish", consent.pk)
    if not consents.is_open(consent):
        return _ended(request, consent)
    partners = together.partners_of(request.user, several_of(request, consent_id))
    reach = together.reach_of(consent, partners)
    can_be_shared = together.can_be_shared(consent)
    if request.method == "POST" and can_be_shared and reach.reached:
        _finish(request, consent, reach)
        return redirect("clients")
    return render(
        request,
        "connections/together_finish.html",
        {"consent": consent, "reach": reach, "can_be_shared": can_be_shared},
    )


def _consent(request: PersonRequest, consent_id: int) -> Consent:
    """Of this person in this session, who still manages where it waits."""
    businesses = several_of(request, consent_id)
    first = together.partners_of(request.user, businesses[:1])
    if not first:
        raise Http404
    session_key = request.session.session_key or ""
    business = first[0].business
    with acting_in(business.pk):
        mine = (business, request.user, session_key, consent_id)
        consent = consents.consent_of(*mine)
    if consent is None:
        raise Http404
    return consent


def _ended(request: PersonRequest, consent: Consent) -> HttpResponse:
    if consent.problem in PROBLEMS:
        again = consents.can_ask_again(consent)
        return _problem_page(request, consent.problem, can_ask_again=again)
    partners = together.partners_of(request.user, several_of(request, consent.pk))
    if not any(together.waits(each.connection) for each in partners):
        return redirect("clients")
    return _problem_page(request, "over")


def _problem_page(
    request: PersonRequest, code: str, status: int = 200, *, can_ask_again: bool = False
) -> HttpResponse:
    context = {"problem": PROBLEMS[code], "can_ask_again": can_ask_again}
    return render(request, "connections/together_ended.html", context, status=status)


def _finish(request: PersonRequest, consent: Consent, reach: Reach) -> None:
    """One business after the other; what cannot be finished stays as it is."""
    for partner in reach.not_reached:
        with acting_in(partner.business.pk):
            together.leave(consent, partner)
    outcomes = [(each, _finished(request, consent, each)) for each in reach.reached]
    with acting_in(consent.business_id):
        consents.end_consent(consent)
    _mend_others(request, consent, [done for _each, done in outcomes if done])
    done = [each.partner for each, outcome in outcomes if outcome]
    left = [each.partner for each, outcome in outcomes if not outcome]
    _say(request, done, [*left, *reach.not_reached])


def _finished(
    request: PersonRequest, consent: Consent, reached: Reached
) -> Finished | None:
    business = reached.partner.business
    with acting_in(business.pk):
        outcome = together.finish(consent, reached, request.user)
        if not isinstance(outcome, Finished):
            return None
        lists.start(outcome.connection, by=request.user)
    enqueue(tasks.refresh_lists, business.pk, outcome.connection.pk)
    return outcome


def _mend_others(
    request: PersonRequest, consent: Consent, outcomes: list[Finished]
) -> None:
    """Whoever else uses the permission, as after any Reconnect."""
    asked = set(several_of(request, consent.pk))
    others = {pair for outcome in outcomes for pair in outcome.others}
    for business_id, connection_id in sorted(others):
        if business_id not in asked:
            enqueue(tasks.mend_connection, business_id, connection_id)


def _say(request: PersonRequest, done: list[Partner], left: list[Partner]) -> None:
    if done:
        messages.success(request, _("Connected again: %s.") % _names(done))
    if left:
        messages.warning(request, _("Stays as it was: %s.") % _names(left))


def _names(partners: list[Partner]) -> str:
    return get_text_list([each.business.name for each in partners], _("and"))
