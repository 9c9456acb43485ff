"""What a person says about an item, and whether that is enough to publish it."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from connections import entries
from connections.books import takes_invoices
from connections.locks import Side
from connections.models import (
    Account,
    Connection,
    Contact,
    Currency,
    ListEntry,
    Location,
    Project,
    TaxRate,
)
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from publishing import failures, filling, payloads, suppliers
from publishing.decision import (
    BooksFacts,
    ContactFacts,
    CurrencyFacts,
    Entry,
    Facts,
    Hold,
    MethodFacts,
    ProjectFacts,
    Publish,
    SupplierFacts,
    TaxFacts,
    decide,
    tax_inside,
)
from publishing.formats import day_text, locale_of, plain_amount
from publishing.models import Item, PaymentMethod, Supplier
from publishing.periods import closed_to, side_of
from publishing.reasons import Problem, Reason

Value = (
    str
    | bool
    | date
    | Decimal
    | Supplier
    | Account
    | Project
    | Location
    | Contact
    | TaxRate
    | PaymentMethod
    | None
)

COST_FIELDS = (
    "kind",
    "date",
    "due_date",
    "supplier",
    "reference",
    "description",
    "category",
    "project",
    "location",
    "customer",
    "currency",
    "exchange_rate",
    "rate_date",
    "total",
    "tax_rate",
    "tax_amount",
    "several_rates",
    "paid",
    "payment_method",
    "publish_to",
)
SALES_FIELDS = (
    "date",
    "due_date",
    "supplier",
    "reference",
    "description",
    "category",
    "project",
    "location",
    "currency",
    "exchange_rate",
    "rate_date",
    "total",
    "tax_rate",
    "tax_amount",
    "several_rates",
    "mark_as_sent",
)
FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    Item.Workspace.COSTS: COST_FIELDS,
    Item.Workspace.SALES: SALES_FIELDS,
}
FOLLOWED = frozenset({"tax_rate", "total", "currency"})
"""What the tax amount is computed from."""
EDITABLE = (Item.Status.TO_REVIEW, Item.Status.READY, Item.Status.FAILED)
RELATED = (
    "business",
    "owner",
    "document",
    "supplier",
    "supplier__contact",
    "category",
    "project",
    "location",
    "customer",
    "tax_rate",
    "payment_method",
    "payment_method__account",
)


class NotEditable(Exception):
    """The item is being sent, is in Zoho already, or lies in the archive."""


class InZoho(NotEditable):
    """The item was taken out of the archive, and what it became in Zoho still stands."""


def change(item: Item, field: str, value: Value, *, by: User) -> Item:
    """Save one field as this person's, and say what is missing now.

    `value` is the field's own type, None or "" to empty it. Raises NotEditable, and
    InZoho where its publishing data must be cleared first.
    """
    if field not in FIELDS_OF[item.workspace]:
        raise ValueError(f"{field} is not a field that people change.")
    if isinstance(value, Supplier) and value.side != suppliers.side_of(item):
        raise ValueError(f"{value} is no {suppliers.side_of(item)}.")
    spelling = value if isinstance(value, Supplier) and value.merged_into else None
    value = suppliers.root(spelling) if spelling else value
    with transaction.atomic():
        fresh = locked(item.pk)
        if not fresh.is_editable:
            raise NotEditable
        if not fresh.takes_changes:
            raise InZoho
        before = getattr(fresh, field)
        if before != value:
            _set(fresh, field, value, by)
            if spelling:
                fresh.spelled_as = spelling
                fresh.save(update_fields=["spelled_as"])
            _audit(fresh, field, before, value, by)
            _settle(fresh)
    return fresh


def _set(item: Item, field: str, value: Value, by: User) -> None:
    setattr(item, field, value)
    item.sources = {**item.sources, field: _said_by(by)}
    changed = [field, "sources"]
    if field == "supplier":
        item.spelled_as = None
        changed.append("spelled_as")
    if field in filling.STANDS_ON:
        changed += filling.fill(item, connection_of(item.business))
    if FOLLOWED.intersection(changed):
        changed += _follow_rate(item)
    item.save(update_fields=changed)


def _said_by(by: User) -> dict[str, object]:
    return {
        "from": "person",
        "name": str(by),
        "id": by.pk,
        "at": timezone.now().isoformat(),
    }


def _follow_rate(item: Item) -> list[str]:
    """Fill the tax amount from the rate, unless somebody has said what it is."""
    if not filling.amount_follows_rate(item):
        return []
    known = item.tax_rate is not None and item.total is not None
    filling.set_amount(item, _suggested(item) if known else None)
    return ["tax_amount", "sources"]


def _suggested(item: Item) -> Decimal | None:
    if item.tax_rate is None or item.total is None:
        return None
    return suggest_tax(item.total, item.tax_rate, places_of(item))


def apply_rules(item: Item) -> Item:
    """Say anew what rules and defaults say of it, and what it lacks then: it is new, or
    a person wants a rule to hold for it. What people have set stays."""
    with transaction.atomic():
        fresh = locked(item.pk)
        if fresh.takes_changes:
            _refill(fresh, filling.fill(fresh, connection_of(fresh.business)))
            _settle(fresh)
    return fresh


def _refill(item: Item, changed: list[str]) -> None:
    if FOLLOWED.intersection(changed):
        changed = [*changed, *_follow_rate(item)]
    if changed:
        item.save(update_fields=changed)


def suggest_tax(total: Decimal, rate: TaxRate, places: int = 2) -> Decimal:
    """The tax inside the total at this rate."""
    return tax_inside(total, _tax_facts(rate, usable=True), places)


def places_of(item: Item) -> int:
    """Decimal places of the item's currency in the connected organisation."""
    connection = connection_of(item.business)
    found = _currency(connection, item.currency) if connection else None
    return found.places if found else 2


