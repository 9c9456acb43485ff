"""What a consent becomes: organisation chosen, taken over, finished, given up.

Connection and grant change only at Finish, in one transaction.
"""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db import connection as database
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from connections import books, consents, ending, events, leaving, takeover
from connections.entries import fitted
from connections.models import (
    Allowance,
    Connection,
    ConnectionEvent,
    Consent,
    Grant,
)
from connections.takeover import Verdict
from connections.zoho import types
from connections.zoho.oauth import covers
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User


@dataclass(frozen=True)
class Offer:
    """An organisation in the picker. `is_taken`: connected to another business."""

    organisation: types.Organisation
    is_taken: bool
    is_current: bool


@dataclass(frozen=True)
class Finished:
    """others: (business, connection) ids that the same permission has mended."""

    connection: Connection
    is_reconnection: bool
    others: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Taken:
    """The organisation is connected to another business."""


@dataclass(frozen=True)
class StillChecked:
    """It cannot be taken over now: something sent through it is not certain yet."""


@dataclass(frozen=True)
class NotAgreed:
    """It cannot be taken over: Zoho no longer says that this is an administrator."""

    is_no_admin: bool


@dataclass(frozen=True)
class AnotherOrganisation:
    """The business is connected to another organisation, which stays."""


@dataclass(frozen=True)
class Over:
    """The consent has ended: finished already, given up, or too old."""


Outcome = Finished | Taken | StillChecked | NotAgreed | AnotherOrganisation | Over


# Choosing


def offers(consent: Consent) -> list[Offer]:
    """What this consent may connect; of a taken one nothing more is told."""
    current = connection_of(consent.business)
    return [
        Offer(
            organisation,
            is_taken=_is_taken(consent, organisation.organisation_id),
            is_current=_is_current(consent, organisation.organisation_id, current),
        )
        for organisation in _organisations(consent)
    ]


def connection_of(business: Business) -> Connection | None:
    return Connection.objects.for_business(business).first()


def choose(consent: Consent, organisation_id: str) -> bool:
    """Remember the choice; False for one that this consent does not offer."""
    free = (
        offer.organisation.organisation_id
        for offer in offers(consent)
        if not offer.is_taken
    )
    if organisation_id not in free:
        return False
    consent.organisation_id, consent.takes_over = organisation_id, ""
    consent.changes_from = ""
    consent.save(update_fields=["organisation_id", "takes_over", "changes_from"])
    return True


def agree_to_change(consent: Consent) -> None:
    """A person says: leave the connected organisation for the chosen one."""
    left = stays(consent)
    consent.changes_from = left.organisation_id if left else ""
    consent.save(update_fields=["changes_from"])


def taken_one(consent: Consent, organisation_id: str) -> types.Organisation | None:
    """Of what this consent reaches, the one that another business is connected to."""
    taken = (offer.organisation for offer in offers(consent) if offer.is_taken)
    return next(
        (each for each in taken if each.organisation_id == organisation_id), None
    )


def chosen(consent: Consent) -> types.Organisation | None:
    """The organisation that was chosen, out of the consent's own list."""
    found = (
        each
        for each in _organisations(consent)
        if each.organisation_id == consent.organisation_id
    )
    return next(found, None)


def stays(consent: Consent) -> Connection | None:
    """The connection that another organisation was chosen against, unless a person has
    agreed to leave that one for it."""
    current = connection_of(consent.business)
    if current is None or current.state == Connection.State.DISCONNECTED:
        return None
    if _is_current(consent, consent.organisation_id, current):
        return None
    return None if consent.changes_from == current.organisation_id else current


def is_left(consent: Consent) -> Connection | None:
    """The connection whose organisation a person has agreed to leave."""
    current = connection_of(consent.business)
    if current is None or not consent.changes_from:
        return None
    return current if stays(consent) is None else None


def _organisations(consent: Consent) -> list[types.Organisation]:
    return [types.Organisation(**each) for each in consent.organisations]


def _is_current(
    consent: Consent, organisation_id: str, current: Connection | None
) -> bool:
    return current is not None and (current.region, current.organisation_id) == (
        consent.region,
        organisation_id,
    )


def _is_taken(consent: Consent, organisation_id: str) -> bool:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT organisation_is_taken(%s, %s, %s)",
            [consent.region, organisation_id, consent.business_id],
        )
        (taken,) = cursor.fetchone() or (True,)
    return bool(taken)


# Finishing


