"""Letters to people; the texts are in templates/emails."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from dext_sync.businesses.models import Business, Membership
from dext_sync.businesses.roles import Role

logger = logging.getLogger(__name__)

ADMINS = [role for role in Role if role.manages]


def to_admins(business: Business, template: str, **context: object) -> None:
    """One letter to each person who manages the business; a lost one is logged.

    template: the name of `emails/<template>_subject.txt` and `…_body.txt`.
    """
    admins = Membership.objects.for_business(business).filter(
        role__in=ADMINS, user__is_active=True
    )
    for admin in admins.select_related("user"):
        try:
            to(admin.user.email, template, business=business, **context)
        except OSError:
            # What it reports has happened, and shows in the application as well.
            logger.exception("A letter (%s) could not be sent.", template)


def to(address: str, template: str, **context: object) -> None:
    """Raises OSError (SMTPException is one) where the letter cannot be sent."""
    facts = {"site": settings.SITE_URL, **context}
    subject = render_to_string(f"emails/{template}_subject.txt", facts)
    EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string(f"emails/{template}_body.txt", facts),
        to=[address],
    ).send()
