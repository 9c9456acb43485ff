"""Why an item cannot be published yet: each reason with its code, field and sentence."""

from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Reason(Enum):
    """code, the field that mends it, the sentence a person reads."""

    NO_DATE = "no_date", "date", _("The date is missing.")
    NO_SUPPLIER = "no_supplier", "supplier", _("The supplier is missing.")
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
        _("This currency is not set up in Zoho Books."),
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
        _("This supplier has another currency in Zoho Books than the document."),
    )
    CATEGORY_GONE = (
        "category_gone",
        "category",
        _("The chosen category is no longer in Zoho Books: choose another one."),
    )
    SUPPLIER_GONE = (
        "supplier_gone",
        "supplier",
        _("The supplier's contact is no longer active in Zoho Books: choose again."),
    )
    TAX_GONE = (
        "tax_gone",
        "tax_rate",
        _("The chosen tax rate is no longer in Zoho Books: choose another one."),
    )
    PROJECT_GONE = (
        "project_gone",
        "project",
        _("The chosen project is no longer in Zoho Books: choose another one."),
    )
    LOCATION_GONE = (
        "location_gone",
        "location",
        _("The chosen location is no longer in Zoho Books: choose another one."),
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
    TAX_DISAGREES = (
        "tax_disagrees",
        "tax_amount",
        _("The tax amount does not agree with the tax rate."),
    )
    SEVERAL_RATES = (
        "several_rates",
        "tax_rate",
        _("A document with several tax rates cannot be published as one line."),
    )
    PAID_INVOICE = (
        "paid_invoice",
        "paid",
        _(
            "An invoice is published as an unpaid bill: take back Paid, or make it a receipt."
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
        _("The payment method's account is no longer in Zoho Books."),
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
    LISTS_MISSING = (
        "lists_missing",
        "connection",
        _("The lists have not been read from Zoho Books yet."),
    )

    def __init__(self, code: str, field: str, sentence: Promise) -> None:
        self.code = code
        self.field = field
        self.sentence = sentence

    @classmethod
    def of(cls, code: str) -> "Reason":
        """Raises KeyError for a code that does not exist."""
        return BY_CODE[code]


BY_CODE = {reason.code: reason for reason in Reason}
