"""A connection's books, ready to call: token, budget and what breaks a connection."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from connections import budget, events, registration, tokens
from connections.budget import Priority
from connections.models import Connection, ConnectionEvent, Grant, RefreshRun
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import (
    ZohoForbidden,
    ZohoOrganisationRefused,
    ZohoRateLimited,
    ZohoUnauthorized,
    ZohoUnavailable,
)
from connections.zoho.oauth import INVOICE_SCOPES, covers
from connections.zoho.types import DailyLimit
from dext_sync import counters
from dext_sync.businesses import audit, mail

IN_HAND: Final = timedelta(seconds=10)
NOTED_EACH: Final = timedelta(seconds=1)
PAGES: Final = {
    "bill": "bills",
    "expense": "expenses",
    "invoice": "invoices",
    "contact": "contacts",
}


class NotConnected(Exception):
    """The connection is broken or ended: nothing can be called through it."""


class ConnectionAccess:
    """What every call through a connection goes past (connections.zoho.wire.Access)."""

    def __init__(self, connection: Connection, priority: Priority) -> None:
        self._connection = connection
        self._priority = priority
        self.begin_by: datetime | None = None
        self._token = ""
        self._token_until = timezone.now()
        self._noted_at: datetime | None = None
        self._unnoted: DailyLimit | None = None
        self._counted_at: datetime | None = None
        self._uncounted: Counter[tuple[str, str]] = Counter()

    def token(self, refused: str | None = None) -> str:
        """The one in hand for some seconds, so that not each page of a list asks."""
        now = timezone.now()
        if refused is not None or now >= self._token_until:
            self._token = self._shared_token(refused)
            self._token_until = now + IN_HAND
        return self._token

    def _shared_token(self, refused: str | None) -> str:
        grant = self._grant()
        try:
            return tokens.access_token(grant, refused)
        except ZohoUnauthorized:
            permission_gone(self._connection)
            raise

    def _grant(self) -> Grant:
        """It may have gone since the connection was read."""
        try:
            grant = self._connection.grant
        except Grant.DoesNotExist:
            raise ZohoUnauthorized("The permission was given back.") from None
        if grant is None:
            raise ZohoUnauthorized("The connection has no permission at Zoho.")
        return grant

    def require_room(self) -> None:
        budget.require_room(self._connection, self._priority)

    @contextmanager
    def call(self) -> Iterator[None]:
        with budget.call(self._connection, self._priority):
            if self.begin_by is not None and timezone.now() > self.begin_by:
                raise ZohoUnavailable("It was too late to begin; nothing was sent.")
            yield

    def came(self, status: int | None, code: int | None) -> None:
        answered = "no answer" if status is None else str(status)
        self._uncounted[answered, "" if code is None else str(code)] += 1
        if not self._may_wait(self._counted_at):
            self._count()

    def limits(self, limits: DailyLimit) -> None:
        self._unnoted = limits
        if not self._may_wait(self._noted_at):
            self.settle()

    def _may_wait(self, last: datetime | None) -> bool:
        """A refresh makes many calls in a moment: not each of them is written down."""
        is_soon = last is not None and timezone.now() < last + NOTED_EACH
        return is_soon and self._priority is Priority.REFRESH

    def settle(self) -> None:
        """Count the calls, and write down what Zoho said last of the day, as far as that
        is not done yet."""
        self._count()
        if self._unnoted:
            budget.note_limits(self._connection, self._unnoted)
            self._unnoted, self._noted_at = None, timezone.now()

    def _count(self) -> None:
        organisation = f"{self._connection.region}:{self._connection.organisation_id}"
        for (status, code), number in self._uncounted.items():
            counters.count_calls(organisation, status, code, number)
        self._uncounted.clear()
        self._counted_at = timezone.now()

    def limited(self, error: ZohoRateLimited) -> None:
        budget.note_refusal(self._connection, error)


class ConnectedBooks(ZohoBooks):
    """The books of a connection's organisation."""

    def __init__(self, connection: Connection, priority: Priority, api: str) -> None:
        self._through = ConnectionAccess(connection, priority)
        super().__init__(
            api=api,
            organisation_id=connection.organisation_id,
            access=self._through,
        )

    def prepare(self) -> None:
        """Have a token, and room in the budget. Raises what a call without would."""
        self._through.token()
        self._through.require_room()

    def settle(self) -> None:
        """When the last call of some is made: write down what came of them."""
        self._through.settle()

    @contextmanager
    def begun_by(self, moment: datetime) -> Iterator[None]:
        """Calls inside raise ZohoUnavailable instead of beginning later than this."""
        self._through.begin_by = moment
        try:
            yield
        finally:
            self._through.begin_by = None


