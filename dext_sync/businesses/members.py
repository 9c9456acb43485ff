"""Who belongs to a business: inviting, joining, changing, leaving, handing over."""

import logging
import secrets
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dext_sync.businesses import addresses, audit, mail
from dext_sync.businesses.access import with_two_factor
from dext_sync.businesses.models import (
    INVITATION_LIFE,
    Business,
    Invitation,
    Membership,
    User,
)
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in, rows_across

logger = logging.getLogger(__name__)

A_DAY = 50
A_DAY_TO_ONE_ADDRESS = 3


@dataclass(frozen=True)
class Rights:
    role: Role
    sees_all_documents: bool
    publishes: bool

    def as_columns(self) -> dict[str, object]:
        """A manager has every right by the role: the switches are not theirs."""
        mine = not self.role.manages
        return {
            "role": self.role,
            "sees_all_documents": mine and self.sees_all_documents,
            "publishes": mine and self.publishes,
        }


@dataclass(frozen=True)
class Done:
    pass


@dataclass(frozen=True)
class Refused:
    sentence: str


@dataclass(frozen=True)
class Joined:
    business: Business


@dataclass(frozen=True)
class ClientsLeft:
    """failed: there the person is the accountant as before."""

    left: tuple[Business, ...]
    failed: tuple[Business, ...]


# Inviting.


def open_invitations(business: Business) -> QuerySet[Invitation]:
    return (
        Invitation.objects.for_business(business)
        .filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())
        .select_related("invited_by")
        .order_by("-created_at")
    )


def invite(
    business: Business, email: str, rights: Rights, *, by: User
) -> Done | Refused:
    """Send the letter; whoever had one before has only this one now.

    Raises OSError where the letter cannot be sent: then nothing has changed.
    """
    with transaction.atomic():
        if not Membership.manages_now(by, business):
            return Refused(_("You may not invite people to this business any more."))
        if sentence := _too_many(business, email, by):
            return Refused(sentence)
        token = secrets.token_urlsafe(32)
        invitation = _write_down(business, email, rights, token, by)
        _send_letter(invitation, token, by)
    return Done()


def _too_many(business: Business, email: str, by: User) -> str:
    """Strangers get these letters: no business is a cannon. Empty: one more may go."""
    since = timezone.now() - timedelta(days=1)
    here = Invitation.objects.for_business(business).filter(created_at__gt=since)
    mine, mine_to_them = _sent_by(by, email, since)
    if max(here.filter(email=email).count(), mine_to_them) >= A_DAY_TO_ONE_ADDRESS:
        return _(
            "Three invitations went to this address within a day. Try again tomorrow."
        )
    if here.count() >= A_DAY:
        return _(
            "Fifty invitations went out from this business within a day. "
            "Try again tomorrow."
        )
    if mine >= A_DAY:
        return _("You sent fifty invitations within a day. Try again tomorrow.")
    return ""


def _sent_by(inviter: User, email: str, since: datetime) -> tuple[int, int]:
    """From all their businesses: letters, and letters to that address."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT letters, to_address FROM invitations_sent_by(%s, %s, %s)",
            [inviter.pk, email, since],
        )
        letters, to_address = cursor.fetchone() or (0, 0)
    return int(letters), int(to_address)


def _write_down(
    business: Business, email: str, rights: Rights, token: str, by: User
) -> Invitation:
    now = timezone.now()
    open_invitations(business).filter(email=email).update(revoked_at=now)
    invitation = Invitation.unscoped.create(
        business=business,
        email=email,
        token_hash=_hash(token),
        invited_by=by,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
        **rights.as_columns(),
    )
    audit.record(
        business,
        "member.invited",
        actor=by,
        subject=invitation,
        subject_name=email,
        role=str(rights.role.label),
    )
    return invitation


def _send_letter(invitation: Invitation, token: str, by: User) -> None:
    mail.to(
        invitation.email,
        "invitation",
        business=invitation.business,
        inviter=by,
        role=invitation.get_role_display(),
        days=INVITATION_LIFE // timedelta(days=1),
        link=f"{settings.SITE_URL}{reverse('invitation', args=[token])}",
    )


def _take_back_all_of(inviter: User, business: Business, *, by: User) -> None:
    """Nobody leaves a door open for themselves in another's name."""
    for invitation in open_invitations(business).filter(invited_by=inviter):
        revoke(invitation, by=by)


