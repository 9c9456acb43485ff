"""Workers that are killed at each step: one record in Zoho, and the item is true."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from connections import budget
from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from dext_sync.celery import send
from publishing import engine, tasks
from publishing.models import Item, Publication, PublishAttempt
from tests.publishing.factories import make_supplier, ready_item
from tests.publishing.zoho import Zoho, connected_to
from tests.workers import Workers, until, workers
from tests.zoho_standin import StandIn, serve

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("committed_db")]


@dataclass(frozen=True)
class Moment:
    """When to kill: while this call is inside Zoho, before or after it has stored."""

    path: str
    fault: str
    seconds: float
    has_stored: Callable[[Zoho], bool]


@pytest.fixture
def team(settings: Settings, tmp_path: Path) -> Iterator[tuple[Zoho, Workers]]:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    standin = StandIn()
    with serve(standin) as running, workers(running, tmp_path) as staff:
        yield Zoho(standin), staff


@pytest.fixture
def connection(team: tuple[Zoho, Workers], bakery: Business) -> Connection:
    budget.forget()
    return connected_to(team[0], bakery)


def requested(item: Item, by: User) -> Publication:
    with acting_in(item.business_id):
        begun = engine.request(item, by=by)
    assert isinstance(begun, engine.Requested)
    send(tasks.publish, item.business_id, begun.publication.pk)
    return begun.publication


def published(items: list[Item]) -> bool:
    with acting_in(items[0].business_id):
        for item in items:
            item.refresh_from_db()
    return all(item.status == Item.Status.PUBLISHED for item in items)


def under_way(zoho: Zoho, moment: Moment) -> bool:
    """The call has reached Zoho (and has stored something), its answer has not come."""
    if zoho.standin.faults.waiting():
        return False
    return moment.fault == "late_before" or moment.has_stored(zoho)


def numbered(zoho: Zoho, number: str) -> list[dict[str, Any]]:
    return [bill for bill in zoho.bills if bill["bill_number"] == f"INV-{number}"]


def has_document(zoho: Zoho, number: str) -> bool:
    return any(bill["documents"] for bill in numbered(zoho, number))


# The last step first: what earlier items still have to send must not meet the fault
# that is meant for a later one.
MOMENTS = [
    Moment("/bills/*/attachment", "answer_late", 30, lambda z: has_document(z, "0")),
    Moment("/bills/*/attachment", "late_before", 2, lambda _z: True),
    Moment("/bills", "answer_late", 30, lambda z: bool(numbered(z, "2"))),
    Moment("/bills", "late_before", 2, lambda _z: True),
    Moment("/contacts", "answer_late", 30, lambda z: bool(z.contacts("Flour 4"))),
    Moment("/contacts", "late_before", 2, lambda _z: True),
]


def test_workers_killed_at_each_step_leave_one_bill_with_one_document(
    team: tuple[Zoho, Workers], connection: Connection, bakery: Business, bob: User
) -> None:
    zoho, staff = team
    items = []
    for number, moment in enumerate(MOMENTS):
        supplier = make_supplier(bakery, f"Flour {number}", agreed_by=bob)
        item = ready_item(bakery, bob, supplier=supplier, reference=f"INV-{number}")
        items.append(item)
        path, fault = moment.path, moment.fault
        zoho.fails(fault, method="POST", path=path, seconds=moment.seconds)
        worker = staff.begin()
        requested(item, bob)
        until(partial(under_way, zoho, moment))
        staff.kill(worker)

    staff.begin()
    until(partial(published, items), seconds=90)

    numbers = [bill["bill_number"] for bill in zoho.bills]
    assert sorted(numbers) == [f"INV-{number}" for number in range(len(MOMENTS))]
    assert [len(bill["documents"]) for bill in zoho.bills] == [1] * len(MOMENTS)
    for number in range(len(MOMENTS)):
        assert len(zoho.contacts(f"Flour {number}")) == 1
    with acting_in(bakery.pk):
        assert not PublishAttempt.unscoped.filter(ended_at=None).exists()
        assert not any(item.document_missing for item in items)
