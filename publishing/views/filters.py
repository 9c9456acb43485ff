"""What a list is narrowed to beside status and search, as its address says it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from publishing.failures import failed_because
from publishing.models import Item
from publishing.picking import is_id

# As a person writes an amount: 1e5 is not one, and could be endless.
AMOUNT = re.compile(r"-?\d{1,12}(\.\d{1,3})?", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
LONGEST_CAUSE = 120
UNKNOWN = "unknown"
"""In place of a cause that cannot be: nothing failed of it."""
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True)
class Filters:
    """Each None where everything fits. `cause` as `causes.cause_of` spells it."""

    kind: str | None = None
    supplier: int | None = None
    category: int | None = None
    owner: int | None = None
    since: date | None = None
    until: date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    currency: str | None = None
    cause: str | None = None

    @classmethod
    def of(cls, query: QueryDict | Mapping[str, str]) -> "Filters":
        """Read an address; what it does not know it leaves aside."""
        return cls(**{name: READERS[name](query.get(name, "")) for name in READERS})

    def asked(self) -> dict[str, str]:
        """What the address says, in the order of the form."""
        return {
            name: value.isoformat() if isinstance(value, date) else str(value)
            for name, value in self._given().items()
        }

    def without(self, name: str) -> "Filters":
        nothing: dict[str, Any] = {name: None}
        return replace(self, **nothing)

    def matching(self, items: QuerySet[Item]) -> QuerySet[Item]:
        given = self._given()
        code = given.pop("cause", None)
        asked = {LOOKUPS[name]: _comparable(value) for name, value in given.items()}
        found = items.filter(**asked)
        return failed_because(found, str(code)) if code else found

    def _given(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


LOOKUPS = {
    "kind": "kind",
    "supplier": "supplier",
    "category": "category",
    "owner": "owner",
    "since": "date__gte",
    "until": "date__lte",
    "least": "total_in_thousandths__gte",
    "most": "total_in_thousandths__lte",
    "currency": "currency",
}


def _comparable(value: Any) -> Any:
    """Amounts as whole thousandths, which an index can compare."""
    return int(value * 1000) if isinstance(value, Decimal) else value


def _id(text: str) -> int | None:
    return int(text) if is_id(text) else None


def _day(text: str) -> date | None:
    if not DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _amount(text: str) -> Decimal | None:
    return Decimal(text) if AMOUNT.fullmatch(text) else None


def _known_kind(text: str) -> str | None:
    return text if text in Item.Kind.values else None


def _currency(text: str) -> str | None:
    return text if CURRENCY.fullmatch(text) else None


def _cause(text: str) -> str | None:
    """As it is spelled: left aside it would mean everything that failed."""
    if not text:
        return None
    return text if len(text) <= LONGEST_CAUSE and "\0" not in text else UNKNOWN


READERS: Mapping[str, Callable[[str], Any]] = {
    "kind": _known_kind,
    "supplier": _id,
    "category": _id,
    "owner": _id,
    "since": _day,
    "until": _day,
    "least": _amount,
    "most": _amount,
    "currency": _currency,
    "cause": _cause,
}
