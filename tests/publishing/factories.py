"""Makes what an item stands on, and items; each row is written inside its business."""

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any, TypeVar

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from connections.models import (
    Account,
    BankAccount,
    Connection,
    Contact,
    Currency,
    Grant,
    ListEntry,
    TaxRate,
)
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, documents, suppliers
from publishing.drawing import PDF
from publishing.models import Document, Item, PaymentMethod, Supplier
from publishing.uploads import Accepted, Refused, accept

Row = TypeVar("Row", bound=ListEntry)

BAKERY_IN_ZOHO = "20081234501"
TODAY = dt.date(2026, 11, 20)


@cache
def make_pdf(words: str = "Invoice", pages: int = 1) -> bytes:
    """A small real PDF; other words make another file, the same words the same one."""
    sheet = Image.new("RGB", (248, 350), (255, 255, len(words) % 256))
    out = BytesIO()
    more = [sheet.copy() for _page in range(pages - 1)]
    long_ago = time.gmtime(0)
    dates = {"creationDate": long_ago, "modDate": long_ago}
    sheet.save(out, "PDF", save_all=True, append_images=more, title=words, **dates)
    return out.getvalue()


def make_png(width: int = 60, height: int = 90) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "PNG")
    return out.getvalue()


def make_heavy_pdf(levels: int = 8, fan: int = 10) -> bytes:
    """Two kilobytes that draw fan ** levels rectangles: forms inside of forms."""
    box = "/MediaBox [0 0 600 800]"
    form = "/Type /XObject /Subtype /Form /BBox [0 0 600 800]"
    inside = "/Resources << /XObject << /F {} 0 R >> >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R {box} /Contents 4 0 R {inside.format(5)} >>",
        _stream("", "/F Do\n"),
    ]
    for number in range(5, 4 + levels):
        words = f"{form} {inside.format(number + 1)}"
        objects.append(_stream(words, "/F Do\n" * fan))
    objects.append(_stream(form, "0 0 600 800 re f\n" * fan))
    body = "".join(
        f"{number} 0 obj\n{words}\nendobj\n" for number, words in enumerate(objects, 1)
    )
    return f"%PDF-1.4\n{body}trailer << /Root 1 0 R >>\n%%EOF\n".encode()


def _stream(words: str, content: str) -> str:
    head = f"<< {words} /Length {len(content)} >>"
    return f"{head}\nstream\n{content}\nendstream"


def make_upload(content: bytes, name: str = "invoice.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def upload(
    business: Business, by: User, content: bytes, name: str = "invoice.pdf"
) -> Accepted | Refused:
    with acting_in(business.pk):
        mine = Item.unscoped.filter(owner=by)
        return accept(business, make_upload(content, name), by=by, visible=mine)


def make_connection(
    business: Business,
    *,
    region: str = "eu",
    organisation_id: str = BAKERY_IN_ZOHO,
    edition: str = "uk",
    currency: str = "GBP",
    tokens: tuple[str, str] = ("1000.refresh", "1000.access"),
    state: str = Connection.State.CONNECTED,
) -> Connection:
    """Connected to an organisation by the business's owner, without lists yet."""
    with acting_in(business.pk):
        owner = User.objects.get(
            memberships__business=business, memberships__role=Role.OWNER
        )
        grant = Grant.objects.create(
            region=region,
            person=owner,
            refresh_token=tokens[0],
            access_token=tokens[1],
            access_expires_at=timezone.now() + dt.timedelta(minutes=50),
            scopes="",
        )
        return Connection.unscoped.create(
            business=business,
            state=state,
            grant=grant,
            region=region,
            organisation_id=organisation_id,
            organisation_name="Harbour Bakery Ltd",
            currency_code=currency,
            edition=edition,
            time_zone="Europe/London",
            connected_by=owner,
        )