def _audit(item: Item, field: str, before: object, after: object, by: User) -> None:
    audit.record(
        item.business,
        "item.changed",
        actor=by,
        subject=item,
        field=label_of(item, field),
        before=shown(item, field, before),
        after=shown(item, field, after),
    )


def label_of(item: Item, field: str) -> str:
    """The field's name in the item's workspace, as in "changed the date"."""
    if field == "supplier" and item.workspace == Item.Workspace.SALES:
        return gettext("customer")
    meta = Item._meta  # noqa: SLF001  (the model API that Django documents)
    return str(getattr(meta.get_field(field), "verbose_name", field))


def shown(item: Item, field: str, value: object) -> str:
    """The value as the item's page shows it, for the history."""
    match value:
        case None | "":
            return "—"
        case bool():
            return gettext("yes") if value else gettext("no")
        case Decimal() if field == "exchange_rate":
            return f"{value.normalize():f}"
        case Decimal():
            return plain_amount(value, item.currency, locale_of(item.business))
        case date():
            return day_text(value, locale_of(item.business))
        case _:
            return _labelled(field, str(value))


def _labelled(field: str, value: str) -> str:
    match field:
        case "kind":
            return str(Item.Kind(value).label)
        case "publish_to":
            return place_words(value)
        case _:
            return value


# Reviewing


def review(item: Item) -> Item:
    """Say again what is missing: something that the item stands on has changed."""
    with transaction.atomic():
        fresh = locked(item.pk)
        if fresh.is_editable:
            if fresh.takes_changes:
                defaults = filling.fill_defaults(fresh, connection_of(fresh.business))
                _refill(fresh, defaults)
            _settle(fresh)
    return fresh


def review_supplier(supplier: Supplier) -> None:
    """After its contact was chosen, or creating it was agreed to."""
    review_all(open_items(supplier.business).filter(supplier=supplier))


def review_business(business: Business) -> None:
    """After a refresh, or when the connection broke or was mended."""
    match_suppliers(business)
    review_all(open_items(business))


