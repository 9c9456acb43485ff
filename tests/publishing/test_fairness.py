"""Real workers at full load: no limit of Zoho's is met, and a click is not behind."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from connections import budget, lists
from connections.models import Connection
from connections.tasks import refresh_lists
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from dext_sync.celery import PEOPLE, send
from publishing import tasks
from publishing.models import Item, Publication
from tests.forks import Forks
from tests.publishing.crowd import AUTOMATIC, waiting
from tests.publishing.factories import ready_item
from tests.publishing.steps import begun
from tests.publishing.zoho import Zoho, connected_to
from tests.workers import forked_workers, until
from tests.zoho_standin import StandIn, lend
from tests.zoho_standin.world import Organisation

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("committed_db")]

GARAGE = "Garage Charlie Ltd"
MINUTE = 2
"""Seconds, here and at Zoho."""
HELD = 2
"""Processes for everything; one more is for what people wait for."""
ZOHOS, OURS = 25, 20
"""Calls in it: the same shares as of a real one's hundred."""


@pytest.fixture
def zoho(settings: Settings, tmp_path: Path) -> Zoho:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    budget.forget()
    began = time.time()
    return Zoho(StandIn(clock=lambda: began + (time.time() - began) * 60 / MINUTE))


@pytest.fixture
def staff(zoho: Zoho, tmp_path: Path) -> Iterator[Forks]:
    limits = {"ZOHO_MINUTE_SECONDS": MINUTE, "ZOHO_CALLS_A_MINUTE": OURS}
    with (
        lend(zoho.standin) as running,
        forked_workers(running, tmp_path, **limits) as staff,
    ):
        yield staff
        zoho.standin.stopped.set()  # Slow answers end at once.


def published(business: Business) -> int:
    with acting_in(business.pk):
        return Item.unscoped.filter(status=Item.Status.PUBLISHED).count()


def all_published(business: Business) -> bool:
    with acting_in(business.pk):
        return not Publication.unscoped.filter(finished_at=None).exists()


def calls_to(zoho: Zoho, books: Organisation) -> list[dict[str, Any]]:
    number = books.organisation_id
    return [call for call in zoho.standin.calls if call["organization_id"] == number]


def refreshed(connection: Connection) -> bool:
    with acting_in(connection.business_id):
        return connection.refreshes.filter(finished_at__isnull=False).exists()


def test_at_full_load_zoho_never_has_to_refuse(
    zoho: Zoho, staff: Forks, bakery: Business, alice: User, bob: User
) -> None:
    """Three minutes' worth of calls, people's and automatic, and a refresh."""
    zoho.standin.limits.change({"per_minute": ZOHOS, "at_once": 5})
    connection = connected_to(zoho, bakery)
    waiting(bakery, bob, 15, name="Click")
    waiting(bakery, bob, 10, priority=AUTOMATIC, name="Auto")
    with acting_in(bakery.pk):
        lists.start(connection, by=alice)
    send(refresh_lists, bakery.pk, connection.pk)
    send(tasks.publish_due, bakery.pk)

    staff.worker(processes=6, clock=True)
    until(partial(all_published, bakery))
    until(partial(refreshed, connection))

    calls = calls_to(zoho, zoho.organisation)
    assert len(calls) > 3 * OURS
    assert [call for call in calls if call["status"] == 429] == []
    assert published(bakery) == len(zoho.bills) == 25


def test_a_click_goes_ahead_of_thousands_of_another_business(
    zoho: Zoho,
    staff: Forks,
    bakery: Business,
    garage: Business,
    bob: User,
    charlie: User,
) -> None:
    """The bakery's calls hold every process that they can get: before each of the
    garage's clicks nothing of them is served, though all came earlier."""
    zoho.standin.limits.change({"per_minute": None, "per_day": None})
    zoho.standin.fault(
        "slow",
        times=HELD,
        seconds=30,
        match={"organization_id": zoho.organisation.organisation_id},
    )
    connected_to(zoho, bakery)
    connected_to(zoho, garage, GARAGE)
    waiting(bakery, bob, 2500, name="Click")
    waiting(bakery, bob, 2500, priority=AUTOMATIC, name="Auto")
    numbers = [f"G-{number}" for number in range(4)]
    first, *items = [ready_item(garage, charlie, reference=each) for each in numbers]
    theirs = zoho.standin.organisation(GARAGE)
    staff.worker(queues=PEOPLE)
    click(first, charlie, theirs)  # From now on it is at work.
    send(tasks.publish_due, bakery.pk)
    staff.worker(processes=HELD, clock=True)
    until(lambda: not zoho.standin.faults.waiting())

    for item in items:
        click(item, charlie, theirs)
        assert calls_to(zoho, zoho.organisation) == []

    assert [bill["bill_number"] for bill in theirs.bills.values()] == numbers


def click(item: Item, by: User, books: Organisation) -> None:
    """Pressed, and waited for until Zoho has the bill."""
    before = len(books.bills)
    publication = begun(item, by)
    send(tasks.publish, item.business_id, publication.pk)
    until(lambda: len(books.bills) > before)
