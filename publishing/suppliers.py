"""Suppliers and customers as the business names them, and their contacts in Zoho Books."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import connection as database
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.utils import timezone

from connections import entries
from connections.models import Connection, ConnectionEvent, Contact
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from publishing import holding
from publishing.models import Item, Publication, Supplier

KINDS: Final[Mapping[str, str]] = {
    Supplier.Side.SUPPLIER: Contact.Kind.VENDOR,
    Supplier.Side.CUSTOMER: Contact.Kind.CUSTOMER,
}
"""What a side is called at Zoho."""
SIDES: Final = {kind: side for side, kind in KINDS.items()}
LONGEST_NAME: Final = 200
"""Letters that Zoho takes in a contact's name, and our rows hold."""


class Settled(Exception):
    """It stands already which contact this supplier is, or that is being created."""


def side_of(item: Item) -> str:
    """Whom the item's `supplier` must be one of."""
    if item.workspace == Item.Workspace.SALES:
        return Supplier.Side.CUSTOMER
    return Supplier.Side.SUPPLIER


def root(supplier: Supplier) -> Supplier:
    """Whom this spelling stands for; itself where it stands for itself."""
    while supplier.merged_into is not None:
        supplier = supplier.merged_into
    return supplier


def root_now(supplier: Supplier) -> Supplier:
    """The same, whatever has become of it since it was read."""
    return root(Supplier.unscoped.select_related("contact").get(pk=supplier.pk))


def _clean(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]


def named(
    business: Business, name: str, side: str = Supplier.Side.SUPPLIER
) -> Supplier:
    """The supplier of this name, a new one where there is none yet.

    A contact in Zoho of exactly this name becomes its contact.
    """
    name = _clean(name)
    supplier, _new = Supplier.unscoped.get_or_create(
        business=business, side=side, key=key_of(name), defaults={"name": name}
    )
    if supplier.contact_id is None:
        match_contacts(business, [supplier])
    return supplier


def all_named(business: Business, names: Iterable[str], side: str) -> list[Supplier]:
    """The same for many names, in their order and in a handful of queries; spellings are
    answered by whom they stand for."""
    clean = [_clean(name) for name in names]
    keys = [key_of(name) for name in clean]
    rows = Supplier.unscoped.filter(business=business, side=side)
    mine = rows.filter(key__in=keys)
    known = set(mine.values_list("key", flat=True))
    missing = {
        key: Supplier(business=business, side=side, key=key, name=name)
        for key, name in zip(keys, clean, strict=True)
        if key not in known
    }
    # In this order, as whoever else names some of them.
    in_order = [missing[key] for key in sorted(missing)]
    Supplier.unscoped.bulk_create(in_order, ignore_conflicts=True)
    match_contacts(business, list(mine.filter(contact=None).order_by("pk")))
    found = mine.select_related("business", "merged_into__business")
    by_key = {each.key: root(each) for each in found}
    return [by_key[key] for key in keys]


def keys_of(business: Business, names: Iterable[str], side: str) -> dict[str, str]:
    """The key of whom each of these names stands for."""
    keys = {name: key_of(name) for name in names}
    merged = Supplier.unscoped.filter(
        business=business, side=side, key__in=keys.values()
    ).exclude(merged_into=None)
    roots = {each.key: root(each).key for each in merged.select_related("merged_into")}
    return {name: roots.get(key, key) for name, key in keys.items()}


def unknown(business: Business, names: Iterable[str], side: str) -> set[str]:
    """Those of these names that nobody bears, neither here nor in Zoho."""
    keys = {name: key_of(name) for name in names}
    rows = Supplier.unscoped.filter(business=business, side=side)
    ours = set(rows.filter(key__in=keys.values()).values_list("key", flat=True))
    connection = Connection.objects.for_business(business).first()
    others = [name for name, key in keys.items() if key not in ours]
    if connection is None or not others:
        return set()
    in_zoho = _by_name(connection, side, map(_clean, others))
    return {name for name in others if not in_zoho[_clean(name)]}


def of_contact(business: Business, contact: Contact) -> Supplier:
    """The supplier, or customer, that stands for this contact in Zoho."""
    side = SIDES[contact.kind]
    supplier, _new = Supplier.unscoped.get_or_create(
        business=business,
        side=side,
        key=key_of(contact.name),
        defaults={"name": contact.name[:LONGEST_NAME], "contact": contact},
    )
    if supplier.contact_id is None and not supplier.items.exists():
        _match(supplier, [contact])
    elif supplier.contact_id is None:
        match_contacts(business, [supplier])
    if supplier.contact_id == contact.pk:
        return supplier
    # Another contact goes by this name, or may: this one gets a key of its own.
    return Supplier.unscoped.get_or_create(
        business=business,
        side=side,
        key=f"{key_of(contact.name)[:160]}#{contact.zoho_id}",
        defaults={"name": contact.name[:LONGEST_NAME], "contact": contact},
    )[0]