def finish(consent: Consent, by: User) -> Outcome:
    """Connection and grant change here and nowhere else, together or not at all.

    An organisation that is taken over is disconnected there before: never two
    businesses are connected to it.
    """
    takes_over = takeover.is_agreed(consent) and _hindrance(consent) == Taken()
    if takes_over and (verdict := takeover.ask_again(consent)) is not Verdict.ADMIN:
        return NotAgreed(is_no_admin=verdict is Verdict.NO_ADMIN)
    try:
        if takes_over:
            _require_nothing_held(consent)
            takeover.release(consent)
        with transaction.atomic():
            rows = Connection.objects.for_business(consent.business)
            _stop_reading(consent)
            before = rows.select_for_update().first()
            outcome = _hindrance(consent) or _finish(consent, before, by)
            if takes_over and isinstance(outcome, Finished):
                _tell_taken(outcome.connection, by)
            return outcome
    except ending.StillHeld:
        return StillChecked()
    except IntegrityError:
        # Somebody else finished in the same instant, here or in another business.
        consent.refresh_from_db()
        return _hindrance(consent) or Over()


def _require_nothing_held(consent: Consent) -> None:
    """Before anything is taken from others: what this business leaves must be free to
    be left. Raises ending.StillHeld."""
    current = connection_of(consent.business)
    leaves = consent.changes_from and current is not None and current.is_working
    if current is not None and leaves and ending.is_held(current):
        raise ending.StillHeld


def _stop_reading(consent: Consent) -> None:
    """Of an organisation that is left. Before the connection is locked, as a refresh
    does: else each waits for the other."""
    current = connection_of(consent.business)
    if consent.changes_from and current is not None:
        books.end_refresh(
            current, _("The business changed to another organisation in Zoho Books.")
        )


def _hindrance(consent: Consent) -> Taken | AnotherOrganisation | Over | None:
    if not consents.is_open(consent) or chosen(consent) is None:
        return Over()
    if stays(consent):
        return AnotherOrganisation()
    return Taken() if _is_taken(consent, consent.organisation_id) else None


def _finish(consent: Consent, before: Connection | None, by: User) -> Outcome:
    organisation = chosen(consent)
    if organisation is None or not consents.end(consent):
        return Over()
    left = _left(before, organisation)
    if left is not None and left.is_working and ending.is_held(left):
        raise ending.StillHeld
    _hold_grants(consent, before)
    grant = _grant_from(consent)
    values = _facts(consent, organisation, grant, by)
    connection = _connected(consent.business, before, values)
    if before is not None and before.grant_id not in (None, grant.pk):
        ending.let_go(before.grant_id)
    consents.forget(consent)
    if left is None:
        _tell_connected(connection, by, again=before is not None)
    else:
        _tell_changed(connection, left, by)
    _tell_handed_on(connection, before, by)
    return Finished(
        connection,
        is_reconnection=before is not None
        and before.organisation_id == organisation.organisation_id,
        others=tuple(
            consents.users_of(grant.pk) - {(connection.business_id, connection.pk)}
        ),
    )


def _hold_grants(consent: Consent, before: Connection | None) -> None:
    """Of the Zoho user who comes and of the one who goes, in one order: another business
    may change them the other way round."""
    wanted = Q(pk=before.grant_id if before and before.grant_id else 0)
    if consent.zuid:
        wanted |= Q(region=consent.region, zuid=consent.zuid)
    grants = Grant.objects.select_for_update().filter(wanted)
    list(grants.order_by("pk").values_list("pk"))


def _left(
    before: Connection | None, chosen_one: types.Organisation
) -> Connection | None:
    """The connection as it was, if it was last to another organisation."""
    if before is None or before.organisation_id == chosen_one.organisation_id:
        return None
    return before


def _grant_from(consent: Consent) -> Grant:
    """The grant of this Zoho user, renewed; one of its own where nothing is shared."""
    values = _permission(consent)
    if not consent.zuid:
        return Grant.objects.create(**values)
    shared = _shared_grant(consent, values) or _shared_grant(consent, values)
    # Else the shared grant would lose a right that another connection needs.
    if shared is None or not covers(consent.scopes.split(), shared.scopes.split()):
        return Grant.objects.create(**{**values, "zuid": ""})
    for name, value in values.items():
        setattr(shared, name, value)
    shared.save(update_fields=list(values))
    return shared


def _shared_grant(consent: Consent, values: dict[str, Any]) -> Grant | None:
    """Locked; None where it was withdrawn or given back in the same instant."""
    theirs = {"region": consent.region, "zuid": consent.zuid}
    Grant.objects.get_or_create(**theirs, defaults=values)
    return Grant.objects.select_for_update().filter(**theirs).first()


