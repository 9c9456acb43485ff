"""Periods that are closed in Zoho Books: read with the lists, kept on the connection."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from connections.zoho.types import LockRow

Side = Literal["sales", "purchases"]
LABELS: Final = {
    "all": _("All transactions"),
    "sales": _("Sales"),
    "purchases": _("Purchases"),
}


@dataclass(frozen=True)
class Lock:
    """Days on which nothing of a side can be entered; `side` is "all" where none can.

    Both days are included; without `since` everything before is closed, too.
    """

    side: str
    since: date | None
    until: date

    @property
    def label(self) -> str:
        return str(LABELS[self.side])

    def closes(self, side: Side) -> bool:
        return self.side in ("all", side)


def keep(connection: Connection, rows: Iterable[LockRow]) -> bool:
    """What the organisation has just said; whether that is something else than before."""
    before = locks_of(connection) or ()
    connection.locks = {
        "organisation_id": connection.organisation_id,
        "periods": [_stored(row) for row in rows if row.is_on and row.side],
    }
    Connection.unscoped.filter(
        pk=connection.pk, organisation_id=connection.organisation_id
    ).update(locks=connection.locks)
    return locks_of(connection) != before


def locks_of(connection: Connection) -> tuple[Lock, ...] | None:
    """None where the connected organisation has not been asked yet."""
    if connection.locks.get("organisation_id") != connection.organisation_id:
        return None
    return tuple(
        Lock(each["side"], _day(each["since"]), date.fromisoformat(each["until"]))
        for each in connection.locks["periods"]
        if each["until"]
    )


def _stored(row: LockRow) -> dict[str, Any]:
    return {
        "side": row.side,
        "since": row.since and row.since.isoformat(),
        "until": row.until and row.until.isoformat(),
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
