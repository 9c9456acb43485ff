"""Makes people and businesses; each row is written inside its own business."""

import secrets
from collections.abc import Sequence
from itertools import count

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils.text import slugify

from dext_sync.businesses import audit, sessions
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in

PASSWORD = "correct horse battery"
NUMBERS = count(1_000_000)
"""Of businesses; far above those that the database counts."""


def make_user(name: str, *, email: str = "", password: str = PASSWORD) -> User:
    """A person with a verified address: `Alice` is alice@example.com."""
    (user,) = _with_addresses([_person(name, email or _address(name), password)])
    return user


def make_users(*names: str) -> list[User]:
    """The same for several, in two statements."""
    return _with_addresses([_person(name, _address(name), PASSWORD) for name in names])


def _address(name: str) -> str:
    return f"{slugify(name)}@example.com"


def _person(name: str, email: str, password: str) -> User:
    user = User(email=email.lower(), name=name)
    user.set_password(password)
    return user


def _with_addresses(users: list[User]) -> list[User]:
    User.objects.bulk_create(users)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True)
        for user in users
    )
    return users


def make_business(
    name: str,
    *,
    owner: User,
    slug: str = "",
    country: str = "GB",
    currency: str = "GBP",
    time_zone: str = "Europe/London",
    tax_registered: bool = True,
    members: Sequence[Membership] = (),
) -> Business:
    """A business as its owner would create it, at a slug a test can write down."""
    number = next(NUMBERS)
    with acting_in(number):
        business = Business.objects.create(
            pk=number,
            name=name,
            slug=slug or slugify(name),
            country=country,
            currency=currency,
            time_zone=time_zone,
            tax_registered=tax_registered,
        )
        people = [Membership(user=owner, role=Role.OWNER), *members]
        for member in people:
            member.business = business
        Membership.unscoped.bulk_create(people)
        audit.record(business, "business.created", actor=owner, subject=business)
    return business


def make_member(
    business: Business,
    user: User,
    role: Role = Role.STANDARD,
    *,
    publishes: bool = False,
    sees_all_documents: bool = False,
) -> Membership:
    with acting_in(business.pk):
        return Membership.unscoped.create(
            business=business,
            user=user,
            role=role,
            publishes=publishes,
            sees_all_documents=sees_all_documents,
        )


def make_session(user: User) -> str:
    """The key of a session in which this person has signed in and opened a page.

    `client.force_login` leaves the same in ten statements; this takes one.
    """
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    )
    sessions.notice(session)
    row = Session(
        session_key=secrets.token_hex(16),
        session_data=session.encode(dict(session)),
        expire_date=session.get_expiry_date(),
    )
    Session.objects.bulk_create([row])
    return row.session_key
