"""A person's own permissions at Zoho: who uses them, and withdrawing one."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from connections import consents, tokens
from connections.models import Connection, Grant
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.tenancy import acting_in


@dataclass(frozen=True)
class Use:
    """A connection of a business that the person belongs to."""

    business: Business
    connection: Connection


@dataclass(frozen=True)
class Permission:
    """elsewhere: how many connections of other businesses use it."""

    grant: Grant
    uses: tuple[Use, ...]
    elsewhere: int


def permissions_of(person: User) -> list[Permission]:
    return [_permission(grant, person) for grant in _own(person).order_by("pk")]


def permission_of(person: User, grant_id: int) -> Permission | None:
    grant = _own(person).filter(pk=grant_id).first()
    return _permission(grant, person) if grant else None


def _own(person: User) -> QuerySet[Grant]:
    return Grant.objects.filter(person=person, withdrawn_at=None)


def _permission(grant: Grant, person: User) -> Permission:
    mine = Membership.unscoped.filter(user=person).select_related("business")
    businesses = {member.business_id: member.business for member in mine}
    users = consents.users_of(grant.pk)
    uses = [
        Use(businesses[business_id], _connection(business_id, connection_id))
        for business_id, connection_id in users
        if business_id in businesses
    ]
    uses.sort(key=lambda use: use.business.name.casefold())
    return Permission(grant, tuple(uses), elsewhere=len(users) - len(uses))


def _connection(business_id: int, connection_id: int) -> Connection:
    with acting_in(business_id):
        return Connection.unscoped.get(pk=connection_id)


def withdraw(grant: Grant, by: User) -> set[tuple[int, int]]:
    """Nothing can be called with it from now on. (business, connection) ids of those
    who are to be told; what is uncertain in them waits until they are reconnected."""
    with transaction.atomic():
        own = _own(by).select_for_update().filter(pk=grant.pk).first()
        if own is None:
            return set()
        region, refresh_token = own.region, own.refresh_token
        users = consents.users_of(own.pk)
        if users:
            _forget(own)
        else:
            own.delete()
        if refresh_token:
            transaction.on_commit(lambda: tokens.revoke(region, refresh_token))
    return users


def _forget(grant: Grant) -> None:
    """Without its ZUID no later consent renews it; whoever shares it reconnects."""
    now = timezone.now()
    Grant.objects.filter(pk=grant.pk).update(
        zuid="",
        refresh_token="",
        access_token="",
        access_expires_at=None,
        refreshing_until=None,
        died_at=now,
        withdrawn_at=now,
        # A token that is on its way here is not kept.
        renewed_at=now,
    )
