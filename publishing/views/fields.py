"""One item as the form shows it: per field its widget, value, source and reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

from connections.editions import EDITIONS_WITHOUT_PURCHASE_TAX
from connections.models import Connection, Contact, TaxExemption
from publishing import coding, facts, filling, suppliers
from publishing.formats import (
    day_text,
    locale_of,
    plain_amount,
)
from publishing.forms import MARKS
from publishing.models import Item, Publication
from publishing.picking import CHOICES, EXEMPTION, NewName, Place
from publishing.views.issues import Issue, issues_of
from publishing.views.visible import WorkspaceRequest, connection_of

OPTIONS_URLS = {
    "supplier": "supplier_options",
    "category": "category_options",
    "tax_rate": "tax_or_exemption_options",
    "project": "project_options",
    "location": "location_options",
    "customer": "customer_options",
    "payment_method": "method_options",
}
GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (
        gettext_lazy("Document"),
        ("kind", "date", "supplier", "reference", "due_date"),
    ),
    (
        gettext_lazy("Amounts"),
        (
            "total",
            "currency",
            "exchange_rate",
            "rate_date",
            "tax_rate",
            "tax_amount",
            "several_rates",
        ),
    ),
    (
        gettext_lazy("Coding"),
        ("category", "description", "project", "location", "customer"),
    ),
    (gettext_lazy("Payment"), ("paid", "payment_method")),
    (gettext_lazy("In Zoho Books"), ("publish_to", "mark_as_sent")),
)
"""Of each workspace those that it has."""
WIDE = frozenset(
    {
        "supplier",
        "category",
        "description",
        "customer",
        "several_rates",
        "paid",
        "payment_method",
        "mark_as_sent",
        "publish_to",
    }
)
DAYS = frozenset({"date", "due_date", "rate_date"})
AMOUNTS = frozenset({"total", "tax_amount"})
CHECKS = frozenset({"paid", "several_rates"})


@dataclass(frozen=True)
class Field:
    """How one field is shown. `value` is what its input holds, `shown` what is read."""

    name: str
    label: str
    widget: str
    value: str
    shown: str
    picked: str = ""
    seen: str = ""
    """The print of what it says."""
    choices: tuple[tuple[str, str], ...] = ()
    options_url: str = ""
    source: Mapping[str, Any] | None = None
    reasons: tuple[Issue, ...] = ()
    visible: bool = True
    wide: bool = False
    hint: str = ""
    error: str = ""
    is_contested: bool = False
    """Somebody else has said otherwise meanwhile: `error` tells who and what."""
    choice_typed: str = ""
    """A supplier that was looked for in Zoho Books, where that could not be taken."""
    choice_error: str = ""
    to_create: Mapping[str, Any] | None = None
    """Who said that the supplier is to be created in Zoho Books."""
    saved: bool = False

    @property
    def has_reasons(self) -> bool:
        """Rules and defaults may speak about it, too."""
        return self.name in filling.FILLED

    @property
    def is_checked(self) -> bool:
        return self.value == "on"


@dataclass(frozen=True)
class Group:
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Sheet:
    """All fields of one item, for one reader."""

    item: Item
    place: Place
    connection: Connection | None = field(repr=False)
    issues: tuple[Issue, ...] = ()

    def groups(self, *, instead: Field | None = None) -> list[Group]:
        """instead: a field as it was just typed, error and all."""
        return [
            Group(
                str(title),
                tuple(
                    instead if instead and instead.name == name else self.field(name)
                    for name in names
                ),
            )
            for title, names in self._groups()
        ]

    def fields(self) -> dict[str, Field]:
        return {
            name: self.field(name) for _title, names in self._groups() for name in names
        }

    def _groups(self) -> list[tuple[Promise, list[str]]]:
        own = coding.FIELDS_OF[self.item.workspace]
        groups = [
            (title, [name for name in names if name in own]) for title, names in GROUPS
        ]
        return [(title, names) for title, names in groups if names]

    def field(self, name: str) -> Field:
        value = filling.said_in(self.item, name)
        return Field(
            name=name,
            label=capfirst(coding.label_of(self.item, name)),
            widget=_widget(name),
            value=self._value(name, value),
            shown=self._shown(name, value),
            picked=_picked(name, value),
            seen=filling.print_of(value),
            choices=self._choices(name),
            options_url=self._options_url(name),
            source=self._source(name),
            reasons=tuple(issue for issue in self.issues if issue.field == name),
            visible=self._visible(name),
            wide=name in WIDE or (name == "date" and self.place.sells),
            hint=self._hint(name),
            to_create=self._to_create(name),
        )

    def typed(self, name: str, data: Mapping[str, str], error: str) -> Field:
        """The field as the person left it, with the reason why it was not saved."""
        key = "typed" if _widget(name) == "picker" else "value"
        kept = replace(
            self.field(name),
            value=data.get(key, ""),
            shown="",
            seen=data.get("seen", ""),
            error=error,
            visible=True,
        )
        return replace(kept, picked=data.get("value", "")) if key == "typed" else kept

    def contested(self, name: str, data: Mapping[str, str]) -> Field:
        """The field as the person left it, beside what another has said meanwhile."""
        now = self.field(name)
        told = gettext("%(name)s has changed this to %(value)s meanwhile.") % {
            "name": (now.source or {}).get("name") or gettext("Somebody else"),
            "value": f"“{now.shown}”" if now.shown else "—",
        }
        error = " ".join([told, gettext("Yours is not saved.")])
        typed = self.typed(name, data, error)
        return replace(typed, seen=now.seen, is_contested=True)

    def choice(self, data: Mapping[str, str], error: str) -> Field:
        """The supplier as it is, with what was looked for in Zoho Books beside it."""
        kept = self.field("supplier")
        return replace(kept, choice_typed=data.get("typed", ""), choice_error=error)

    def _value(self, name: str, value: Any) -> str:
        if name == "mark_as_sent":
            return next(word for word, said in MARKS.items() if said is value)
        match value:
            case None:
                return ""
            case bool():
                return "on" if value else ""
            case Decimal() if name == "exchange_rate":
                return format_decimal(
                    value, format="#,##0.########", locale=self.place.locale
                )
            case Decimal():
                return plain_amount(value, self.item.currency, self.place.locale)
            case date():
                return value.isoformat()
            case _:
                return str(value)

    def _shown(self, name: str, value: Any) -> str:
        if name == "mark_as_sent":
            return dict(self._choices(name))[self._value(name, value)]
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        if isinstance(value, date):
            return day_text(value, self.place.locale)
        if name == "kind":
            return self.item.get_kind_display()
        if name == "publish_to":
            return dict(self._choices(name))[self.item.publish_to]
        return self._value(name, value)

    def _choices(self, name: str) -> tuple[tuple[str, str], ...]:
        if name == "kind":
            return tuple((value, str(label)) for value, label in Item.Kind.choices)
        if name == "mark_as_sent":
            return self._marks()
        if name == "publish_to":
            return self._places()
        if name != "currency":
            return ()
        codes = {*self.place.currencies, self.item.currency} - {""}
        known = tuple((code, code) for code in sorted(codes))
        return known if self.item.currency else (("", "—"), *known)

    def _marks(self) -> tuple[tuple[str, str], ...]:
        """The first is what the connection's setting says."""
        draft, sent = gettext("Draft"), gettext("Marked as sent")
        connection = self.connection
        sends = connection is not None and facts.sends_new_invoices(connection)
        usual = gettext("%s, as the connection's setting says")
        return (
            ("", usual % (sent if sends else draft)),
            ("draft", draft),
            ("sent", sent),
        )

    def _places(self) -> tuple[tuple[str, str], ...]:
        """The first follows from the document."""
        kind = facts.kind_without_saying(self.item)
        usual = gettext("%s, as the document says") % facts.place_words(kind)
        return (
            ("", usual),
            *((value, str(label)) for value, label in Item.PublishTo.choices),
        )

    def _visible(self, name: str) -> bool:
        item = self.item
        match name:
            case "due_date":
                return item.kind == Item.Kind.INVOICE
            case "paid":
                return (
                    item.kind == Item.Kind.RECEIPT
                    or item.paid
                    or item.publish_to == Item.PublishTo.EXPENSES
                )
            case "payment_method":
                return item.paid and (
                    item.kind == Item.Kind.RECEIPT
                    or item.publish_to == Item.PublishTo.EXPENSES
                )
            case "exchange_rate" | "rate_date":
                return bool(item.currency) and item.currency != self.home_currency
            case "tax_rate" | "tax_amount" | "several_rates":
                return self.takes_tax or any(
                    issue.field == name for issue in self.issues
                )
            case "project" | "location" | "customer":
                return bool(getattr(item, name)) or self.place.offers(name)
            case _:
                return True

    def _options_url(self, name: str) -> str:
        """An expense takes no exemption, so none is offered."""
        becomes = facts.becomes(self.item) if name == "tax_rate" else None
        if becomes == Publication.Kind.EXPENSE:
            return "tax_options"
        return OPTIONS_URLS.get(name, "")

    def _source(self, name: str) -> Mapping[str, Any] | None:
        said: Mapping[str, Any] | None = self.item.sources.get(name)
        exempt = name == "tax_amount" and self.item.tax_exemption_id is not None
        follows = said is not None and said.get("from") == filling.FROM_RATE
        return {"from": EXEMPTION} if exempt and follows else said

    def _to_create(self, name: str) -> Mapping[str, Any] | None:
        if name != "supplier" or self.item.supplier is None:
            return None
        return suppliers.creation_said(self.item.supplier)

    @property
    def home_currency(self) -> str:
        if self.connection is not None:
            return self.connection.currency_code
        return self.place.business.currency

    @property
    def takes_tax(self) -> bool:
        """Before a connection says otherwise, a registered business has tax fields."""
        edition = self.connection.edition if self.connection else ""
        return self.place.business.tax_registered and (
            self.place.sells or edition not in EDITIONS_WITHOUT_PURCHASE_TAX
        )

    def _hint(self, name: str) -> str:
        if name == "exchange_rate":
            return gettext("%(home)s for one %(currency)s") % {
                "home": self.home_currency,
                "currency": self.item.currency,
            }
        if name == "tax_rate" and (exemption := self.item.tax_exemption):
            said = exemption.description or str(exemption)
            return gettext("Without tax: %(reason)s") % {"reason": said}
        if name == "mark_as_sent" and facts.marks_as_sent(self.item, self.connection):
            return gettext("We email nobody; Zoho's own reminders may.")
        return ""


