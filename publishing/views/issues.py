"""What keeps an item from being published, in words for one reader of its page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial

from django.db.models import prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connections.models import Connection, ListEntry
from publishing import facts, filling
from publishing.decision import CUSTOMERS, SUPPLIERS
from publishing.formats import locale_of, plain_amount
from publishing.models import Item
from publishing.reasons import Reason, Why
from publishing.views.visible import WorkspaceRequest, connection_of

# What is missing where the page offers to create the contact, or to pick one.
TO_CREATE = frozenset({SUPPLIERS.not_in_zoho, CUSTOMERS.not_in_zoho})
GONE = frozenset({SUPPLIERS.gone, CUSTOMERS.gone})
OF_CURRENCY = frozenset({SUPPLIERS.currency, CUSTOMERS.currency})
TO_PICK = (
    TO_CREATE
    | GONE
    | {
        reason
        for words in (SUPPLIERS, CUSTOMERS)
        for reason in (words.needs_gst, words.name_taken)
    }
)

# A chosen entry of Zoho's lists that cannot be used, as a sentence about it begins.
OF_AN_ENTRY: Mapping[Why, Promise] = {
    Reason.CATEGORY_GONE: gettext_lazy("The category"),
    Reason.TAX_GONE: gettext_lazy("The tax rate"),
    Reason.EXEMPTION_GONE: gettext_lazy("The tax exemption"),
    Reason.PROJECT_GONE: gettext_lazy("The project"),
    Reason.LOCATION_GONE: gettext_lazy("The location"),
    Reason.CUSTOMER_GONE: gettext_lazy("The customer who is billed"),
    Reason.METHOD_ACCOUNT_GONE: gettext_lazy("The payment method's account"),
    SUPPLIERS.gone: gettext_lazy("The supplier"),
    CUSTOMERS.gone: gettext_lazy("The customer"),
}

# What the sentences about such an entry, a tax or a currency that does not fit, look at.
LOOKED_AT = (
    "business",
    "category",
    "tax_rate",
    "tax_exemption",
    "project",
    "location",
    "customer",
    "payment_method__account",
    "supplier__contact",
)

# Mended on pages that only Admins may open.
FOR_ADMINS = frozenset({Reason.METHOD_WITHOUT_ACCOUNT, Reason.METHOD_ACCOUNT_GONE})


@dataclass(frozen=True)
class Issue:
    """A reason as this reader is told it; is_to_merge: Merge lists may mend it."""

    code: str
    field: str
    sentence: str
    is_to_merge: bool = False

    @property
    def is_of_method(self) -> bool:
        of_method = self.code in {reason.code for reason in FOR_ADMINS}
        return of_method and not self.is_to_merge

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


@dataclass
class _Reader:
    """Who is told, and what the sentences name of the books, asked for once."""

    request: WorkspaceRequest

    @cached_property
    def connection(self) -> Connection | None:
        return connection_of(self.request)

    @cached_property
    def places(self) -> Callable[[str], int]:
        return cache(partial(facts.places_in, self.connection))


def issues_of(request: WorkspaceRequest, item: Item) -> tuple[Issue, ...]:
    return _issues(_Reader(request), item, item.open_reasons)


def issues_of_all(
    request: WorkspaceRequest, items: Iterable[Item]
) -> dict[int, tuple[Issue, ...]]:
    """Of each of many items; what their sentences name is looked up once for all."""
    lacking = [item for item in items if item.reasons]
    looking = [item for item in lacking if _looks_at_entries(item.open_reasons)]
    prefetch_related_objects(looking, *LOOKED_AT)
    reader = _Reader(request)
    return {item.pk: _issues(reader, item, item.open_reasons) for item in lacking}


def _looks_at_entries(reasons: Iterable[Why]) -> bool:
    looking = OF_CURRENCY | {Reason.TAX_DISAGREES}
    return any(each in OF_AN_ENTRY or each in looking for each in reasons)


def in_words(request: WorkspaceRequest, item: Item, reasons: Iterable[Why]) -> str:
    """Why the item was not published, as its page says it."""
    issues = _issues(_Reader(request), item, reasons)
    return " ".join(issue.sentence for issue in issues)


def _issues(reader: _Reader, item: Item, reasons: Iterable[Why]) -> tuple[Issue, ...]:
    return tuple(_issue(reader, item, reason) for reason in reasons)


def _issue(reader: _Reader, item: Item, reason: Why) -> Issue:
    if _is_of_another_organisation(reader, item, reason):
        sentence = _of_another_organisation(reader.request, reason)
        return Issue(reason.code, reason.field, sentence, is_to_merge=True)
    return Issue(reason.code, reason.field, _sentence(reader, item, reason))


def _is_of_another_organisation(reader: _Reader, item: Item, reason: Why) -> bool:
    if reason not in OF_AN_ENTRY or reader.connection is None:
        return False
    entry = _chosen(item, reason)
    return (
        entry is not None and entry.organisation_id != reader.connection.organisation_id
    )


def _chosen(item: Item, reason: Why) -> ListEntry | None:
    if reason in GONE:
        return item.supplier.contact if item.supplier else None
    if reason == Reason.METHOD_ACCOUNT_GONE:
        return item.payment_method.account if item.payment_method else None
    entry: ListEntry | None = filling.said_in(item, reason.field)
    return entry


def _of_another_organisation(request: WorkspaceRequest, reason: Why) -> str:
    if request.membership.manages:
        sentence = _(
            "%(what)s is of the organisation before: merge the lists, or choose again."
        )
    else:
        sentence = _(
            "%(what)s is of the organisation before: ask an Admin to merge the lists, "
            "or choose again."
        )
    return sentence % {"what": OF_AN_ENTRY[reason]}


def _sentence(reader: _Reader, item: Item, reason: Why) -> str:
    if reason == Reason.TAX_DISAGREES:
        return _expected_tax(reader, item) or str(reason.sentence)
    if reason in OF_CURRENCY:
        return _both_currencies(item, reason) or str(reason.sentence)
    if reason in FOR_ADMINS and not reader.request.membership.manages:
        return f"{reason.sentence} {_('Ask an Admin of this business.')}"
    return str(reason.sentence)


def _both_currencies(item: Item, reason: Why) -> str:
    contact = item.supplier.contact if item.supplier else None
    if contact is None or not contact.currency_code or not item.currency:
        return ""
    if reason == CUSTOMERS.currency:
        words = _(
            "This customer has %(theirs)s in Zoho Books, the document %(said)s: correct "
            "the currency, or pick another customer."
        )
    else:
        words = _(
            "This supplier has %(theirs)s in Zoho Books, the document %(said)s: correct "
            "the currency, or pick another supplier."
        )
    return words % {"theirs": contact.currency_code, "said": item.currency}


def _expected_tax(reader: _Reader, item: Item) -> str:
    """What the tax would have to be, and the way on for a document that is right."""
    if item.total is None or item.tax_rate is None or item.tax_amount is None:
        return ""
    locale, code = locale_of(item.business), item.currency
    expected = facts.suggest_tax(item.total, item.tax_rate, reader.places(code))
    return _tax_words(item) % {
        "name": item.tax_rate.name,
        "rate": f"{item.tax_rate.percentage.normalize():f}",
        "total": plain_amount(item.total, code, locale),
        "expected": plain_amount(expected, code, locale),
        "said": plain_amount(item.tax_amount, code, locale),
    }


def _tax_words(item: Item) -> str:
    """An amount that was computed is no document's word: the rate has changed since."""
    if filling.amount_follows_rate(item):
        return _(
            "%(name)s is %(rate)s %% in Zoho Books now: of %(total)s including tax that "
            "is %(expected)s, and not %(said)s as before. Correct the amount, or choose "
            "another rate."
        )
    return _(
        "%(rate)s %% of %(total)s including tax is %(expected)s; the document says "
        "%(said)s. Choose another rate or correct the amount, or enter it in Zoho Books "
        "and archive it here."
    )
