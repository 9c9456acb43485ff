"""The sales invoices of the demo: what the bakery and the garage have billed."""

import datetime as dt
from dataclasses import dataclass, replace

from publishing.management.costs import Cost
from publishing.management.paper import Paper


@dataclass(frozen=True, kw_only=True)
class Sale(Cost):
    """`supplier` and `address` are the customer's, as on a sales item."""

    seller_address: str

    def _paper(self, customer: str, today: dt.date) -> Paper:
        """The business's own letterhead, billed to the customer."""
        return replace(
            super()._paper(customer, today),
            supplier=customer,
            address=self.seller_address,
            customer=self.supplier,
            footer="Thank you for your order.",
        )


@dataclass(frozen=True, kw_only=True)
class BakerySale(Sale):
    seller_address: str = "1 Harbour Road, Plymouth PL1 3AB"
    colour: str = "#0d5260"


@dataclass(frozen=True, kw_only=True)
class GarageSale(Sale):
    seller_address: str = "Unit 4, Station Yard, Exeter EX4 3SR"
    colour: str = "#44403c"
    owner: str = "charlie"


BAKERY_SALES = (
    BakerySale(
        supplier="Anchor Hotel",
        address="The Hoe, Plymouth",
        reference="HB-2041",
        days=7,
        total="468.00",
        tax="78.00",
        lines=(("Breakfast rolls, 600", "288.00"), ("Afternoon cakes, 40", "180.00")),
        description="Rolls and cakes, November",
    ),
    BakerySale(
        supplier="Gallery Restaurant",
        address="9 Museum Street",
        reference="HB-2042",
        days=5,
        total="216.00",
        tax="36.00",
        lines=(("Sourdough loaves, 48", "216.00"),),
        description="Sourdough, November",
        owner="alice",
    ),
    BakerySale(
        supplier="Beacon School",
        address="Beacon Lane",
        reference="HB-2043",
        days=3,
        total="342.50",
        tax="0.00",
        lines=(("Bread for the canteen, four weeks", "342.50"),),
        description="Bread for the canteen",
    ),
    BakerySale(
        supplier="Wren Wedding Planners",
        address="The Old Rectory, Totnes",
        reference="HB-2044",
        days=1,
        total="780.00",
        tax="130.00",
        lines=(("Wedding cake, five tiers", "690.00"), ("Delivery", "90.00")),
        description="Wedding cake",
        owner="vera",
    ),
)
GARAGE_SALES = (
    GarageSale(
        supplier="Island Ferries",
        address="Pier 2",
        reference="GC-0317",
        days=4,
        total="540.00",
        tax="90.00",
        lines=(("Service of two vans", "360.00"), ("Brake pads, 2 sets", "180.00")),
        description="Service of two vans",
    ),
    GarageSale(
        supplier="Hilltop Farm Shop",
        address="Hilltop",
        reference="GC-0318",
        days=2,
        total="96.00",
        tax="16.00",
        lines=(("Puncture, tractor", "96.00"),),
        description="Puncture repair",
    ),
)
