"""Holding many rows until the end of a transaction, in the one order of all.

Whoever holds what another one waits for, and waits for what that one holds, is broken
off by PostgreSQL. So the rows of one table are taken by their numbers, and the tables in
this order: the connection, suppliers, their rules, items, and last what hangs on an item:
its publications with their steps. Whoever holds the item need not mind the order of these.
"""

from typing import Any

from django.db.models import QuerySet


def in_order(rows: QuerySet[Any]) -> list[int]:
    """Their numbers, of those that are still what was asked for once they are held."""
    held = rows.order_by("pk").select_for_update(of=("self",), no_key=True)
    return list(held.values_list("pk", flat=True))
