"""When the person who connected leaves the business: their permission works on for two
weeks, in which somebody else can reconnect."""

import math
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from connections import books, ending
from connections.models import Connection
from dext_sync.businesses import audit
from dext_sync.businesses.models import Membership, User

PERMISSION_LASTS: Final = timedelta(days=14)


def is_given_by(connection: Connection, person: User) -> bool:
    """Whether the connection works with what this person has permitted."""
    return connection.is_working and connection.connected_by_id == person.pk


def days_left(connection: Connection) -> int | None:
    """How long it still works without the person who connected; None if they are here."""
    if not connection.is_working or giver_is_here(connection):
        return None
    ends = connection.permission_ends_at or timezone.now() + PERMISSION_LASTS
    return max(0, math.ceil((ends - timezone.now()) / timedelta(days=1)))


def mind(connection: Connection) -> None:
    """Begin the two weeks, call them off, or end the connection with them.

    A broken one too holds a permission, which a consent elsewhere may revive.
    """
    ends = connection.permission_ends_at
    if connection.state == Connection.State.DISCONNECTED or connection.grant_id is None:
        return
    if giver_is_here(connection):
        _call_off(connection)
    elif ends is None:
        _begin(connection)
    elif ends <= timezone.now():
        _stop(connection)


def giver_is_here(connection: Connection) -> bool:
    return Membership.unscoped.filter(
        business=connection.business_id,
        user=connection.connected_by_id,
        user__is_active=True,
    ).exists()


def _call_off(connection: Connection) -> None:
    Connection.unscoped.filter(pk=connection.pk).update(permission_ends_at=None)


def _begin(connection: Connection) -> None:
    ends = timezone.now() + PERMISSION_LASTS
    with_them = Connection.unscoped.filter(
        pk=connection.pk,
        state=connection.state,
        connected_by=connection.connected_by_id,
        permission_ends_at=None,
    )
    with transaction.atomic():
        begun = with_them.update(permission_ends_at=ends)
        if not begun or not connection.is_working:
            return
        day = localtime(ends, connection.business.zone).date()
        audit.record(
            connection.business,
            "connection.giver_left",
            subject=connection,
            until=date_format(day, "j F Y"),
        )


def _stop(connection: Connection) -> None:
    """Also gives the permission back, unless other connections of theirs use it."""
    grant_id = connection.grant_id
    with transaction.atomic():
        books.broke(connection, Connection.Broken.GIVER_LEFT)
        over = Connection.unscoped.filter(
            pk=connection.pk,
            state=Connection.State.NEEDS_RECONNECTING,
            grant=grant_id,
            permission_ends_at__lte=timezone.now(),
        )
        ended = over.update(
            grant=None,
            permission_ends_at=None,
            needs_reason=Connection.Broken.GIVER_LEFT,
        )
        if ended and grant_id is not None:
            ending.let_go(grant_id)
