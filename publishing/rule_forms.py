"""What a person says in a rule, made into values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from publishing import filling, ruling
from publishing.models import Item, SupplierRule
from publishing.picking import CHOICES, Place, picked_row, plain_words

PICKED: Final = ("category", "tax_rate", "payment_method", "project", "location")
OPTIONS: Final[Mapping[str, str]] = {
    "category": "category_options",
    "tax_rate": "tax_options",
    "project": "project_options",
    "location": "location_options",
    "payment_method": "method_options",
}
NOT_SET: Final = ("", _("Not set"))


@dataclass(frozen=True)
class Picker:
    """A field that is chosen from a list while one types."""

    name: str
    label: str
    typed: str
    picked: str
    options_url: str
    error: str = ""
    is_gone: bool = False


class SupplierRuleForm(forms.Form):
    """Every field may be left empty: then the rule says nothing about it."""

    auto_publish = forms.ChoiceField(
        label=_("Auto-publish"),
        required=False,
        choices=[("", _("Not set")), *SupplierRule.AutoPublish.choices],
        help_text=_(
            "Items that come in from now on go to Zoho Books by themselves once they "
            "are ready."
        ),
    )
    due_days = forms.IntegerField(
        label=_("Due after"),
        required=False,
        min_value=0,
        max_value=ruling.LONGEST_TERM,
        help_text=_("Days from the document's date."),
    )
    description = forms.CharField(
        label=_("Description"), required=False, max_length=400
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    paid = forms.TypedChoiceField(
        label=_("Paid"),
        required=False,
        choices=[NOT_SET, ("yes", _("Paid")), ("no", _("Not paid"))],
        coerce=lambda text: text == "yes",
        empty_value=None,
    )
    publish_to = forms.ChoiceField(
        label=_("Publish to"),
        required=False,
        choices=[NOT_SET, *Item.PublishTo.choices],
    )

    def __init__(
        self,
        data: Any = None,
        *,
        place: Place,
        side: str,
        rule: SupplierRule,
    ) -> None:
        """rule: what it says now, or what is offered; not saved by this form."""
        self.said = rule
        super().__init__(data, initial=_initial(self.said))
        self.place = place
        self.names = ruling.fields_of(side)
        codes = sorted({*place.currencies, self.said.currency} - {""})
        self.fields["currency"] = forms.ChoiceField(
            label=_("Currency"),
            required=False,
            choices=[NOT_SET, *((code, code) for code in codes)],
        )
        for name in set(self.fields) - set(self.names):
            del self.fields[name]
        self.picked: dict[str, Model | None] = {}
        self.not_picked: dict[str, str] = {}

    def clean(self) -> dict[str, Any]:
        for name in self._picked_names():
            self._pick(name)
        return self.cleaned_data

    def _picked_names(self) -> list[str]:
        return [name for name in PICKED if name in self.names and self._is_there(name)]

    def _is_there(self, name: str) -> bool:
        """Tax where there is any; projects and locations where Zoho has them."""
        match name:
            case "tax_rate":
                connection = self.place.connection
                known = connection is None or connection.takes_purchase_tax
                registered = self.place.business.tax_registered
                return registered and (self.place.sells or known)
            case "project" | "location":
                chosen = getattr(self.said, name) is not None
                return chosen or CHOICES[name](self.place).exists()
            case _:
                return True

    def _pick(self, name: str) -> None:
        chosen = plain_words(self.data.get(name, ""))
        typed = plain_words(self.data.get(f"{name}_typed", ""))
        now = getattr(self.said, name)
        if now is not None and chosen == str(now.pk) and typed in ("", str(now)):
            self.picked[name] = now
            return
        try:
            self.picked[name] = picked_row(CHOICES[name](self.place), chosen, typed)
        except ValidationError as refusal:
            self.not_picked[name] = " ".join(refusal.messages)
            self.add_error(
                None, f"{capfirst(ruling.label_of(name))}: {refusal.messages[0]}"
            )

    @property
    def spoken(self) -> dict[str, Any]:
        """Only what was said: for many rules at once, which else keep what they say."""
        return {
            name: value
            for name, value in self.values.items()
            if value not in filling.SILENT
        }

    @property
    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, **self.picked}

    @property
    def pickers(self) -> list[Picker]:
        return [self._picker(name) for name in self._picked_names()]

    def _picker(self, name: str) -> Picker:
        now = getattr(self.said, name)
        picked = str(now.pk) if now else ""
        return Picker(
            name,
            str(capfirst(ruling.label_of(name))),
            typed=self.data.get(f"{name}_typed", str(now or "")),
            picked=self.data.get(name, picked),
            options_url=OPTIONS[name],
            error=self.not_picked.get(name, ""),
            is_gone=now is not None and not getattr(now, "is_usable", True),
        )


def _initial(rule: SupplierRule) -> dict[str, Any]:
    return {
        "auto_publish": rule.auto_publish,
        "due_days": rule.due_days,
        "description": rule.description,
        "currency": rule.currency,
        "paid": {None: "", True: "yes", False: "no"}[rule.paid],
        "publish_to": rule.publish_to,
    }
