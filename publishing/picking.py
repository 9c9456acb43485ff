"""What may be picked in a field, and how a typed name finds it."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from babel import Locale
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from connections import entries
from connections.editions import takes_exemption
from connections.models import (
    Account,
    Connection,
    Contact,
    Currency,
    ListEntry,
    Location,
    Project,
    TaxExemption,
    TaxRate,
)
from dext_sync.businesses.forms import readable
from dext_sync.businesses.models import Business
from publishing import methods, suppliers
from publishing.models import (
    Item,
    PaymentMethod,
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
LONGEST_ID = 18
EXEMPTION: Final = "exemption"
"""Before the number of what is picked in place of a tax rate."""
# A tax rate as it is typed: 20, 20%, 17.5%.
RATE = re.compile(r"(?P<number>\d{1,3}(\.\d{1,4})?)%?", re.ASCII)

# As `entries.pickable` has it.
PICKABLE: Final = """
    SELECT FROM {} WHERE connection_id = %(connection)s
    AND organisation_id = %(organisation)s
    AND removed_at IS NULL AND is_active AND visible
"""
OFFERED: Final = {
    "project": "connections_project",
    "location": "connections_location",
    "customer": "(SELECT * FROM connections_contact WHERE kind = 'customer') customers",
}
"""Fields that an item shows only where there is something to pick."""


@dataclass(frozen=True)
class Place:
    """Where a value is typed: whose lists it may name, and how numbers are written."""

    business: Business
    connection: Connection | None
    locale: Locale
    workspace: Item.Workspace = Item.Workspace.COSTS

    def offers(self, name: str) -> bool:
        """Whether there is anything to pick in this field, one of OFFERED."""
        return self._offered[name]

    @cached_property
    def _offered(self) -> Mapping[str, bool]:
        """Of all of them in one question, which costs a third of three."""
        if self.connection is None:
            return dict.fromkeys(OFFERED, False)
        here: dict[str, Any] = {
            "connection": self.connection.pk,
            "organisation": self.connection.organisation_id,
        }
        asked = ", ".join(
            f"EXISTS ({PICKABLE.format(rows)})" for rows in OFFERED.values()
        )
        with database.cursor() as cursor:
            cursor.execute(f"SELECT {asked}", here)
            return dict(zip(OFFERED, cursor.fetchone() or (), strict=True))

    @cached_property
    def currencies(self) -> list[str]:
        """The organisation's currencies, the business's own among them."""
        rows: QuerySet[Currency] = entries_of(Currency)(self)
        known = set(rows.values_list("code", flat=True))
        return sorted(known | {self.business.currency})

    @property
    def sells(self) -> bool:
        return self.workspace == Item.Workspace.SALES

    @property
    def takes_exemptions(self) -> bool:
        """Whether something that is entered here may say why it has no tax."""
        record = "invoice" if self.sells else "bill"
        connection = self.connection
        return connection is not None and takes_exemption(record, connection.edition)

    @property
    def side(self) -> Supplier.Side:
        return Supplier.Side.CUSTOMER if self.sells else Supplier.Side.SUPPLIER


def plain_words(text: str) -> str:
    """What was typed without NUL, which the database takes in no text, and without what
    nobody sees: it comes along from PDFs."""
    return readable(text.replace("\0", " ")).strip()


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    hint: str = ""
    shown: str = ""
    """What the list says where that is more than the label."""
    rank: int = 0
    """How well it fits what was typed; 0 fits best."""
    group: str = ""
    """The heading that it stands under with its neighbours, if there is one."""


def options(field: str, words: str, place: Place) -> list[Option]:
    """What a picker offers for these words, best first; at most a few dozen."""
    if field == "supplier":
        return _supplier_options(words, place)
    if field == "contact":
        return _contact_options(words, place)
    if field == "tax":
        return _tax_options(words, place)
    offered = _known_suppliers if field == "known_supplier" else CHOICES[field]
    return [_option(row) for row in _best(offered(place), words)]


def _option(row: Model) -> Option:
    name = str(row)
    return Option(str(row.pk), name, _hint(row), shown=_with_rate(row, name))


def _with_rate(row: Model, name: str) -> str:
    """“Standard Rate · 20 %”, unless the name says it already."""
    if not isinstance(row, TaxRate):
        return ""
    rate = f"{row.percentage.normalize():f}"
    return "" if f"{rate}%" in name.replace(" ", "") else f"{name} · {rate} %"


def _tax_options(words: str, place: Place) -> list[Option]:
    """The rates, and after them the reasons why there is no tax."""
    return [
        *options("tax_rate", words, place),
        *(
            Option(
                f"{EXEMPTION}:{row.pk}",
                str(row),
                row.description if row.description != str(row) else "",
                group=str(_("Without tax")),
            )
            for row in _best(_exemptions(place), words)
        ),
    ]


def entries_of(model: type[ListEntry]) -> Callable[[Place], QuerySet[Any]]:
    def offered(place: Place) -> QuerySet[Any]:
        if place.connection is None:
            return model.unscoped.none()
        return entries.pickable(place.connection, model)

    return offered


def _categories(place: Place) -> QuerySet[Account]:
    rows: QuerySet[Account] = entries_of(Account)(place)
    if place.sells:
        return rows.filter(account_type__in=INCOME_TYPES)
    costs = Q(account_type__in=COST_TYPES) | Q(account_type__endswith="_expense")
    return rows.filter(costs)


def _customers(place: Place) -> QuerySet[Contact]:
    rows: QuerySet[Contact] = entries_of(Contact)(place)
    return rows.filter(kind=Contact.Kind.CUSTOMER)


def _parties(place: Place) -> QuerySet[Contact]:
    """Whom a cost is from, or a sale is to."""
    rows: QuerySet[Contact] = entries_of(Contact)(place)
    return rows.filter(kind=suppliers.KINDS[place.side])


def _exemptions(place: Place) -> QuerySet[TaxExemption]:
    """Where the records of this workspace take one; a purchase has no customer."""
    rows: QuerySet[TaxExemption] = entries_of(TaxExemption)(place)
    if not place.takes_exemptions:
        return rows.none()
    return rows if place.sells else rows.exclude(kind=TaxExemption.CUSTOMERS)


def _methods(place: Place) -> QuerySet[PaymentMethod]:
    return methods.methods_of(place.business)


CHOICES: Mapping[str, Callable[[Place], QuerySet[Any]]] = {
    "category": _categories,
    "tax_rate": entries_of(TaxRate),
    "project": entries_of(Project),
    "location": entries_of(Location),
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
    for word in _split(words):
        asked = Q(name__icontains=word)
        if issubclass(rows.model, ListEntry):
            asked |= Q(code__icontains=word)
        if rows.model is TaxRate and (rate := RATE.fullmatch(word)):
            asked |= Q(percentage=Decimal(rate["number"]))
        rows = rows.filter(asked)
    return rows


def _best(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """A name that begins with the words comes before one that has them somewhere: “it”
    means IT and Internet Expenses, and not Credit Card Charges."""
    found: QuerySet[Any] = _named_like(rows, words).annotate(rank=_rank(words))
    ordering = rows.model._meta.ordering  # noqa: SLF001  (Django's model API)
    return found.order_by("rank", *ordering)[:MOST_OPTIONS]


def _rank(words: str) -> Case | Value:
    if not words:
        return Value(0)
    begun = Q()
    for word in _split(words):
        begun &= Q(name__iregex=rf"\m{re.escape(word)}")
    return Case(
        When(name__iexact=words, then=0),
        When(name__istartswith=words, then=1),
        When(begun, then=2),
        default=3,
        output_field=IntegerField(),
    )


def _split(words: str) -> list[str]:
    """“20 %” is one word, whatever the space."""
    return words.replace(" %", "%").split()


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
    ours = _best(_known_suppliers(place).filter(contact=None), words)
    found = [
        *_contact_options(words, place),
        *(
            Option(
                f"supplier:{row.pk}",
                row.name,
                str(_("not in Zoho Books")),
                rank=row.rank,
            )
            for row in ours
        ),
    ]
    found.sort(key=lambda option: (option.rank, option.label.casefold()))
    is_new = not any(o.label.casefold() == words.casefold() for o in found)
    if is_new and 0 < len(words) <= suppliers.LONGEST_NAME:
        new = _("new customer") if place.sells else _("new supplier")
        found.append(Option(f"new:{words}", words, str(new)))
    return found


def _contact_options(words: str, place: Place) -> list[Option]:
    """Only those that Zoho has."""
    found = list(_best(_parties(place), words))
    names = Counter(row.name.casefold() for row in found)
    return [
        Option(
            f"contact:{row.pk}",
            row.name,
            _apart(row) if names[row.name.casefold()] > 1 else row.currency_code,
            rank=row.rank,
        )
        for row in found
    ]


def _apart(contact: Contact) -> str:
    """What tells it from another one of the same name."""
    known = contact.email or f"…{contact.zoho_id[-7:]}"
    return " · ".join(each for each in (contact.currency_code, known) if each)


@dataclass(frozen=True)
class NewName:
    """A supplier's name that a person typed; it may turn out to be a known one."""

    name: str


