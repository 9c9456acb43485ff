"""Who belongs to a business: inviting, joining, changing, leaving, handing over."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dext_sync.businesses import audit, mail
from dext_sync.businesses.models import (
    INVITATION_LIFE,
    Business,
    Invitation,
    Membership,
    User,
)
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in


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


# Inviting.


def open_invitations(business: Business) -> QuerySet[Invitation]:
    return (
        Invitation.objects.for_business(business)
        .filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())
        .select_related("invited_by")
        .order_by("-created_at")
    )


def invite(business: Business, email: str, rights: Rights, *, by: User) -> Invitation:
    """Send the letter; whoever had one before has only this one now.

    Raises OSError where the letter cannot be sent: then nothing has changed.
    """
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic():
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
        _send_letter(invitation, token, by)
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


# Joining.


def find_invitation(token: str) -> Invitation | None:
    """The open invitation of that token, whichever business it is of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT business_id, id FROM invitation_by_token(%s)", [_hash(token)]
        )
        found = cursor.fetchone()
    if found is None:
        return None
    business_id, number = found
    with acting_in(business_id):
        invitation = Invitation.unscoped.select_related("business", "invited_by").get(
            pk=number
        )
    return invitation if invitation.is_open else None


def is_for(invitation: Invitation, user: User) -> bool:
    """Only the verified owner of the invited address may use it."""
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    own = {_exact(email) for email in addresses.values_list("email", flat=True)}
    return _exact(invitation.email) in own


def _exact(email: str) -> bytes:
    """Bytes know capitals in ASCII alone: no dotless i becomes an i, no Kelvin sign a k."""
    return email.encode().lower()


def join(invitation: Invitation, user: User) -> Joined | Refused:
    """Use the invitation up, once."""
    if not is_for(invitation, user):
        return Refused(_("This invitation is for another e-mail address."))
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
    if member.role == Role.OWNER:
        return Refused(
            _("The owner stays the owner until they hand ownership to another Admin.")
        )
    before = _words(member)
    was_admin = member.role == Role.ADMIN
    with transaction.atomic():
        changed = _unless_owner(member).update(**rights.as_columns())
        member.refresh_from_db()
        if changed and _words(member) != before:
            audit.record(
                member.business,
                "member.changed",
                actor=by,
                subject=member,
                subject_name=str(member.user),
                changes=f"{before} → {_words(member)}",
            )
    if not was_admin:
        _tell_of_new_admin(member)
    return Done()


def remove(member: Membership, *, by: User) -> Done | Refused:
    """Also how a person leaves: then it is by themselves."""
    with transaction.atomic():
        if _roles_now(member).get(member.pk) == Role.OWNER:
            return Refused(
                _("The owner cannot leave or be removed: hand ownership over first.")
            )
        removed, _rows = _unless_owner(member).delete()
        if removed:
            audit.record(
                member.business,
                "member.left" if by == member.user else "member.removed",
                actor=by,
                subject_name=str(member.user),
            )
    return Done()


def hand_over(owner: Membership, to: Membership) -> Done | Refused:
    """The old owner stays as an Admin."""
    with transaction.atomic():
        roles = _roles_now(owner, to)
        if roles.get(owner.pk) != Role.OWNER:
            return Refused(_("Only the owner can hand ownership over."))
        if roles.get(to.pk) != Role.ADMIN:
            return Refused(_("Ownership goes to an Admin: make this person one first."))
        _swap(owner, to)
        audit.record(
            owner.business,
            "member.ownership_handed_over",
            actor=owner.user,
            subject=to,
            subject_name=str(to.user),
        )
    return Done()


def _swap(owner: Membership, to: Membership) -> None:
    """One owner at a time: the database minds the order."""
    members = Membership.objects.for_business(owner.business)
    members.filter(pk=owner.pk).update(role=Role.ADMIN)
    members.filter(pk=to.pk).update(role=Role.OWNER)


def _roles_now(*of: Membership) -> dict[int, str]:
    """Not as a page showed them, and locked until the transaction ends."""
    members = Membership.objects.for_business(of[0].business).order_by("pk")
    rows = members.filter(pk__in=[member.pk for member in of]).select_for_update()
    return dict(rows.values_list("pk", "role"))


def _unless_owner(member: Membership) -> QuerySet[Membership]:
    members = Membership.objects.for_business(member.business)
    return members.filter(pk=member.pk).exclude(role=Role.OWNER)


def _words(member: Membership) -> str:
    words = [str(member.get_role_display())]
    if member.sees_all_documents:
        words.append(_("all documents"))
    if member.publishes:
        words.append(_("may publish"))
    return ", ".join(words)


def _tell_of_new_admin(member: Membership) -> None:
    if member.role == Role.ADMIN:
        mail.to_admins(member.business, "new_admin", newcomer=member.user)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
