"""Suppliers or customers with their rules from a CSV file: read whole, shown, then saved."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from dext_sync.businesses.models import User
from publishing import holding, ruling, suppliers
from publishing.models import Item, SupplierRule
from publishing.picking import CHOICES, Place, new_name, picked_row, plain_words

MOST_ROWS: Final = 2000
MOST_BYTES: Final = 512 * 1024
LONGEST_NUMBER: Final = 9
LONGEST_DESCRIPTION: Final = 400
NAME: Final = "name"
COLUMNS: Final = (NAME, *ruling.SUPPLIER_FIELDS)
YES, NO = ("yes", "y", "true", "1", "paid"), ("no", "n", "false", "0")


class NotReadable(Exception):
    """Why, in a sentence for people."""


@dataclass(frozen=True)
class Line:
    """`number` as an editor counts it; `errors` name the column."""

    number: int
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        return [
            f"{ruling.label_of(name)} {ruling.words_of(name, value)}"
            for name, value in self.values.items()
        ]


def text_of(content: bytes) -> str:
    """As spreadsheets write it; raises NotReadable."""
    if len(content) > MOST_BYTES:
        raise NotReadable(_("The file is larger than half a megabyte."))
    try:
        return content.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError:
        raise NotReadable(
            _("The file is not text in UTF-8: save it as CSV UTF-8.")
        ) from None


def read(text: str, place: Place) -> list[Line]:
    """Each row with what it says; raises NotReadable where it is no such table."""
    try:
        rows = list(csv.reader(io.StringIO(text), _dialect(text)))
    except csv.Error:
        raise NotReadable(_("The file is not a CSV table.")) from None
    if not rows:
        raise NotReadable(_("The file is empty."))
    columns = [_column(head) for head in rows[0]]
    if NAME not in columns:
        raise NotReadable(_("The first row must name the columns, “name” among them."))
    filled = [
        (number, row)
        for number, row in enumerate(rows[1:], start=2)
        if any(cell.strip() for cell in row)
    ]
    if len(filled) > MOST_ROWS:
        raise NotReadable(
            _("The file has more than %(most)d rows.") % {"most": MOST_ROWS}
        )
    # Many rows name the same few entries, and each is looked up once.
    value_of = cache(partial(_value, place=place))
    names = ruling.fields_of(place.side)
    lines = [_line(number, columns, row, names, value_of) for number, row in filled]
    return _once(lines, place)


def not_read(text: str, side: str) -> list[str]:
    """The heads of columns that say nothing here."""
    first = next(csv.reader(io.StringIO(text), _dialect(text)), [])
    known = {NAME, *ruling.fields_of(side)}
    return [
        head.strip() for head in first if head.strip() and _column(head) not in known
    ]


def unknown(lines: Iterable[Line], place: Place) -> set[str]:
    """Names that are neither here nor in Zoho."""
    names = {line.name for line in lines if not line.errors}
    return suppliers.unknown(place.business, names, place.side)


def _once(lines: list[Line], place: Place) -> list[Line]:
    """Who is there twice, under whatever spelling, would be told two things."""
    names = {line.name for line in lines}
    keys = suppliers.keys_of(place.business, names, place.side)
    first: dict[str, int] = {}
    return [
        _of_first(line, first.setdefault(keys[line.name], line.number))
        for line in lines
    ]


def _of_first(line: Line, row: int) -> Line:
    if not line.name or row == line.number:
        return line
    again = _("It stands in row %(row)d already.") % {"row": row}
    return replace(line, errors=(*line.errors, again))


def _dialect(text: str) -> type[csv.Dialect]:
    """Commas, or semicolons where spreadsheets write decimals with a comma."""
    first = text.partition("\n")[0]

    class Written(csv.excel):
        delimiter = ";" if first.count(";") > first.count(",") else ","
        strict = True

    return Written


def _column(head: str) -> str:
    name = "_".join(head.casefold().replace("-", " ").split())
    return {"due_after": "due_days", "supplier": NAME, "customer": NAME}.get(name, name)


def _line(
    number: int,
    columns: list[str],
    row: list[str],
    names: Iterable[str],
    value_of: Callable[[str, str], Any],
) -> Line:
    cells = {
        column: plain_words(cell)
        for column, cell in zip(columns, row, strict=False)
        if cell.strip()
    }
    values: dict[str, Any] = {}
    errors = _errors_of_name(cells.get(NAME, ""))
    for name in names:
        if name in cells:
            try:
                values[name] = value_of(name, cells[name])
            except ValidationError as refusal:
                errors.append(f"{ruling.label_of(name)}: {refusal.messages[0]}")
    return Line(number, cells.get(NAME, ""), values, tuple(errors))


def _errors_of_name(name: str) -> list[str]:
    try:
        new_name(" ".join(name.split()))
    except ValidationError as refusal:
        return refusal.messages
    return [] if name else [_("The name is missing.")]


def _value(name: str, text: str, place: Place) -> Any:
    if name in CHOICES:
        return _by_code(name, text, place) or picked_row(CHOICES[name](place), "", text)
    match name:
        case "due_days":
            return _days(text)
        case "paid":
            return _truth(text)
        case "currency":
            return _one_of(text.upper(), place.currencies)
        case "auto_publish":
            return _one_of(text.casefold(), SupplierRule.AutoPublish.values)
        case "publish_to":
            return _one_of(text.casefold(), Item.PublishTo.values)
        case _:
            return _description(text)


def _description(text: str) -> str:
    if len(text) > LONGEST_DESCRIPTION:
        raise ValidationError(
            _("Enter at most %(most)d letters."), params={"most": LONGEST_DESCRIPTION}
        )
    return text


def _by_code(name: str, text: str, place: Place) -> Any:
    rows = CHOICES[name](place)
    if not hasattr(rows.model, "code"):
        return None
    found = list(rows.filter(code__iexact=text)[:2])
    return found[0] if len(found) == 1 else None


def _days(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    if not is_number or int(text) > ruling.LONGEST_TERM:
        raise ValidationError(_("Enter days, from 0 to 366."))
    return int(text)


def _truth(text: str) -> bool:
    word = text.casefold()
    if word not in (*YES, *NO):
        raise ValidationError(_("Enter yes or no."))
    return word in YES


def _one_of(text: str, known: list[str]) -> str:
    if text not in known:
        raise ValidationError(
            _("“%(text)s” is none of %(known)s."),
            params={"text": text, "known": ", ".join(known)},
        )
    return text


def save(lines: list[Line], place: Place, *, by: User) -> int:
    """All of them or none; how many. Suppliers that are not there yet are made."""
    with transaction.atomic():
        holding.before_rules(place.business.pk)
        names = [line.name for line in lines]
        found = suppliers.all_named(place.business, names, place.side)
        said = [
            (supplier, line.values)
            for supplier, line in zip(found, lines, strict=True)
            if line.values
        ]
        ruling.set_supplier_rules(said, by=by)
    return len(lines)