def picked(field: str, data: Mapping[str, str], place: Place) -> Any:
    """The row that `value` names, or the one row of the typed name."""
    chosen = plain_words(data.get("value", ""))
    typed = plain_words(data.get("typed", ""))
    if field == "supplier":
        return picked_supplier(chosen, typed, place)
    if field == "tax_rate":
        return _picked_tax(chosen, typed, place)
    return picked_row(CHOICES[field](place), chosen, typed)


def _picked_tax(chosen: str, typed: str, place: Place) -> TaxRate | TaxExemption | None:
    kind, _colon, number = chosen.partition(":")
    rates, exemptions = CHOICES["tax_rate"](place), _exemptions(place)
    if kind == EXEMPTION:
        exemption: TaxExemption = _by_id(exemptions, number)
        return exemption
    if typed and not chosen:
        found: TaxRate | TaxExemption = _by_name(typed, rates, exemptions)
        return found
    rate: TaxRate | None = picked_row(rates, chosen, typed)
    return rate


def picked_row(rows: QuerySet[Any], chosen: str, typed: str) -> Any:
    """The one that was picked, else the one that was typed; raises ValidationError."""
    if not chosen and not typed:
        return None
    return _by_id(rows, chosen) if chosen else _by_name(typed, rows)


def _by_id(rows: QuerySet[Any], chosen: str) -> Any:
    row = rows.filter(pk=chosen).first() if is_id(chosen) else None
    if row is None:
        raise ValidationError(_("This can no longer be chosen: pick another one."))
    return row