def _permission(consent: Consent) -> dict[str, Any]:
    """A grant as the consent makes it: alive, and nothing of its past held against it."""
    return {
        "region": consent.region,
        "zuid": consent.zuid,
        "zoho_email": consent.zoho_email,
        "zoho_name": consent.zoho_name,
        "person": consent.person,
        "scopes": consent.scopes,
        "refresh_token": consent.refresh_token,
        "access_token": consent.access_token,
        "access_expires_at": consent.access_expires_at,
        "refreshing_until": None,
        "cool_down_until": None,
        "failures": 0,
        "died_at": None,
        "renewed_at": timezone.now(),
    }


def _connected(
    business: Business, before: Connection | None, values: dict[str, Any]
) -> Connection:
    if before is None:
        return Connection.unscoped.create(business=business, **values)
    if before.organisation_id != values["organisation_id"]:
        # What Zoho said of the other organisation's limits says nothing of this one's.
        Allowance.unscoped.filter(connection=before).delete()
        values = {**values, "locks": {}}
    rows = Connection.objects.for_business(business)
    rows.filter(pk=before.pk).update(**values)
    return rows.select_related("business").get(pk=before.pk)


def _facts(
    consent: Consent, organisation: types.Organisation, grant: Grant, by: User
) -> dict[str, Any]:
    now = timezone.now()
    return {
        "state": Connection.State.CONNECTED,
        "grant": grant,
        "region": consent.region,
        "organisation_id": organisation.organisation_id,
        **_described(organisation),
        "connected_by": by,
        "connected_at": now,
        "needs_reason": "",
        "needs_since": None,
        "disconnected_at": None,
        "ended_because": "",
        "permission_ends_at": None,
        # Where the first refresh is not begun at once, the sweep begins it.
        "refresh_due_at": now,
    }


def _described(organisation: types.Organisation) -> dict[str, Any]:
    said = {
        "organisation_name": organisation.name,
        "country": organisation.country,
        "currency_code": organisation.currency_code,
        "price_precision": organisation.price_precision,
        "edition": organisation.edition,
        "plan_name": organisation.plan_name,
        "time_zone": organisation.time_zone,
    }
    return fitted(Connection, said)


def _tell_connected(connection: Connection, by: User, *, again: bool) -> None:
    kinds = ConnectionEvent.Kind
    events.note(connection, kinds.MENDED if again else kinds.CONNECTED)
    word = "reconnected" if again else "connected"
    audit.record(
        connection.business, f"connection.{word}", actor=by, subject=connection
    )
    ending.mail_admins(connection, f"connection_{word}", by)


def _tell_changed(connection: Connection, left: Connection, by: User) -> None:
    events.note(connection, ConnectionEvent.Kind.ORGANISATION)
    audit.record(
        connection.business,
        "connection.organisation_changed",
        actor=by,
        subject=connection,
        before=left.organisation_name,
    )
    ending.mail_admins(connection, "connection_changed", by)


def _tell_handed_on(
    connection: Connection, before: Connection | None, by: User
) -> None:
    """It was somebody else's permission until now, of whoever stays or leaves."""
    if before is None or before.state == Connection.State.DISCONNECTED:
        return
    if before.connected_by is None or before.connected_by == by:
        return
    audit.record(
        connection.business,
        "connection.handed_on",
        actor=by,
        subject=connection,
        giver=str(before.connected_by),
    )


def _tell_taken(connection: Connection, by: User) -> None:
    audit.record(
        connection.business, "connection.took_over", actor=by, subject=connection
    )


def mend(connection: Connection) -> None:
    """The permission that it shares lives again: so does the connection, unless the
    person who gave it has left this business."""
    if not leaving.giver_is_here(connection):
        return
    with transaction.atomic():
        books.hold(connection)
        if not _mendable(connection).update(
            state=Connection.State.CONNECTED, needs_reason="", needs_since=None
        ):
            return
        events.note(connection, ConnectionEvent.Kind.MENDED)
        audit.record(connection.business, "connection.reconnected", subject=connection)


def will_be_mended(connection: Connection) -> bool:
    """Whether `mend` would."""
    return leaving.giver_is_here(connection) and _mendable(connection).exists()


def _mendable(connection: Connection) -> QuerySet[Connection]:
    return Connection.unscoped.filter(
        pk=connection.pk,
        state=Connection.State.NEEDS_RECONNECTING,
        needs_reason=Connection.Broken.PERMISSION_GONE,
        connected_by=connection.connected_by_id,
        grant__died_at=None,
        grant__isnull=False,
    )


# Giving up


def keep_old(consent: Consent, by: User) -> None:
    """Another organisation was chosen, and the person stays with the connected one."""
    organisation = chosen(consent)
    if organisation is not None:
        audit.record(
            consent.business,
            "connection.other_organisation",
            actor=by,
            subject_name=organisation.name,
        )
    consents.end_consent(consent)
