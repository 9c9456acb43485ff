"""Asking for an organisation that is connected to another business."""

from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from connections import takeover, wizard
from connections.models import Consent
from connections.takeover import Verdict
from connections.views.consent import with_consent
from connections.zoho.types import Organisation
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need

REFUSALS: Final = {
    Verdict.NO_ADMIN: _(
        "Zoho says that you are not an administrator of this organisation. Nothing was"
        " changed. Ask one of its administrators to connect it, or sign in at Zoho as"
        " one."
    ),
    Verdict.NOT_SAID: _(
        "Zoho did not say whether you are an administrator of this organisation, so"
        " nothing was changed. Try again in a minute."
    ),
}


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@with_consent
def take_over(
    request: BusinessRequest, consent: Consent, organisation_id: str
) -> HttpResponse:
    """Says what it means, then asks Zoho who is asking."""
    organisation = wizard.taken_one(consent, organisation_id)
    if organisation is None:
        raise Http404
    if request.method != "POST":
        return _page(request, consent, organisation)
    verdict = takeover.agree(consent, organisation_id)
    if verdict is not Verdict.ADMIN:
        return _page(request, consent, organisation, verdict)
    page = "connection_other" if wizard.stays(consent) else "connection_finish"
    return redirect(page, request.business.slug, consent.pk)


def _page(
    request: BusinessRequest,
    consent: Consent,
    organisation: Organisation,
    verdict: Verdict | None = None,
) -> HttpResponse:
    return TemplateResponse(
        request,
        "connections/take_over.html",
        {
            "consent": consent,
            "organisation": organisation,
            "refusal": REFUSALS[verdict] if verdict else "",
            "is_no_admin": verdict is Verdict.NO_ADMIN,
        },
        status=422 if verdict else 200,
    )
