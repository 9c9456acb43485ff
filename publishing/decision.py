"""What may be published, and as what: values in, a decision out."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from connections.editions import EDITIONS_WITHOUT_PURCHASE_TAX, takes_exemption
from publishing.reasons import Dated, Reason, Why, place_of

# Editions whose sales may go without tax: it depends on who buys, and where.
EDITIONS_WITH_UNTAXED_SALES = frozenset({"us"})

# A contact without its tax treatment is of no use there, and a document does not say it.
EDITIONS_THAT_ASK_MORE_OF_CONTACTS = frozenset({"in"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One chosen row of a list; usable if the connected organisation still has it."""

    zoho_id: str
    usable: bool = True
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactFacts(Entry):
    """`currency` is empty where Zoho has not said it."""

    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class ProjectFacts(Entry):
    """`customer_id` is that of the contact it is done for, empty if Zoho names none."""

    customer_id: str = ""


@dataclass(frozen=True, kw_only=True)
class LocationFacts(Entry):
    """`lines_only`: a line may have it, and no record as a whole."""

    lines_only: bool = False


@dataclass(frozen=True, kw_only=True)
class SupplierFacts:
    """`name_taken`: Zoho has a contact of this name which cannot be used."""

    name: str
    contact: ContactFacts | None = None
    create_agreed: bool = False
    name_taken: bool = False


@dataclass(frozen=True, kw_only=True)
class TaxFacts(Entry):
    """`percentage` of the price without tax: 20 means a sixth of the total.

    Zoho rounds each of a group's equal `parts` by itself (India's CGST and SGST).
    """

    percentage: Decimal
    parts: int = 1


@dataclass(frozen=True, kw_only=True)
class MethodFacts:
    account: Entry | None = None


@dataclass(frozen=True, kw_only=True)
class CurrencyFacts:
    """A currency as the organisation has set it up."""

    zoho_id: str
    code: str
    places: int = 2


@dataclass(frozen=True, kw_only=True)
class BooksFacts:
    """The connected organisation, as it matters for one item."""

    state: Literal["connected", "needs_reconnecting"]
    edition: str
    base_currency: str
    lists_read: bool = True
    # Asked of a sale only: the permission covers sales invoices.
    takes_invoices: bool = True
    # Of a supplier that Zoho lacks a person is asked before it is created there.
    warns_of_new_suppliers: bool = True
    # The document's currency there; None if the organisation does not know it.
    currency: CurrencyFacts | None = None

    @property
    def takes_purchase_tax(self) -> bool:
        return self.edition not in EDITIONS_WITHOUT_PURCHASE_TAX


@dataclass(frozen=True, kw_only=True)
class ClosedPeriod:
    """Days that nothing may be dated on, both included; `reason` says whose it is.

    Without `since` everything before is closed as well.
    """

    reason: Literal[Reason.LOCKED_IN_ZOHO, Reason.LOCKED_HERE]
    until: dt.date
    since: dt.date | None = None

    def covers(self, day: dt.date) -> bool:
        return day <= self.until and (self.since is None or self.since <= day)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything about an item that decides whether and how it is published."""

    kind: Literal["invoice", "receipt"]
    # An invoice of our own: `supplier` is its customer.
    is_sale: bool = False
    # Sales only: not left as a draft.
    mark_as_sent: bool = False
    paid: bool = False
    date: dt.date | None = None
    due_date: dt.date | None = None
    supplier: SupplierFacts | None = None
    reference: str = ""
    description: str = ""
    category: Entry | None = None
    project: ProjectFacts | None = None
    location: LocationFacts | None = None
    customer: Entry | None = None
    currency: str = ""
    exchange_rate: Decimal | None = None
    rate_date: dt.date | None = None
    total: Decimal | None = None
    tax: TaxFacts | None = None
    # Why there is no tax, in place of a rate.
    exemption: Entry | None = None
    tax_amount: Decimal | None = None
    several_rates: bool = False
    # Costs only: "purchases", "expenses", or "" where it follows from the document.
    publish_to: str = ""
    method: MethodFacts | None = None
    tax_registered: bool = True
    # Periods in which the item's side of the books is closed.
    closed: tuple[ClosedPeriod, ...] = ()
    # It became a record that was not cleared.
    in_zoho: bool = False
    # It is like something else, and no person has said yet that it is different.
    suspected: bool = False
    # None: the business is not connected.
    books: BooksFacts | None = None

    @property
    def is_foreign(self) -> bool:
        return self.books is not None and self.currency != self.books.base_currency

    @property
    def takes_tax(self) -> bool:
        """Tax fields exist only where the business and the edition know them."""
        return (
            self.tax_registered
            and self.books is not None
            and (self.is_sale or self.books.takes_purchase_tax)
        )


Kind = Literal["bill", "expense", "invoice"]


@dataclass(frozen=True)
class Publish:
    """Everything needed is there. `numbered_by_mark`: a bill must have a number, and
    this receipt has none, so our mark becomes it."""

    kind: Kind
    numbered_by_mark: bool = False


@dataclass(frozen=True)
class Hold:
    """Why not yet, in the order of the form."""

    reasons: tuple[Why, ...]


def decide(facts: Facts) -> Publish | Hold:
    found = set(_reasons(facts))
    if found:
        return Hold(tuple(sorted(found, key=place_of)))
    kind = kind_of(facts)
    return Publish(kind, numbered_by_mark=kind == "bill" and not facts.reference)


def kind_of(facts: Facts) -> Kind:
    """A sale is an invoice, a paid receipt an expense, whatever is unpaid a bill, unless
    somebody has said where costs go."""
    if facts.is_sale:
        return "invoice"
    if facts.publish_to:
        return "expense" if facts.publish_to == "expenses" else "bill"
    return "expense" if facts.kind == "receipt" and facts.paid else "bill"


def _reasons(facts: Facts) -> list[Why]:
    return [
        *([Reason.ALREADY_PUBLISHED] if facts.in_zoho else []),
        *([Reason.DUPLICATE] if facts.suspected else []),
        *_connection(facts),
        *_basics(facts),
        *_locked(facts),
        *_supplier(facts),
        *_chosen_entries(facts),
        *_money(facts),
        *_tax(facts),
        *_payment(facts),
    ]


def _connection(facts: Facts) -> list[Reason]:
    if facts.books is None:
        return [Reason.NO_CONNECTION]
    if facts.books.state == "needs_reconnecting":
        return [Reason.CONNECTION_BROKEN]
    if not facts.books.takes_invoices:
        return [Reason.RIGHT_MISSING]
    return [] if facts.books.lists_read else [Reason.LISTS_MISSING]


def _basics(facts: Facts) -> list[Reason]:
    found = []
    if facts.date is None:
        found.append(Reason.NO_DATE)
    elif facts.due_date is not None and facts.due_date < facts.date:
        found.append(Reason.DUE_BEFORE_DATE)
    if facts.kind == "invoice" and not facts.reference:
        found.append(Reason.NO_REFERENCE)
    return [*found, *_place(facts)]


def _place(facts: Facts) -> list[Reason]:
    """Expenses are paid, and bills are not: a bill's payment cannot be sent yet."""
    kind = kind_of(facts)
    if kind == "expense" and not facts.paid:
        return [Reason.UNPAID_EXPENSE]
    if kind == "bill" and facts.paid:
        is_receipt = facts.kind == "receipt"
        return [Reason.PAID_PURCHASE if is_receipt else Reason.PAID_INVOICE]
    return []


