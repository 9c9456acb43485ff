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
from publishing import requesting, tasks
from publishing.models import Item, PaymentMethod, Publication, PublishAttempt
from tests.forks import Forks
from tests.publishing.factories import (
    make_method,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.steps import item_now
from tests.publishing.zoho import Zoho, connected_to
from tests.workers import forked_workers, until
from tests.zoho_standin import StandIn, lend

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("committed_db")]


@dataclass(frozen=True)
class Moment:
    """When to kill: while this call is inside Zoho, before or after it has stored."""

    kind: str
    path: str
    fault: str
    has_stored: Callable[[Zoho, str], bool]


@pytest.fixture
def team(settings: Settings, tmp_path: Path) -> Iterator[tuple[Zoho, Forks]]:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    standin = StandIn()
    with lend(standin) as running, forked_workers(running, tmp_path) as staff:
        yield Zoho(standin), staff


@pytest.fixture
def connection(team: tuple[Zoho, Forks], bakery: Business) -> Connection:
    budget.forget()
    return connected_to(team[0], bakery)


def requested(item: Item, by: User) -> Publication:
    with acting_in(item.business_id):
        begun = requesting.request(item, by=by)
    assert isinstance(begun, requesting.Requested)
    send(tasks.publish, item.business_id, begun.publication.pk)
    return begun.publication


def published(items: list[Item]) -> bool:
    with acting_in(items[0].business_id):
        for item in items:
            item.refresh_from_db()
    return all(item.status == Item.Status.PUBLISHED for item in items)


def under_way(zoho: Zoho, moment: Moment, supplier: str) -> bool:
    """The call has reached Zoho (and has stored something), its answer has not come."""
    if zoho.standin.faults.waiting():
        return False
    return moment.has_stored(zoho, supplier)


def bills_of(zoho: Zoho, supplier: str) -> list[dict[str, Any]]:
    return [bill for bill in zoho.bills if bill["vendor_name"] == supplier]


def expenses_of(zoho: Zoho, supplier: str) -> list[dict[str, Any]]:
    return [row for row in zoho.expenses if row["vendor_name"] == supplier]


def stored_document(records: list[dict[str, Any]]) -> bool:
    return any(record["documents"] for record in records)


# The last step first: what earlier items still have to send must not meet the fault
# that is meant for a later one.
MOMENTS = [
    Moment(
        "bill",
        "/bills/*/attachment",
        "answer_late",
        lambda zoho, supplier: stored_document(bills_of(zoho, supplier)),
    ),
    Moment(
        "expense",
        "/expenses/*/receipt",
        "answer_late",
        lambda zoho, supplier: stored_document(expenses_of(zoho, supplier)),
    ),
    Moment("bill", "/bills", "late_before", lambda _zoho, _supplier: True),
    Moment(
        "bill",
        "/bills",
        "answer_late",
        lambda zoho, supplier: bool(bills_of(zoho, supplier)),
    ),
    Moment(
        "expense",
        "/expenses",
        "answer_late",
        lambda zoho, supplier: bool(expenses_of(zoho, supplier)),
    ),
    Moment(
        "bill",
        "/contacts",
        "answer_late",
        lambda zoho, supplier: bool(zoho.contacts(supplier)),
    ),
]


def make(moment: Moment, business: Business, owner: User, name: str) -> Item:
    """An item of a supplier that Zoho does not know yet."""
    supplier = make_supplier(business, name, agreed_by=owner)
    if moment.kind == "bill":
        return ready_item(business, owner, supplier=supplier, reference=name)
    with acting_in(business.pk):
        method = PaymentMethod.unscoped.first()
    if method is None:
        method = make_method(business)
    return paid_receipt(business, owner, supplier=supplier, payment_method=method)


def test_10_5_workers_killed_at_each_step_leave_one_record_with_one_document(
    team: tuple[Zoho, Forks], connection: Connection, bakery: Business, bob: User
) -> None:
    zoho, staff = team
    names = [f"Flour {number}" for number, _moment in enumerate(MOMENTS)]
    items = []
    for name, moment in zip(names, MOMENTS, strict=True):
        item = make(moment, bakery, bob, name)
        items.append(item)
        seconds = 2 if moment.fault == "late_before" else 30
        zoho.fails(moment.fault, method="POST", path=moment.path, seconds=seconds)
        worker = staff.worker(clock=True)
        requested(item, bob)
        until(partial(under_way, zoho, moment, name))
        staff.end(worker)

    staff.worker(clock=True)
    until(partial(published, items), seconds=90)

    records = [[*bills_of(zoho, name), *expenses_of(zoho, name)] for name in names]
    assert [len(found) for found in records] == [1] * len(MOMENTS)
    assert [len(record["documents"]) for (record,) in records] == [1] * len(MOMENTS)
    assert [len(zoho.contacts(name)) for name in names] == [1] * len(MOMENTS)
    with acting_in(bakery.pk):
        assert not PublishAttempt.unscoped.filter(ended_at=None).exists()
        assert not any(item_now(item).document_missing for item in items)
