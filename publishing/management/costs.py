"""The cost items of the demo: what the bakery and the garage have on their desks."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from publishing.management.paper import Paper, invoice_pdf, receipt_png


@dataclass(frozen=True, kw_only=True)
class Cost:
    """`days` ago; `tax` is the amount of tax in the total; a receipt is a PNG."""

    supplier: str
    address: str
    days: int
    total: str
    tax: str
    lines: tuple[tuple[str, str], ...]
    description: str
    reference: str = ""
    receipt: bool = False
    paid_with: str = ""
    terms: int = 30
    currency: str = "GBP"
    exchange_rate: str = ""
    owner: str = "bob"
    colour: str = "#23527c"
    small_print: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        words = self.reference or self.supplier
        return f"{words.lower().replace(' ', '-')}.{'png' if self.receipt else 'pdf'}"

    def date(self, today: dt.date) -> dt.date:
        return today - dt.timedelta(days=self.days)

    def due(self, today: dt.date) -> dt.date | None:
        return None if self.receipt else self.date(today) + dt.timedelta(self.terms)

    def drawn(self, customer: str, today: dt.date) -> bytes:
        paper = self._paper(customer, today)
        if self.receipt:
            return receipt_png(paper)
        return invoice_pdf(paper, terms=self.small_print)

    def _paper(self, customer: str, today: dt.date) -> Paper:
        due = self.due(today)
        return Paper(
            supplier=self.supplier,
            address=self.address,
            customer=customer,
            title="Receipt" if self.receipt else "Invoice",
            reference=self.reference,
            date=_written(self.date(today)),
            due=_written(due) if due else "",
            lines=tuple((words, self._money(amount)) for words, amount in self.lines),
            tax_line=("VAT included", self._money(self.tax)),
            total=self._money(self.total),
            footer="Thank you" if self.receipt else "Please quote our number.",
            colour=self.colour,
        )

    def _money(self, amount: str) -> str:
        """With the code: Pillow's own letters know no currency signs."""
        return f"{self.currency} {Decimal(amount):,.2f}"


def _written(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


BAKERY = (
    Cost(
        supplier="Acme Paper Ltd",
        address="12 Mill Lane, Bristol BS1 4QA",
        reference="INV-20817",
        days=12,
        total="120.00",
        tax="20.00",
        lines=(("Printer paper, 10 reams", "72.00"), ("Till rolls, 60", "48.00")),
        description="Printer paper and till rolls",
    ),
    Cost(
        supplier="City Power",
        address="Harbour House, Plymouth PL1 2DX",
        reference="CP-77310",
        days=9,
        total="412.80",
        tax="19.66",
        lines=(("Electricity, October", "389.40"), ("Standing charge", "23.40")),
        description="Electricity, October",
        colour="#8a5a00",
    ),
    Cost(
        supplier="Golden Field Flour",
        address="Windmill Road, Ely CB7 4DF",
        reference="GF-5521",
        days=8,
        total="296.00",
        tax="0.00",
        lines=(("Strong white flour, 25 kg, 16 sacks", "296.00"),),
        description="Strong white flour, 16 sacks",
        colour="#7a6414",
    ),
    Cost(
        supplier="Dale Dairy",
        address="Dale Farm, Skipton BD23 1UD",
        reference="DD-9034",
        days=6,
        total="186.40",
        tax="0.00",
        lines=(("Butter, 10 kg", "124.00"), ("Double cream, 24 l", "62.40")),
        description="Butter and cream",
        colour="#2d6a4f",
    ),
    Cost(
        supplier="Northern Gas",
        address="1 Furnace Street, Leeds LS1 5AB",
        reference="NG-440128",
        days=15,
        total="231.00",
        tax="11.00",
        lines=(("Gas, 1 October to 31 October", "231.00"),),
        description="Gas, October",
        colour="#9a3412",
    ),
    Cost(
        supplier="Boulangerie Martin SARL",
        address="4 quai Saint-Antoine, Nantes",
        reference="F-2026-118",
        days=10,
        total="350.00",
        tax="0.00",
        lines=(("Proofing baskets, 50", "250.00"), ("Linen cloths, 20", "100.00")),
        description="Proofing baskets and linen cloths",
        currency="EUR",
        exchange_rate="0.86200000",
        colour="#4338ca",
    ),
    Cost(
        supplier="Stone and Ember Ovens",
        address="The Foundry, Sheffield S3 8AA",
        reference="SE-0042",
        days=4,
        total="1740.00",
        tax="290.00",
        lines=(("Deck oven service", "540.00"), ("Stone slabs, 4", "1200.00")),
        description="Oven service and new slabs",
        owner="alice",
        colour="#44403c",
        small_print=(
            "The slabs are guaranteed for two years from the day of this invoice.",
            "Not covered: cracks from water on hot stone.",
            "Call us before you light the oven for the first time.",
        ),
    ),
    Cost(
        supplier="Honeycomb Software",
        address="Unit 7, Science Park, Bath BA2 3DQ",
        reference="HS-11873",
        days=3,
        total="58.80",
        tax="9.80",
        lines=(("Rota planner, one month", "58.80"),),
        description="Rota planner",
        owner="alice",
        colour="#b45309",
    ),
    Cost(
        supplier="Market Square Stationers",
        address="3 Market Square",
        days=5,
        total="12.00",
        tax="2.00",
        lines=(("Price labels", "7.50"), ("Marker pens", "4.50")),
        description="Price labels and pens",
        receipt=True,
        paid_with="Company Card",
    ),
    Cost(
        supplier="Station Taxis",
        address="Platform 1",
        days=2,
        total="18.50",
        tax="0.00",
        lines=(("Station to Harbour Road", "18.50"),),
        description="Taxi to the trade fair",
        receipt=True,
        paid_with="Petty Cash",
        owner="vera",
    ),
    Cost(
        supplier="Corner Hardware",
        address="88 Harbour Road",
        days=1,
        total="36.00",
        tax="6.00",
        lines=(("Hinges, 6", "15.00"), ("Paint brush", "21.00")),
        description="Hinges and a brush, on account",
        receipt=True,
    ),
    Cost(
        supplier="Little Tide Cafe",
        address="The Pier",
        days=1,
        total="24.60",
        tax="4.10",
        lines=(("Lunch for two", "21.00"), ("Tea", "3.60")),
        description="Lunch with the wedding planner",
        receipt=True,
        paid_with="Company Card",
        owner="vera",
    ),
)
GARAGE = (
    Cost(
        supplier="Corner Hardware",
        address="88 Harbour Road",
        reference="CH-3391",
        days=7,
        total="84.00",
        tax="14.00",
        lines=(("Socket set", "84.00"),),
        description="Socket set",
        owner="charlie",
    ),
    Cost(
        supplier="Tyre Depot",
        address="Ring Road, Exeter EX2 8NL",
        days=2,
        total="210.00",
        tax="35.00",
        lines=(("Tyres 205/55 R16, 2", "210.00"),),
        description="Two tyres",
        receipt=True,
        paid_with="Company Card",
        owner="charlie",
    ),
)
