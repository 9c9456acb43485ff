"""What people fill in on the way to a connection."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connections import registration
from connections.models import Connection
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


class GeneralForm(BusinessForm):
    """Settings of a connection."""

    new_invoices = forms.ChoiceField(
        label=_("New sales invoices"),
        choices=Connection.NewInvoices.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "Each invoice may say otherwise. We email nobody; once an invoice is marked "
            "as sent, Zoho's own reminders may."
        ),
    )

    @property
    def choice(self) -> Connection.NewInvoices:
        return Connection.NewInvoices(self.cleaned_data["new_invoices"])


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
