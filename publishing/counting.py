"""How many items there are: exactly while they are few, “1,000+” where they are many.

To count hundreds of thousands takes longer than to show a page of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection as database
from django.db.models import QuerySet
from django.utils.formats import number_format

from publishing.models import Item

MOST_COUNTED: Final = 1000
EACH: Final = "each of them"
"""In the place of a value, where the same is asked for several."""


@dataclass(frozen=True)
class Count:
    """`number` of them, or more."""

    number: int = 0
    or_more: bool = False

    def __str__(self) -> str:
        words = number_format(self.number, use_l10n=True, force_grouping=True)
        return f"{words}+" if self.or_more else words

    def __bool__(self) -> bool:
        return self.number > 0

    def __add__(self, other: "Count") -> "Count":
        number = self.number + other.number
        if number <= MOST_COUNTED:
            return Count(number, self.or_more or other.or_more)
        return Count(MOST_COUNTED, or_more=True)


def count(items: QuerySet[Item]) -> Count:
    return of_each({"": items})[""]


def of_each(lists: Mapping[str, QuerySet[Item]]) -> dict[str, Count]:
    """Several lists in one question."""
    asked = {name: _first(items, "pk") for name, items in lists.items()}
    asked = {name: first for name, first in asked.items() if first.sql}
    if not asked:
        return dict.fromkeys(lists, Count())
    parts = [f"SELECT %s, count(*) FROM ({each.sql}) f" for each in asked.values()]  # noqa: S608
    values = [value for name, each in asked.items() for value in (name, *each.values)]
    found = dict(_answered(" UNION ALL ".join(parts), values))
    return {name: _counted(found.get(name, 0)) for name in lists}


def per(
    items: QuerySet[Item], column: str, values: Collection[str]
) -> dict[str, Count]:
    """Of each of these values of a column, in one question whose part is written once.

    PostgreSQL reads each value as it stands, and chooses the index by how usual it is.
    """
    first = _first(items.filter(**{column: EACH}), "pk")
    if not first.sql:
        return dict.fromkeys(values, Count())
    part = f"SELECT %s, count(*) FROM ({first.sql}) f"  # noqa: S608
    said = [
        value if each == EACH else each
        for value in values
        for each in (value, *first.values)
    ]
    found = dict(_answered(" UNION ALL ".join([part] * len(values)), said))
    return {value: _counted(found.get(value, 0)) for value in values}


def by_status(items: QuerySet[Item], *, is_all: bool = True) -> dict[str, Count]:
    """Of a list that no index narrows: how its first items are distributed.

    is_all: there are no others than these.
    """
    first = _first(items, "status")
    if not first.sql:
        return {}
    question = f"SELECT status, count(*) FROM ({first.sql}) f GROUP BY status"  # noqa: S608
    found = _answered(question, first.values)
    total = sum(number for _status, number in found)
    or_more = total > MOST_COUNTED or not is_all
    return {status: Count(number, or_more) for status, number in found}


def exactly(items: QuerySet[Item], *columns: str) -> dict[tuple[str, ...], int] | None:
    """By what these columns hold; None where there are too many to be counted so. Its
    question is quick to write, for whoever asks it of many businesses."""
    first = _first(items, *columns)
    if not first.sql:
        return {}
    names = ", ".join(columns)
    question = f"SELECT {names}, count(*) FROM ({first.sql}) f GROUP BY {names}"  # noqa: S608
    with database.cursor() as cursor:
        cursor.execute(question, first.values)
        found = {tuple(held): int(number) for *held, number in cursor.fetchall()}
    return found if sum(found.values()) <= MOST_COUNTED else None


@dataclass(frozen=True)
class _Question:
    """SQL as Django writes it; empty where it knows that nothing can be found."""

    sql: str = ""
    values: Sequence[Any] = ()


def _first(items: QuerySet[Item], *columns: str) -> _Question:
    """One more than are counted, so that it is seen when there are more."""
    first = items.order_by().values(*columns)[: MOST_COUNTED + 1]
    try:
        sql, values = first.query.sql_with_params()
    except EmptyResultSet:
        return _Question()
    return _Question(sql, values)


def _answered(question: str, values: Sequence[Any]) -> list[tuple[str, int]]:
    with database.cursor() as cursor:
        cursor.execute(question, values)
        return [(str(name), int(number)) for name, number in cursor.fetchall()]


def _counted(number: int) -> Count:
    return Count(min(number, MOST_COUNTED), or_more=number > MOST_COUNTED)