def agree_to_create(supplier: Supplier, by: User) -> None:
    """A person said: create it in Zoho. It happens while publishing.

    Review its items afterwards: `coding.review_supplier(supplier)`.
    """
    asked = Supplier.unscoped.filter(
        pk=supplier.pk, contact=None, create_agreed_at=supplier.create_agreed_at
    )
    with transaction.atomic():
        if not is_agreed(supplier) and asked.update(create_agreed_at=timezone.now()):
            audit.record(
                supplier.business, "supplier.to_create", actor=by, subject=supplier
            )
    supplier.refresh_from_db()


def is_agreed(supplier: Supplier) -> bool:
    """Whether a person said: create it, of the organisation that is connected now."""
    if supplier.create_agreed_at is None:
        return False
    changes = ConnectionEvent.unscoped.filter(
        business=supplier.business_id, kind=ConnectionEvent.Kind.ORGANISATION
    )
    return not changes.filter(at__gt=supplier.create_agreed_at).exists()


def withdraw_agreement(supplier: Supplier, by: User) -> None:
    """A person takes back that it is to be created.

    Raises Settled where nobody had said it, or it is just being created. Review its
    items afterwards: `coding.review_supplier(supplier)`.
    """
    agreed = Supplier.unscoped.filter(
        pk=supplier.pk, contact=None, being_created_by=None
    ).exclude(create_agreed_at=None)
    with transaction.atomic():
        if not agreed.update(create_agreed_at=None):
            raise Settled
        audit.record(
            supplier.business, "supplier.not_to_create", actor=by, subject=supplier
        )
    supplier.refresh_from_db()


def creation_said(supplier: Supplier) -> Mapping[str, Any] | None:
    """Who said that it is to be created in Zoho, and when, like an item's sources."""
    at = supplier.create_agreed_at
    if supplier.contact_id is not None or at is None or not is_agreed(supplier):
        return None
    said = audit.about(supplier.business, supplier).filter(action="supplier.to_create")
    last = said.first()
    return {
        "from": "person",
        "name": last.actor_name if last else "",
        "id": last.actor_id if last else None,
        "at": at.isoformat(),
    }


def link(supplier: Supplier, contact: Contact, by: User) -> None:
    """A person chose the contact that this supplier is; other items follow.

    Raises Settled unless there was none, or Zoho has it no longer. Review its items
    afterwards: `coding.review_supplier(supplier)`.
    """
    with transaction.atomic():
        fresh = Supplier.unscoped.select_for_update(of=("self",)).get(pk=supplier.pk)
        if not _is_open(fresh):
            raise Settled
        fresh.contact, fresh.create_agreed_at = contact, None
        fresh.save(update_fields=["contact", "create_agreed_at"])
        audit.record(
            supplier.business,
            "supplier.linked",
            actor=by,
            subject=supplier,
            contact=contact.name,
        )
    supplier.refresh_from_db()


def _is_open(supplier: Supplier) -> bool:
    if supplier.contact_id is None:
        return supplier.being_created_by is None
    connection = Connection.objects.for_business(supplier.business).first()
    if connection is None:
        return False
    contacts = _contacts(connection, supplier.side)
    return not contacts.filter(pk=supplier.contact_id).exists()


def is_used_by_others(supplier: Supplier, person: User) -> bool:
    """Whether somebody else has items of this supplier."""
    return Item.unscoped.filter(supplier=supplier).exclude(owner=person).exists()


def match_contacts(business: Business, suppliers: list[Supplier]) -> list[Supplier]:
    """Give suppliers without contact the one contact in Zoho that bears their name.

    Answers those that found theirs. Two contacts of one name are a person's choice.
    """
    connection = Connection.objects.for_business(business).first()
    if connection is None:
        return []
    return [
        matched
        for side in KINDS
        for matched in _match_side(
            connection, side, [each for each in suppliers if each.side == side]
        )
    ]


def _match_side(
    connection: Connection, side: str, suppliers: list[Supplier]
) -> list[Supplier]:
    if not suppliers:
        return []
    by_name = _by_name(connection, side, {each.name for each in suppliers})
    return [
        supplier
        for supplier in suppliers
        if _match(supplier, by_name.get(supplier.name, []))
    ]


def _by_name(
    connection: Connection, side: str, names: Iterable[str]
) -> dict[str, list[Contact]]:
    """The contacts of each of these names, whatever the case of its letters."""
    capitals = _in_capitals(names)
    contacts = _contacts(connection, side).annotate(capitals=Upper("name"))
    by_capitals: dict[str, list[Contact]] = {}
    for contact in contacts.filter(capitals__in=set(capitals.values())):
        by_capitals.setdefault(contact.capitals, []).append(contact)
    return {name: by_capitals.get(capitals[name], []) for name in capitals}


