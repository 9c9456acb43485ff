"""One mail about what could not be published, to everybody whom it concerns.

Never one per item, and never twice: what is told is written down before it is told.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils import timezone

from dext_sync.businesses import mail
from dext_sync.businesses.models import Business, Membership
from publishing.failures import Group
from publishing.models import FailureMail, Item, Publication

logger = logging.getLogger(__name__)

SETTLES: Final = timedelta(minutes=20)
"""Whoever is at work mends much at once; and what fails together is told together."""
GAP: Final = timedelta(hours=6)
"""At most one mail in so long."""
TRIED_AGAIN: Final = timedelta(minutes=15)
STILL_FAILED: Final = (Item.Status.FAILED, Item.Status.TO_REVIEW)
RELATED: Final = (
    "item__category",
    "item__project",
    "item__location",
    "item__customer",
    "item__tax_rate",
    "item__supplier__contact",
    "item__payment_method__account",
)


@dataclass(frozen=True)
class Line:
    """One cause in a mail, and where its items are."""

    group: Group
    path: str


def tell(business: Business) -> None:
    """Send what is due; nothing where another worker does, or has just done so."""
    told = _claimed(business, timezone.now())
    if not told:
        return
    publications = _read(told)
    members = _readers(business)
    sent = [_sent(member, publications) for member in members]
    if sent and not any(sent):
        _give_back(business, told)


def _claimed(business: Business, now: datetime) -> list[int]:
    """The publications that this mail tells, from now on told. Whoever dies after this
    leaves a mail unsent; the pages tell the same."""
    FailureMail.unscoped.get_or_create(
        business=business, defaults={"sent_at": now - GAP}
    )
    with transaction.atomic():
        mine = FailureMail.unscoped.filter(business=business, sent_at__lte=now - GAP)
        if not mine.update(sent_at=now):
            return []
        untold = list(_untold(business, now))
        if not untold:
            transaction.set_rollback(True)
            return []
        Publication.unscoped.filter(pk__in=untold).update(told_at=now)
    return untold


def _untold(business: Business, now: datetime) -> QuerySet[Publication, int]:
    """The last try of items that still are as it left them."""
    unpublished = Item.objects.for_business(business).filter(status__in=STILL_FAILED)
    last = unpublished.order_by().annotate(last=Max("publications")).values("last")
    return Publication.unscoped.filter(
        pk__in=last,
        state=Publication.State.FAILED,
        told_at=None,
        finished_at__lt=now - SETTLES,
    ).values_list("pk", flat=True)


def _read(told: list[int]) -> list[Publication]:
    publications = Publication.unscoped.filter(pk__in=told).select_related(*RELATED)
    return list(publications.prefetch_related("attempts").order_by("pk"))


def _readers(business: Business) -> QuerySet[Membership]:
    members = Membership.objects.for_business(business).filter(
        failure_mails=True, user__is_active=True
    )
    return members.select_related("user", "business")


def _sent(member: Membership, publications: Iterable[Publication]) -> bool:
    concerned = [each for each in publications if _concerns(member, each)]
    if not concerned:
        return False
    try:
        mail.to(
            member.user.email,
            "items_failed",
            business=member.business,
            count=len(concerned),
            lines=_lines(member.business, concerned),
            of_all=member.manages,
        )
    except OSError:
        logger.exception("A letter (items_failed) could not be sent.")
        return False
    return True


def _concerns(member: Membership, publication: Publication) -> bool:
    """Admins all of them; others what they published or brought, if they may see it."""
    if member.manages:
        return True
    is_owner = publication.item.owner_id == member.user_id
    pressed = publication.requested_by_id == member.user_id
    return is_owner or (pressed and member.may_see_all_documents)


def _lines(business: Business, publications: Iterable[Publication]) -> list[Line]:
    """The most frequent cause first."""
    shared: dict[tuple[str, str, str], list[Publication]] = {}
    for each in publications:
        item = each.item
        shared.setdefault((item.workspace, item.status, each.cause), []).append(each)
    lines = [
        Line(
            Group(cause, len(found), found[-1]),
            _path(business, workspace, status, cause),
        )
        for (workspace, status, cause), found in shared.items()
    ]
    return sorted(lines, key=lambda line: -line.group.count)


def _path(business: Business, workspace: str, status: str, cause: str) -> str:
    """The list of these items; what is to be reviewed has no cause there."""
    failed = status == Item.Status.FAILED and cause
    view = {"status": status, **({"cause": cause} if failed else {})}
    return f"{reverse(f'{workspace}_inbox', args=[business.slug])}?{urlencode(view)}"


def _give_back(business: Business, told: list[int]) -> None:
    """Not one mail left: the mail server is away, and it is tried again soon."""
    with transaction.atomic():
        Publication.unscoped.filter(pk__in=told).update(told_at=None)
        FailureMail.unscoped.filter(business=business).update(
            sent_at=timezone.now() - GAP + TRIED_AGAIN
        )
