"""What has happened to one item, and what it has become in Zoho Books."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from dext_sync.businesses import audit
from dext_sync.businesses.models import AuditEntry, Business
from publishing import archiving
from publishing.formats import day_text, locale_of
from publishing.models import Item
from publishing.progress import record_url
from publishing.views.visible import WorkspaceRequest, items_of_both

MOST_HISTORY = 200


@dataclass(frozen=True)
class RecordLine:
    """One record that an item became in Zoho Books."""

    name: str
    zoho_id: str
    url: str
    published_at: datetime | None
    cleared_at: datetime | None


def history_of(request: WorkspaceRequest, item: Item) -> dict[str, Any]:
    entries = list(_entries(request.business, item)[:MOST_HISTORY])
    return {
        "history": _told(request, entries),
        "records": _records(item),
        "newest": str(entries[0].pk) if entries else "",
    }


def newest_of(business: Business, item: Item) -> str:
    """Another one once more has happened."""
    entry = _entries(business, item).values_list("pk").first()
    return str(entry[0]) if entry else ""


def _entries(business: Business, item: Item) -> QuerySet[AuditEntry]:
    entries = audit.about(business, item)
    if item.supplier is None:
        return entries
    # Whoever says which contact the supplier is says it of this item, too.
    return entries | audit.about(business, item.supplier).filter(
        action__startswith="supplier."
    )


def _told(
    request: WorkspaceRequest, entries: list[AuditEntry]
) -> list[tuple[AuditEntry, str, str]]:
    """When, who and what. Where another item is spoken of it is named, and linked, to
    whoever may see it."""
    numbers = {each.data["other_item"] for each in entries if _of_other(each)}
    others = items_of_both(request).in_bulk(numbers) if numbers else {}
    return [
        (
            each,
            audit.teller(each),
            _sentence(request, each, others.get(each.data.get("other_item"))),
        )
        for each in entries
    ]


def _of_other(entry: AuditEntry) -> bool:
    return entry.data.get("other_item") is not None


def _sentence(request: WorkspaceRequest, entry: AuditEntry, other: Item | None) -> str:
    if other is None:
        return audit.own_sentence(entry)
    address = reverse("item", args=[request.business.slug, other.workspace, other.pk])
    name = _name_of(request, other)
    # By its id the focus comes back to it where the list is drawn anew.
    link = format_html('<a id="said-{}" href="{}">{}</a>', entry.pk, address, name)
    return audit.own_sentence_with(entry, other=link)


def _name_of(request: WorkspaceRequest, item: Item) -> str:
    """“Invoice INV-7, Acme Paper Ltd, 19 Nov 2026”, as far as these are known."""
    day = day_text(item.date, locale_of(request.business)) if item.date else ""
    return ", ".join(filter(None, [str(item), str(item.supplier or ""), day]))


def _records(item: Item) -> list[RecordLine]:
    """Everything that it became in Zoho Books, the newest first."""
    tries = item.publications.prefetch_related("steps").select_related("connection")
    lines = [
        RecordLine(
            archiving.record_name(each),
            zoho_id=archiving.zoho_id_of(each),
            url=record_url(each),
            published_at=each.finished_at,
            cleared_at=each.cleared_at,
        )
        for each in tries.order_by("-pk")
    ]
    return [line for line in lines if line.zoho_id]
