"""Many bills with documents through four workers, alone and beside another business."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Max

from dext_sync.businesses.tenancy import acting_in
from dext_sync.celery import send
from dext_sync.local.benchmark import Row
from publishing import engine, tasks
from publishing.models import Item
from tests.benchmarks import stage
from tests.benchmarks.stage import CHARLIE, GARAGE, Tenant
from tests.publishing.factories import make_document, make_supplier, ready_item
from tests.zoho_standin.remote import Remote

BILLS = 250
WORKERS = 4
CALLS_A_MINUTE = 80
ZOHOS_CALLS_A_MINUTE = 100
MINUTE = 20
"""Seconds, for Zoho's stand-in and for us: a faster clock."""
MOST_SLOWED = 1.05
MOST_OVER_IDEAL = 1.02


@dataclass(frozen=True)
class Sent:
    seconds: float
    calls: int
    refused: int

    @property
    def ideal(self) -> float:
        """At the configured rate."""
        return self.calls / CALLS_A_MINUTE * MINUTE


def measure(small: bool) -> list[Row]:  # noqa: FBT001
    bills = 10 if small else BILLS
    stage.without_our_limits()
    remote = stage.stand_in()
    bakery = stage.tenant(remote)
    garage = stage.tenant(remote, GARAGE, CHARLIE)
    remote.limits(per_minute=ZOHOS_CALLS_A_MINUTE, minute_seconds=MINUTE, at_once=5)
    limits = {
        "ZOHO_CALLS_A_MINUTE": str(CALLS_A_MINUTE),
        "ZOHO_MINUTE_SECONDS": str(MINUTE),
        "ZOHO_USER_CALLS_A_MINUTE": "500",
        "ZOHO_CALLS_AT_ONCE": "4",
        "DOCUMENTS_DIR": str(settings.DOCUMENTS_DIR),
    }
    with stage.processes(**limits) as ours:
        for number in range(WORKERS):
            ours.worker(f"worker-{number}")
        ours.beat()
        ours.workers_answer(WORKERS)
        alone = _sent(remote, bakery, bills, "A")
        time.sleep(MINUTE)  # the minute is free again
        beside = _sent(remote, bakery, bills, "B", beside=garage)
    return _rows(bills, alone, beside)


def _rows(bills: int, alone: Sent, beside: Sent) -> list[Row]:
    over = alone.seconds / alone.ideal
    slowed = beside.seconds / alone.seconds
    return [
        Row(
            "bills",
            f"{bills} bills with documents, {WORKERS} workers: time ÷ ideal",
            f"{over:.3f} ({alone.seconds:.1f} s, {alone.calls} calls)",
            f"≤ {MOST_OVER_IDEAL}",
            over <= MOST_OVER_IDEAL,
        ),
        Row(
            "bills",
            "calls that Zoho refused for its limits",
            f"{alone.refused + beside.refused}",
            "0",
            alone.refused + beside.refused == 0,
        ),
        Row(
            "bills",
            f"the same beside {bills} of another organisation: slowed",
            f"{slowed - 1:+.1%} ({beside.seconds:.1f} s)",
            f"≤ {MOST_SLOWED - 1:.0%}",
            slowed <= MOST_SLOWED,
        ),
    ]


def _sent(
    remote: Remote, tenant: Tenant, bills: int, name: str, beside: Tenant | None = None
) -> Sent:
    """How long `tenant` takes for its bills, and what was called for them."""
    mine = _made(tenant, bills, name)
    others = _made(beside, bills, name) if beside else []
    remote.forget_calls()
    began = time.time()
    for made in filter(None, (others, mine)):
        _publish(made)
    stage.until(lambda: _all_published(mine), seconds=bills * 10, gap=0.2)
    with acting_in(tenant.business.pk):
        last = Item.unscoped.filter(pk__in=[item.pk for item in mine]).aggregate(
            at=Max("published_at")
        )["at"]
    calls = remote.calls()
    own = [
        call
        for call in calls
        if _is_of(call, tenant) and call["at"] <= last.timestamp()
    ]
    if beside:
        stage.until(lambda: _all_published(others), seconds=bills * 10, gap=0.2)
    refused = sum(call["status"] == 429 for call in remote.calls())
    return Sent(last.timestamp() - began, len(own), refused)


def _is_of(call: dict[str, object], tenant: Tenant) -> bool:
    return call["organization_id"] == tenant.connection.organisation_id


def _made(tenant: Tenant, bills: int, name: str) -> list[Item]:
    business, owner = tenant.business, tenant.owner
    same = {
        "supplier": make_supplier(business),
        "document": make_document(business, owner),
    }
    return [
        ready_item(business, owner, reference=f"{name}-{number}", **same)
        for number in range(bills)
    ]


def _publish(items: list[Item]) -> None:
    """As a person does who selects them all."""
    business_id = items[0].business_id
    with acting_in(business_id):
        for item in items:
            assert isinstance(engine.request(item, by=item.owner), engine.Requested)
        send(tasks.publish_due, business_id)


def _all_published(items: list[Item]) -> bool:
    with acting_in(items[0].business_id):
        ours = Item.unscoped.filter(pk__in=[item.pk for item in items])
        return not ours.exclude(status=Item.Status.PUBLISHED).exists()