def _in_capitals(names: Iterable[str]) -> dict[str, str]:
    """As PostgreSQL writes them: Python makes SS of ß, and would find no Straßner."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT name, upper(name) FROM unnest(%s::text[]) name", [list(names)]
        )
        return dict(cursor.fetchall())


def contacts_instead(
    connection: Connection, suppliers: Iterable[Supplier]
) -> dict[int, Contact]:
    """For suppliers whose contacts are another organisation's: those of the same name
    in the connected one, the contact's name before the supplier's own."""
    found: dict[int, Contact] = {}
    for side in KINDS:
        mine = [each for each in suppliers if each.side == side]
        names = {name for each in mine for name in _names_of(each)}
        by_name = _by_name(connection, side, names)
        for each in mine:
            known = [by_name.get(name, []) for name in _names_of(each)]
            only = next((contacts for contacts in known if len(contacts) == 1), None)
            if only:
                found[each.pk] = only[0]
    return found


def _names_of(supplier: Supplier) -> list[str]:
    names = [supplier.contact.name] if supplier.contact else []
    return [*names, supplier.name]


def _match(supplier: Supplier, contacts: list[Contact]) -> bool:
    if len(contacts) != 1:
        return False
    free = Supplier.unscoped.filter(pk=supplier.pk, contact=None, being_created_by=None)
    if not free.update(contact=contacts[0]):
        return False
    supplier.contact = contacts[0]
    return True


def name_is_taken(connection: Connection, name: str) -> bool:
    """Zoho knows one namespace of names for suppliers and customers together."""
    return entries.present(connection, Contact).filter(name__iexact=name).exists()


def is_still_without(supplier: Supplier) -> bool:
    """Whether nobody has created its contact, or begun to, since it was read: what the
    lists show since then may be that."""
    same = Supplier.unscoped.filter(pk=supplier.pk, contact=None, being_created_by=None)
    return same.exists()


def _contacts(connection: Connection, side: str) -> QuerySet[Contact]:
    return entries.usable(connection, Contact).filter(kind=KINDS[side])


def key_of(name: str) -> str:
    """The name without case, spaces and punctuation: ACME Paper-Ltd. is acmepaperltd."""
    letters = "".join(letter for letter in name.casefold() if letter.isalnum())
    return (letters or name.casefold().strip())[:200]


# Creating the contact: one publication does it, the others wait for it.


def claim_creation(supplier_id: int, publication_id: int) -> bool:
    """Whether this publication is the one that may create the contact."""
    free = Q(being_created_by=None) | Q(being_created_by=publication_id)
    waiting = Supplier.unscoped.filter(free, pk=supplier_id, contact=None)
    return bool(waiting.update(being_created_by=publication_id))


def take_over_creation(supplier_id: int, publication_id: int, given_up: int) -> bool:
    """The same, from a publication that has ended without creating it."""
    left = Supplier.unscoped.filter(
        pk=supplier_id, contact=None, being_created_by=given_up
    )
    return bool(left.update(being_created_by=publication_id))


def release_creation(publication_id: int) -> None:
    Supplier.unscoped.filter(being_created_by=publication_id).update(
        being_created_by=None
    )


def release_creations_elsewhere(connection: Connection) -> None:
    """Whoever was creating one in another organisation than the connected one, and may
    wait for ever to hear of it, keeps nobody from this one's."""
    elsewhere = Publication.unscoped.filter(
        connection=connection, finished_at=None
    ).exclude(region=connection.region, organisation_id=connection.organisation_id)
    theirs = Supplier.unscoped.filter(being_created_by__in=elsewhere.values("pk"))
    with transaction.atomic():
        numbers = holding.in_order(theirs)
        Supplier.unscoped.filter(pk__in=numbers).update(being_created_by=None)


def became(supplier_id: int, contact: Contact, *, created_by: int) -> None:
    """Zoho has the contact now; what a person chose meanwhile stays. In the organisation
    that was connected before it is nobody's here.

    created_by: the publication.
    """
    created = Supplier.unscoped.filter(pk=supplier_id)
    if not _is_of_connected(contact):
        created.filter(being_created_by=created_by).update(being_created_by=None)
        return
    created.filter(contact=None).update(contact=contact)
    created.update(being_created_by=None, create_agreed_at=None)


def _is_of_connected(contact: Contact) -> bool:
    return Connection.unscoped.filter(
        pk=contact.connection_id, organisation_id=contact.organisation_id
    ).exists()


def take_back_agreement(supplier_id: int) -> None:
    """The contact cannot be created: a person chooses again."""
    Supplier.unscoped.filter(pk=supplier_id).update(create_agreed_at=None)