def make_lists(connection: Connection) -> None:
    """A handful of each list, as small as items need them."""
    write_entries(
        connection,
        [
            Currency(name="Pound", code="GBP", places=2, is_base=True),
            Currency(name="Euro", code="EUR", places=2),
        ],
        [
            Account(name="Office Supplies", account_type="expense"),
            Account(name="Postage", account_type="expense"),
        ],
        [BankAccount(name="Company Card", account_type="credit_card")],
        [
            TaxRate(name="Standard Rate", percentage=Decimal(20), kind="tax"),
            TaxRate(name="Zero Rate", percentage=Decimal(0), kind="tax"),
        ],
        [
            _vendor("Acme Paper Ltd", "GBP"),
            _vendor("City Power", "GBP"),
            _vendor("Boulangerie Martin SARL", "EUR"),
        ],
    )


def _vendor(name: str, currency: str) -> Contact:
    return Contact(name=name, kind=Contact.Kind.VENDOR, currency_code=currency)


def write_entries(connection: Connection, *lists: Sequence[ListEntry]) -> None:
    """Each list of one kind, in one statement; numbered where Zoho has not."""
    with acting_in(connection.business_id):
        for rows in lists:
            for number, row in enumerate(rows, start=1):
                row.business_id = connection.business_id
                row.connection = connection
                row.organisation_id = connection.organisation_id
                row.zoho_id = row.zoho_id or zoho_id(type(row), number)
            type(rows[0]).unscoped.bulk_create(rows)


def zoho_id(model: type[ListEntry], number: int) -> str:
    return f"20825{model.__name__.lower()[:8]}{number:05}"


def make_contact(
    connection: Connection,
    name: str,
    *,
    kind: str = Contact.Kind.VENDOR,
    currency: str = "GBP",
    **fields: Any,
) -> Contact:
    return make_entry(
        Contact, connection, name, kind=kind, currency_code=currency, **fields
    )


def make_entry(
    model: type[Row], connection: Connection, name: str, **fields: Any
) -> Row:
    with acting_in(connection.business_id):
        number = model.unscoped.filter(connection=connection).count() + 1
        given: dict[str, Any] = {
            "zoho_id": zoho_id(model, number),
        } | fields
        return model.unscoped.create(
            business_id=connection.business_id,
            connection=connection,
            organisation_id=connection.organisation_id,
            name=name,
            **given,
        )


def entry(model: type[Row], business: Business, name: str) -> Row:
    with acting_in(business.pk):
        return model.unscoped.get(business=business, name=name)


def make_supplier(
    business: Business, name: str = "Acme Paper Ltd", *, agreed_by: User | None = None
) -> Supplier:
    """With its contact, if the lists have one of this name."""
    with acting_in(business.pk):
        supplier = suppliers.named(business, name)
        if agreed_by is not None:
            suppliers.agree_to_create(supplier, agreed_by)
        return supplier


def make_customer(
    business: Business, name: str = "Anchor Hotel", *, agreed_by: User | None = None
) -> Supplier:
    """As `make_supplier`, for the other side."""
    with acting_in(business.pk):
        customer = suppliers.named(business, name, Supplier.Side.CUSTOMER)
        if agreed_by is not None:
            suppliers.agree_to_create(customer, agreed_by)
        return customer


def make_document(
    business: Business,
    by: User | None = None,
    *,
    content: bytes = b"",
    name: str = "invoice.pdf",
) -> Document:
    with acting_in(business.pk):
        return _document(business, by, content or make_pdf(name))


def _document(business: Business, by: User | None, content: bytes) -> Document:
    return documents.keep(business, content, content_type=PDF, page_count=1, by=by)


def make_method(
    business: Business, name: str = "Company Card", *, linked: bool = True
) -> PaymentMethod:
    account = entry(BankAccount, business, "Company Card") if linked else None
    with acting_in(business.pk):
        return PaymentMethod.unscoped.create(
            business=business, name=name, last_four="4242", account=account
        )


def make_item(business: Business, owner: User, **fields: Any) -> Item:
    """As it was typed in, reviewed: To review unless the fields are complete."""
    with acting_in(business.pk):
        return _item(business, owner, **fields)


def _item(business: Business, owner: User, **fields: Any) -> Item:
    return coding.review(_written(business, owner, **fields))


def _written(business: Business, owner: User, **fields: Any) -> Item:
    usual = {"currency": "GBP"}
    if fields.get("document") is not None:
        usual["file_name"] = "invoice.pdf"
    return Item.unscoped.create(business=business, owner=owner, **usual | fields)


