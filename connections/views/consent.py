"""After Zoho: choosing the organisation, the summary, Finish; and where a trip ended."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from connections import consents, lists, takeover, tasks, together, wizard
from connections.models import Connection, Consent
from connections.views.problems import PROBLEMS
from connections.wizard import (
    AnotherOrganisation,
    Finished,
    NotAgreed,
    Over,
    StillChecked,
    Taken,
)
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.models import Business
from dext_sync.businesses.roles import Need
from dext_sync.celery import enqueue

# Its arguments: the request, the consent, and whatever else its address names.
View = Callable[..., HttpResponse]


def with_consent(view: View) -> View:
    """Hand the view a consent that waits for this person in this session."""

    @never_cache
    @wraps(view)
    def found(request: BusinessRequest, consent_id: int, **named: str) -> HttpResponse:
        consent = _consent(request, consent_id)
        if consent is None:
            return _problem_page(request, "foreign", status=404)
        if not consents.is_open(consent):
            return redirect("connection_ended", request.business.slug, consent.pk)
        return view(request, consent, **named)

    return found


def _consent(request: BusinessRequest, consent_id: int) -> Consent | None:
    session_key = request.session.session_key or ""
    return consents.consent_of(request.business, request.user, session_key, consent_id)


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@with_consent
def organisation(request: BusinessRequest, consent: Consent) -> HttpResponse:
    if request.method == "POST":
        if wizard.choose(consent, request.POST.get("organisation", "")):
            page = "connection_other" if wizard.stays(consent) else "connection_finish"
            return redirect(page, request.business.slug, consent.pk)
        return _organisation_page(request, consent, status=422)
    return _organisation_page(request, consent)


def _organisation_page(
    request: BusinessRequest, consent: Consent, status: int = 200
) -> HttpResponse:
    offers = wizard.offers(consent)
    return TemplateResponse(
        request,
        "connections/organisation.html",
        {
            "consent": consent,
            "connection": wizard.connection_of(request.business),
            "offers": offers,
            "preselected": _preselected(consent, offers),
            "some_are_free": any(not offer.is_taken for offer in offers),
            "is_refused": status == 422,
        },
        status=status,
    )


def _preselected(consent: Consent, offers: list[wizard.Offer]) -> str:
    """What was chosen before; the connected one; the only one there is."""
    free = [offer for offer in offers if not offer.is_taken]
    by_id = {offer.organisation.organisation_id for offer in free}
    if consent.organisation_id in by_id:
        return consent.organisation_id
    current = [offer for offer in free if offer.is_current]
    only = current or (free if len(offers) == 1 else [])
    return only[0].organisation.organisation_id if only else ""


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@with_consent
def finish(request: BusinessRequest, consent: Consent) -> HttpResponse:
    if wizard.chosen(consent) is None:
        return redirect("connection_organisation", request.business.slug, consent.pk)
    if wizard.stays(consent):
        return redirect("connection_other", request.business.slug, consent.pk)
    if request.method == "POST" and _is_what_was_shown(request, consent):
        return _finished(request, consent)
    return TemplateResponse(
        request,
        "connections/finish.html",
        {
            "consent": consent,
            "organisation": wizard.chosen(consent),
            "connection": wizard.connection_of(request.business),
            "left": wizard.is_left(consent),
            "takes_over": takeover.is_agreed(consent),
        },
    )


def _is_what_was_shown(request: BusinessRequest, consent: Consent) -> bool:
    """Another tab may have chosen another organisation since this page was shown."""
    shown = request.POST.get("organisation", consent.organisation_id)
    if shown == consent.organisation_id:
        return True
    messages.warning(
        request,
        _("Another organisation was chosen meanwhile. Look again before you finish."),
    )
    return False


def _finished(request: BusinessRequest, consent: Consent) -> HttpResponse:
    slug = request.business.slug
    match wizard.finish(consent, request.user):
        case Finished(connection, is_reconnection, others):
            _begin_refresh(request, connection)
            # Before a worker mends them, when it can no longer be told which were broken.
            too = together.going_on_too(request.user, others)
            for business_id, connection_id in others:
                enqueue(tasks.mend_connection, business_id, connection_id)
            messages.success(request, _done(connection, is_reconnection))
            _say_going_on(request, too)
            return redirect("connections", slug)
        case Taken():
            messages.error(
                request,
                _(
                    "That organisation is connected to another business. Choose another."
                ),
            )
            return redirect("connection_organisation", slug, consent.pk)
        case StillChecked():
            messages.error(
                request,
                _(
                    "Something that was sent there is still being checked. Nothing has "
                    "changed: try again in a few minutes."
                ),
            )
            return redirect("connection_finish", slug, consent.pk)
        case NotAgreed(is_no_admin):
            messages.error(request, _no_longer(is_no_admin=is_no_admin))
            page = "connection_organisation" if is_no_admin else "connection_finish"
            return redirect(page, slug, consent.pk)
        case AnotherOrganisation():
            return redirect("connection_other", slug, consent.pk)
        case Over():
            return redirect("connection_ended", slug, consent.pk)


def _no_longer(*, is_no_admin: bool) -> str:
    if is_no_admin:
        return _(
            "Zoho says that you are no longer an administrator of this organisation. "
            "Nothing was changed."
        )
    return _(
        "Zoho did not say whether you are an administrator of this organisation, so "
        "nothing was changed. Try again in a minute."
    )


def _begin_refresh(request: BusinessRequest, connection: Connection) -> None:
    lists.start(connection, by=request.user)
    enqueue(tasks.refresh_lists, request.business.pk, connection.pk)


def _done(connection: Connection, is_reconnection: bool) -> str:  # noqa: FBT001  (a fact of the outcome)
    sentence = (
        _("%(name)s is connected again.")
        if is_reconnection
        else _("%(name)s is connected.")
    )
    return sentence % {"name": connection.organisation_name}


def _say_going_on(request: BusinessRequest, others: list[Business]) -> None:
    if not others:
        return
    sentence = ngettext(
        "%(names)s goes on too: it uses the same permission.",
        "%(names)s go on too: they use the same permission.",
        len(others),
    )
    names = get_text_list([each.name for each in others], _("and"))
    messages.success(request, sentence % {"names": names})


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@with_consent
def other(request: BusinessRequest, consent: Consent) -> HttpResponse:
    """Another organisation was chosen than the one that is connected: stop here."""
    kept = wizard.stays(consent)
    chosen = wizard.chosen(consent)
    if kept is None or chosen is None:
        return redirect("connection_finish", request.business.slug, consent.pk)
    if request.method == "POST":
        wizard.keep_old(consent, request.user)
        messages.success(
            request,
            _("%(name)s stays connected. Nothing was changed.")
            % {"name": kept.organisation_name},
        )
        return redirect("connections", request.business.slug)
    return TemplateResponse(
        request,
        "connections/other.html",
        {"consent": consent, "connection": kept, "organisation": chosen},
    )


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
@with_consent
def change(request: BusinessRequest, consent: Consent) -> HttpResponse:
    """The connected organisation is left for the chosen one; asks first."""
    left = wizard.stays(consent)
    chosen = wizard.chosen(consent)
    if left is None or chosen is None:
        return redirect("connection_finish", request.business.slug, consent.pk)
    if request.method == "POST":
        wizard.agree_to_change(consent)
        return redirect("connection_finish", request.business.slug, consent.pk)
    return TemplateResponse(
        request,
        "connections/change.html",
        {"consent": consent, "connection": left, "organisation": chosen},
    )


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ended(request: BusinessRequest, consent_id: int) -> HttpResponse:
    """What became of a trip, also after a reload or the back button; where Zoho was away
    it is asked again."""
    consent = _consent(request, consent_id)
    if consent is None:
        return _problem_page(request, "foreign", status=404)
    if request.method == "POST":
        consents.ask_again(consent)
        page = "connection_ended" if consent.problem else "connection_organisation"
        return redirect(page, request.business.slug, consent.pk)
    return _problem_page(request, _end_of(request, consent), consent)


def _end_of(request: BusinessRequest, consent: Consent) -> str:
    if consent.problem in PROBLEMS:
        return consent.problem
    if consents.is_open(consent):
        return "used"
    connection = wizard.connection_of(request.business)
    connected = connection and connection.state != Connection.State.DISCONNECTED
    if connected and connection and _made(consent, connection):
        return "finished"
    return "over"


def _made(consent: Consent, connection: Connection) -> bool:
    return (consent.region, consent.organisation_id) == (
        connection.region,
        connection.organisation_id,
    )


def _problem_page(
    request: BusinessRequest, code: str, consent: Consent | None = None, **more: Any
) -> HttpResponse:
    problem = PROBLEMS[code]
    arguments = [request.business.slug]
    if problem.page == "connection_organisation" and consent is not None:
        arguments.append(str(consent.pk))
    return TemplateResponse(
        request,
        "connections/problem.html",
        {
            "problem": problem,
            "way_on": reverse(problem.page, args=arguments),
            "connection": wizard.connection_of(request.business),
            "is_done": code == "finished",
            "can_ask_again": consent is not None and consents.can_ask_again(consent),
        },
        **more,
    )
