"""What Publish would write into Zoho Books, in words, without sending anything."""

from dataclasses import dataclass

from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from connections.models import Connection
from publishing import payloads
from publishing.decision import Hold, decide
from publishing.facts import facts_of
from publishing.formats import day_text, locale_of, money
from publishing.models import Item
from publishing.payloads import Claim
from publishing.reasons import Reason, Why

MARK = "DS-…"
"""The mark is drawn when Publish is pressed."""


@dataclass(frozen=True)
class Line:
    name: str
    value: str
    strong: bool = False


@dataclass(frozen=True)
class Record:
    """One thing that would be in Zoho Books afterwards."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Preview:
    """Either the reasons why nothing would be sent, or the records in their order."""

    reasons: tuple[Why, ...] = ()
    records: tuple[Record, ...] = ()


def preview(item: Item, connection: Connection | None) -> Preview:
    suspected = Reason.DUPLICATE in item.open_reasons
    facts = facts_of(item, connection, suspected=suspected)
    decision = decide(facts)
    if isinstance(decision, Hold):
        return Preview(reasons=decision.reasons)
    claimed = payloads.claim(
        facts, decision, mark=MARK, supplier_id=item.supplier_id or 0
    )
    records = [
        *([] if claimed.contact_id else [_contact(claimed)]),
        _record(item, claimed),
        *([_document(item, claimed)] if item.document else []),
    ]
    return Preview(records=tuple(records))


def _contact(claimed: Claim) -> Record:
    contact = payloads.contact(claimed)
    return Record(
        _("A new customer") if claimed.kind == "invoice" else _("A new supplier"),
        (Line(_("Name"), contact.name), Line(_("Currency"), claimed.currency_code)),
    )


def _record(item: Item, claimed: Claim) -> Record:
    lines = [*_head(item, claimed), *_coding(item, claimed), *_sums(item, claimed)]
    return Record(_title(claimed), tuple(line for line in lines if line.value))


def _title(claimed: Claim) -> str:
    match claimed.kind:
        case "bill":
            return _("An open bill")
        case "invoice" if claimed.mark_as_sent:
            return _("An invoice, marked as sent")
        case "invoice":
            return _("A draft invoice")
        case _:
            return _("An expense")


def _head(item: Item, claimed: Claim) -> list[Line]:
    locale = locale_of(item.business)
    due = claimed.due_date
    method = item.payment_method
    account = method.account if method and claimed.kind == "expense" else None
    return [
        *_who_and_number(claimed),
        Line(_("Date"), day_text(claimed.date, locale)),
        Line(_("Due date"), day_text(due, locale) if due else ""),
        Line(_("Paid through"), account.name if account else ""),
    ]


def _who_and_number(claimed: Claim) -> list[Line]:
    ours = _("a mark of ours, %s") % MARK
    match claimed.kind:
        case "bill":
            return [
                Line(_("Supplier"), claimed.supplier_name),
                Line(_("Bill number"), _bill_number(claimed)),
                Line(_("Order number"), ours),
            ]
        case "invoice":
            return [
                Line(_("Customer"), claimed.supplier_name),
                Line(_("Invoice number"), claimed.number),
                Line(_("Reference"), ours),
            ]
        case _:
            return [
                Line(_("Supplier"), claimed.supplier_name),
                Line(_("Reference"), claimed.reference),
            ]


def _bill_number(claimed: Claim) -> str:
    if claimed.number != MARK:
        return claimed.number
    return _("a mark of ours, %s, because the receipt has no number") % MARK


def _coding(item: Item, claimed: Claim) -> list[Line]:
    description = claimed.description
    if claimed.kind == "expense":
        description = payloads.marked(description, MARK)
    return [
        Line(_("Category"), _name(item.category)),
        Line(_("Description"), description),
        Line(_("Project"), _name(item.project)),
        Line(_("Location"), _name(item.location)),
        Line(_("Billable to"), _name(item.customer)),
    ]


def _sums(item: Item, claimed: Claim) -> list[Line]:
    locale, code = locale_of(item.business), claimed.currency_code
    sums: list[Line] = []
    if claimed.exchange_rate is not None:
        rate = format_decimal(
            claimed.exchange_rate, format="#,##0.########", locale=locale
        )
        dated = day_text(item.rate_date, locale) if item.rate_date else ""
        sums.append(Line(_("Exchange rate"), f"{rate} ({dated})"))
    if claimed.tax_exemption_id:
        sums.append(Line(_("Without tax"), _name(item.tax_exemption)))
    elif claimed.tax is not None:
        net = money(claimed.total - claimed.tax, code, locale)
        sums += [
            Line(_("Without tax"), net),
            Line(_("Tax, %s") % item.tax_rate, money(claimed.tax, code, locale)),
        ]
    return [*sums, Line(_("Total"), money(claimed.total, code, locale), strong=True)]


def _document(item: Item, claimed: Claim) -> Record:
    places = {
        "bill": _("attached to the bill"),
        "invoice": _("attached to the invoice"),
        "expense": _("as its receipt"),
    }
    return Record(
        _("The document"),
        (Line(_("File"), item.file_name), Line(_("Place"), places[claimed.kind])),
    )


def _name(entry: object | None) -> str:
    return str(entry) if entry else ""
