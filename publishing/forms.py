"""What a person types, made into values: one field of an item, a new one, a method."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, cast

from babel.numbers import NumberFormatError, parse_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections.models import (
    BankAccount,
    Contact,
)
from dext_sync.businesses.forms import readable
from publishing import methods
from publishing.models import (
    Item,
    MethodRule,
    PaymentMethod,
    PaymentMode,
    Supplier,
)
from publishing.picking import (
    CHOICES,
    FILTERS,
    NewName,
    Place,
    entries_of,
    picked,
    picked_row,
    picked_supplier,
    plain_words,
)

LARGEST = Decimal(10) ** 12
LARGEST_RATE = Decimal(10) ** 9
LONGEST_NUMBER = 60
"""Signs in a number, however it is grouped; nobody means one that is longer."""


# One field of an item.


def clean(field: str, data: Mapping[str, str], place: Place) -> Any:
    """The typed value of this field; raises ValidationError in words.

    A supplier comes as Supplier, Contact or NewName: the caller makes it one of ours.
    """
    if field in CHOICES or field == "supplier":
        return picked(field, data, place)
    return PLAIN_FIELDS[field](data.get("value", ""), place)


def _kind(text: str, _place: Place) -> Any:
    return forms.ChoiceField(choices=Item.Kind.choices).clean(text)


class DayField(forms.DateField):
    """1/2/2026 is one day here and another one there, so it is none."""

    input_formats = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y")


def _day(text: str, _place: Place) -> date | None:
    value: date | None = DayField(required=False).clean(text)
    return value


def _text(most: int) -> Callable[[str, Place], str]:
    def cleaned(text: str, _place: Place) -> str:
        value: str = forms.CharField(required=False, max_length=most).clean(text)
        return readable(value).strip()

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
    date = DayField(
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
        return picked_supplier("", self.cleaned_data["supplier"].strip(), self.place)


ANY: tuple[str, Any] = ("", _("Any"))
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


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
    since = DayField(label=_("From"), required=False, widget=DAY)
    until = DayField(label=_("To"), required=False, widget=DAY)
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
        choices=[("", _("Not set")), *Item.PublishTo.choices],
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
    offered: QuerySet[BankAccount] = entries_of(BankAccount)(place)
    if method is None or method.account_id is None:
        return offered
    ours = BankAccount.objects.for_business(place.business)
    return offered | ours.filter(pk=method.account_id)
