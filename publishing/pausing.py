"""Suppliers and customers of which nothing is published by itself until a person has
mended what failed."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import coding, holding
from publishing.models import Item, Publication, Supplier


def hold_suppliers(publication: Publication) -> None:
    """Those that its end may pause or free, before its item, as whoever merges suppliers
    holds them."""
    concerned = (
        Q(pk=publication.item.supplier_id)
        | Q(being_created_by=publication.pk)
        | Q(paused_over=publication.item_id)
    )
    holding.in_order(Supplier.unscoped.filter(concerned))


def hold_paused(publication: Publication) -> bool:
    """Those that it may free, and no other: many of one supplier end at once. Answers
    whether there are any."""
    paused = Supplier.unscoped.filter(paused_over=publication.item_id)
    return bool(holding.in_order(paused))


def pause_over(publication: Publication, reason: str) -> None:
    """What went by itself has failed, and a person must mend it."""
    if publication.priority != Publication.Priority.AUTOMATIC:
        return
    items = Item.unscoped.select_related("business", "supplier")
    item = items.get(pk=publication.item_id)
    supplier = item.supplier
    if supplier is None:
        return
    running = Supplier.unscoped.filter(pk=supplier.pk, paused_at=None)
    if running.update(paused_at=timezone.now(), paused_over=item, pause_reason=reason):
        audit.record(item.business, "auto.paused", subject=supplier, reason=reason)


def resume(supplier: Supplier, *, by: User) -> bool:
    """A person says: go on. Whether it was paused."""
    with transaction.atomic():
        if not _go_on(supplier.pk):
            return False
        audit.record(supplier.business, "auto.resumed", actor=by, subject=supplier)
    return True


def mended(item: Item) -> None:
    """What it was paused over is in the books now. Another failure holds it on."""
    over = Supplier.unscoped.filter(paused_over=item.pk).exclude(paused_at=None)
    for supplier in over.select_related("business"):
        if left := _still_failed(supplier, item):
            Supplier.unscoped.filter(pk=supplier.pk).update(paused_over=left)
        elif _go_on(supplier.pk):
            audit.record(supplier.business, "auto.resumed", subject=supplier)


def _still_failed(supplier: Supplier, besides: Item) -> Item | None:
    """Of what went by itself."""
    failed = Item.unscoped.filter(
        supplier=supplier,
        status=Item.Status.FAILED,
        publications__priority=Publication.Priority.AUTOMATIC,
        publications__state=Publication.State.FAILED,
    )
    return failed.exclude(pk=besides.pk).order_by("pk").first()


def _go_on(supplier_id: int) -> bool:
    paused = Supplier.unscoped.filter(pk=supplier_id).exclude(paused_at=None)
    if not paused.update(paused_at=None, paused_over=None, pause_reason=""):
        return False
    decide_again(Item.unscoped.filter(supplier=supplier_id))
    return True


def decide_again(items: QuerySet[Item]) -> None:
    """Something that those which are Ready may have waited for has changed. One that
    has just been changed has its rest nevertheless."""
    soon = coding.rested()
    rest = Q(auto_due_at=None) | Q(auto_due_at__gt=soon)
    with transaction.atomic():
        numbers = holding.in_order(items.filter(rest, status=Item.Status.READY))
        Item.unscoped.filter(pk__in=numbers).update(auto_due_at=timezone.now())