def _locked(facts: Facts) -> list[Dated]:
    return [] if facts.date is None else closed_on(facts.date, facts.closed)


def closed_on(day: dt.date, periods: Iterable[ClosedPeriod]) -> list[Dated]:
    """Whose period is closed on this day, and up to which one."""
    last: dict[Reason, dt.date] = {}
    for period in periods:
        if period.covers(day):
            last[period.reason] = max(
                period.until, last.get(period.reason, period.until)
            )
    return [Dated(reason, until) for reason, until in last.items()]


@dataclass(frozen=True)
class SideWords:
    """The same reasons, said of a supplier or of a customer."""

    missing: Reason
    not_in_zoho: Reason
    needs_gst: Reason
    name_taken: Reason
    gone: Reason
    currency: Reason


SUPPLIERS = SideWords(
    missing=Reason.NO_SUPPLIER,
    not_in_zoho=Reason.SUPPLIER_NOT_IN_ZOHO,
    needs_gst=Reason.SUPPLIER_NEEDS_GST,
    name_taken=Reason.SUPPLIER_NAME_TAKEN,
    gone=Reason.SUPPLIER_GONE,
    currency=Reason.SUPPLIER_CURRENCY,
)
CUSTOMERS = SideWords(
    missing=Reason.NO_CUSTOMER,
    not_in_zoho=Reason.CUSTOMER_NOT_IN_ZOHO,
    needs_gst=Reason.CUSTOMER_NEEDS_GST,
    name_taken=Reason.CUSTOMER_NAME_TAKEN,
    gone=Reason.CUSTOMER_LEFT,
    currency=Reason.CUSTOMER_CURRENCY,
)


def _supplier(facts: Facts) -> list[Reason]:
    supplier, words = facts.supplier, words_for(kind_of(facts))
    if supplier is None:
        return [words.missing]
    if facts.books is None:
        return []
    if supplier.contact is None:
        return _new_supplier(supplier, facts.books, words)
    if not supplier.contact.usable:
        return [words.gone]
    if takes_currency_of_contact(kind_of(facts)) and _differs(
        supplier.contact.currency, facts.currency
    ):
        return [words.currency]
    return []


def words_for(kind: str) -> SideWords:
    return CUSTOMERS if kind == "invoice" else SUPPLIERS


def takes_currency_of_contact(kind: str) -> bool:
    """A bill or invoice is in its contact's currency, an expense in its own."""
    return kind != "expense"