COMPLETE: Mapping[str, Any] = {
    "date": TODAY,
    "due_date": TODAY + dt.timedelta(days=30),
    "reference": "INV-104",
    "description": "Printer paper",
    "total": Decimal("120.00"),
    "tax_amount": Decimal("20.00"),
}


def ready_item(business: Business, owner: User, **fields: Any) -> Item:
    """An unpaid invoice of Acme Paper Ltd over 120.00 with 20.00 of tax, and its PDF.

    The business must be connected and have its lists. The next one is no duplicate of
    it: its number, day and file are others, unless the test says them.
    """
    return _ready(business, owner, fields, is_plain=fields.keys() <= {"reference"})


def reviewed_item(business: Business, owner: User, **fields: Any) -> Item:
    """The same, whatever its review makes of it."""
    return _ready(business, owner, fields, is_plain=False)


def _ready(
    business: Business, owner: User, fields: Mapping[str, Any], *, is_plain: bool
) -> Item:
    """The first plain one of a business is written as its review would leave it."""
    with acting_in(business.pk):
        place = _items_of(business)
        given = {**_complete(place), **fields}
        if "category" not in given:
            given["category_id"] = _number(Account, business.pk, "Office Supplies")
        if "tax_rate" not in given:
            given["tax_rate_id"] = _number(TaxRate, business.pk, "Standard Rate")
        if "supplier" not in given:
            given["supplier"] = _named(business, "Acme Paper Ltd")
        if "document" not in given:
            name = f"invoice-{place}.pdf" if place else "invoice.pdf"
            given["document"] = _document(business, owner, make_pdf(name))
        if is_plain and place == 0:
            given |= {"status": Item.Status.READY, "auto_due_at": coding.rested()}
            return _written(business, owner, **given)
        return _item(business, owner, **given)


def _named(business: Business, name: str) -> Supplier:
    """As `suppliers.named`, in a statement or three."""
    rows = Supplier.unscoped.filter(business=business, side=Supplier.Side.SUPPLIER)
    if known := rows.filter(name=name).first():
        return known
    contacts = Contact.unscoped.filter(business=business, name=name)
    found = contacts.filter(kind=Contact.Kind.VENDOR, removed_at=None, is_active=True)
    if len(found) != 1:
        return suppliers.named(business, name)
    return Supplier.unscoped.create(
        business=business,
        side=Supplier.Side.SUPPLIER,
        key=suppliers.key_of(name),
        name=name,
        contact=found[0],
    )


def _items_of(business: Business) -> int:
    with acting_in(business.pk):
        return Item.unscoped.filter(business=business).count()


@cache
def _number(model: type[Row], business_id: int, name: str) -> int:
    rows = model.unscoped.filter(business=business_id, name=name)
    return int(rows.values_list("pk", flat=True).get())


def _complete(place: int) -> dict[str, Any]:
    """INV-104 for the first item of a business, INV-105 of the day before, …"""
    day = TODAY - dt.timedelta(days=place)
    return {**COMPLETE, "date": day, "reference": f"INV-{104 + place}"}


def paid_receipt(business: Business, owner: User, **fields: Any) -> Item:
    """A receipt of Acme Paper Ltd over 12.00, paid with the company card."""
    given: dict[str, Any] = {
        "kind": Item.Kind.RECEIPT,
        "paid": True,
        "reference": "",
        "due_date": None,
        "total": Decimal("12.00"),
        "tax_amount": Decimal("2.00"),
    } | fields
    if "payment_method" not in given:
        given["payment_method"] = make_method(business)
    return reviewed_item(business, owner, **given)


def ready_sale(business: Business, owner: User, **fields: Any) -> Item:
    """An invoice to the Anchor Hotel over 120.00 with 20.00 of tax, and its PDF.

    The lists must have that customer and the account Sales.
    """
    given: dict[str, Any] = {
        "workspace": Item.Workspace.SALES,
        "reference": f"2026-{17 + _items_of(business)}",
        "description": "Bread in October",
    } | fields
    if "category" not in given:
        given["category"] = entry(Account, business, "Sales")
    if "supplier" not in given:
        given["supplier"] = make_customer(business)
    return ready_item(business, owner, **given)
