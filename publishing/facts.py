"""An item as values, for decision and payloads; the connection that it would go to."""

from decimal import Decimal

from django.db.models import Model

from connections import entries
from connections.books import takes_invoices
from connections.locks import Side
from connections.models import (
    Account,
    Connection,
    Currency,
    ListEntry,
    Location,
    Project,
    TaxRate,
)
from dext_sync.businesses.models import Business
from publishing import suppliers
from publishing.copies import Named
from publishing.decision import (
    BooksFacts,
    ContactFacts,
    CurrencyFacts,
    Entry,
    Facts,
    LocationFacts,
    MethodFacts,
    ProjectFacts,
    SupplierFacts,
    TaxFacts,
    tax_inside,
)
from publishing.models import Item, PaymentMethod, Publication
from publishing.periods import closed_to, side_of


def connection_for(item: Item) -> Connection | None:
    """The connection that the item would go to."""
    return connection_of(item.business, sells=_sells(item))


def connection_of(business: Business, *, sells: bool = True) -> Connection | None:
    """The business's connection, working or broken; None once it is disconnected.

    sells: with its permission, of which only invoices must know what it covers.
    """
    connections = Connection.objects.for_business(business)
    if sells:
        connections = connections.select_related("grant").defer(
            "grant__refresh_token", "grant__access_token"
        )
    # A business has one at most: to order them, and to cut them off, costs a third more.
    found = next(iter(connections), None)
    is_over = found is None or found.state == Connection.State.DISCONNECTED
    return None if is_over else found


def facts_of(
    item: Item, connection: Connection | None, *, suspected: bool = False
) -> Facts:
    """suspected: what `duplicates.look` has just said of it."""
    return Facts(
        kind="receipt" if item.kind == Item.Kind.RECEIPT else "invoice",
        is_sale=_sells(item),
        mark_as_sent=marks_as_sent(item, connection),
        paid=item.paid,
        date=item.date,
        due_date=item.due_date,
        supplier=_supplier(item, connection),
        reference=item.reference.strip(),
        description=item.description.strip(),
        category=_entry(item.category, connection),
        project=_project(item.project, connection),
        location=_location(item.location, connection),
        customer=_entry(item.customer, connection),
        currency=item.currency,
        exchange_rate=item.exchange_rate,
        rate_date=item.rate_date,
        total=item.total,
        tax=_tax(item.tax_rate, connection),
        exemption=_entry(item.tax_exemption, connection),
        tax_amount=item.tax_amount,
        several_rates=item.several_rates,
        publish_to=item.publish_to,
        method=_method(item.payment_method, connection),
        tax_registered=item.business.tax_registered,
        in_zoho=item.standing_publication is not None,
        suspected=suspected,
        closed=closed_to(_side_of(item), item.business, connection),
        books=_books(connection, item) if connection else None,
    )


def _sells(item: Item) -> bool:
    return item.workspace == Item.Workspace.SALES


def _side_of(item: Item) -> Side:
    return side_of(is_sale=_sells(item))


def becomes(item: Item) -> Publication.Kind:
    """As `decision.kind_of` says it of an item's facts."""
    if _sells(item):
        return Publication.Kind.INVOICE
    if (item.publish_to or kind_without_saying(item)) == Item.PublishTo.EXPENSES:
        return Publication.Kind.EXPENSE
    return Publication.Kind.BILL


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


def _books(connection: Connection, item: Item) -> BooksFacts:
    # A category that can be used was read with its list: nothing is asked for then.
    knows_one = item.category is not None and is_usable(item.category, connection)
    return BooksFacts(
        state="connected" if connection.is_working else "needs_reconnecting",
        edition=connection.edition,
        base_currency=connection.currency_code,
        lists_read=knows_one or entries.present(connection, Account).exists(),
        takes_invoices=not _sells(item) or takes_invoices(connection),
        warns_of_new_suppliers=connection.warns_of_new_suppliers,
        currency=_currency(connection, item.currency),
    )


def _currency(connection: Connection, code: str) -> CurrencyFacts | None:
    found = entries.usable(connection, Currency).filter(code=code)
    row = found.values("zoho_id", "code", "places").first()
    return CurrencyFacts(**row) if row else None


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
            and suppliers.is_still_without(supplier)
        )
        return SupplierFacts(
            name=supplier.name,
            create_agreed=suppliers.is_agreed(supplier),
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


def _location(
    location: Location | None, connection: Connection | None
) -> LocationFacts | None:
    if location is None:
        return None
    return LocationFacts(
        zoho_id=location.zoho_id,
        usable=is_usable(location, connection),
        name=location.name,
        lines_only=location.lines_only,
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


def named(row: Model) -> Named:
    """What people know a chosen row by in any business."""
    rate = row.percentage if isinstance(row, TaxRate) else None
    return Named(str(row), str(getattr(row, "code", "")), rate)


def suggest_tax(total: Decimal, rate: TaxRate, places: int = 2) -> Decimal:
    """The tax inside the total at this rate."""
    return tax_inside(total, _tax_facts(rate, usable=True), places)


def places_of(item: Item) -> int:
    """Decimal places of the item's currency in the connected organisation."""
    return places_in(connection_for(item), item.currency)


def places_in(connection: Connection | None, currency: str) -> int:
    found = _currency(connection, currency) if connection else None
    return found.places if found else 2
