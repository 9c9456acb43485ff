"""Support: people of whoever runs dext_sync, whom an Admin lets look for a day.

A look is read-only three times: the door lets only questions through, the database
refuses to change anything, and the page switches its buttons off.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from dext_sync.businesses import addresses, audit, mail
from dext_sync.businesses.models import (
    Business,
    Membership,
    SupportAccess,
    User,
    Visit,
)
from dext_sync.businesses.tenancy import acting_in, outside

OPEN: Final = "SELECT business_id, id FROM open_support_accesses(%s, %s) LIMIT %s"
LASTS: Final = timedelta(hours=24)
ONE_LOOK: Final = timedelta(hours=1)
"""Whatever a person opens within it is told as one."""


def is_offered() -> bool:
    return bool(settings.SUPPORT_EMAILS)


def is_support(user: User) -> bool:
    """By the address they sign in with, which is verified."""
    theirs = addresses.exact(user.email)
    if theirs not in map(addresses.exact, settings.SUPPORT_EMAILS):
        return False
    return theirs in map(addresses.exact, addresses.verified(user))


# Letting in, and no longer


def grant(business: Business, *, by: User) -> SupportAccess:
    """One at a time: who is let in already stays no longer for a second click.

    Raises PermissionDenied where they manage it no longer.
    """
    with transaction.atomic():
        if not Membership.manages_now(by, business):
            raise PermissionDenied
        Business.objects.select_for_update(no_key=True).get(pk=business.pk)
        if known := current(business):
            return known
        access = SupportAccess.unscoped.create(
            business=business, granted_by=by, ends_at=timezone.now() + LASTS
        )
        audit.record(
            business,
            "support.granted",
            actor=by,
            subject=access,
            until=access.ends_at.isoformat(),
        )
    mail.to_admins(business, "support_access", by=by, access=access)
    return access


def end(business: Business, *, by: User | None = None) -> bool:
    """Whether there was anything to end."""
    with transaction.atomic():
        ended = _open_ones(business).update(ended_at=timezone.now())
        if ended:
            audit.record(business, "support.ended", actor=by)
    return bool(ended)


def current(business: Business) -> SupportAccess | None:
    return _open_ones(business).select_related("granted_by").first()


def _open_ones(business: Business) -> QuerySet[SupportAccess]:
    rows = SupportAccess.objects.for_business(business)
    return rows.filter(ended_at=None, ends_at__gt=timezone.now())


# Looking


def visit(user: User, slug: str) -> Visit | None:
    """What lets this person into the business of that address now."""
    found = _visits(user, slug) if slug else []
    return found[0] if found else None


def visits(user: User, at_most: int | None = None) -> list[Visit]:
    """To the businesses that are open to this person now. Each costs queries."""
    return sorted(_visits(user, "", at_most), key=lambda each: each.business.name)


def _visits(user: User, slug: str, at_most: int | None = None) -> list[Visit]:
    if not is_support(user):
        return []
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [slug, timezone.now(), at_most])
        found = cursor.fetchall()
    accesses = [_access(business_id, number) for business_id, number in found]
    return [Visit.through(access, user) for access in accesses if access.is_open]


def _access(business_id: int, number: int) -> SupportAccess:
    with outside(), acting_in(business_id, read_only=True):
        return SupportAccess.unscoped.select_related("business").get(pk=number)


def note(visit: Visit) -> None:
    """Its business reads of it before anything is seen: once an hour and person."""
    known = audit.about(visit.business, visit.access).filter(
        action="support.visited",
        actor_id=visit.user_id,
        at__gt=timezone.now() - ONE_LOOK,
    )
    if known.exists():
        return
    with transaction.atomic():
        SupportAccess.unscoped.select_for_update(no_key=True).get(pk=visit.access.pk)
        if not known.exists():
            audit.record(
                visit.business,
                "support.visited",
                actor=visit.user,
                subject=visit.access,
                email=visit.user.email,
            )
