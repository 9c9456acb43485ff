"""Holding many rows until the end of a transaction, in the one order of all.

Whoever holds what another one waits for, and waits for what that one holds, is broken
off by PostgreSQL. So the rows of one table are taken by their numbers, and the tables in
this order: the business, where rules are said; the connection, suppliers, their rules,
items, and last what hangs on an item: its publications with their steps. Whoever holds
the item need not mind the order of these.
"""

from typing import Any

from django.db.models import QuerySet

from dext_sync.businesses.models import Business


def before_rules(business_id: int) -> None:
    """One at a time says rules of a business, before all else: a new one is in nobody's
    order, and whoever says the same one waits for it."""
    in_order(Business.objects.filter(pk=business_id))


def in_order(rows: QuerySet[Any]) -> list[int]:
    """Their numbers, of those that are still what was asked for once they are held."""
    held = rows.order_by("pk").select_for_update(of=("self",), no_key=True)
    return list(held.values_list("pk", flat=True))