def is_id(text: str) -> bool:
    """Whether it can be an id at all: longer numbers would trouble the database."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


def _by_name(typed: str, *lists: QuerySet[Any]) -> Any:
    """An exact name, else the only one that has these words in it."""
    exact = [row for rows in lists for row in rows.filter(name__iexact=typed)[:2]]
    alike = exact or [row for rows in lists for row in _named_like(rows, typed)[:6]]
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


def picked_supplier(
    chosen: str, typed: str, place: Place
) -> Supplier | Contact | NewName | None:
    kind, _colon, rest = chosen.partition(":")
    if kind == "contact":
        contact: Contact = _by_id(_parties(place), rest)
        return contact
    if kind == "supplier":
        supplier: Supplier = _by_id(_known_suppliers(place), rest)
        return supplier
    name = " ".join(plain_words(rest if kind == "new" else typed).split())
    if not name:
        return None
    exact = list(_parties(place).filter(name__iexact=name)[:2])
    return exact[0] if len(exact) == 1 else NewName(new_name(name))


def new_name(name: str) -> str:
    """As it is typed; raises ValidationError where Zoho would not take it whole."""
    if len(name) > suppliers.LONGEST_NAME:
        raise ValidationError(
            _("Zoho Books takes names of at most %(most)d letters: shorten it."),
            params={"most": suppliers.LONGEST_NAME},
        )
    return name
