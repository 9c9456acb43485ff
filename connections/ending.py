"""How a connection ends: disconnected by an Admin, or taken over by another business."""

from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from connections import books, consents, events, tokens
from connections.models import Connection, ConnectionEvent, Consent, Grant
from dext_sync.businesses import audit, mail
from dext_sync.businesses.models import User


class StillHeld(Exception):
    """Something was sent whose end only this connection can see."""


def disconnect(connection: Connection, by: User) -> bool:
    """Whether it was still connected. Lists and history stay. Raises StillHeld."""
    with transaction.atomic():
        before = _ended(connection)
        if before is None:
            return False
        if before.grant_id is not None:
            let_go(before.grant_id)
        audit.record(
            connection.business, "connection.disconnected", actor=by, subject=connection
        )
        mail_admins(connection, "connection_disconnected", by)
    return True


def give_up(connection: Connection, to: Consent) -> bool:
    """An administrator of the organisation connects it to another business: this one's
    people are told that and no more. Whether it was still connected. Raises StillHeld."""
    with transaction.atomic():
        before = _ended(connection, Connection.Ended.TAKEN_OVER)
        if before is None:
            return False
        if before.grant is not None and not _of_one_user(before.grant, to):
            let_go(before.grant.pk)
        audit.record(connection.business, "connection.taken_over", subject=connection)
        mail_admins(connection, "connection_taken_over")
    return True


def _of_one_user(grant: Grant, consent: Consent) -> bool:
    """Then the consent's end renews this grant; giving it back now might end both."""
    theirs = (consent.region, consent.zuid)
    return bool(grant.zuid) and (grant.region, grant.zuid) == theirs


def _ended(connection: Connection, because: str = "") -> Connection | None:
    """The row as it was, where it was not ended before, nor has gone to another
    organisation. Raises StillHeld."""
    # Before the connection is locked, as a refresh does: else each waits for the other.
    books.end_refresh(connection, _("The business was disconnected from Zoho Books."))
    # Without its grant, which would be the one of before the waiting.
    rows = Connection.unscoped.select_for_update(no_key=True)
    before = rows.get(pk=connection.pk)
    is_over = before.state == Connection.State.DISCONNECTED
    if is_over or _is_elsewhere(before, connection):
        transaction.set_rollback(True)  # What it reads there goes on.
        return None
    if before.is_working and is_held(before):
        raise StillHeld
    Connection.unscoped.filter(pk=before.pk).update(
        state=Connection.State.DISCONNECTED,
        grant=None,
        disconnected_at=timezone.now(),
        ended_because=because,
        permission_ends_at=None,
        needs_reason="",
        needs_since=None,
    )
    events.note(connection, ConnectionEvent.Kind.DISCONNECTED)
    return before


def _is_elsewhere(now: Connection, seen: Connection) -> bool:
    return (now.region, now.organisation_id) != (seen.region, seen.organisation_id)


def is_held(connection: Connection) -> bool:
    """Answered by whoever works through the connection (publishing's migrations)."""
    with database.cursor() as cursor:
        cursor.execute("SELECT connection_is_held(%s)", [connection.pk])
        (held,) = cursor.fetchone() or (False,)
        return bool(held)


def mail_admins(connection: Connection, template: str, by: User | None = None) -> None:
    """Once what it tells of is committed."""
    transaction.on_commit(
        lambda: mail.to_admins(
            connection.business, template, connection=connection, by=by
        )
    )


def let_go(grant_id: int) -> None:
    """A grant that no connection uses any more is forgotten, then revoked."""
    grant = Grant.objects.select_for_update().filter(pk=grant_id).first()
    if grant is None or consents.users_of(grant.pk):
        return
    region, refresh_token = grant.region, grant.refresh_token
    grant.delete()
    if refresh_token:
        transaction.on_commit(lambda: tokens.revoke(region, refresh_token))
