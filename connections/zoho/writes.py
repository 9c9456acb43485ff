"""What is sent to Zoho Books: new contacts and records, and files."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Final

from connections.zoho.types import ContactKind

# What `NewBill.fields()` and its like hand to the encoder.
Fields = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class NewContact:
    """Which of the tax fields exist depends on the organisation's edition."""

    name: str
    kind: ContactKind
    currency_id: str | None = None
    company_name: str | None = None
    vat_treatment: str | None = None  # UK
    vat_reg_no: str | None = None  # UK
    country_code: str | None = None  # UK, GCC
    gst_treatment: str | None = None  # India
    gst_no: str | None = None  # India
    place_of_contact: str | None = None  # India
    tax_treatment: str | None = None  # GCC, Mexico, Kenya, South Africa
    tax_reg_no: str | None = None  # GCC, Mexico, Kenya, South Africa

    def fields(self) -> Fields:
        return _filled(
            contact_name=self.name,
            contact_type=self.kind,
            currency_id=self.currency_id,
            company_name=self.company_name,
            vat_treatment=self.vat_treatment,
            vat_reg_no=self.vat_reg_no,
            country_code=self.country_code,
            gst_treatment=self.gst_treatment,
            gst_no=self.gst_no,
            place_of_contact=self.place_of_contact,
            tax_treatment=self.tax_treatment,
            tax_reg_no=self.tax_reg_no,
        )


@dataclass(frozen=True, kw_only=True)
class NewBillLine:
    account_id: str
    rate: Decimal
    quantity: Decimal = Decimal(1)
    name: str | None = None
    description: str | None = None
    tax_id: str | None = None
    tax_exemption_id: str | None = None  # India, Australia, Canada
    item_id: str | None = None
    project_id: str | None = None
    customer_id: str | None = None
    is_billable: bool | None = None
    location_id: str | None = None

    def fields(self) -> Fields:
        return _filled(
            account_id=self.account_id,
            rate=self.rate,
            quantity=self.quantity,
            name=self.name,
            description=self.description,
            tax_id=self.tax_id,
            tax_exemption_id=self.tax_exemption_id,
            item_id=self.item_id,
            project_id=self.project_id,
            customer_id=self.customer_id,
            is_billable=self.is_billable,
            location_id=self.location_id,
        )


@dataclass(frozen=True, kw_only=True)
class NewBill:
    """`is_inclusive_tax`: the lines' rates already contain the tax."""

    vendor_id: str
    bill_number: str
    date: dt.date
    lines: tuple[NewBillLine, ...]
    due_date: dt.date | None = None
    reference_number: str | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None
    is_inclusive_tax: bool | None = None
    adjustment: Decimal | None = None
    adjustment_description: str | None = None
    location_id: str | None = None
    notes: str | None = None

    def fields(self) -> Fields:
        return _filled(
            vendor_id=self.vendor_id,
            bill_number=self.bill_number,
            reference_number=self.reference_number,
            date=self.date.isoformat(),
            due_date=self.due_date and self.due_date.isoformat(),
            currency_id=self.currency_id,
            exchange_rate=self.exchange_rate,
            is_inclusive_tax=self.is_inclusive_tax,
            adjustment=self.adjustment,
            adjustment_description=self.adjustment_description,
            location_id=self.location_id,
            notes=self.notes,
            line_items=[line.fields() for line in self.lines],
        )


@dataclass(frozen=True, kw_only=True)
class NewExpense:
    """`is_inclusive_tax`: the amount already contains the tax."""

    account_id: str
    date: dt.date
    amount: Decimal
    paid_through_account_id: str
    vendor_id: str | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None
    tax_id: str | None = None
    is_inclusive_tax: bool | None = None
    reference_number: str | None = None
    description: str | None = None
    project_id: str | None = None
    customer_id: str | None = None
    is_billable: bool | None = None
    location_id: str | None = None

    def fields(self) -> Fields:
        return _filled(
            account_id=self.account_id,
            date=self.date.isoformat(),
            amount=self.amount,
            paid_through_account_id=self.paid_through_account_id,
            vendor_id=self.vendor_id,
            currency_id=self.currency_id,
            exchange_rate=self.exchange_rate,
            tax_id=self.tax_id,
            is_inclusive_tax=self.is_inclusive_tax,
            reference_number=self.reference_number,
            description=self.description,
            project_id=self.project_id,
            customer_id=self.customer_id,
            is_billable=self.is_billable,
            location_id=self.location_id,
        )


@dataclass(frozen=True, kw_only=True)
class NewInvoiceLine:
    name: str
    account_id: str
    rate: Decimal
    quantity: Decimal = Decimal(1)
    description: str | None = None
    tax_id: str | None = None
    project_id: str | None = None
    location_id: str | None = None

    def fields(self) -> Fields:
        return _filled(
            name=self.name,
            account_id=self.account_id,
            rate=self.rate,
            quantity=self.quantity,
            description=self.description,
            tax_id=self.tax_id,
            project_id=self.project_id,
            location_id=self.location_id,
        )


@dataclass(frozen=True, kw_only=True)
class NewInvoice:
    """`is_inclusive_tax`: the lines' rates already contain the tax."""

    customer_id: str
    invoice_number: str
    date: dt.date
    lines: tuple[NewInvoiceLine, ...]
    due_date: dt.date | None = None
    reference_number: str | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None
    is_inclusive_tax: bool | None = None
    tax_exemption_id: str | None = None  # India, United States
    location_id: str | None = None

    def fields(self) -> Fields:
        return _filled(
            customer_id=self.customer_id,
            invoice_number=self.invoice_number,
            reference_number=self.reference_number,
            date=self.date.isoformat(),
            due_date=self.due_date and self.due_date.isoformat(),
            currency_id=self.currency_id,
            exchange_rate=self.exchange_rate,
            is_inclusive_tax=self.is_inclusive_tax,
            tax_exemption_id=self.tax_exemption_id,
            location_id=self.location_id,
            line_items=[line.fields() for line in self.lines],
        )


# Zoho goes by the extension, and each type has one or two that it takes.
_EXTENSIONS: Final[dict[str, tuple[str, ...]]] = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/bmp": (".bmp",),
}
_LONGEST_NAME = 95


@dataclass(frozen=True)
class File:
    name: str
    content_type: str
    content: bytes = field(repr=False)

    @property
    def wire_name(self) -> str:
        """The name as Zoho takes it: ASCII, short, with the type's own extension."""
        path = PurePosixPath(self.name.replace("\\", "/"))
        own = path.suffix.lower()
        fitting = _EXTENSIONS.get(self.content_type, (own,))
        ending = own if own in fitting else fitting[0]
        stem = _ascii(path.stem) or "document"
        return stem[: _LONGEST_NAME - len(ending)] + _ascii(ending)


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._ ()+-]+", "_", plain).strip(" _")


def _filled(**fields: object) -> Fields:
    """Without what is absent: to Zoho an empty text and no text are the same."""
    return {name: value for name, value in fields.items() if value not in (None, "")}