def _new_supplier(
    supplier: SupplierFacts, books: BooksFacts, words: SideWords
) -> list[Reason]:
    if supplier.name_taken:
        return [words.name_taken]
    if books.edition in EDITIONS_THAT_ASK_MORE_OF_CONTACTS:
        return [words.needs_gst]
    may_create = supplier.create_agreed or not books.warns_of_new_suppliers
    return [] if may_create else [words.not_in_zoho]


def _differs(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def _chosen_entries(facts: Facts) -> list[Reason]:
    chosen = [
        (facts.category, Reason.CATEGORY_GONE),
        (facts.project, Reason.PROJECT_GONE),
        (facts.location, Reason.LOCATION_GONE),
        (facts.customer, Reason.CUSTOMER_GONE),
    ]
    found = [] if facts.category else [Reason.NO_CATEGORY]
    if facts.books is not None:
        found += [gone for entry, gone in chosen if entry and not entry.usable]
        found += _project_of_another(facts)
        found += _without_lines(facts)
    return found


def _project_of_another(facts: Facts) -> list[Reason]:
    """A project goes with its own customer only: whom a sale is to, or a cost billed."""
    whose = facts.supplier if facts.is_sale else facts.customer
    if facts.project is None or whose is None:
        return []
    contact = whose.contact if isinstance(whose, SupplierFacts) else whose
    its_own = contact is not None and contact.zoho_id == facts.project.customer_id
    return (
        [] if its_own or not facts.project.customer_id else [Reason.PROJECT_OF_ANOTHER]
    )


def _without_lines(facts: Facts) -> list[Reason]:
    """An expense of ours has no line that its location could stand on."""
    location = facts.location
    if kind_of(facts) != "expense" or location is None or not location.usable:
        return []
    return [Reason.LOCATION_FOR_LINES] if location.lines_only else []


def _money(facts: Facts) -> list[Reason]:
    found = []
    if facts.total is None:
        found.append(Reason.NO_TOTAL)
    elif facts.total <= 0:
        found.append(Reason.TOTAL_NOT_POSITIVE)
    if not facts.currency:
        found.append(Reason.NO_CURRENCY)
    elif facts.books is not None and facts.books.lists_read:
        found += _currency(facts, facts.books)
    return found


def _currency(facts: Facts, books: BooksFacts) -> list[Reason]:
    if books.currency is None:
        return [Reason.CURRENCY_UNKNOWN]
    found = []
    amounts = [facts.total, facts.tax_amount]
    if any(amount and not fits(amount, books.currency.places) for amount in amounts):
        found.append(Reason.CURRENCY_PLACES)
    if facts.is_foreign and not (facts.exchange_rate and facts.rate_date):
        found.append(Reason.RATE_MISSING)
    return found


def _tax(facts: Facts) -> list[Reason]:
    if facts.books is None or not facts.tax_registered:
        return []
    if not facts.takes_tax:
        has_tax = facts.tax or facts.exemption or facts.tax_amount
        return [Reason.TAX_NOT_KNOWN_HERE] if has_tax else []
    if facts.several_rates:
        return [Reason.SEVERAL_RATES]
    if facts.exemption is not None:
        return _exemption(facts, facts.exemption, facts.books)
    if facts.tax is None:
        return [] if _goes_untaxed(facts) else [Reason.NO_TAX]
    if not facts.tax.usable:
        return [Reason.TAX_GONE]
    return [] if _tax_agrees(facts, facts.tax) else [Reason.TAX_DISAGREES]


def _exemption(facts: Facts, chosen: Entry, books: BooksFacts) -> list[Reason]:
    if not takes_exemption(kind_of(facts), books.edition):
        return [Reason.EXEMPTION_NOT_HERE]
    if not chosen.usable:
        return [Reason.EXEMPTION_GONE]
    return [Reason.EXEMPT_WITH_TAX] if facts.tax_amount else []


def _goes_untaxed(facts: Facts) -> bool:
    """Without a rate and without an amount, where a sale may."""
    return (
        facts.is_sale
        and facts.books is not None
        and facts.books.edition in EDITIONS_WITH_UNTAXED_SALES
        and not facts.tax_amount
    )


def _tax_agrees(facts: Facts, tax: TaxFacts) -> bool:
    if facts.tax_amount is None or facts.total is None:
        return True
    places = facts.books.currency.places if facts.books and facts.books.currency else 2
    return facts.tax_amount == tax_inside(facts.total, tax, places)


def _payment(facts: Facts) -> list[Reason]:
    if kind_of(facts) != "expense":
        return []
    if facts.method is None:
        return [Reason.NO_PAYMENT_METHOD]
    if facts.method.account is None:
        return [Reason.METHOD_WITHOUT_ACCOUNT]
    if facts.books is not None and not facts.method.account.usable:
        return [Reason.METHOD_ACCOUNT_GONE]
    return []


def tax_inside(total: Decimal, tax: TaxFacts, places: int) -> Decimal:
    """The tax in a total, as Zoho computes it: half up, to the currency's places."""
    part = total * tax.percentage / tax.parts / (100 + tax.percentage)
    return rounded(part, places) * tax.parts


def rounded(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def fits(amount: Decimal, places: int) -> bool:
    return amount == rounded(amount, places)