def _take_back_all_to(person: User, business: Business, *, by: User) -> None:
    """Nor keeps a letter that went to another address of theirs."""
    for invitation in open_invitations(business):
        if is_for(invitation, person):
            revoke(invitation, by=by)


def revoke(invitation: Invitation, *, by: User) -> bool:
    """Whether it was still open."""
    taken_back = (
        open_invitations(invitation.business)
        .filter(pk=invitation.pk)
        .update(revoked_at=timezone.now())
    )
    if taken_back:
        audit.record(
            invitation.business,
            "member.invitation_revoked",
            actor=by,
            subject=invitation,
            subject_name=invitation.email,
        )
    return bool(taken_back)


# How they sign in.


def require_two_factor(
    business: Business, *, required: bool, by: User
) -> Done | Refused:
    """Nobody asks of others what they have not themselves."""
    if required and not with_two_factor([by.pk]):
        return Refused(_("Set up two-factor sign-in for yourself first."))
    word = "required" if required else "not_required"
    with transaction.atomic():
        differing = Business.objects.filter(
            pk=business.pk, requires_two_factor=not required
        )
        if not differing.update(requires_two_factor=required):
            return Done()
        audit.record(business, f"business.two_factor_{word}", actor=by)
    mail.to_admins(business, "two_factor", required=required, by=by)
    return Done()


# Joining.


def find_invitation(token: str) -> Invitation | None:
    """The open invitation of that token, whichever business it is of."""
    invitation = _by_token(token)
    return invitation if invitation is not None and invitation.is_open else None


def joined_with(token: str, user: User) -> Business | None:
    """Where this letter has led this person before, if they still belong there."""
    invitation = _by_token(token)
    if invitation is None or invitation.accepted_at is None:
        return None
    theirs = Membership.unscoped.filter(user=user, business=invitation.business)
    return invitation.business if is_for(invitation, user) and theirs.exists() else None


def _by_token(token: str) -> Invitation | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT business_id, id FROM invitation_by_token(%s)", [_hash(token)]
        )
        found = cursor.fetchone()
    return None if found is None else _invitation(*found)


def invitations_of(user: User) -> list[Invitation]:
    """What is open to the person's verified addresses, whoever has the letter."""
    found = [
        _invitation(business_id, number)
        for address in addresses.verified(user)
        for business_id, number in rows_across("invitations_of_address", address)
    ]
    joined = set(
        Membership.unscoped.filter(user=user).values_list("business_id", flat=True)
    )
    return [
        invitation
        for invitation in found
        if invitation.is_open and invitation.business_id not in joined
    ]


def _invitation(business_id: int, number: int) -> Invitation:
    with acting_in(business_id):
        return Invitation.unscoped.select_related("business", "invited_by").get(
            pk=number
        )


def is_for(invitation: Invitation, user: User) -> bool:
    """Only the verified owner of the invited address may use it."""
    own = {addresses.exact(email) for email in addresses.verified(user)}
    return addresses.exact(invitation.email) in own


def join(invitation: Invitation, user: User) -> Joined | Refused:
    """Use the invitation up, once."""
    if not is_for(invitation, user):
        return Refused(_("This invitation is for another email address."))
    business = invitation.business
    with acting_in(business.pk):
        if Membership.objects.for_business(business).filter(user=user).exists():
            return Refused(_("You are a user of this business already."))
        with transaction.atomic():
            used = open_invitations(business).filter(pk=invitation.pk)
            if not used.update(accepted_at=timezone.now()):
                return Refused(_("This invitation was used or taken back."))
            member = _admit(invitation, user)
        _tell_of_new_admin(member)
    return Joined(business)


def _admit(invitation: Invitation, user: User) -> Membership:
    member = Membership.unscoped.create(
        business=invitation.business,
        user=user,
        role=invitation.role,
        sees_all_documents=invitation.sees_all_documents,
        publishes=invitation.publishes,
    )
    audit.record(
        invitation.business,
        "member.joined",
        actor=user,
        subject=member,
        subject_name=str(user),
        role=str(member.get_role_display()),
    )
    return member


