"""What a person types, made into values: one field of an item, a new one, a method."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, cast

from babel import Locale
from babel.numbers import NumberFormatError, parse_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections import entries
from connections.models import (
    Account,
    BankAccount,
    Connection,
    Contact,
    Currency,
    ListEntry,
    Location,
    Project,
    TaxRate,
)
from dext_sync.businesses.models import Business
from publishing import methods, suppliers
from publishing.models import (
    Item,
    MethodRule,
    PaymentMethod,
    PaymentMode,
    Supplier,
)

COST_TYPES = (
    "expense",
    "cost_of_goods_sold",
    "fixed_asset",
    "other_current_asset",
    "other_asset",
)
INCOME_TYPES = ("income", "other_income")
MOST_OPTIONS = 30
LARGEST = Decimal(10) ** 12
LARGEST_RATE = Decimal(10) ** 9
LONGEST_NUMBER = 60
"""Signs in a number, however it is grouped; nobody means one that is longer."""
LONGEST_ID = 18
# A tax rate as it is typed: 20, 20%, 17.5%.
RATE = re.compile(r"(?P<number>\d{1,3}(\.\d{1,4})?)%?", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where a value is typed: whose lists it may name, and how numbers are written."""

    business: Business
    connection: Connection | None
    locale: Locale
    workspace: Item.Workspace = Item.Workspace.COSTS
    _offered: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)

    def offers(self, name: str) -> bool:
        """Whether there is anything to pick in this field; looked up once."""
        if name not in self._offered:
            self._offered[name] = CHOICES[name](self).exists()
        return self._offered[name]

    @cached_property
    def currencies(self) -> list[str]:
        """The organisation's currencies, the business's own among them."""
        rows: QuerySet[Currency] = _entries(Currency)(self)
        known = set(rows.values_list("code", flat=True))
        return sorted(known | {self.business.currency})

    @property
    def sells(self) -> bool:
        return self.workspace == Item.Workspace.SALES

    @property
    def side(self) -> Supplier.Side:
        return Supplier.Side.CUSTOMER if self.sells else Supplier.Side.SUPPLIER


def plain_words(text: str) -> str:
    """What was typed without NUL, which the database takes in no text."""
    return text.replace("\0", " ").strip()


# Pickers: what may be chosen, and how a typed name finds it.


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    hint: str = ""
    shown: str = ""
    """What the list says where that is more than the label."""


def options(field: str, words: str, place: Place) -> list[Option]:
    """What a picker offers for these words, best first; at most a few dozen."""
    if field == "supplier":
        return _supplier_options(words, place)
    if field == "contact":
        return _contact_options(words, place)
    offered = _known_suppliers if field == "known_supplier" else CHOICES[field]
    rows = _named_like(offered(place), words)
    return [_option(row) for row in rows[:MOST_OPTIONS]]


def _option(row: Model) -> Option:
    name = str(row)
    return Option(str(row.pk), name, _hint(row), shown=_with_rate(row, name))


def _with_rate(row: Model, name: str) -> str:
    """“Standard Rate · 20 %”, unless the name says it already."""
    if not isinstance(row, TaxRate):
        return ""
    rate = f"{row.percentage.normalize():f}"
    return "" if f"{rate}%" in name.replace(" ", "") else f"{name} · {rate} %"


def _entries(model: type[ListEntry]) -> Callable[[Place], QuerySet[Any]]:
    def offered(place: Place) -> QuerySet[Any]:
        if place.connection is None:
            return model.unscoped.none()
        return entries.pickable(place.connection, model)

    return offered


def _categories(place: Place) -> QuerySet[Account]:
    rows: QuerySet[Account] = _entries(Account)(place)
    if place.sells:
        return rows.filter(account_type__in=INCOME_TYPES)
    costs = Q(account_type__in=COST_TYPES) | Q(account_type__endswith="_expense")
    return rows.filter(costs)


def _customers(place: Place) -> QuerySet[Contact]:
    rows: QuerySet[Contact] = _entries(Contact)(place)
    return rows.filter(kind=Contact.Kind.CUSTOMER)


def _parties(place: Place) -> QuerySet[Contact]:
    """Whom a cost is from, or a sale is to."""
    rows: QuerySet[Contact] = _entries(Contact)(place)
    return rows.filter(kind=suppliers.KINDS[place.side])


def _methods(place: Place) -> QuerySet[PaymentMethod]:
    return methods.methods_of(place.business)


CHOICES: Mapping[str, Callable[[Place], QuerySet[Any]]] = {
    "category": _categories,
    "tax_rate": _entries(TaxRate),
    "project": _entries(Project),
    "location": _entries(Location),
    "customer": _customers,
    "payment_method": _methods,
}


