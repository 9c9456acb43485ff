"""What a page showed of an item: whoever presses Publish there means that."""

import hashlib

from publishing import coding
from publishing.models import Item
from publishing.views.visible import WorkspaceRequest


def print_of(item: Item) -> str:
    """Another one as soon as any value of the item is another one."""
    values = [_plain(item, name) for name in coding.FIELDS_OF[item.workspace]]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def are_others(request: WorkspaceRequest, item: Item) -> bool:
    """Than the page showed from which something was sent; who says nothing looked now."""
    said = request.POST.get("values", "")
    return bool(said) and said != print_of(item)


def _plain(item: Item, name: str) -> str:
    """Of another row its number: nothing is asked for here."""
    return str(getattr(item, Item._meta.get_field(name).attname))  # noqa: SLF001