# Changing, leaving, handing over.


def change(member: Membership, rights: Rights, *, by: User) -> Done | Refused:
    with transaction.atomic():
        before = _now(member)
        if before is None:
            return Refused(_("This person is no user of this business any more."))
        if before.role == Role.OWNER:
            return Refused(
                _("The owner stays the owner until they hand ownership to an Admin.")
            )
        after = _changed(before, rights, by)
    if after.role != before.role:
        _tell_of_new_admin(after)
    return Done()


def _changed(before: Membership, rights: Rights, by: User) -> Membership:
    after = copy(before)
    for name, value in rights.as_columns().items():
        setattr(after, name, value)
    after.save(update_fields=list(rights.as_columns()))
    if not after.manages:
        _take_back_all_of(after.user, after.business, by=by)
    if _words(after) != _words(before):
        audit.record(
            after.business,
            "member.changed",
            actor=by,
            subject=after,
            subject_name=str(after.user),
            changes=f"{_words(before)} → {_words(after)}",
        )
    return after


def remove(member: Membership, *, by: User) -> Done | Refused:
    """Also how a person leaves: then it is by themselves."""
    with transaction.atomic():
        found = _now(member)
        if found is None:
            return Done()
        if found.role == Role.OWNER:
            return Refused(
                _("The owner cannot leave or be removed: hand ownership over first.")
            )
        found.delete()
        _take_back_all_of(found.user, found.business, by=by)
        _take_back_all_to(found.user, found.business, by=by)
        audit.record(
            found.business,
            "member.left" if by == found.user else "member.removed",
            actor=by,
            subject_name=str(found.user),
        )
    return Done()


def leave_clients(clients: Iterable[Membership]) -> ClientsLeft:
    """One business after the other, each in its own unit of work: where something
    fails, the others are left all the same.

    clients: of one person; where they are no accountant any more, nothing happens.
    """
    left, failed = [], []
    for member in clients:
        try:
            with acting_in(member.business_id):
                if _leaves_as_accountant(member):
                    left.append(member.business)
        except DatabaseProblem:
            logger.exception("An accountant could not leave a client.")
            failed.append(member.business)
    return ClientsLeft(tuple(left), tuple(failed))


def _leaves_as_accountant(member: Membership) -> bool:
    with transaction.atomic():
        found = _now(member)
        if found is None or found.role != Role.ACCOUNTANT:
            return False
        return isinstance(remove(found, by=found.user), Done)


def hand_over(owner: Membership, to: Membership) -> Done | Refused:
    """The old owner stays as an Admin."""
    with transaction.atomic():
        giver, taker = _now(owner), _now(to)
        if giver is None or giver.role != Role.OWNER:
            return Refused(_("Only the owner can hand ownership over."))
        if taker is None or taker.role != Role.ADMIN:
            return Refused(_("Ownership goes to an Admin: make this person one first."))
        # One owner at a time: the database minds the order.
        _give(giver, Role.ADMIN)
        _give(taker, Role.OWNER)
        audit.record(
            giver.business,
            "member.ownership_handed_over",
            actor=giver.user,
            subject=taker,
            subject_name=str(taker.user),
        )
    return Done()


def _give(member: Membership, role: Role) -> None:
    member.role = role
    member.save(update_fields=["role"])


def _now(member: Membership) -> Membership | None:
    """Not as a page showed it, and locked until the transaction ends."""
    members = Membership.objects.for_business(member.business)
    locked = members.select_related("user", "business").select_for_update(of=["self"])
    return locked.filter(pk=member.pk).first()


def _words(member: Membership) -> str:
    words = [str(member.get_role_display())]
    if member.sees_all_documents:
        words.append(_("all documents"))
    if member.publishes:
        words.append(_("may publish"))
    return ", ".join(words)


def _tell_of_new_admin(member: Membership) -> None:
    """Whoever manages, an accountant as well."""
    if member.manages:
        mail.to_admins(
            member.business,
            "new_admin",
            newcomer=member.user,
            role=member.get_role_display(),
        )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
