"""What people fill in on the way to a connection."""

from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from connections import entries, registration
from connections.models import Connection, TaxRate
from connections.zoho.regions import Region, default_for
from dext_sync.businesses.forms import BusinessForm
from dext_sync.businesses.models import Business

PLACES = {
    "us": _("United States and everywhere else"),
    "eu": _("Europe"),
    "uk": _("United Kingdom"),
    "in": _("India"),
    "au": _("Australia and New Zealand"),
    "jp": _("Japan"),
    "ca": _("Canada"),
    "sa": _("Saudi Arabia"),
    "cn": _("China"),
}


class SettingsForm(BusinessForm):
    """Settings of a connection; each is saved by itself."""

    warns_of_new_suppliers = forms.BooleanField(
        label=_("Warn me when creating a new supplier"),
        required=False,
        help_text=_(
            "A supplier or customer that Zoho Books lacks is created there only after "
            "somebody has said so. Off: it is created while publishing."
        ),
    )
    costs_go_to = forms.ChoiceField(
        label=_("Publish costs to"),
        required=False,
        choices=[
            ("", _("As the document says: paid receipts to Expenses, else Purchases")),
            *Connection.CostsGoTo.choices,
        ],
        help_text=_(
            "An item or a rule may say otherwise. Sales always become invoices."
        ),
    )
    new_invoices = forms.ChoiceField(
        label=_("New sales invoices"),
        choices=Connection.NewInvoices.choices,
        help_text=_(
            "Each invoice may say otherwise. We email nobody; once an invoice is marked "
            "as sent, Zoho's own reminders may."
        ),
    )
    cost_tax: "forms.ModelChoiceField[TaxRate]" = forms.ModelChoiceField(
        label=_("Default tax for costs"),
        queryset=TaxRate.unscoped.none(),
        required=False,
        empty_label=_("None"),
    )
    sales_tax: "forms.ModelChoiceField[TaxRate]" = forms.ModelChoiceField(
        label=_("Default tax for sales"),
        queryset=TaxRate.unscoped.none(),
        required=False,
        empty_label=_("None"),
    )

    auto_publishes_all = forms.BooleanField(
        label=_("Auto-publish all items"),
        required=False,
        help_text=_(
            "Every item that comes in from now on goes to Zoho Books by itself once it "
            "is ready, unless a rule says never."
        ),
    )
    auto_exceptions = forms.MultipleChoiceField(
        label=_("Never auto-publish"),
        required=False,
        choices=Connection.DocumentType.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whatever rules say, these wait for a person."),
    )

    GENERAL: ClassVar = ("warns_of_new_suppliers", "costs_go_to", "new_invoices")
    TAXES: ClassVar = ("cost_tax", "sales_tax")
    AUTO: ClassVar = ("auto_publishes_all", "auto_exceptions")

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        initial = {name: getattr(connection, name) for name in self.base_fields}
        super().__init__(*args, business=connection.business, initial=initial, **kwargs)
        self.connection = connection
        for name in self.TAXES:
            self._offer_taxes(name)
        if not connection.takes_purchase_tax:
            del self.fields["cost_tax"]
        if not connection.business.tax_registered:
            for name in set(self.TAXES) & set(self.fields):
                del self.fields[name]

    def _offer_taxes(self, name: str) -> None:
        """Those of Zoho, and the one that is chosen, whatever became of that."""
        field = cast("forms.ModelChoiceField[TaxRate]", self.fields[name])
        offered = entries.pickable(self.connection, TaxRate)
        chosen = TaxRate.objects.for_business(self.business).filter(
            pk=getattr(self.connection, f"{name}_id")
        )
        field.queryset = offered | chosen
        field.label_from_instance = _tax_words  # type: ignore[method-assign, assignment]

    def keep_only(self, name: str) -> None:
        """Only this setting was sent."""
        for other in set(self.fields) - {name}:
            del self.fields[other]

    @property
    def general(self) -> list[forms.BoundField]:
        return [self[name] for name in self.GENERAL]

    @property
    def auto(self) -> list[forms.BoundField]:
        return [self[name] for name in self.AUTO]

    @property
    def taxes(self) -> list[forms.BoundField]:
        """None where the business or the edition knows no tax."""
        return [self[name] for name in self.TAXES if name in self.fields]


def _tax_words(rate: TaxRate) -> str:
    percent = f"{rate.percentage.normalize():f}"
    name = rate.name if f"{percent}%" in rate.name else f"{rate.name} · {percent} %"
    if rate.is_usable:
        return name
    return _("%(name)s (no longer in Zoho Books)") % {"name": name}


class RegionForm(BusinessForm):
    """Where the browser is sent; Zoho says afterwards which one it really was."""

    region = forms.ChoiceField(
        label=_("Where do you sign in to Zoho?"),
        help_text=_("It is in the address bar when you use Zoho Books."),
    )

    def __init__(
        self, *args: Any, business: Business, preferred: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, business=business, **kwargs)
        known = registration.regions()
        field = self.fields["region"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(row.code, _words(row)) for row in known.values()]
        usual = default_for(business.country, known).code
        self.initial.setdefault("region", preferred if preferred in known else usual)


def _words(region: Region) -> str:
    """zoho.eu · Europe"""
    host = registration.host_of(region.code)
    place = PLACES.get(region.code)
    return f"{host} · {place}" if place else f"{host} · {region.code}"
