"""What an item became before its publishing data was cleared: as long as that stays in
Zoho Books, publishing once more makes a second one, and whoever does it is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, prefetch_related_objects
from django.utils.translation import gettext as _

from connections.models import Connection, PurchaseRecord
from publishing import archiving, facts
from publishing.models import Item, Publication
from publishing.progress import record_url


@dataclass(frozen=True)
class Former:
    """A record that stays in Zoho Books; `url` is empty where only a person has seen it."""

    sentence: str
    url: str


def former_of(item: Item, connection: Connection | None) -> list[Former]:
    return former_of_all([item], connection).get(item.pk, [])


def former_of_all(
    items: Iterable[Item], connection: Connection | None
) -> Mapping[int, list[Former]]:
    """By the item's number, of those that have any; however many there are, three
    questions, and no third where there is nothing."""
    items = list(items)
    prefetch_related_objects(items, "publications__steps")
    left = [(item, each) for item in items for each in item.left_in_zoho]
    gone = _gone([each for _item, each in left])
    found: dict[int, list[Former]] = {}
    for item, each in left:
        if each.pk not in gone:
            told = Former(stays(item, each, connection), record_url(each))
            found.setdefault(item.pk, []).append(told)
    return found


def stays(item: Item, publication: Publication, connection: Connection | None) -> str:
    """“Bill INV-104 stays in Zoho Books. Publishing again makes a second one.”"""
    words = _(
        "%(record)s stays in Zoho Books. Publishing again makes a second one."
    ) % {"record": record_in_words(publication)}
    if _is_of_that_number(item, publication, connection):
        return f"{words} {_('Zoho Books takes it only under another number.')}"
    return words


def record_in_words(publication: Publication) -> str:
    """“Bill INV-104”, or “The expense” where it has no number."""
    name = archiving.record_name(publication)
    if publication.claim.get("number"):
        return name
    return _("The %(record)s") % {"record": name.lower()}


def _is_of_that_number(
    item: Item, publication: Publication, connection: Connection | None
) -> bool:
    """Whether Zoho would refuse its number, in the organisation to which it would go:
    that of an invoice, and that of a bill from the same supplier. An expense has none
    there, and a bill without one gets another mark of ours."""
    number = str(publication.claim.get("number", ""))
    kinds = publication.Kind
    return (
        number.casefold() == item.reference.strip().casefold() != ""
        and publication.kind == facts.becomes(item) != kinds.EXPENSE
        and (
            publication.kind == kinds.INVOICE or _is_of_its_supplier(item, publication)
        )
        and connection is not None
        and connection.organisation_id == publication.organisation_id
    )


def _is_of_its_supplier(item: Item, publication: Publication) -> bool:
    return bool(publication.claim.get("supplier_id") == item.supplier_id)


def _gone(left: list[Publication]) -> set[int]:
    """Those whose bill or expense was deleted or voided, as the lists know."""
    if not left:
        return set()
    by_record = {
        (each.organisation_id, archiving.zoho_id_of(each)): each.pk for each in left
    }
    left_zoho = PurchaseRecord.unscoped.filter(
        Q(is_active=False) | Q(removed_at__isnull=False),
        business=left[0].business_id,
        connection__in={each.connection_id for each in left},
        zoho_id__in={zoho_id for _organisation, zoho_id in by_record},
    )
    rows = left_zoho.values_list("organisation_id", "zoho_id")
    return {by_record[row] for row in rows if row in by_record}