def open_books(connection: Connection, priority: Priority) -> ConnectedBooks:
    """The connected organisation's books. Raises NotConnected."""
    region = registration.regions().get(connection.region)
    if not connection.is_working or connection.grant_id is None or region is None:
        raise NotConnected
    return ConnectedBooks(connection, priority, region.api)


def record_address(region: str, organisation_id: str, kind: str, zoho_id: str) -> str:
    """Where a person opens the record in Zoho Books; empty for an unknown region.

    kind: "bill", "expense", "invoice" or "contact".
    """
    known = registration.regions().get(region)
    if known is None:
        return ""
    return f"{known.books}/app/{organisation_id}#/{PAGES[kind]}/{zoho_id}"


def takes_invoices(connection: Connection) -> bool:
    """Whether its permission covers sales invoices; an unknown one is believed to."""
    return _covers(connection, INVOICE_SCOPES)


def has_scope_for(connection: Connection, error: ZohoForbidden) -> bool:
    """Whether its permission covers the call that was refused: then it is a right or a
    module of Zoho Books that is missing, and no new permission brings that."""
    return not error.scope or _covers(connection, [error.scope])


def _covers(connection: Connection, wanted: Iterable[str]) -> bool:
    given = connection.grant.scopes.split() if connection.grant else []
    return not given or covers(given, wanted)


def day_ends(connection: Connection) -> datetime:
    """When Zoho counts the organisation's calls anew."""
    return budget.day_ends(connection)


# What breaks a connection


def refused(connection: Connection, error: ZohoOrganisationRefused) -> None:
    """The Zoho user has left this organisation: that concerns no other connection."""
    del error
    broke(connection, Connection.Broken.ORGANISATION_REFUSED)


def permission_gone(connection: Connection) -> None:
    """Zoho has ended the permission, or the person who gave it has."""
    broken = Connection.Broken
    withdrawn = Grant.objects.filter(
        pk=connection.grant_id or 0, withdrawn_at__isnull=False
    )
    broke(
        connection, broken.WITHDRAWN if withdrawn.exists() else broken.PERMISSION_GONE
    )


def broke(connection: Connection, reason: "Connection.Broken") -> bool:
    """It needs reconnecting: said once, in the trail, to publishing and by mail.

    Whether it did not before.
    """
    working = _working_so(connection, reason)
    with transaction.atomic():
        _hold_refresh(connection)
        hold(connection)
        if not working.update(
            state=Connection.State.NEEDS_RECONNECTING,
            needs_reason=reason,
            needs_since=timezone.now(),
        ):
            return False
        connection.refresh_from_db()
        end_refresh(connection, str(reason.label))
        events.note(connection, ConnectionEvent.Kind.BROKEN)
        audit.record(
            connection.business,
            "connection.needs_reconnecting",
            subject=connection,
            reason=str(reason.label),
        )
        transaction.on_commit(lambda: _tell_admins(connection))
    return True


def _working_so(
    connection: Connection, reason: "Connection.Broken"
) -> QuerySet[Connection]:
    """The connection, if what was learnt of it is still so: somebody may have
    reconnected it meanwhile."""
    broken = Connection.Broken
    rows = Connection.unscoped.filter(
        pk=connection.pk, state=Connection.State.CONNECTED, grant=connection.grant_id
    )
    match reason:
        case broken.ORGANISATION_REFUSED:
            # The same permission may carry another organisation by now.
            return rows.filter(
                region=connection.region, organisation_id=connection.organisation_id
            )
        case broken.PERMISSION_GONE:
            # Or be given anew.
            return rows.filter(grant__died_at__isnull=False)
        case broken.GIVER_LEFT:
            # Or be that of somebody who is here, with the same Zoho user.
            return rows.filter(permission_ends_at__lte=timezone.now())
        case _:
            return rows


def hold(connection: Connection) -> None:
    """Whoever decides about it meanwhile is waited for. A condition on its grant, asked
    in the same statement as the waiting, would be answered as it was before."""
    rows = Connection.unscoped.select_for_update(of=["self"], no_key=True)
    list(rows.filter(pk=connection.pk).values_list("pk"))


def _hold_refresh(connection: Connection) -> None:
    """Before the connection itself, as a refresh does: else each waits for the other."""
    runs = RefreshRun.unscoped.select_for_update(of=["self"], no_key=True)
    list(runs.filter(connection=connection, finished_at=None).values_list("pk"))


def end_refresh(connection: Connection, problem: str) -> None:
    """Nothing more will be read through this connection for now."""
    RefreshRun.unscoped.filter(connection=connection, finished_at=None).update(
        finished_at=timezone.now(), leased_until=None, problem=problem
    )


def _tell_admins(connection: Connection) -> None:
    mail.to_admins(
        connection.business,
        "connection_needs_reconnecting",
        connection=connection,
        reason=connection.get_needs_reason_display(),
    )
