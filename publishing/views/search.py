"""Items that mention some words."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import connection as database
from django.db.models import Q, QuerySet

from connections.models import Account
from publishing import counting
from publishing.counting import Count
from publishing.models import Item, Supplier
from publishing.views.filters import AMOUNT

FEW: Final = 1000
"""A page is made of so many items that were looked up; where more mention all words, it
meets them on its way."""
MOST: Final = 5000
"""So many are looked up to be counted."""
SHORTEST: Final = 3
"""The index knows parts of words of so many letters."""


@dataclass(frozen=True)
class LookedUp:
    """Items that mention every word; `is_all`: there are no others."""

    ids: frozenset[int]
    is_all: bool


def looked_up(search: str) -> LookedUp | None:
    """None where a page soon meets such items on its way, or no index knows them."""
    words = search.lower().split()
    long = [word for word in words if len(word) >= SHORTEST]
    if not long:
        return None
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT items_mentioning(%s::text[], %s::numeric[], %s)",
            [long, [_amount(word) for word in long], MOST + 1],
        )
        found = frozenset(pk for (pk,) in cursor.fetchall())
    return None if None in found else LookedUp(found, len(found) <= MOST)


def for_page(
    items: QuerySet[Item], search: str, found: LookedUp | None
) -> QuerySet[Item]:
    few = found is not None and len(found.ids) <= FEW
    return _mentioning(items, search, found.ids if found and few else None)


def counted(
    items: QuerySet[Item], search: str, found: LookedUp | None
) -> dict[str, Count]:
    """Per status."""
    if found is None:
        return counting.by_status(_mentioning(items, search, None))
    return counting.by_status(
        _mentioning(items, search, found.ids), is_all=found.is_all
    )


def _mentioning(
    items: QuerySet[Item], search: str, among: Collection[int] | None
) -> QuerySet[Item]:
    """Every word somewhere in what a person would remember of the item."""
    if among is not None:
        items = items.filter(pk__in=among)
    for word in search.lower().split():
        items = items.filter(_mentions(word))
    return items


def _mentions(word: str) -> Q:
    anywhere = (
        Q(words__contains=word)
        | Q(supplier__in=Supplier.unscoped.filter(name__icontains=word))
        | Q(category__in=Account.unscoped.filter(name__icontains=word))
    )
    if (amount := _amount(word)) is not None:
        anywhere |= Q(total=amount)
    return anywhere


def _amount(word: str) -> Decimal | None:
    bare = word.lstrip("£$€₹").replace(",", "")
    return Decimal(bare) if AMOUNT.fullmatch(bare) else None
