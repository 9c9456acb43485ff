"""What a page showed of an item: whoever presses Publish there means that."""

import hashlib
from collections.abc import Iterable

from publishing.models import Item
from publishing.requesting import values_of
from publishing.views.visible import WorkspaceRequest


def print_of(item: Item) -> str:
    """Another one as soon as any value of the item is another one."""
    return _hash(values_of(item))


def print_of_all(items: Iterable[Item]) -> str:
    """The same of several, and another one where one is missing or new."""
    return _hash(sorted((item.pk, print_of(item)) for item in items))


def are_others(request: WorkspaceRequest, item: Item) -> bool:
    """Than the page showed from which something was sent."""
    return _said_otherwise(request, print_of(item))


def are_others_of(request: WorkspaceRequest, items: Iterable[Item]) -> bool:
    """The same of a selection."""
    return _said_otherwise(request, print_of_all(items))


def _said_otherwise(request: WorkspaceRequest, now: str) -> bool:
    """Who says nothing has looked just now."""
    said = request.POST if request.method == "POST" else request.GET
    return said.get("values", "") not in ("", now)


def _hash(told: object) -> str:
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