def match_suppliers(business: Business) -> None:
    """Suppliers of open items whose name has come into Zoho's lists meanwhile."""
    nameless = Supplier.objects.for_business(business).filter(
        contact=None, items__in=open_items(business)
    )
    suppliers.match_contacts(business, list(nameless.distinct()))


def review_all(items: Iterable[Item]) -> None:
    for item in items:
        review(item)


def open_items(business: Business) -> QuerySet[Item]:
    return Item.objects.for_business(business).filter(status__in=EDITABLE)


def locked(item_id: int) -> Item:
    """The item as it is now, held until the transaction ends."""
    items = Item.unscoped.select_for_update(of=("self",)).select_related(*RELATED)
    return items.get(pk=item_id)


def _settle(item: Item) -> None:
    """Status and reasons from what is true now.

    A failure stays as long as its cause does; reasons take its place at once.
    """
    status, codes = _standing(item)
    if (item.status, item.reasons) != (status, codes):
        item.status, item.reasons = status, codes
        item.save(update_fields=["status", "reasons"])


def _standing(item: Item) -> tuple[Item.Status, list[str]]:
    connection = connection_of(item.business)
    facts = facts_of(item, connection)
    match decide(facts):
        case Hold(reasons):
            return Item.Status.TO_REVIEW, [reason.code for reason in reasons]
        case Publish() as publish:
            return _complete(item, connection, facts, publish)


def _complete(
    item: Item, connection: Connection | None, facts: Facts, publish: Publish
) -> tuple[Item.Status, list[str]]:
    """Nothing is missing; its last try may have failed for something that still is."""
    failed = failures.last_failed(item)
    if failed is None or connection is None:
        return Item.Status.READY, []
    claim = payloads.claim(
        facts, publish, mark=failed.mark, supplier_id=item.supplier_id or 0
    )
    if not failures.stands(item, failed, connection, claim.as_json()):
        return Item.Status.READY, []
    if failed.problem_code == Problem.ENTRY_GONE.code:
        return Item.Status.TO_REVIEW, [Reason.ENTRY_GONE.code]
    return Item.Status.FAILED, []


# Facts: the item as values, for decision and payloads


def connection_of(business: Business) -> Connection | None:
    """The business's connection, working or broken; None once it is disconnected."""
    connections = (
        Connection.objects.for_business(business)
        .select_related("grant")
        .select_related("cost_tax", "sales_tax")
        .defer("grant__refresh_token", "grant__access_token")
    )
    return connections.exclude(state=Connection.State.DISCONNECTED).first()


def facts_of(item: Item, connection: Connection | None) -> Facts:
    return Facts(
        kind="receipt" if item.kind == Item.Kind.RECEIPT else "invoice",
        is_sale=item.workspace == Item.Workspace.SALES,
        mark_as_sent=marks_as_sent(item, connection),
        paid=item.paid,
        date=item.date,
        due_date=item.due_date,
        supplier=_supplier(item, connection),
        reference=item.reference.strip(),
        description=item.description.strip(),
        category=_entry(item.category, connection),
        project=_project(item.project, connection),
        location=_entry(item.location, connection),
        customer=_entry(item.customer, connection),
        currency=item.currency,
        exchange_rate=item.exchange_rate,
        rate_date=item.rate_date,
        total=item.total,
        tax=_tax(item.tax_rate, connection),
        tax_amount=item.tax_amount,
        several_rates=item.several_rates,
        publish_to=item.publish_to,
        method=_method(item.payment_method, connection),
        tax_registered=item.business.tax_registered,
        in_zoho=item.standing_publication is not None,
        closed=closed_to(_side_of(item), item.business, connection),
        books=_books(connection, item.currency) if connection else None,
    )


def _side_of(item: Item) -> Side:
    return side_of(is_sale=item.workspace == Item.Workspace.SALES)


