"""Many bills with documents through four workers, alone and beside another business."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Max

from dext_sync.businesses.tenancy import acting_in
from dext_sync.celery import send
from dext_sync.local.benchmark import Row
from publishing import requesting, tasks
from publishing.models import Item
from tests.benchmarks import stage
from tests.benchmarks.stage import CHARLIE, GARAGE, Tenant
from tests.publishing.factories import make_supplier, ready_item
from tests.zoho_standin.remote import Remote

BILLS = 250
MORE = 1.2
"""The other organisation has so many times the bills: it is there to the end."""
WORKERS = 4
CALLS_A_MINUTE = 80
ZOHOS_CALLS_A_MINUTE = 100
MINUTE = 16
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
        first = _made(bakery, bills, "A")
        time.sleep(MINUTE)  # What setting up has asked of Zoho counts no more.
        alone = _sent(remote, bakery, first)
        ended = time.monotonic()
        others = _made(garage, int(bills * MORE), "B")
        mine = _made(bakery, bills, "B")
        # The minute is free again.
        time.sleep(max(0, ended + MINUTE - time.monotonic()))
        beside = _sent(remote, bakery, mine, beside=others)
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
            f"the same beside {bills * MORE:.0f} of another organisation: slowed",
            f"{slowed - 1:+.1%} ({beside.seconds:.1f} s)",
            f"≤ {MOST_SLOWED - 1:.0%}",
            slowed <= MOST_SLOWED,
        ),
    ]


def _sent(
    remote: Remote, tenant: Tenant, mine: list[Item], beside: Sequence[Item] = ()
) -> Sent:
    """How long `tenant` takes for its bills, and what was called for them.

    beside: another's, whom workers serve already when these are sent.
    """
    remote.forget_calls()
    if beside:
        _publish(beside)
    began = time.time()
    _publish(mine)
    stage.until(lambda: _all_published(mine), seconds=len(mine) * 10, gap=0.2)
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
    refused = sum(call["status"] == 429 for call in calls)
    return Sent(last.timestamp() - began, len(own), refused)


def _is_of(call: dict[str, object], tenant: Tenant) -> bool:
    return call["organization_id"] == tenant.connection.organisation_id


def _made(tenant: Tenant, bills: int, name: str) -> list[Item]:
    business, owner = tenant.business, tenant.owner
    supplier = make_supplier(business)
    return [
        ready_item(business, owner, reference=f"{name}-{number}", supplier=supplier)
        for number in range(bills)
    ]


def _publish(items: Sequence[Item]) -> None:
    """As the page does for a person who has selected them all: workers begin with the
    first while the others are written down."""
    business_id = items[0].business_id
    with acting_in(business_id):
        for place, item in enumerate(items):
            assert isinstance(
                requesting.request(item, by=item.owner), requesting.Requested
            )
            if place == 0:
                send(tasks.publish_due, business_id)
        send(tasks.publish_due, business_id)


def _all_published(items: list[Item]) -> bool:
    with acting_in(items[0].business_id):
        ours = Item.unscoped.filter(pk__in=[item.pk for item in items])
        return not ours.exclude(status=Item.Status.PUBLISHED).exists()
