"""Whether two papers may be one purchase, or one sale: values in, grounds out."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NEAR: Final = dt.timedelta(days=7)
"""An order, its invoice and the receipt of the card lie no further apart."""


class Ground(Enum):
    """code, what a person reads: “The same supplier and reference.”"""

    SAME_FILE = "same_file", _("the same file")
    SAME_REFERENCE = "same_reference", _("the same reference")
    SAME_DAY_AND_TOTAL = "same_day_and_total", _("the same date and total")
    NEAR_AND_SAME_TOTAL = (
        "near_and_same_total",
        _("the same total within seven days, as an invoice and as a receipt"),
    )

    def __init__(self, code: str, words: Promise) -> None:
        self.code = code
        self.words = words


BY_CODE: Final = {ground.code: ground for ground in Ground}


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What is compared of an item, or of a record in Zoho Books.

    `supplier` is whatever tells suppliers apart, the customer on the side of sales;
    `file` tells files apart. What is empty or None is not known, and like nothing.
    """

    side: Literal["costs", "sales"]
    kind: Literal["invoice", "receipt"]
    supplier: str = ""
    reference: str = ""
    date: dt.date | None = None
    total: Decimal | None = None
    currency: str = ""
    file: str = ""


def grounds(one: Paper, other: Paper) -> tuple[Ground, ...]:
    """Why they may be the same, the strongest first; none where nothing says so."""
    if one.side != other.side:
        return ()
    alike = {
        Ground.SAME_FILE: _same(one.file, other.file),
        Ground.SAME_REFERENCE: _same_supplier(one, other)
        and _same(bare(one.reference), bare(other.reference)),
        Ground.SAME_DAY_AND_TOTAL: _same_money(one, other) and one.date == other.date,
        Ground.NEAR_AND_SAME_TOTAL: _same_money(one, other)
        and _of_one_deal(one, other),
    }
    return tuple(ground for ground in Ground if alike[ground])


def bare(reference: str) -> str:
    """Without case, spaces and punctuation: “inv 104” is “INV-104”."""
    return "".join(letter for letter in reference if letter.isalnum()).lower()


def _same(one: str, other: str) -> bool:
    return one != "" and one == other


def _same_supplier(one: Paper, other: Paper) -> bool:
    return _same(one.supplier, other.supplier)


def _same_money(one: Paper, other: Paper) -> bool:
    """Of one supplier, on days that are known."""
    known = one.total is not None and None not in (one.date, other.date)
    same_total = one.total == other.total and _same(one.currency, other.currency)
    return known and same_total and _same_supplier(one, other)


def _of_one_deal(one: Paper, other: Paper) -> bool:
    """An invoice a week later is the next one; a receipt may be of the same purchase."""
    if one.date is None or other.date is None or one.kind == other.kind:
        return False
    return one.date != other.date and abs(one.date - other.date) <= NEAR
