"""Letters to people; the texts are in templates/emails."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from dext_sync.businesses.models import Business, Membership
from dext_sync.businesses.roles import Role

ADMINS = [role for role in Role if role.manages]


def to_admins(business: Business, template: str, **context: object) -> None:
    """One letter to each person who manages the business.

    template: the name of `emails/<template>_subject.txt` and `…_body.txt`.
    """
    for membership in Membership.objects.for_business(business).filter(role__in=ADMINS):
        to(
            membership.user.email,
            template,
            business=business,
            person=membership.user,
            **context,
        )


def to(address: str, template: str, **context: object) -> None:
    facts = {"site": settings.SITE_URL, **context}
    subject = render_to_string(f"emails/{template}_subject.txt", facts)
    EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string(f"emails/{template}_body.txt", facts),
        to=[address],
    ).send()
