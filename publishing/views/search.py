"""Items that mention some words."""

from decimal import Decimal
from typing import Final

from django.db import connection as database
from django.db.models import Q, QuerySet

from connections.models import Account
from publishing.models import Item, Supplier
from publishing.views.filters import AMOUNT

FEW: Final = 1000
"""So many items are looked up; where more mention all words, they are met on the way."""
SHORTEST: Final = 3
"""The index knows parts of words of so many letters."""


def looked_up(search: str) -> list[int] | None:
    """The items that mention every word; None where there may be many."""
    words = search.lower().split()
    long = [word for word in words if len(word) >= SHORTEST]
    if not long:
        return None
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT items_mentioning(%s::text[], %s::numeric[], %s)",
            [long, [_amount(word) for word in long], FEW + 1],
        )
        found = [int(pk) for (pk,) in cursor.fetchall()]
    return found if len(found) <= FEW else None


def mentioning(
    items: QuerySet[Item], search: str, among: list[int] | None
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