def _known_suppliers(place: Place) -> QuerySet[Supplier]:
    """Other spellings of one are found by its name."""
    return Supplier.objects.for_business(place.business).filter(
        side=place.side, merged_into=None
    )


FILTERS: Mapping[str, Callable[[Place], QuerySet[Any]]] = {
    "supplier": _known_suppliers,
    "category": _categories,
}
"""What a list is narrowed to by a picker: rows of ours, or those that Zoho has."""


def _named_like(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    # “20 %” is one word, whatever the space.
    for word in words.replace(" %", "%").split():
        asked = Q(name__icontains=word)
        if issubclass(rows.model, ListEntry):
            asked |= Q(code__icontains=word)
        if rows.model is TaxRate and (rate := RATE.fullmatch(word)):
            asked |= Q(percentage=Decimal(rate["number"]))
        rows = rows.filter(asked)
    return rows


def _hint(row: Model) -> str:
    match row:
        case Account():
            return row.code or row.account_type.replace("_", " ").capitalize()
        case Contact():
            return row.currency_code
        case Project():
            return row.customer_name
        case PaymentMethod():
            return row.account.name if row.account else ""
        case _:
            return ""


def _supplier_options(words: str, place: Place) -> list[Option]:
    contacts = _contact_options(words, place)
    ours = _named_like(_known_suppliers(place).filter(contact=None), words)
    found = [
        *contacts,
        *(
            Option(f"supplier:{row.pk}", row.name, str(_("not in Zoho Books")))
            for row in ours[:MOST_OPTIONS]
        ),
    ]
    if words and not any(o.label.casefold() == words.casefold() for o in found):
        found.append(
            Option(
                f"new:{words}",
                words,
                str(_("new customer") if place.sells else _("new supplier")),
            )
        )
    return sorted(found, key=lambda o: (o.value.startswith("new:"), o.label.casefold()))


def _contact_options(words: str, place: Place) -> list[Option]:
    """Only those that Zoho has."""
    rows = _named_like(_parties(place), words)[:MOST_OPTIONS]
    return [Option(f"contact:{row.pk}", row.name, row.currency_code) for row in rows]


@dataclass(frozen=True)
class NewName:
    """A supplier's name that a person typed; it may turn out to be a known one."""

    name: str


def _picked(field: str, data: Mapping[str, str], place: Place) -> Any:
    """The row that `value` names, or the one row of the typed name."""
    chosen = plain_words(data.get("value", ""))
    typed = plain_words(data.get("typed", ""))
    if field == "supplier":
        return _picked_supplier(chosen, typed, place)
    return picked_row(CHOICES[field](place), chosen, typed)


def picked_row(rows: QuerySet[Any], chosen: str, typed: str) -> Any:
    """The one that was picked, else the one that was typed; raises ValidationError."""
    if not chosen and not typed:
        return None
    return _by_id(rows, chosen) if chosen else _by_name(rows, typed)


def _by_id(rows: QuerySet[Any], chosen: str) -> Any:
    row = rows.filter(pk=chosen).first() if is_id(chosen) else None
    if row is None:
        raise ValidationError(_("This can no longer be chosen: pick another one."))
    return row


def is_id(text: str) -> bool:
    """Whether it can be an id at all: longer numbers would trouble the database."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


def _by_name(rows: QuerySet[Any], typed: str) -> Any:
    """An exact name, else the only one that has these words in it."""
    exact = list(rows.filter(name__iexact=typed)[:2])
    alike = exact or list(_named_like(rows, typed)[:6])
    if len(alike) == 1:
        return alike[0]
    if not alike:
        raise ValidationError(
            _("Nothing is called “%(typed)s”."), params={"typed": typed}
        )
    raise ValidationError(
        _("Several fit “%(typed)s”: %(names)s. Write the whole name."),
        params={"typed": typed, "names": ", ".join(str(row) for row in alike[:5])},
    )


def _picked_supplier(
    chosen: str, typed: str, place: Place
) -> Supplier | Contact | NewName | None:
    kind, _colon, rest = chosen.partition(":")
    if kind == "contact":
        contact: Contact = _by_id(_parties(place), rest)
        return contact
    if kind == "supplier":
        supplier: Supplier = _by_id(_known_suppliers(place), rest)
        return supplier
    name = " ".join((rest if kind == "new" else typed).split())
    if not name:
        return None
    exact = list(_parties(place).filter(name__iexact=name)[:2])
    return exact[0] if len(exact) == 1 else NewName(name[:200])


# One field of an item.


def clean(field: str, data: Mapping[str, str], place: Place) -> Any:
    """The typed value of this field; raises ValidationError in words.

    A supplier comes as Supplier, Contact or NewName: the caller makes it one of ours.
    """
    if field in CHOICES or field == "supplier":
        return _picked(field, data, place)
    return PLAIN_FIELDS[field](data.get("value", ""), place)


def _kind(text: str, _place: Place) -> Any:
    return forms.ChoiceField(choices=Item.Kind.choices).clean(text)


def _day(text: str, place: Place) -> date | None:
    value: date | None = forms.DateField(required=False).clean(text)
    return value


def _text(most: int) -> Callable[[str, Place], str]:
    def cleaned(text: str, _place: Place) -> str:
        value: str = forms.CharField(required=False, max_length=most).clean(text)
        return value

    return cleaned


def _truth(text: str, _place: Place) -> bool:
    return text in ("on", "1", "true")


MARKS = {"": None, "sent": True, "draft": False}
"""What becomes of an invoice in Zoho; "" is as the connection's setting says."""


def _mark(text: str, _place: Place) -> bool | None:
    if text not in MARKS:
        raise ValidationError(_("Choose one of these."))
    return MARKS[text]


def _place_in_zoho(text: str, _place: Place) -> str:
    if text and text not in Item.PublishTo.values:
        raise ValidationError(_("Choose one of these."))
    return text


def _currency(text: str, place: Place) -> str:
    code = text.strip().upper()
    if code not in place.currencies:
        raise ValidationError(_("Choose one of the currencies in the list."))
    return code


def amount(text: str, place: Place) -> Decimal | None:
    """1,234.50 as it is written in this place, with or without its symbol."""
    bare = "".join(text.split()).strip("£$€₹").lstrip("+")
    if not bare:
        return None
    value = _number(bare, place, gettext("Enter an amount, for example 1234.50."))
    if abs(value) >= LARGEST:
        raise ValidationError(_("This amount is too large."))
    if value != round(value, 3):
        raise ValidationError(_("An amount has at most three decimal places."))
    return value


def _rate(text: str, place: Place) -> Decimal | None:
    bare = "".join(text.split())
    if not bare:
        return None
    value = _number(bare, place, gettext("Enter a rate, for example 0.8571."))
    # As it is stored: what rounds to nothing is no rate.
    rate = round(value, 8) if abs(value) < LARGEST_RATE else LARGEST_RATE
    if not 0 < rate < LARGEST_RATE:
        raise ValidationError(_("A rate is more than zero."))
    return rate


def _number(bare: str, place: Place, complaint: str) -> Decimal:
    """Digits and this place's separators; neither 1e5 nor NaN is meant by anybody."""
    if len(bare) > LONGEST_NUMBER or any(letter.isalpha() for letter in bare):
        raise ValidationError(complaint)
    try:
        return parse_decimal(bare, locale=place.locale, strict=True)
    except NumberFormatError:
        raise ValidationError(complaint) from None


PLAIN_FIELDS: Mapping[str, Callable[[str, Place], Any]] = {
    "kind": _kind,
    "date": _day,
    "due_date": _day,
    "reference": _text(100),
    "description": _text(400),
    "currency": _currency,
    "exchange_rate": _rate,
    "rate_date": _day,
    "total": amount,
    "tax_amount": amount,
    "several_rates": _truth,
    "paid": _truth,
    "mark_as_sent": _mark,
    "publish_to": _place_in_zoho,
}
EDITABLE = frozenset(PLAIN_FIELDS) | frozenset(CHOICES) | {"supplier"}


# A new item, a payment method.


class AmountField(forms.CharField):
    """An amount as the reader writes it."""

    def __init__(self, *, place: Place, **options: Any) -> None:
        super().__init__(**options)
        self.place = place
        self.widget.attrs |= {"inputmode": "decimal", "class": "num"}

    def clean(self, value: Any) -> Decimal | None:
        return amount(super().clean(value), self.place)


class NewItemForm(forms.Form):
    """The few things one knows at once; everything else is asked on its page."""

    kind = forms.ChoiceField(label=_("Type"), choices=Item.Kind.choices)
    supplier = forms.CharField(label=_("Supplier"), max_length=200)
    date = forms.DateField(
        label=_("Date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reference = forms.CharField(label=_("Reference"), max_length=100, required=False)
    currency = forms.ChoiceField(label=_("Currency"))

    def __init__(self, *args: Any, place: Place, **options: Any) -> None:
        super().__init__(*args, **options)
        self.place = place
        self.fields["total"] = AmountField(
            label=_("Total"), required=False, place=place
        )
        self.fields["currency"] = forms.ChoiceField(
            label=_("Currency"),
            choices=[(code, code) for code in place.currencies],
            initial=place.business.currency,
        )
        if place.sells:
            del self.fields["kind"]
            self.fields["supplier"].label = _("Customer")
        self.fields["supplier"].widget.attrs["list"] = "known-suppliers"
        self.order_fields(
            ["kind", "supplier", "date", "reference", "total", "currency"]
        )

    def clean_supplier(self) -> Supplier | Contact | NewName | None:
        return _picked_supplier("", self.cleaned_data["supplier"].strip(), self.place)


ANY: tuple[str, Any] = ("", _("Any"))


class FilterForm(forms.Form):
    """What a list is narrowed to, as a person types it.

    Suppliers and categories come from pickers: an id, or the words that were typed.
    """

    PLAIN: ClassVar = (
        *("kind", "owner", "since", "until", "least", "most", "currency", "cause"),
    )

    kind = forms.ChoiceField(
        label=_("Type"), choices=[ANY, *Item.Kind.choices], required=False
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    cause = forms.ChoiceField(label=_("Failed because"), required=False)
    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("To"), required=False)
    supplier = forms.CharField(required=False)
    category = forms.CharField(required=False)

    def __init__(
        self,
        *args: Any,
        place: Place,
        owners: list[tuple[str, str]],
        causes: list[tuple[str, str]],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.place = place
        for name, label in (("least", _("Least total")), ("most", _("Greatest total"))):
            self.fields[name] = AmountField(label=label, required=False, place=place)
        codes = [(code, code) for code in place.currencies]
        for name, choices in (
            ("owner", owners),
            ("currency", codes),
            ("cause", causes),
        ):
            field = cast(forms.ChoiceField, self.fields[name])
            field.choices = [ANY, *choices]
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(
                attrs={"type": "date"}, format="%Y-%m-%d"
            )
        offered = {"kind": not place.sells, "owner": owners, "cause": causes}
        for name in [name for name, choices in offered.items() if not choices]:
            del self.fields[name]

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """Those without a picker, in the order of the form."""
        names = [name for name in self.PLAIN if name in self.fields]
        return [self[name] for name in names]

    def clean_supplier(self) -> Any:
        return self._row("supplier")

    def clean_category(self) -> Any:
        return self._row("category")

    def _row(self, name: str) -> Any:
        typed = plain_words(self.data.get(f"{name}_typed", ""))
        return picked_row(
            FILTERS[name](self.place), plain_words(self.cleaned_data[name]), typed
        )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        for first, last in (("since", "until"), ("least", "most")):
            low, high = said.get(first), said.get(last)
            if low is not None and high is not None and low > high:
                self.add_error(last, _("This lies before the beginning."))
        return said


class PaymentMethodForm(forms.Form):
    """A card, account or till, and where its money leaves in Zoho Books."""

    name = forms.CharField(label=_("Name"), max_length=80)
    last_four = forms.RegexField(
        label=_("Last four digits"),
        regex=r"^\d{4}$",
        required=False,
        error_messages={"invalid": _("Enter four digits, or nothing.")},
        help_text=_("Tells two cards of one name apart."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    account: "forms.ModelChoiceField[BankAccount]" = forms.ModelChoiceField(
        label=_("Account in Zoho Books"),
        queryset=BankAccount.unscoped.none(),
        required=False,
        help_text=_("The bank, card or cash account that paid receipts leave."),
    )
    mode: "forms.ModelChoiceField[PaymentMode]" = forms.ModelChoiceField(
        label=_("Payment mode"),
        queryset=PaymentMode.unscoped.none(),
        required=False,
        help_text=_("Zoho's word for how the money moved."),
    )
    publish_to = forms.ChoiceField(
        label=_("Publish to"),
        required=False,
        choices=[("", _("Nothing")), *Item.PublishTo.choices],
        help_text=_(
            "A rule: where items go that were paid with it, unless the supplier's rule "
            "or a person says otherwise."
        ),
    )
    auto_publish = forms.ChoiceField(
        label=_("Auto-publish"),
        required=False,
        choices=[("", _("Not set")), *MethodRule.AutoPublish.choices],
        help_text=_(
            "A rule: whether items that were paid with it go to Zoho Books by "
            "themselves. It goes before the supplier's rule."
        ),
    )

    def __init__(
        self,
        *args: Any,
        place: Place,
        method: PaymentMethod | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        choices = {
            "account": _accounts(place, method),
            "mode": methods.modes_of(place.business),
        }
        for name, rows in choices.items():
            field = cast("forms.ModelChoiceField[Any]", self.fields[name])
            field.queryset, field.empty_label = rows, "—"


def _accounts(place: Place, method: PaymentMethod | None) -> QuerySet[BankAccount]:
    """Those of Zoho, and the one that the method has, whatever became of that."""
    offered: QuerySet[BankAccount] = _entries(BankAccount)(place)
    if method is None or method.account_id is None:
        return offered
    ours = BankAccount.objects.for_business(place.business)
    return offered | ours.filter(pk=method.account_id)
