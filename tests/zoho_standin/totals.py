"""What a document comes to: lines, taxes and Zoho's rounding of both."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tests.zoho_standin.answers import Record, money

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Line:
    """`amount` as sent: rate times quantity, with the tax in it if inclusive."""

    amount: Decimal
    tax: Record | None


@dataclass(frozen=True)
class Totals:
    """`lines` are without tax; `line_taxes` and `taxes` are rows for the answer."""

    lines: list[Decimal]
    line_taxes: list[list[Record]]
    taxes: list[Record]
    sub_total: Decimal
    tax_total: Decimal


def totals(
    lines: list[Line], precision: int, *, inclusive: bool, per_line: bool
) -> Totals:
    """`per_line` rounds the tax of each line; else each rate's tax is rounded once."""
    line_taxes = [
        _taxes(line.amount, line.tax, precision, inclusive=inclusive) for line in lines
    ]
    taxes = (
        _merged(line_taxes)
        if per_line
        else _entity_taxes(lines, precision, inclusive=inclusive)
    )
    tax_total = sum((row["tax_amount"] for row in taxes), Decimal(0))
    gross = sum((line.amount for line in lines), Decimal(0))
    nets = [
        money(line.amount - (_sum(rows) if inclusive else 0), precision)
        for line, rows in zip(lines, line_taxes, strict=True)
    ]
    sub_total = (
        money(gross, precision) - tax_total if inclusive else sum(nets, Decimal(0))
    )
    return Totals(
        nets,
        line_taxes,
        taxes,
        money(sub_total, precision),
        money(tax_total, precision),
    )


def _entity_taxes(
    lines: list[Line], precision: int, *, inclusive: bool
) -> list[Record]:
    bases: dict[str, tuple[Decimal, Record]] = {}
    for line in lines:
        if line.tax is not None:
            base, _ = bases.get(line.tax["tax_id"], (Decimal(0), line.tax))
            amount = line.amount if inclusive else money(line.amount, precision)
            bases[line.tax["tax_id"]] = (base + amount, line.tax)
    return _merged(
        [
            _taxes(base, tax, precision, inclusive=inclusive)
            for base, tax in bases.values()
        ]
    )


def _taxes(
    amount: Decimal,
    tax: Record | None,
    precision: int,
    *,
    inclusive: bool,
) -> list[Record]:
    """One row, or one for each part of a group (CGST and SGST)."""
    if tax is None:
        return []
    whole = Decimal(tax["tax_percentage"])
    base = amount * _HUNDRED / (_HUNDRED + whole) if inclusive else amount
    parts = tax["parts"] or [
        {
            "tax_id": tax["tax_id"],
            "tax_name": f"{tax['tax_name']} ({tax['tax_percentage']}%)",
            "tax_percentage": whole,
        }
    ]
    return [
        {
            "tax_id": part["tax_id"],
            "tax_name": part["tax_name"],
            "tax_amount": money(base * part["tax_percentage"] / _HUNDRED, precision),
        }
        for part in parts
    ]


def _merged(groups: list[list[Record]]) -> list[Record]:
    merged: dict[str, Record] = {}
    for row in (row for rows in groups for row in rows):
        if row["tax_id"] in merged:
            merged[row["tax_id"]]["tax_amount"] += row["tax_amount"]
        else:
            merged[row["tax_id"]] = dict(row)
    return list(merged.values())


def _sum(rows: list[Record]) -> Decimal:
    return sum((row["tax_amount"] for row in rows), Decimal(0))
