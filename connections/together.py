"""One trip to Zoho for several businesses of a person whose shared permission is gone.

The consent belongs to one of them, and waits there. At Finish each business that it
reaches is given a consent of its own, of its own organisation alone, in its own unit of
work; from there on all is as in a Reconnect of that business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from connections import books, consents, wizard
from connections.models import Connection, Consent, Grant
from connections.zoho import types
from connections.zoho.oauth import covers
from dext_sync.businesses import audit
from dext_sync.businesses.access import let_in
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.tenancy import acting_as, acting_in, outside

GONE: Final = (Connection.Broken.PERMISSION_GONE, Connection.Broken.WITHDRAWN)


@dataclass(frozen=True)
class Partner:
    """A business whose connection the person may mend."""

    business: Business
    connection: Connection


@dataclass(frozen=True)
class Group:
    """Partners that wait for one and the same permission."""

    grant_id: int
    partners: tuple[Partner, ...]


@dataclass(frozen=True)
class Reached:
    partner: Partner
    organisation: types.Organisation


@dataclass(frozen=True)
class Reach:
    """What a consent would mend. mended: what works again already."""

    reached: tuple[Reached, ...] = ()
    not_reached: tuple[Partner, ...] = ()
    mended: tuple[Partner, ...] = ()


# Before the trip


def partners_of(person: User, only: Iterable[int] | None = None) -> tuple[Partner, ...]:
    """Businesses in which the person manages, one after the other; only: these."""
    theirs = Membership.unscoped.filter(user=person).select_related("business")
    if only is not None:
        theirs = theirs.filter(business__in=list(only))
    open_ones = let_in(theirs.order_by("business__name", "pk"))
    found = (_partner(each) for each in open_ones)
    return tuple(each for each in found if each is not None)


def _partner(membership: Membership) -> Partner | None:
    if not membership.manages:
        return None
    with acting_in(membership.business_id):
        connection = wizard.connection_of(membership.business)
    return Partner(membership.business, connection) if connection else None


def groups(partners: Iterable[Partner]) -> list[Group]:
    """Those of two or more: one alone is reconnected on its own pages."""
    by_grant: dict[int, list[Partner]] = {}
    for each in partners:
        if each.connection.grant_id is not None and waits(each.connection):
            by_grant.setdefault(each.connection.grant_id, []).append(each)
    return [
        Group(grant_id, tuple(found))
        for grant_id, found in by_grant.items()
        if len(found) > 1
    ]


def waits(connection: Connection) -> bool:
    """For a new permission, and for nothing else."""
    return (
        connection.state == Connection.State.NEEDS_RECONNECTING
        and connection.needs_reason in GONE
    )


# After it


def going_on_too(person: User, others: Iterable[tuple[int, int]]) -> list[Business]:
    """Of (business, connection) ids that one permission has revived, the businesses that
    its life mends and in which the person manages: of others they are told nothing."""
    businesses = {business_id for business_id, _connection_id in others}
    with outside(), acting_as(person.pk):
        return [
            each.business
            for each in partners_of(person, businesses)
            if _will_be_mended(each)
        ]


def _will_be_mended(partner: Partner) -> bool:
    with acting_in(partner.business.pk):
        return wizard.will_be_mended(partner.connection)


def can_be_shared(consent: Consent) -> bool:
    """Whether one grant will carry them all: Zoho said who signed in, and gave no fewer
    rights than a permission of that user which others use."""
    if not consent.zuid:
        return False
    theirs = Grant.objects.filter(region=consent.region, zuid=consent.zuid).first()
    return theirs is None or covers(consent.scopes.split(), theirs.scopes.split())


def reach_of(consent: Consent, partners: Iterable[Partner]) -> Reach:
    """By the organisation's id: a connection never comes to another one this way."""
    known = {
        each["organisation_id"]: types.Organisation(**each)
        for each in consent.organisations
    }
    reached, not_reached, mended = [], [], []
    for partner in partners:
        organisation = known.get(partner.connection.organisation_id)
        if not waits(partner.connection):
            mended.append(partner)
        elif organisation is None or partner.connection.region != consent.region:
            not_reached.append(partner)
        else:
            reached.append(Reached(partner, organisation))
    return Reach(tuple(reached), tuple(not_reached), tuple(mended))


def leave(consent: Consent, partner: Partner) -> None:
    """It stays broken. Where the same Zoho user's permission lives again that alone must
    not mend it: this user no longer reaches its organisation."""
    refused = Connection.Broken.ORGANISATION_REFUSED
    of_that_user = Connection.objects.for_business(partner.business).filter(
        pk=partner.connection.pk,
        state=Connection.State.NEEDS_RECONNECTING,
        needs_reason=Connection.Broken.PERMISSION_GONE,
        grant__region=consent.region,
        grant__zuid=consent.zuid,
    )
    with transaction.atomic():
        books.hold(partner.connection)
        if of_that_user.update(needs_reason=refused):
            audit.record(
                partner.business,
                "connection.needs_reconnecting",
                subject=partner.connection,
                reason=str(refused.label),
            )


def finish(consent: Consent, reached: Reached, by: User) -> wizard.Outcome:
    """Reconnect one of them, inside its business; Over where that is done already."""
    business = reached.partner.business
    with transaction.atomic():
        rows = Connection.objects.for_business(business).select_for_update(of=["self"])
        now = rows.filter(pk=reached.partner.connection.pk).first()
        if now is None or not waits(now):
            return wizard.Over()
        its_own = consents.handed_on(consent, business, reached.organisation)
        outcome = wizard.finish(its_own, by)
        if not isinstance(outcome, wizard.Finished):
            transaction.set_rollback(True)
    return outcome
