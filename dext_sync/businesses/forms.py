"""What people fill in about themselves, a business and its members."""

import re
from datetime import date
from typing import Any, ClassVar

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dext_sync.businesses import places
from dext_sync.businesses.account_forms import PASSWORD_RULES
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Role

GRANTABLE = (Role.ADMIN, Role.ACCOUNTANT, Role.STANDARD)


UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
"""Controls, no width at all, and what turns letters round; joiners have their use."""


def readable(text: str) -> str:
    """What is seen of it."""
    return UNSEEN.sub("", text)


def narrow(fields: dict[str, forms.Field], business: Business) -> None:
    """Choices of rows are those of this business alone."""
    for field in fields.values():
        if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
            field.queryset = field.queryset.filter(business=business)


class BusinessForm(forms.Form):
    """A form inside a business: it offers rows of that business only."""

    def __init__(self, *args: Any, business: Business, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.business = business
        narrow(self.fields, business)


class NameField(forms.CharField):
    """One line as it is read, and no link: names are written into letters to strangers."""

    def to_python(self, value: object) -> str:
        return " ".join(readable(str(super().to_python(value) or "")).split())

    def validate(self, value: str) -> None:
        super().validate(value)
        if "://" in value:
            raise forms.ValidationError(_("A name holds no web address."))


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    name = NameField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("name", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["password1"].help_text = PASSWORD_RULES


class PersonForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields: ClassVar = ["name"]
        field_classes: ClassVar = {"name": NameField}
        widgets: ClassVar = {"name": forms.TextInput(attrs={"autocomplete": "name"})}
        labels: ClassVar = {"name": _("Your name")}


class DetailsForm(forms.ModelForm[Business]):
    """A business's own facts; currency and time zone default by its country."""

    country = forms.ChoiceField(label=_("Country"))
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    class Meta:
        model = Business
        fields: ClassVar = [
            "name",
            "country",
            "currency",
            "time_zone",
            "tax_registered",
        ]
        field_classes: ClassVar = {"name": NameField}
        labels: ClassVar = {
            "name": _("Business name"),
            "tax_registered": _("Registered for tax (VAT, GST or sales tax)"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose: list[Any] = [("", _("Choose"))]
        by_country: list[Any] = [("", _("As usual in that country"))]
        self._offer("country", choose + places.countries())
        self._offer("currency", by_country + places.currencies())
        self._offer("time_zone", by_country + places.time_zones())
        if chosen := self.initial.get("time_zone"):
            self.initial["time_zone"] = places.zone_today(chosen)

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        country = facts.get("country", "")
        facts["currency"] = facts.get("currency") or places.currency_of(country)
        facts["time_zone"] = facts.get("time_zone") or places.time_zone_of(country)
        if country and not facts["time_zone"] and "time_zone" not in self.errors:
            self.add_error(
                "time_zone", _("This country has several time zones: choose yours.")
            )
        return facts

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


class ProfileForm(DetailsForm):
    """The same once the business exists, and what only its Admins say."""

    class Meta(DetailsForm.Meta):
        fields: ClassVar = [*DetailsForm.Meta.fields, "lock_date"]
        widgets: ClassVar = {
            "lock_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        }
        labels: ClassVar = {**DetailsForm.Meta.labels, "lock_date": _("Lock date")}
        help_texts: ClassVar = {
            "lock_date": _(
                "Nothing dated on or before this day is published. Periods that are "
                "locked in Zoho Books count as well."
            )
        }

    def clean_lock_date(self) -> date | None:
        day: date | None = self.cleaned_data["lock_date"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(_("The lock date lies in the future."))
        return day


class MailsForm(forms.ModelForm[Membership]):
    """What a member wants to be told by email."""

    class Meta:
        model = Membership
        fields: ClassVar = ["failure_mails"]
        labels: ClassVar = {
            "failure_mails": _("Tell me by email what could not be published")
        }
        help_texts: ClassVar = {
            "failure_mails": _(
                "At most every six hours, and only if something failed and still does. "
                "Admins are told of all items, others of their own."
            )
        }


class RightsForm(BusinessForm):
    """A role, and the switches that count for a Standard user."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, role.label) for role in GRANTABLE],
        initial=Role.STANDARD.value,
        widget=forms.RadioSelect,
    )
    sees_all_documents = forms.BooleanField(
        label=_("Access all documents"),
        required=False,
        help_text=_("Otherwise only what they uploaded themselves."),
    )
    publishes = forms.BooleanField(
        label=_("May publish"),
        required=False,
        help_text=_("Otherwise somebody else publishes what they prepared."),
    )

    @classmethod
    def of(cls, member: Membership) -> dict[str, Any]:
        """What the member has now, as the form's initial values."""
        return {
            "role": member.role,
            "sees_all_documents": member.sees_all_documents,
            "publishes": member.publishes,
        }


class InviteForm(RightsForm):
    email = forms.EmailField(
        label=_("Email address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("email", "role", "sees_all_documents", "publishes")

    def clean_email(self) -> str:
        address = str(self.cleaned_data["email"]).lower()
        members = Membership.objects.for_business(self.business)
        if members.filter(user__email=address).exists():
            raise forms.ValidationError(_("This person is a user here already."))
        return address
