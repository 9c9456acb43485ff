"""Why an item is not in Zoho Books: what is missing, what it waits for, what went wrong.

Each with its code and the sentence that a person reads.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from babel import Locale
from babel.dates import format_date
from django.utils.functional import Promise
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _


class Reason(Enum):
    """code, the field that mends it, the sentence a person reads."""

    ALREADY_PUBLISHED = (
        "already_published",
        "publication",
        _(
            "It is in Zoho Books already. It can be published again once its publishing "
            "data is cleared."
        ),
    )
    DUPLICATE = (
        "duplicate",
        "duplicate",
        _("It may be a duplicate: say whether it is the same or different."),
    )
    NO_DATE = "no_date", "date", _("The date is missing.")
    LOCKED_IN_ZOHO = (
        "locked_in_zoho",
        "date",
        _(
            "Zoho Books is locked up to and including {day}: change the date, or unlock "
            "the period there and refresh the integration data."
        ),
    )
    LOCKED_HERE = (
        "locked_here",
        "date",
        _(
            "This business has locked everything up to and including {day}: change the "
            "date, or the lock date in the Business profile."
        ),
    )
    NO_SUPPLIER = "no_supplier", "supplier", _("The supplier is missing.")
    NO_CUSTOMER = "no_customer", "supplier", _("The customer is missing.")
    NO_TOTAL = "no_total", "total", _("The total is missing.")
    TOTAL_NOT_POSITIVE = (
        "total_not_positive",
        "total",
        _("The total must be more than zero."),
    )
    NO_CATEGORY = "no_category", "category", _("The category is missing.")
    NO_REFERENCE = (
        "no_reference",
        "reference",
        _("An invoice needs its number: Zoho Books asks for it."),
    )
    NO_CURRENCY = "no_currency", "currency", _("The currency is missing.")
    CURRENCY_UNKNOWN = (
        "currency_unknown",
        "currency",
        _(
            "This currency is not set up in Zoho Books: correct it, or add it there and "
            "refresh the integration data."
        ),
    )
    CURRENCY_PLACES = (
        "currency_places",
        "total",
        _("The amounts have more decimal places than this currency knows."),
    )
    RATE_MISSING = (
        "rate_missing",
        "exchange_rate",
        _("A foreign currency needs its exchange rate and the rate's date."),
    )
    DUE_BEFORE_DATE = (
        "due_before_date",
        "due_date",
        _("The due date lies before the date."),
    )
    SUPPLIER_NOT_IN_ZOHO = (
        "supplier_not_in_zoho",
        "supplier",
        _("This supplier is not in Zoho Books yet: create it there, or pick one."),
    )
    SUPPLIER_NEEDS_GST = (
        "supplier_needs_gst",
        "supplier",
        _(
            "In India Zoho Books asks for a supplier's GST treatment: create it there, "
            "refresh the integration data, then pick it here."
        ),
    )
    SUPPLIER_NAME_TAKEN = (
        "supplier_name_taken",
        "supplier",
        _(
            "Zoho Books already has a contact of this name that cannot be used here: "
            "pick another supplier."
        ),
    )
    SUPPLIER_CURRENCY = (
        "supplier_currency",
        "supplier",
        _(
            "This supplier has another currency in Zoho Books than the document: correct "
            "the currency, or pick another supplier."
        ),
    )
    CUSTOMER_NOT_IN_ZOHO = (
        "customer_not_in_zoho",
        "supplier",
        _("This customer is not in Zoho Books yet: create it there, or pick one."),
    )
    CUSTOMER_NEEDS_GST = (
        "customer_needs_gst",
        "supplier",
        _(
            "In India Zoho Books asks for a customer's GST treatment: create it there, "
            "refresh the integration data, then pick it here."
        ),
    )
    CUSTOMER_NAME_TAKEN = (
        "customer_name_taken",
        "supplier",
        _(
            "Zoho Books already has a contact of this name that cannot be used here: "
            "pick another customer."
        ),
    )
    CUSTOMER_CURRENCY = (
        "customer_currency",
        "supplier",
        _(
            "This customer has another currency in Zoho Books than the document: correct "
            "the currency, or pick another customer."
        ),
    )
    CUSTOMER_LEFT = (
        "customer_left",
        "supplier",
        _(
            "The customer's contact is no longer active in Zoho Books: choose again, or bring "
            "it back there and refresh the integration data."
        ),
    )
    CATEGORY_GONE = (
        "category_gone",
        "category",
        _("The chosen category is no longer in Zoho Books: choose another one."),
    )
    SUPPLIER_GONE = (
        "supplier_gone",
        "supplier",
        _(
            "The supplier's contact is no longer active in Zoho Books: choose again, or bring "
            "it back there and refresh the integration data."
        ),
    )
    TAX_GONE = (
        "tax_gone",
        "tax_rate",
        _("The chosen tax rate is no longer in Zoho Books: choose another one."),
    )
    EXEMPTION_GONE = (
        "exemption_gone",
        "tax_rate",
        _(
            "The chosen tax exemption is no longer in Zoho Books: choose another one, or "
            "a tax rate."
        ),
    )
    PROJECT_GONE = (
        "project_gone",
        "project",
        _("The chosen project is no longer in Zoho Books: choose another one."),
    )
    PROJECT_OF_ANOTHER = (
        "project_of_another",
        "project",
        _("The chosen project belongs to another customer: choose another one."),
    )
    LOCATION_GONE = (
        "location_gone",
        "location",
        _("The chosen location is no longer in Zoho Books: choose another one."),
    )
    LOCATION_FOR_LINES = (
        "location_for_lines",
        "location",
        _(
            "Zoho Books takes the chosen location on lines only, and an expense has none: "
            "choose another one."
        ),
    )
    CUSTOMER_GONE = (
        "customer_gone",
        "customer",
        _("The chosen customer is no longer in Zoho Books: choose another one."),
    )
    NO_TAX = "no_tax", "tax_rate", _("The tax rate is missing.")
    TAX_NOT_KNOWN_HERE = (
        "tax_not_known_here",
        "tax_rate",
        _("This organisation takes no tax on purchases: remove rate and tax amount."),
    )
    EXEMPTION_NOT_HERE = (
        "exemption_not_here",
        "tax_rate",
        _(
            "What this becomes in Zoho Books takes no tax exemption: choose a tax rate, "
            "one of 0 % where there is no tax."
        ),
    )
    EXEMPT_WITH_TAX = (
        "exempt_with_tax",
        "tax_amount",
        _(
            "A tax exemption says that there is no tax: remove the tax amount, or choose "
            "a tax rate."
        ),
    )
    TAX_DISAGREES = (
        "tax_disagrees",
        "tax_amount",
        _("The tax amount does not agree with the tax rate."),
    )
    SEVERAL_RATES = (
        "several_rates",
        "tax_rate",
        _(
            "A document with several tax rates cannot be published as one line. Enter "
            "it in Zoho Books and archive it here."
        ),
    )
    PAID_INVOICE = (
        "paid_invoice",
        "paid",
        _(
            "An invoice is published as an unpaid bill: take back Paid, publish it to "
            "Expenses, or make it a receipt."
        ),
    )
    PAID_PURCHASE = (
        "paid_purchase",
        "publish_to",
        _(
            "Purchases takes unpaid bills: publish what is paid to Expenses, or take "
            "back Paid."
        ),
    )
    UNPAID_EXPENSE = (
        "unpaid_expense",
        "publish_to",
        _(
            "Expenses takes what is paid: publish what is unpaid to Purchases, or say "
            "that it is paid."
        ),
    )
    NO_PAYMENT_METHOD = (
        "no_payment_method",
        "payment_method",
        _("A paid receipt needs its payment method."),
    )
    METHOD_WITHOUT_ACCOUNT = (
        "method_without_account",
        "payment_method",
        _(
            "The payment method has no bank or card account: set it under Payment methods."
        ),
    )
    METHOD_ACCOUNT_GONE = (
        "method_account_gone",
        "payment_method",
        _(
            "The payment method's account is no longer in Zoho Books: set another one "
            "under Payment methods."
        ),
    )
    NO_CONNECTION = (
        "no_connection",
        "connection",
        _("The business is not connected to Zoho Books."),
    )
    CONNECTION_BROKEN = (
        "connection_broken",
        "connection",
        _("The connection to Zoho Books needs reconnecting."),
    )
    RIGHT_MISSING = (
        "right_missing",
        "connection",
        _(
            "The permission that was given at Zoho does not cover sales invoices: press "
            "Reconnect on the connection's page."
        ),
    )
    ENTRY_GONE = (
        "entry_gone",
        "connection",
        _(
            "Something chosen here is no longer in Zoho Books: refresh the integration "
            "data to see what."
        ),
    )
    LISTS_MISSING = (
        "lists_missing",
        "connection",
        _("The lists have not been read from Zoho Books yet."),
    )

    def __init__(self, code: str, field: str, sentence: Promise) -> None:
        self.code = code
        self.field = field
        self.sentence = sentence


BY_CODE = {reason.code: reason for reason in Reason}


@dataclass(frozen=True)
class Dated:
    """A reason that names a day; its code carries it: `locked_here:2026-03-31`."""

    reason: Reason
    day: date

    @property
    def code(self) -> str:
        return f"{self.reason.code}:{self.day.isoformat()}"

    @property
    def field(self) -> str:
        return self.reason.field

    @property
    def sentence(self) -> str:
        return str(self.reason.sentence).format(day=_day_text(self.day))


def _day_text(day: date) -> str:
    """19 Nov 2026, as the reader's language writes it; in English the day comes first."""
    language = get_language() or "en"
    locale = Locale.parse("en_001" if language == "en" else to_locale(language))
    return format_date(day, format="medium", locale=locale)


Why = Reason | Dated


def why(code: str) -> Why:
    """Raises KeyError for a code that does not exist."""
    name, _colon, day = code.partition(":")
    reason = BY_CODE[name]
    return Dated(reason, date.fromisoformat(day)) if day else reason


def place_of(why: Why) -> int:
    """Reasons are told in the order of the form."""
    return PLACES[why.reason if isinstance(why, Dated) else why]


PLACES = {reason: place for place, reason in enumerate(Reason)}
