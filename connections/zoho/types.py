"""What is read from Zoho Books and what is written to it, as plain values."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, Literal, TypeVar

T_co = TypeVar("T_co", covariant=True)

ContactKind = Literal["vendor", "customer"]
# Both upwards: the oldest come first.
Order = Literal["created_time", "last_modified_time"]


# Sign-in


@dataclass(frozen=True)
class Token:
    access_token: str = field(repr=False)
    # Zoho gives one at the first consent only, and never when refreshing.
    refresh_token: str | None = field(repr=False)
    expires_in: int
    scopes: frozenset[str]
    api_domain: str | None


@dataclass(frozen=True)
class ZohoUser:
    """`zuid` is the stable id that makes two consents the same person's."""

    zuid: str
    email: str
    name: str


@dataclass(frozen=True)
class Member:
    """A Zoho user inside one organisation. `role` is admin, staff, timesheetstaff or
    the name of a role of their own, which may be "Admin"."""

    user_id: str
    role: str
    status: str

    @property
    def is_admin(self) -> bool:
        return self.role == "admin" and self.status in ("", "active")


@dataclass(frozen=True)
class DailyLimit:
    """Calls of an organisation's day; `resets_in` is in seconds, to its midnight."""

    limit: int
    remaining: int
    resets_in: int


# Lists


@dataclass(frozen=True)
class Page(Generic[T_co]):
    """`sorted_by`: the column by which Zoho says it sorted; empty if it does not say.
    `is_guessed`: nor does it say whether there is more. `is_cut`: it has sent others, too,
    which were not asked for."""

    rows: tuple[T_co, ...]
    has_more: bool
    sorted_by: str = ""
    is_guessed: bool = False
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """`edition` decides which tax fields there are: uk, us, in, eu, ca, au, gcc, mx,
    ke, za or global. `country` is an ISO code, or empty if Zoho names none."""

    organisation_id: str
    name: str
    country: str
    currency_code: str
    plan_name: str
    time_zone: str
    price_precision: int
    edition: str
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """`kind` is Zoho's account_type, an open list: unknown words must not hurt."""

    zoho_id: str
    name: str
    code: str
    kind: str
    description: str
    parent_id: str
    depth: int
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class ContactRow:
    zoho_id: str
    name: str
    kind: str
    status: str
    currency_id: str
    currency_code: str
    email: str
    company_name: str
    last_modified: dt.datetime | None
    is_active: bool


Contact = ContactRow


@dataclass(frozen=True, kw_only=True)
class PurchaseRow:
    """A bill or an expense in its list, as far as it is compared with others.

    `reference` of a bill is its number; `remark` is its order number, of an expense its
    description. Void is not active.
    """

    zoho_id: str
    name: str
    kind: Literal["bill", "expense"]
    vendor_id: str
    vendor_name: str
    reference: str
    remark: str
    date: dt.date | None
    currency_code: str
    total: Decimal
    status: str
    last_modified: dt.datetime | None
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class BankAccountRow:
    """`zoho_id` is the account's id in the chart of accounts as well."""

    zoho_id: str
    name: str
    code: str
    kind: str
    currency_id: str
    currency_code: str
    bank_name: str
    account_number: str
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class TaxRateRow:
    zoho_id: str
    name: str
    percentage: Decimal
    kind: str
    specification: str
    is_group: bool
    is_active: bool
    country: str


@dataclass(frozen=True, kw_only=True)
class TaxExemptionRow:
    zoho_id: str
    name: str
    code: str
    description: str
    kind: str
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class ProjectRow:
    zoho_id: str
    name: str
    customer_id: str
    customer_name: str
    status: str
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class ProductRow:
    """Account, rate and description are those for buying, not for selling."""

    zoho_id: str
    name: str
    code: str
    kind: str
    description: str
    account_id: str
    rate: Decimal | None
    tax_id: str
    can_be_purchased: bool
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class LocationRow:
    """`kind` is general or line_item_only."""

    zoho_id: str
    name: str
    kind: str
    parent_id: str
    is_primary: bool
    is_active: bool

    @property
    def lines_only(self) -> bool:
        return self.kind == "line_item_only"


@dataclass(frozen=True, kw_only=True)
class CurrencyRow:
    """`exchange_rate` is None where Zoho stores none (it says 0)."""

    zoho_id: str
    code: str
    name: str
    precision: int
    exchange_rate: Decimal | None
    is_base: bool
    is_active: bool


LockedSide = Literal["", "all", "sales", "purchases"]
"""Which transactions a lock closes; "" for others than documents."""


@dataclass(frozen=True, kw_only=True)
class LockRow:
    """A period of which Zoho takes no more: up to and including `until`.

    `since` is None where everything before is closed as well.
    """

    side: LockedSide
    since: dt.date | None
    until: dt.date | None
    is_on: bool


# Records


@dataclass(frozen=True, kw_only=True)
class Bill:
    """`tax_total` and `tax_exemption_id` are None in lists: Zoho tells them in the
    single bill only. The exemption is that of the first line, empty if it has none."""

    zoho_id: str
    vendor_id: str
    bill_number: str
    reference_number: str
    date: dt.date | None
    currency_code: str
    total: Decimal
    tax_total: Decimal | None
    tax_exemption_id: str | None = None
    status: str
    has_attachment: bool
    created_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Expense:
    """`paid_through_account_id` is empty in lists: Zoho tells only its name there."""

    zoho_id: str
    vendor_id: str
    date: dt.date | None
    currency_code: str
    total: Decimal
    tax_total: Decimal | None
    reference_number: str
    description: str
    paid_through_account_id: str
    status: str
    has_attachment: bool
    created_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """`tax_total` is None in lists; `status` is draft until it is marked as sent."""

    zoho_id: str
    customer_id: str
    invoice_number: str
    reference_number: str
    date: dt.date | None
    currency_code: str
    total: Decimal
    tax_total: Decimal | None
    status: str
    has_attachment: bool
    created_at: dt.datetime | None
