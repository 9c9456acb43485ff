"""The lists that are read from Zoho: what each is called, read with and kept as."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connections.models import (
    REMARK,
    Account,
    BankAccount,
    Contact,
    Currency,
    ListEntry,
    Location,
    Product,
    Project,
    PurchaseRecord,
    TaxExemption,
    TaxRate,
)
from connections.zoho.client import ZohoBooks
from connections.zoho.types import (
    AccountRow,
    BankAccountRow,
    ContactRow,
    CurrencyRow,
    LocationRow,
    Page,
    ProductRow,
    ProjectRow,
    PurchaseRow,
    TaxExemptionRow,
    TaxRateRow,
)

Row = TypeVar("Row")
Values = dict[str, Any]
ReadPage = Callable[[ZohoBooks, int], Page[Any]]


@dataclass(frozen=True)
class ListKind:
    """`read` makes one call for one page; `values` are the columns of its row here.

    has_page: people may look into it; else it is only compared with.
    by_change reads it sorted by when its rows were last changed, the latest last, where
    Zoho can do that.
    only: the rows of the model that belong to this list.
    optional: the organisation may have the feature switched off.
    gone_if_off: Zoho takes none of them then.
    """

    slug: str
    title: str | Promise
    model: type[ListEntry]
    read: ReadPage
    values: Callable[[Any], Values]
    only: Values
    editions: frozenset[str] | None = None
    optional: bool = False
    gone_if_off: bool = False
    by_change: ReadPage | None = None
    has_page: bool = True

    def is_offered_in(self, edition: str) -> bool:
        return self.editions is None or edition in self.editions


def _account(row: AccountRow) -> Values:
    return {"code": row.code, "account_type": row.kind}


def contact_values(row: ContactRow) -> Values:
    return {
        "kind": row.kind,
        "company_name": row.company_name,
        "email": row.email,
        "currency_code": row.currency_code,
    }


def _bank_account(row: BankAccountRow) -> Values:
    return {
        "code": row.code,
        "account_type": row.kind,
        "currency_code": row.currency_code,
    }


def _tax_rate(row: TaxRateRow) -> Values:
    return {
        "percentage": row.percentage,
        "kind": row.kind,
        "specification": row.specification,
    }


def _tax_exemption(row: TaxExemptionRow) -> Values:
    return {"code": row.code, "kind": row.kind, "description": row.description}


def _project(row: ProjectRow) -> Values:
    return {"customer_id": row.customer_id, "customer_name": row.customer_name}


def _product(row: ProductRow) -> Values:
    return {"code": row.code, "is_purchased": row.can_be_purchased}


def _location(row: LocationRow) -> Values:
    return {"is_primary": row.is_primary, "lines_only": row.lines_only}


def _currency(row: CurrencyRow) -> Values:
    return {"code": row.code, "places": row.precision, "is_base": row.is_base}


def _purchase(row: PurchaseRow) -> Values:
    return {
        "kind": row.kind,
        "vendor_id": row.vendor_id,
        "vendor_name": row.vendor_name,
        "reference": row.reference,
        "remark": row.remark[-REMARK:],
        "date": row.date,
        "currency_code": row.currency_code,
        "total": row.total,
        "status": row.status,
    }


LISTS: Final[tuple[ListKind, ...]] = (
    ListKind(
        "categories",
        _("Categories"),
        Account,
        lambda books, page: books.accounts(page),
        _account,
        {},
    ),
    ListKind(
        "tax-rates",
        _("Tax rates"),
        TaxRate,
        lambda books, page: books.taxes(page),
        _tax_rate,
        {},
    ),
    ListKind(
        "tax-exemptions",
        _("Tax exemptions"),
        TaxExemption,
        lambda books, _page: books.tax_exemptions(),
        _tax_exemption,
        {},
        editions=frozenset({"us", "ca", "au", "in"}),
        optional=True,
    ),
    ListKind(
        "currencies",
        _("Currencies"),
        Currency,
        lambda books, page: books.currencies(page),
        _currency,
        {},
    ),
    ListKind(
        "bank-accounts",
        _("Bank and card accounts"),
        BankAccount,
        lambda books, page: books.bank_accounts(page),
        _bank_account,
        {},
    ),
    ListKind(
        "suppliers",
        _("Suppliers"),
        Contact,
        lambda books, page: books.contacts("vendor", page),
        contact_values,
        {"kind": Contact.Kind.VENDOR},
        by_change=lambda books, page: books.contacts(
            "vendor", page, sort="last_modified_time"
        ),
    ),
    ListKind(
        "customers",
        _("Customers"),
        Contact,
        lambda books, page: books.contacts("customer", page),
        contact_values,
        {"kind": Contact.Kind.CUSTOMER},
        by_change=lambda books, page: books.contacts(
            "customer", page, sort="last_modified_time"
        ),
    ),
    ListKind(
        "projects",
        _("Projects"),
        Project,
        lambda books, page: books.projects(page),
        _project,
        {},
        optional=True,
    ),
    ListKind(
        "products",
        _("Products and services"),
        Product,
        lambda books, page: books.products(page),
        _product,
        {},
        optional=True,
    ),
    ListKind(
        "locations",
        _("Locations"),
        Location,
        lambda books, _page: books.locations(),
        _location,
        {},
        optional=True,
        gone_if_off=True,
    ),
    ListKind(
        "bills",
        _("Bills"),
        PurchaseRecord,
        lambda books, page: books.bill_rows(page),
        _purchase,
        {"kind": PurchaseRecord.Kind.BILL},
        optional=True,
        by_change=lambda books, page: books.bill_rows(page, sort="last_modified_time"),
        has_page=False,
    ),
    ListKind(
        "expenses",
        _("Expenses"),
        PurchaseRecord,
        lambda books, page: books.expense_rows(page),
        _purchase,
        {"kind": PurchaseRecord.Kind.EXPENSE},
        optional=True,
        has_page=False,
    ),
)
BY_SLUG: Final = {kind.slug: kind for kind in LISTS}