def _picked(name: str, value: Any) -> str:
    if name not in CHOICES or not value:
        return ""
    number = str(value.pk)
    return f"{EXEMPTION}:{number}" if isinstance(value, TaxExemption) else number


def as_value(place: Place, field: str, value: Any) -> Any:
    """What a form read, as coding takes it: a supplier or customer is one of ours."""
    match value:
        case NewName(name):
            return suppliers.named(place.business, name, place.side)
        case Contact() if field == "supplier":
            return suppliers.of_contact(place.business, value)
        case _:
            return value


def sheet_of(
    request: WorkspaceRequest, item: Item, place: Place | None = None
) -> Sheet:
    """place: where it was typed, if something was: its lists are known already."""
    place = place or place_of(request, connection_of(request))
    return Sheet(item, place, place.connection, issues_of(request, item))


def place_of(request: WorkspaceRequest, connection: Connection | None) -> Place:
    return Place(
        request.business, connection, locale_of(request.business), request.workspace
    )


def changed(before: Sheet, after: Sheet, besides: str) -> list[Field]:
    """Fields that look otherwise now, because another one was saved."""
    old = before.fields()
    return [
        field
        for name, field in after.fields().items()
        if name != besides and field != old[name]
    ]


def _widget(name: str) -> str:
    if name in OPTIONS_URLS:
        return "picker"
    if name in DAYS:
        return "date"
    if name in AMOUNTS or name == "exchange_rate":
        return "amount"
    if name in CHECKS:
        return "check"
    return (
        "choice"
        if name in ("kind", "currency", "mark_as_sent", "publish_to")
        else "text"
    )