def kind_without_saying(item: Item) -> str:
    """What a cost becomes where nobody says where it goes."""
    paid_receipt = item.kind == Item.Kind.RECEIPT and item.paid
    return Item.PublishTo.EXPENSES if paid_receipt else Item.PublishTo.PURCHASES


def place_words(publish_to: str) -> str:
    return str(Item.PublishTo(publish_to).label)


def marks_as_sent(item: Item, connection: Connection | None) -> bool:
    """Of a sales invoice: as the item says, else as the connection's setting does."""
    if item.mark_as_sent is not None:
        return item.mark_as_sent
    return connection is not None and sends_new_invoices(connection)


def sends_new_invoices(connection: Connection) -> bool:
    """What becomes of an invoice whose item does not say otherwise."""
    return connection.new_invoices == Connection.NewInvoices.SENT


def _books(connection: Connection, currency_code: str) -> BooksFacts:
    currency = _currency(connection, currency_code)
    return BooksFacts(
        state="connected" if connection.is_working else "needs_reconnecting",
        edition=connection.edition,
        base_currency=connection.currency_code,
        lists_read=entries.present(connection, Account).exists(),
        takes_invoices=takes_invoices(connection),
        warns_of_new_suppliers=connection.warns_of_new_suppliers,
        currency=_currency_facts(currency) if currency else None,
    )


def _currency_facts(currency: Currency) -> CurrencyFacts:
    return CurrencyFacts(
        zoho_id=currency.zoho_id, code=currency.code, places=currency.places
    )


def _currency(connection: Connection, code: str) -> Currency | None:
    return entries.usable(connection, Currency).filter(code=code).first()


def _supplier(item: Item, connection: Connection | None) -> SupplierFacts | None:
    supplier = item.supplier
    if supplier is None:
        return None
    contact = supplier.contact
    if contact is None:
        # Created just now, it is in the lists before it is known to be this supplier's.
        taken = (
            connection is not None
            and supplier.being_created_by is None
            and suppliers.name_is_taken(connection, supplier.name)
        )
        return SupplierFacts(
            name=supplier.name,
            create_agreed=supplier.create_agreed_at is not None,
            name_taken=taken,
        )
    kind = suppliers.KINDS[suppliers.side_of(item)]
    usable = is_usable(contact, connection) and contact.kind == kind
    known = ContactFacts(
        zoho_id=contact.zoho_id, usable=usable, currency=contact.currency_code
    )
    return SupplierFacts(name=supplier.name, contact=known)


def _entry(entry: ListEntry | None, connection: Connection | None) -> Entry | None:
    if entry is None:
        return None
    return Entry(
        zoho_id=entry.zoho_id, usable=is_usable(entry, connection), name=entry.name
    )


def _project(
    project: Project | None, connection: Connection | None
) -> ProjectFacts | None:
    if project is None:
        return None
    return ProjectFacts(
        zoho_id=project.zoho_id,
        usable=is_usable(project, connection),
        name=project.name,
        customer_id=project.customer_id,
    )


def _tax(rate: TaxRate | None, connection: Connection | None) -> TaxFacts | None:
    if rate is None:
        return None
    return _tax_facts(rate, usable=is_usable(rate, connection))


def _tax_facts(rate: TaxRate, *, usable: bool) -> TaxFacts:
    """An Indian group of one state is half the state's tax, half the country's."""
    halves = rate.kind == "tax_group" and rate.specification == "intra"
    return TaxFacts(
        zoho_id=rate.zoho_id,
        usable=usable,
        percentage=rate.percentage,
        parts=2 if halves else 1,
    )


def _method(
    method: PaymentMethod | None, connection: Connection | None
) -> MethodFacts | None:
    if method is None or method.removed_at is not None:
        return None
    return MethodFacts(account=_entry(method.account, connection))


def is_usable(entry: ListEntry, connection: Connection | None) -> bool:
    """Zoho takes it, in the organisation that is connected now."""
    return (
        connection is not None
        and entry.connection_id == connection.pk
        and entry.organisation_id == connection.organisation_id
        and entry.is_usable
    )
