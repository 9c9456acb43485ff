"""Several spellings of one supplier or customer: merging them, and taking that back."""

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from connections.models import Contact
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from publishing import coding, holding, suppliers
from publishing.models import Item, Publication, Supplier


class NotMergeable(Exception):
    """They are of two sides, one of them is just being created in Zoho, or they are one
    already."""


class WrongWay(NotMergeable):
    """Only the other one is in Zoho: that is the one to keep."""


def merge(kept: Supplier, other: Supplier, *, by: User, is_new: bool = False) -> None:
    """`other` is another spelling of `kept` from now on: its items follow, and so does
    whatever comes under its name. Its own rule rests, and what is in Zoho or on its way
    there keeps the name that went there. Raises NotMergeable.

    is_new: only while nobody has said yet which contact `other` is. Review the items of
    `kept` afterwards.
    """
    with transaction.atomic():
        kept, other = _held(kept, other)
        _check(kept, other)
        if is_new and other.contact_id is not None:
            raise NotMergeable
        other.merged_into = kept
        other.save(update_fields=["merged_into"])
        theirs = _outside_zoho(Item.unscoped.filter(supplier=other))
        Item.unscoped.filter(pk__in=holding.in_order(theirs)).update(
            supplier=kept,
            spelled_as=Coalesce(F("spelled_as"), other.pk),
            auto_due_at=coding.rested(),
        )
        _audit("supplier.merged", kept, other, by)


def take_back(other: Supplier, *, by: User) -> None:
    """It is a supplier of its own again, with the items that came under its name.
    Raises NotMergeable where it was none already. Review the items of both afterwards."""
    with transaction.atomic():
        if other.merged_into_id is None:
            raise NotMergeable
        kept, other = _held(Supplier.unscoped.get(pk=other.merged_into_id), other)
        if other.merged_into_id != kept.pk:
            raise NotMergeable
        other.merged_into = None
        other.save(update_fields=["merged_into"])
        theirs = Item.unscoped.filter(spelled_as__in=[other, *spellings_of(other)])
        mine = _outside_zoho(theirs.filter(supplier=suppliers.root(kept)))
        Item.unscoped.filter(pk__in=holding.in_order(mine)).update(
            supplier=other, auto_due_at=coding.rested()
        )
        Item.unscoped.filter(supplier=other, spelled_as=other).update(spelled_as=None)
        _audit("supplier.unmerged", kept, other, by)


def _outside_zoho(items: QuerySet[Item]) -> QuerySet[Item]:
    standing = Publication.unscoped.filter(
        item=OuterRef("pk"), state=Publication.State.PUBLISHED, cleared_at=None
    )
    resting = (*coding.EDITABLE, Item.Status.ARCHIVED)
    return items.filter(~Exists(standing), status__in=resting)


def _held(kept: Supplier, other: Supplier) -> tuple[Supplier, Supplier]:
    """Both as they are now, locked in one order whoever is merged into whom; items may
    name them meanwhile."""
    numbers = holding.in_order(Supplier.unscoped.filter(pk__in=[kept.pk, other.pk]))
    found = Supplier.unscoped.in_bulk(numbers)
    if len(found) != len({kept.pk, other.pk}):
        raise NotMergeable
    return found[kept.pk], found[other.pk]


def _check(kept: Supplier, other: Supplier) -> None:
    being_created = kept.being_created_by or other.being_created_by
    merged = kept.merged_into_id or other.merged_into_id
    if kept.pk == other.pk or kept.side != other.side or being_created or merged:
        raise NotMergeable
    if Publication.unscoped.filter(item__supplier=other, finished_at=None).exists():
        raise NotMergeable
    if kept.contact_id is None and other.contact_id is not None:
        raise WrongWay


def _audit(action: str, kept: Supplier, other: Supplier, by: User) -> None:
    audit.record(kept.business, action, actor=by, subject=kept, other=other.name)


def spellings_of(supplier: Supplier) -> list[Supplier]:
    """All that were merged into it, and into those."""
    found = list(Supplier.unscoped.filter(merged_into=supplier))
    return [*found, *(deeper for each in found for deeper in spellings_of(each))]


def others_of_contact(
    business: Business, contact: Contact, besides: Supplier
) -> QuerySet[Supplier]:
    """Suppliers that stand for this contact in Zoho already."""
    rows = Supplier.objects.for_business(business).filter(
        contact=contact, side=besides.side, merged_into=None
    )
    return rows.exclude(pk=besides.pk).order_by("pk")
