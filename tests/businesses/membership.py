"""What tests about members do and ask, again and again."""

import re

from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dext_sync.businesses import audit
from dext_sync.businesses.models import (
    AuditEntry,
    Business,
    Membership,
    User,
)
from dext_sync.businesses.tenancy import acting_in
from tests.factories import PASSWORD, make_user

SUPPORT = "Sam@support.example"


def signed_in_with_password(user: User) -> Client:
    """Not only signed in: the password was just asked for."""
    client = Client()
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def support_person(settings: Settings) -> User:
    """Sam, whom a business can let look: with a verified address and a second factor."""
    settings.SUPPORT_EMAILS = [SUPPORT]
    person = make_user("Sam", email=SUPPORT.lower())
    TOTP.activate(person, generate_totp_secret())
    return person


def code_for(secret: str) -> str:
    """As the app that has the secret shows it now."""
    counter = int(timezone.now().timestamp()) // 30
    return str(format_hotp_value(hotp_value(secret, counter)))


def invite(client: Client, business: Business, email: str, **rights: str) -> None:
    answer = client.post(
        f"/b/{business.slug}/users/invite/",
        {"email": email, "role": "standard", **rights},
    )
    assert answer["Location"] == f"/b/{business.slug}/users/"


def link_in(letter: EmailMessage) -> str:
    found = re.search(r"/invitations/[\w-]+/", str(letter.body))
    assert found is not None
    return found.group()


def role_of(user: User, business: Business) -> str | None:
    with acting_in(business.pk):
        member = Membership.unscoped.filter(user=user).first()
    return member.role if member else None


def trail(business: Business) -> list[str]:
    with acting_in(business.pk):
        return [
            f"{entry.actor_name} {audit.sentence(entry)}"
            for entry in AuditEntry.unscoped.order_by("at")
        ]


def member_url(business: Business, user: User, *rest: str) -> str:
    with acting_in(business.pk):
        number = Membership.unscoped.get(user=user).pk
    return "/".join([f"/b/{business.slug}/users/{number}", *rest, ""])
