"""The bakery, and all that it is going to publish."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256

from connections.models import Account, TaxRate
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import answering, coding, documents
from publishing.drawing import PDF
from publishing.models import Document, Item, PaymentMethod, Supplier, Suspicion
from tests.factories import make_business, make_users
from tests.publishing.factories import (
    entry,
    make_customer,
    make_method,
    make_pdf,
    make_supplier,
)
from tests.publishing.zoho import Zoho, connected_to

KNOWN = "Acme Paper Ltd"
KNOWN_CUSTOMER = "Anchor Hotel"
NEW_ONES = 8
FIRST_DAY = dt.date(2026, 9, 1)


@dataclass
class Things:
    """`new_names` are of suppliers and customers that Zoho does not have yet; `typed` is
    the bill there that a person has typed, `twin` our item like it.
    """

    business: Business
    person: User
    items: list[Item] = field(default_factory=list)
    new_names: list[str] = field(default_factory=list)
    typed: str = ""
    twin: int = 0


def make_things(zoho: Zoho, *, seed: int, count: int) -> Things:
    dice = random.Random(seed)
    (alice,) = make_users("Alice")
    bakery = make_business("Harbour Bakery", owner=alice)
    connected_to(zoho, bakery)
    things = Things(bakery, alice)
    shop = Shop(things, dice)
    things.new_names = [
        each.name for each in (*shop.suppliers[1:], *shop.customers[1:])
    ]
    drafts = [shop.item(number) for number in range(count - 2)]
    drafts += shop.equal_receipts()
    with acting_in(bakery.pk):
        Document.unscoped.bulk_create(shop.documents)
        things.items = Item.unscoped.bulk_create(drafts)
        _say_that_all_are_real(things)
    _type_a_bill(zoho, things)
    dice.shuffle(things.items)
    return things


class Shop:
    """Makes items, not saved yet; what they share is looked up once."""

    def __init__(self, things: Things, dice: random.Random) -> None:
        self.business, self.person = things.business, things.person
        self.dice = dice
        self.spent = entry(Account, self.business, "Office Supplies")
        self.earned = entry(Account, self.business, "Sales")
        self.tax = entry(TaxRate, self.business, "Standard Rate")
        self.method: PaymentMethod = make_method(self.business)
        self.suppliers = self._known_and_new(make_supplier, KNOWN, "Mill")
        self.customers = self._known_and_new(make_customer, KNOWN_CUSTOMER, "Café")
        self.documents: list[Document] = []

    def _known_and_new(
        self, make: Callable[..., Supplier], known: str, new: str
    ) -> list[Supplier]:
        names = [f"{new} {number}" for number in range(1, NEW_ONES + 1)]
        agreed = [make(self.business, name, agreed_by=self.person) for name in names]
        return [make(self.business, known), *agreed]

    def item(self, number: int) -> Item:
        kinds = (self._bill, self._receipt, self._sale)
        total = Decimal(self.dice.randrange(1_02, 900_00, 6)) / 100
        day = FIRST_DAY + dt.timedelta(days=self.dice.randrange(60))
        return kinds[number % len(kinds)](f"{number:04}", day, total)

    def equal_receipts(self) -> list[Item]:
        """Two coffees of one morning, on two slips of paper."""
        slips = ("the first cup", "the second cup")
        cups = [self._receipt(words, FIRST_DAY, Decimal("4.80")) for words in slips]
        for cup in cups:
            cup.supplier = self.suppliers[0]
        return cups

    def _bill(self, words: str, day: dt.date, total: Decimal) -> Item:
        item = self._coded(words, day, total)
        item.supplier = self.dice.choice(self.suppliers)
        item.category = self.spent
        item.reference, item.due_date = f"INV-{words}", day + dt.timedelta(days=30)
        return item

    def _receipt(self, words: str, day: dt.date, total: Decimal) -> Item:
        item = self._coded(words, day, total)
        item.supplier = self.dice.choice(self.suppliers)
        item.category = self.spent
        item.kind = Item.Kind.RECEIPT
        item.paid, item.payment_method = True, self.method
        return item

    def _sale(self, words: str, day: dt.date, total: Decimal) -> Item:
        """Some are to stay drafts, some to be marked as sent."""
        item = self._coded(words, day, total)
        item.workspace = Item.Workspace.SALES
        item.supplier = self.dice.choice(self.customers)
        item.category = self.earned
        item.reference, item.mark_as_sent = f"S-{words}", self.dice.random() < 0.5
        return item

    def _coded(self, words: str, day: dt.date, total: Decimal) -> Item:
        return Item(
            business=self.business,
            owner=self.person,
            status=Item.Status.READY,
            document=self._document(words),
            file_name=f"{words}.pdf",
            currency="GBP",
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


def _say_that_all_are_real(things: Things) -> None:
    """Of two that are alike, as the two cups, each is a purchase of its own."""
    for item in things.items:
        coding.review(item)
    for question in Suspicion.unscoped.select_related("item"):
        answering.different(question.item, [question], things.person)


def _type_a_bill(zoho: Zoho, things: Things) -> None:
    """A person types one of ours into Zoho before we come: same supplier and number."""
    of_known = [item for item in things.items if str(item.supplier) == KNOWN]
    twin = next(item for item in of_known if item.kind == Item.Kind.INVOICE)
    line = {"account": "Office Supplies", "rate": 99, "quantity": 1}
    typed = zoho.person_types(
        "bill", vendor=KNOWN, bill_number=twin.reference, line_items=[line]
    )
    things.typed, things.twin = typed["bill_id"], twin.pk
