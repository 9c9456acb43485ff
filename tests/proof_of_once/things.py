"""The bakery, and all that it is going to publish."""

import datetime as dt
import random
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256

from connections.models import Account, TaxRate
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import documents
from publishing.drawing import PDF
from publishing.models import Document, Item, PaymentMethod, Supplier
from tests.factories import make_business, make_users
from tests.publishing.factories import entry, make_method, make_pdf, make_supplier
from tests.publishing.zoho import Zoho, connected_to

KNOWN = "Acme Paper Ltd"
NEW_SUPPLIERS = 12
FIRST_DAY = dt.date(2026, 9, 1)


@dataclass
class Things:
    """`typed` is the bill in Zoho that a person has typed, `twin` our item like it."""

    business: Business
    person: User
    items: list[Item] = field(default_factory=list)
    new_suppliers: list[str] = field(default_factory=list)
    typed: str = ""
    twin: int = 0


def make_things(zoho: Zoho, *, seed: int, count: int) -> Things:
    dice = random.Random(seed)
    (alice,) = make_users("Alice")
    bakery = make_business("Harbour Bakery", owner=alice)
    connected_to(zoho, bakery)
    things = Things(bakery, alice)
    things.new_suppliers = [f"Mill {number}" for number in range(1, NEW_SUPPLIERS + 1)]
    shop = Shop(things, dice)
    drafts = [shop.item(number) for number in range(count - 2)]
    drafts += shop.equal_receipts()
    with acting_in(bakery.pk):
        Document.unscoped.bulk_create(shop.documents)
        things.items = Item.unscoped.bulk_create(drafts)
    _type_a_bill(zoho, things)
    dice.shuffle(things.items)
    return things


class Shop:
    """Makes items, not saved yet; what they share is looked up once."""

    def __init__(self, things: Things, dice: random.Random) -> None:
        self.business, self.person = things.business, things.person
        self.dice = dice
        self.category = entry(Account, self.business, "Office Supplies")
        self.tax = entry(TaxRate, self.business, "Standard Rate")
        self.method: PaymentMethod = make_method(self.business)
        self.known = make_supplier(self.business, KNOWN)
        self.new = [
            make_supplier(self.business, name, agreed_by=self.person)
            for name in things.new_suppliers
        ]
        self.documents: list[Document] = []

    def item(self, number: int) -> Item:
        total = Decimal(self.dice.randrange(1_02, 900_00, 6)) / 100
        supplier = self.dice.choice([self.known, *self.new])
        day = FIRST_DAY + dt.timedelta(days=self.dice.randrange(60))
        if number % 2:
            return self._bill(supplier, f"INV-{number:04}", day, total)
        return self._receipt(supplier, f"{number:04}", day, total)

    def equal_receipts(self) -> list[Item]:
        """Two coffees of one morning, on two slips of paper."""
        price = Decimal("4.80")
        slips = ("the first cup", "the second cup")
        return [self._receipt(self.known, words, FIRST_DAY, price) for words in slips]

    def _bill(
        self, supplier: Supplier, number: str, day: dt.date, total: Decimal
    ) -> Item:
        item = self._coded(supplier, number, day, total)
        item.reference = number
        item.due_date = day + dt.timedelta(days=30)
        return item

    def _receipt(
        self, supplier: Supplier, words: str, day: dt.date, total: Decimal
    ) -> Item:
        item = self._coded(supplier, words, day, total)
        item.kind = Item.Kind.RECEIPT
        item.paid, item.payment_method = True, self.method
        return item

    def _coded(
        self, supplier: Supplier, words: str, day: dt.date, total: Decimal
    ) -> Item:
        return Item(
            business=self.business,
            owner=self.person,
            status=Item.Status.READY,
            document=self._document(words),
            file_name=f"{words}.pdf",
            currency="GBP",
            supplier=supplier,
            category=self.category,
            tax_rate=self.tax,
            date=day,
            total=total,
            tax_amount=total / 6,
            description=f"Thing {words}",
        )

    def _document(self, words: str) -> Document:
        content = PAPER + f"\n%{words}\n".encode()
        document = Document(
            business=self.business,
            sha256=sha256(content).hexdigest(),
            content_type=PDF,
            size=len(content),
            page_count=1,
        )
        path = documents.path_of(document)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.documents.append(document)
        return document


PAPER = make_pdf()


def _type_a_bill(zoho: Zoho, things: Things) -> None:
    """A person types one of ours into Zoho before we come: same supplier and number."""
    bills = [item for item in things.items if item.kind == Item.Kind.INVOICE]
    twin = next(item for item in bills if str(item.supplier) == KNOWN)
    line = {"account": "Office Supplies", "rate": 99, "quantity": 1}
    typed = zoho.person_types(
        "bill", vendor=KNOWN, bill_number=twin.reference, line_items=[line]
    )
    things.typed, things.twin = typed["bill_id"], twin.pk
