"""Coding by rules and the decision what goes by itself, and one rule for a full Inbox."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from connections.models import Account
from dext_sync.businesses.tenancy import acting_in
from dext_sync.local.benchmark import Row
from publishing import automatic, coding, ruling
from publishing.models import Item, Supplier
from tests.benchmarks import stage
from tests.benchmarks.stage import Tenant
from tests.publishing.factories import entry, make_supplier, ready_item

SUPPLIERS = 200
FEW, MANY = 1_000, 10_000
MOST_SLOWER = 1.5


@dataclass(frozen=True)
class Cost:
    """`seconds` and `queries` are those of all items."""

    items: int
    seconds: float
    queries: int

    @property
    def per_item(self) -> float:
        return self.queries / self.items

    @property
    def a_second(self) -> float:
        return self.items / self.seconds


def measure(small: bool) -> list[Row]:  # noqa: FBT001
    stage.without_our_limits()
    tenant = stage.tenant(stage.stand_in())
    suppliers = _suppliers(tenant, 4 if small else SUPPLIERS)
    few, many = (10, 100) if small else (FEW, MANY)
    coded = [_cost(tenant, size, suppliers, _code_and_decide) for size in (few, many)]
    ruled = [_cost(tenant, size, suppliers[:1], _rule) for size in (few, many)]
    return [
        *_rows(f"coding and decision, {len(suppliers)} suppliers", *coded),
        *_rows("one rule for the whole Inbox", *ruled),
    ]


def _rows(what: str, few: Cost, many: Cost) -> list[Row]:
    slower = few.a_second / many.a_second
    return [
        Row(
            "automatic",
            f"{what}: queries per item, {few.items:,} and {many.items:,} items",
            f"{few.per_item:.1f}, {many.per_item:.1f}",
            "the same, within one",
            abs(few.per_item - many.per_item) <= 1,
        ),
        Row(
            "automatic",
            f"{what}: items a second, {few.items:,} ÷ {many.items:,} items",
            f"{slower:.2f} ({few.a_second:.0f} ÷ {many.a_second:.0f})",
            f"≤ {MOST_SLOWER}",
            slower <= MOST_SLOWER,
        ),
    ]


def _suppliers(tenant: Tenant, count: int) -> list[Supplier]:
    """Each with a rule that codes its items and publishes them always."""
    category = entry(Account, tenant.business, "Postage")
    found = []
    for number in range(count):
        supplier = make_supplier(
            tenant.business, f"Supplier {number:03}", agreed_by=tenant.owner
        )
        with acting_in(tenant.business.pk):
            values = {"category": category, "auto_publish": "always"}
            ruling.set_supplier_rule(supplier, values, by=tenant.owner)
        found.append(supplier)
    return found


def _cost(
    tenant: Tenant,
    size: int,
    suppliers: list[Supplier],
    work: Callable[[Tenant, QuerySet[Item]], None],
) -> Cost:
    items = _fill(tenant, size, suppliers)
    with acting_in(tenant.business.pk), stage.questions() as asked:
        began = time.perf_counter()
        work(tenant, items)
        return Cost(size, time.perf_counter() - began, len(asked))


def _fill(tenant: Tenant, size: int, suppliers: list[Supplier]) -> QuerySet[Item]:
    """Uncoded items of each supplier in turn, and nothing else in the Inbox. None is like
    one of before: an item that may be a duplicate goes another way."""
    like = ready_item(tenant.business, tenant.owner, document=None)
    with acting_in(tenant.business.pk):
        Item.unscoped.update(
            archived_at=timezone.now(), status=Item.Status.ARCHIVED, auto_due_at=None
        )
        first = Item.unscoped.count()
        rows = (_copied(like, first + each, suppliers) for each in range(size))
        Item.unscoped.bulk_create(rows, batch_size=1000)
        return Item.unscoped.filter(archived_at=None)


def _copied(like: Item, number: int, suppliers: list[Supplier]) -> Item:
    return Item(
        business_id=like.business_id,
        owner_id=like.owner_id,
        supplier=suppliers[number % len(suppliers)],
        date=like.date,
        due_date=like.due_date,
        reference=f"INV-{number}",
        currency=like.currency,
        total=number + 1,
        tax_rate_id=like.tax_rate_id,
        tax_amount=None,
    )


def _code_and_decide(tenant: Tenant, items: QuerySet[Item]) -> None:
    for item in items.order_by("pk").iterator():
        coding.apply_rules(item)
    items.update(auto_due_at=timezone.now())
    while automatic.decide_due(tenant.business):
        pass


def _rule(tenant: Tenant, items: QuerySet[Item]) -> None:
    ruling.apply(ruling.preview(items), by=tenant.owner)
