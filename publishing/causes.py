"""What a failure hangs on: which items share a cause, and when it is mended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from publishing.problems import Problem

SENT_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("kind",),
    "date": ("date",),
    "due_date": ("due_date",),
    "supplier": ("supplier_id", "contact_id"),
    "reference": ("reference",),
    "description": ("description",),
    "category": ("account_id",),
    "project": ("project_id",),
    "location": ("location_id",),
    "customer": ("customer_id",),
    "currency": ("currency_id", "exchange_rate"),
    "total": ("total",),
    "tax_rate": ("tax_id", "tax_exemption_id", "tax"),
    "payment_method": ("paid_through_account_id",),
    "mark_as_sent": ("mark_as_sent",),
}
"""An item's fields, and where a claim has what they become."""
FROM_LISTS: Final = frozenset(
    {
        "supplier",
        "category",
        "project",
        "location",
        "customer",
        "tax_rate",
        "payment_method",
    }
)
MORE_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    Problem.DUPLICATE_BILL.code: ("reference", "supplier"),
    Problem.ALIKE.code: ("supplier", "date", "reference", "currency", "total"),
}
"""Where another field than the problem's own mends it as well."""
OF_THE_CONNECTION: Final = frozenset(
    {
        Problem.FORBIDDEN.code,
        Problem.DISCONNECTED.code,
        Problem.ORGANISATION_CHANGED.code,
    }
)
"""They fail for the connection's sake, whatever the item says."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How publishing ended; `field` is what mends it, and "" is what nobody knows."""

    problem: str
    field: str
    at: datetime
    sent: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Present:
    """How things are now. `entries_changed_at`: per field, when Zoho last changed the
    entry that is chosen there; `refreshed_at`: when the last refresh of all began."""

    would_send: Mapping[str, Any]
    entries_changed_at: Mapping[str, datetime]
    connected_at: datetime
    refreshed_at: datetime | None = None


def cause_of(
    problem: str, field: str, *, entry: int | str | None, zoho_code: str
) -> str:
    """One word for what the items of one cause share, as it stands in addresses.

    `rejected.category.17` names our entry, `rejected..13009` Zoho's number where no
    field is known, `duplicate_bill.reference` neither.
    """
    detail = str(entry) if entry is not None else "" if field else zoho_code
    return ".".join((problem, field, detail)).rstrip(".")


def stands(failure: Failure, now: Present) -> bool:
    """Whether the cause still applies, as far as can be known."""
    match failure.problem:
        case Problem.DISCONNECTED.code | Problem.ORGANISATION_CHANGED.code:
            return False
        case Problem.LOCKED.code:
            return False  # A lock that is still there is a reason of its own.
        case Problem.FORBIDDEN.code:
            return now.connected_at <= failure.at
        case Problem.ENTRY_GONE.code if _is_after(now.refreshed_at, failure):
            return False
        case _:
            return not (_sends_other(failure, now) or _entry_changed(failure, now))


def _sends_other(failure: Failure, now: Present) -> bool:
    """A field that mends it is another one now; where none is known, any may. What an
    older claim does not know yet is what a newer one has nothing in."""
    fields = _fields(failure) or tuple(SENT_AS)
    return any(
        (failure.sent.get(name) or None) != (now.would_send.get(name) or None)
        for field in ("kind", *fields)
        for name in SENT_AS[field]
    )


def _entry_changed(failure: Failure, now: Present) -> bool:
    if failure.problem in MORE_FIELDS:
        return False  # The same number of the same contact is as taken as before.
    names_none = failure.problem == Problem.REJECTED.code and not failure.field
    any_of_them = names_none or failure.problem == Problem.BAD_VALUE.code
    fields = FROM_LISTS if any_of_them else FROM_LISTS & set(_fields(failure))
    return any(
        _is_after(now.entries_changed_at.get(field), failure) for field in fields
    )


def _fields(failure: Failure) -> tuple[str, ...]:
    own = (failure.field,) if failure.field in SENT_AS else ()
    return MORE_FIELDS.get(failure.problem, own)


def _is_after(moment: datetime | None, failure: Failure) -> bool:
    return moment is not None and moment > failure.at
