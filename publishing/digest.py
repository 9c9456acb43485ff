"""One mail about what could not be published, to everybody whom it concerns.

Never one per item, and never twice: what is told is written down before it is told.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from dext_sync.businesses import mail
from dext_sync.businesses.access import let_in
from dext_sync.businesses.models import Business, Membership
from publishing.failures import RELATED, UNNAMED, Group
from publishing.models import FailureMail, Item, Publication

logger = logging.getLogger(__name__)

SETTLES: Final = timedelta(minutes=20)
"""Whoever is at work mends much at once; and what fails together is told together."""
GAP: Final = timedelta(hours=6)
"""At most one mail in so long."""
TRIED_AGAIN: Final = timedelta(minutes=15)
LONGEST_WORDS: Final = 300
STILL_FAILED: Final = (Item.Status.FAILED, Item.Status.TO_REVIEW)


class Told(Enum):
    YES = auto()
    NOT_CONCERNED = auto()
    FAILED = auto()


@dataclass(frozen=True)
class Line:
    """One cause in a mail, and where its items are."""

    group: Group
    path: str

    @property
    def sentence(self) -> str:
        return _short(self.group.sentence)

    @property
    def entry(self) -> str:
        return _short(str(self.group.entry or ""))

    @property
    def zoho_words(self) -> str:
        return _short(self.group.zoho_words)


def _short(words: str) -> str:
    """One line, so that nothing that Zoho says looks like a line of ours."""
    return Truncator(" ".join(words.split())).chars(LONGEST_WORDS)


def tell(business: Business) -> None:
    """Send what is due; nothing where another worker does, or has just done so."""
    now = timezone.now()
    owed = _debts_taken(business, now)
    new = _claimed(business, now)
    if not new and not owed:
        return
    failed: dict[str, list[int]] = {}
    for member in _readers(business):
        reader = str(member.user_id)
        due = [*new, *owed.get(reader, [])]
        if _told(member, _read(business, due)) == Told.FAILED:
            failed[reader] = due
    if failed:
        _owe(business, failed, now)


def _debts_taken(business: Business, now: datetime) -> dict[str, list[int]]:
    """Per person what they have not been told because their letter could not leave."""
    with transaction.atomic():
        mails = FailureMail.unscoped.select_for_update()
        mine = mails.filter(business=business, tried_again_at__lte=now).first()
        if mine is None:
            return {}
        owed: dict[str, list[int]] = mine.owed
        FailureMail.unscoped.filter(pk=mine.pk).update(owed={}, tried_again_at=None)
    return owed


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
    untold = _last_failures(business).filter(told_at=None)
    return untold.filter(finished_at__lt=now - SETTLES).values_list("pk", flat=True)


def _last_failures(business: Business) -> QuerySet[Publication]:
    """The last try of items that still are as it left them."""
    unpublished = Item.objects.for_business(business).filter(status__in=STILL_FAILED)
    last = unpublished.order_by().annotate(last=Max("publications")).values("last")
    return Publication.unscoped.filter(pk__in=last, state=Publication.State.FAILED)


def _read(business: Business, due: list[int]) -> list[Publication]:
    found = _last_failures(business).filter(pk__in=due)
    publications = found.select_related(*RELATED)
    return list(publications.prefetch_related("attempts").order_by("pk"))


def _readers(business: Business) -> list[Membership]:
    """Who may read it there, too."""
    members = Membership.objects.for_business(business).filter(
        failure_mails=True, user__is_active=True
    )
    return let_in(members.select_related("user", "business"))


def _told(member: Membership, publications: Iterable[Publication]) -> Told:
    concerned = [each for each in publications if _concerns(member, each)]
    if not concerned:
        return Told.NOT_CONCERNED
    try:
        mail.to(
            member.user.email,
            "items_failed",
            business=member.business,
            count=len(concerned),
            lines=_lines(member.business, concerned),
            of_all=member.manages,
        )
    except Exception:  # Whatever is wrong with one letter, the others leave.
        logger.exception("A letter (items_failed) could not be sent.")
        return Told.FAILED
    return Told.YES


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
    failed = status == Item.Status.FAILED
    view = {"status": status, **({"cause": cause or UNNAMED} if failed else {})}
    return f"{reverse(f'{workspace}_inbox', args=[business.slug])}?{urlencode(view)}"


def _owe(business: Business, failed: dict[str, list[int]], now: datetime) -> None:
    """Only to those whose letter could not leave it is tried again, and soon."""
    with transaction.atomic():
        mails = FailureMail.unscoped.select_for_update()
        owing = mails.get(business=business)
        for reader, due in failed.items():
            owing.owed[reader] = sorted({*owing.owed.get(reader, []), *due})
        owing.tried_again_at = now + TRIED_AGAIN
        owing.save(update_fields=["owed", "tried_again_at"])
