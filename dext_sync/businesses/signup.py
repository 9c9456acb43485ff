"""How a person comes in: sign-up, sign-in, two-factor, and a business of their own."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import F
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.secrets import decrypt, encrypt
from dext_sync.businesses.tenancy import acting_as, acting_in

INVITATION = "invitation"
"""Where the session keeps the invitation of somebody who must sign in first."""

SIGN_IN_NEWS = {
    "account/email/password_changed": "person.password_changed",
    "account/email/password_reset": "person.password_reset",
    "mfa/email/totp_activated": "person.two_factor_on",
    "mfa/email/webauthn_added": "person.two_factor_on",
    "mfa/email/totp_deactivated": "person.two_factor_off",
    "mfa/email/webauthn_removed": "person.two_factor_off",
}

# What the page that follows says by itself: the message, and where it came from.
SAID_BY_THE_PAGE = {
    ("email_confirmation_sent.txt", "account_signup"),
    ("email_confirmation_sent.txt", "account_login"),
    ("password_changed.txt", "account_reset_password_from_key"),
}


def create_business(
    user: User,
    *,
    name: str,
    country: str,
    currency: str,
    time_zone: str,
    tax_registered: bool,
) -> Business:
    """A new business with the person as its owner."""
    number = _next_number()
    with acting_in(number), transaction.atomic():
        business = Business.objects.create(
            pk=number,
            name=name,
            slug=_new_slug(name),
            country=country,
            currency=currency,
            time_zone=time_zone,
            tax_registered=tax_registered,
        )
        Membership.unscoped.create(business=business, user=user, role=Role.OWNER)
        audit.record(business, "business.created", actor=user, subject=business)
    return business


def _next_number() -> int:
    """Known beforehand: the database takes the row only from inside the business."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('businesses_business', 'id'))"
        )
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def _new_slug(name: str) -> str:
    """Always with an ending of its own, so that it tells nothing about other tenants."""
    return f"{slugify(name)[:48] or 'business'}-{secrets.token_hex(3)}"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Our hooks into allauth's sign-up and sign-in."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _(
            "Too many tries that failed. Try again in five minutes, or set a new"
            " password."
        ),
    }

    def save_user(
        self, request: HttpRequest, user: User, form: Form, *options: Any
    ) -> User:
        user.name = form.cleaned_data.get("name", "")
        saved: User = super().save_user(request, user, form, *options)
        return saved

    def post_login(
        self, request: HttpRequest, user: User, **details: Any
    ) -> HttpResponse:
        record_everywhere(user, "person.signed_in")
        response: HttpResponse = super().post_login(request, user, **details)
        return response

    def _get_login_attempts_cache_key(
        self, request: HttpRequest, **credentials: Any
    ) -> str:
        """Tries are counted by the address alone: what the request calls us, with any
        port, is the word of whoever tries."""
        return str(credentials.get("email", "")).lower()

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        address = str(credentials.get("email", "")).lower()
        if user := User.objects.filter(email=address).first():
            record_everywhere(user, "person.sign_in_failed")

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            record_everywhere(request.user, "person.signed_out")
        super().logout(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if token := request.session.get(INVITATION):
            return reverse("invitation", args=[token])
        return reverse("home")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Links lead to our own address: what the request calls us, with any port, is
        the word of whoever asked for the letter."""
        links = {
            name: _at_our_address(value)
            for name, value in context.items()
            if name.endswith("_url")
        }
        super().send_mail(template_prefix, email, {**context, **links})

    def add_message(
        self, request: HttpRequest, level: int, *args: Any, **kwargs: Any
    ) -> None:
        """Said once: not in a message what the page that follows says as well."""
        template = str(kwargs.get("message_template", args[0] if args else ""))
        name = template.rpartition("/")[2]
        if level == messages.SUCCESS and name.startswith("logged_"):
            return
        page = request.resolver_match.url_name if request.resolver_match else None
        if (name, page) in SAID_BY_THE_PAGE:
            return
        super().add_message(request, level, *args, **kwargs)

    def send_notification_mail(
        self, template_prefix: str, user: AbstractBaseUser, *args: Any, **kwargs: Any
    ) -> None:
        # allauth tells every change of the ways to sign in through here.
        action = SIGN_IN_NEWS.get(template_prefix)
        if action == "person.two_factor_on" and isinstance(user, User):
            _end_those_that_passed_none(user)
        super().send_notification_mail(template_prefix, user, *args, **kwargs)
        if action and isinstance(user, User):
            record_everywhere(user, action)


def _end_those_that_passed_none(user: User) -> None:
    """With the first second factor, every sign-in but the one that has set it up."""
    factors = Authenticator.objects.filter(user=user)
    if factors.exclude(type=Authenticator.Type.RECOVERY_CODES).count() > 1:
        return
    User.objects.filter(pk=user.pk).update(sign_ins_ended=F("sign_ins_ended") + 1)
    user.refresh_from_db(fields=["sign_ins_ended"])
    update_session_auth_hash(context.request, user)


def _at_our_address(link: str) -> str:
    parts = urlsplit(link)
    return settings.SITE_URL + parts._replace(scheme="", netloc="").geturl()


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors are encrypted at rest."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or not any more."),
        "unverified_email": _(
            "Confirm or remove the other email address first: two-factor sign-in"
            " needs all of yours confirmed."
        ),
    }

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)


def record_everywhere(user: User, action: str) -> None:
    """What a person did at the front door concerns each of their businesses."""
    with acting_as(user.pk):
        businesses = [
            membership.business
            for membership in Membership.unscoped.filter(user=user).select_related(
                "business"
            )
        ]
    for business in businesses:
        with acting_in(business.pk):
            audit.record(business, action, actor=user)
