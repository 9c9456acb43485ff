"""What keeps an item from being published, in words for one reader of its page."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from publishing import facts
from publishing.decision import CUSTOMERS, SUPPLIERS
from publishing.formats import locale_of, plain_amount
from publishing.models import Item
from publishing.reasons import Reason, Why
from publishing.views.visible import WorkspaceRequest

# What is missing where the page offers to create the contact, or to pick one.
TO_CREATE = frozenset({SUPPLIERS.not_in_zoho, CUSTOMERS.not_in_zoho})
GONE = frozenset({SUPPLIERS.gone, CUSTOMERS.gone})
TO_PICK = (
    TO_CREATE
    | GONE
    | {
        reason
        for words in (SUPPLIERS, CUSTOMERS)
        for reason in (words.needs_gst, words.name_taken)
    }
)

# Mended on pages that only Admins may open.
FOR_ADMINS = frozenset({Reason.METHOD_WITHOUT_ACCOUNT, Reason.METHOD_ACCOUNT_GONE})


@dataclass(frozen=True)
class Issue:
    """A reason as this reader is told it."""

    code: str
    field: str
    sentence: str

    @property
    def is_to_create(self) -> bool:
        return self.code in {reason.code for reason in TO_CREATE}

    @property
    def is_to_pick(self) -> bool:
        return self.code in {reason.code for reason in TO_PICK}

    @property
    def is_gone(self) -> bool:
        return self.code in {reason.code for reason in GONE}

    @property
    def is_name_taken(self) -> bool:
        return self.code in {SUPPLIERS.name_taken.code, CUSTOMERS.name_taken.code}


def issues_of(request: WorkspaceRequest, item: Item) -> tuple[Issue, ...]:
    return tuple(
        Issue(reason.code, reason.field, _sentence(request, item, reason))
        for reason in item.open_reasons
    )


def _sentence(request: WorkspaceRequest, item: Item, reason: Why) -> str:
    if reason == Reason.TAX_DISAGREES:
        return _expected_tax(item) or str(reason.sentence)
    if reason in FOR_ADMINS and not request.membership.manages:
        return f"{reason.sentence} {_('Ask an Admin of this business.')}"
    return str(reason.sentence)


def _expected_tax(item: Item) -> str:
    """What the tax would have to be, and the way on for a document that is right."""
    if item.total is None or item.tax_rate is None or item.tax_amount is None:
        return ""
    locale, code = locale_of(item.business), item.currency
    expected = facts.suggest_tax(item.total, item.tax_rate, facts.places_of(item))
    return _(
        "%(rate)s %% of %(total)s including tax is %(expected)s; the document says "
        "%(said)s. Correct the amount, or enter it in Zoho Books and archive it here."
    ) % {
        "rate": f"{item.tax_rate.percentage.normalize():f}",
        "total": plain_amount(item.total, code, locale),
        "expected": plain_amount(expected, code, locale),
        "said": plain_amount(item.tax_amount, code, locale),
    }
