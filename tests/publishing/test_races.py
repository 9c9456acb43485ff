"""Several at once, really committed: clicks, workers, new suppliers, sweeps."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection as database
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections import budget
from connections.models import Connection, ConnectionEvent
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in, rows_across
from dext_sync.celery import app
from publishing import coding, tasks
from publishing.models import Item, Publication, Step, Suspicion
from tests.publishing.factories import (
    make_pdf,
    make_supplier,
    paid_receipt,
    ready_item,
    upload,
)
from tests.publishing.steps import begun, item_now, now, step_of
from tests.publishing.zoho import Zoho, connected_to, served

T = TypeVar("T")

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def zoho(settings: Settings) -> Iterator[Zoho]:
    """In real time: the database's own clock decides what is due."""
    with served(settings) as zoho:
        yield zoho


@pytest.fixture
def connection(zoho: Zoho, bakery: Business) -> Connection:
    budget.forget()
    return connected_to(zoho, bakery)


@pytest.fixture
def at_once() -> Iterator[None]:
    """What is handed to the workers is done on the spot."""
    before = app.conf.task_always_eager
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = before


def change(item: Item, field: str, value: str, by: User) -> None:
    with acting_in(item.business_id):
        coding.change(item, field, value, by=by)


def together(*calls: Callable[[], T]) -> list[T]:
    """All begin in the same instant, each with its own session of the database."""
    return in_step(calls)[0]


def in_step(*rounds: Sequence[Callable[[], T]]) -> list[list[T]]:
    """The calls of a round begin in the same instant. Each place in it has a session of
    the database of its own, for all rounds: to begin one takes longer than many a call.
    """
    start = Barrier(len(rounds[0]))

    def run(*calls: Callable[[], T]) -> list[T]:
        found = []
        try:
            for call in calls:
                start.wait(timeout=60)
                found.append(call())
        except BaseException:
            start.abort()  # The others need not wait for this one.
            raise
        finally:
            database.close()
        return found

    with ThreadPoolExecutor(start.parties) as pool:
        places = list(pool.map(run, *rounds, timeout=60))
    return [list(found) for found in zip(*places, strict=True)]


@pytest.mark.usefixtures("connection")
class TestRaces:
    def test_two_browsers_press_publish(
        self, zoho: Zoho, bakery: Business, alice: User, bob: User
    ) -> None:
        item = ready_item(bakery, bob)

        found = together(*[partial(begun, item, by) for by in (alice, bob) * 3])

        assert len({publication.pk for publication in found}) == 1

    def test_the_same_task_runs_in_several_workers(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = paid_receipt(bakery, bob)
        publication = begun(item, bob)

        together(*[partial(tasks.publish, bakery.pk, publication.pk)] * 5)

        assert len(zoho.expenses) == 1
        assert len(zoho.calls("POST", "/expenses")) == 1
        assert item_now(item).status == "published"

    def test_two_upload_the_same_file_and_two_workers_look_at_it(
        self, bakery: Business, alice: User, bob: User
    ) -> None:
        files = [make_pdf(f"file {number}") for number in range(5)]
        in_step(
            *[
                [partial(upload, bakery, by, content) for by in (alice, bob)]
                for content in files
            ]
        )

        with acting_in(bakery.pk):
            items = list(Item.unscoped.order_by("pk"))
            assert Suspicion.unscoped.count() == 5
            asked = {each.item_id for each in Suspicion.unscoped.all()}
        assert len(items) == 10
        assert {each.pk for each in items if "duplicate" in each.reasons} == asked

    def test_two_items_become_alike_in_the_same_instant(
        self, bakery: Business, bob: User
    ) -> None:
        items = [ready_item(bakery, bob) for _number in range(4)]

        together(*[partial(change, item, "reference", "A-1", bob) for item in items])

        statuses = [item_now(item).status for item in items]
        assert statuses == ["ready", *["to_review"] * 3]

    def test_several_items_of_one_new_supplier(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        items = [
            ready_item(bakery, bob, supplier=new, reference=f"N-{number}")
            for number in range(3)
        ]
        publications = [begun(item, bob) for item in items]
        ids = [publication.pk for publication in publications]

        together(*[partial(tasks.publish, bakery.pk, pk) for pk in ids])
        for publication in publications:
            make_due(publication)
            tasks.publish(bakery.pk, publication.pk)

        assert len(zoho.contacts("New Mill")) == 1
        assert len(zoho.bills) == 3
        assert {item_now(item).status for item in items} == {"published"}


@pytest.mark.usefixtures("connection", "at_once")
class TestSweeps:
    def test_what_the_broker_lost_is_found(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        begun(item, bob)

        tasks.sweep_publications()

        assert len(zoho.bills) == 1
        assert item_now(item).status == "published"

    def test_what_is_not_due_or_done_is_left_alone(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("per_minute", path="/bills")
        publication = begun(item, bob)
        tasks.sweep_publications()
        zoho.standin.calls.clear()

        tasks.sweep_publications()

        assert now(publication).waiting_reason == "minute"
        assert list(zoho.standin.calls) == []

    def test_documents_are_verified(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        publication = begun(ready_item(bakery, bob), bob)
        tasks.sweep_publications()
        with acting_in(bakery.pk):
            Step.unscoped.filter(kind="document").update(
                settled_at=publication.requested_at - tasks.VERIFY_AFTER * 2
            )

        tasks.sweep_verifications()

        assert step_of(publication, Step.Kind.DOCUMENT).verified_at is not None

    def test_documents_are_not_asked_for_in_vain(
        self, bakery: Business, bob: User, connection: Connection
    ) -> None:
        publication = begun(ready_item(bakery, bob), bob)
        tasks.sweep_publications()
        long_ago = publication.requested_at - tasks.VERIFY_AFTER * 2
        with acting_in(bakery.pk):
            steps = Step.unscoped.filter(kind="document")
            steps.update(settled_at=long_ago)
            assert to_verify() == [(bakery.pk, connection.pk)]
            steps.update(looked_at=timezone.now())
            assert to_verify() == []
            steps.update(looked_at=None)
            for change in (
                {"state": "needs_reconnecting"},
                {"state": "connected", "organisation_id": "20081234503"},
            ):
                Connection.unscoped.update(**change)
                assert to_verify() == []

    def test_news_of_a_connection_are_heeded_once(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> None:
        item = ready_item(bakery, bob)
        with acting_in(bakery.pk):
            Connection.unscoped.update(state="needs_reconnecting")
            event = ConnectionEvent.unscoped.create(
                business=bakery, connection=connection, kind="broken"
            )

        tasks.sweep_connection_events()

        assert item_now(item).reasons == ["connection_broken"]
        with acting_in(bakery.pk):
            event.refresh_from_db()
            assert event.heeded_at is not None

    def test_each_business_publishes_into_its_own_books(
        self,
        zoho: Zoho,
        bakery: Business,
        garage: Business,
        bob: User,
        charlie: User,
    ) -> None:
        connected_to(zoho, garage, "Garage Charlie Ltd")
        ours, theirs = ready_item(bakery, bob), ready_item(garage, charlie)
        begun(ours, bob)
        begun(theirs, charlie)

        tasks.sweep_publications()

        garages = zoho.standin.organisation("Garage Charlie Ltd")
        assert len(zoho.bills) == len(garages.bills) == 1
        assert item_now(ours).status == item_now(theirs).status == "published"

    def test_a_task_given_another_businesss_publication_does_nothing(
        self, zoho: Zoho, bakery: Business, garage: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        publication = begun(item, bob)

        tasks.publish(garage.pk, publication.pk)

        assert list(zoho.standin.calls) == []
        assert item_now(item).status == "publishing"


def to_verify() -> list[tuple[int, int]]:
    return list(rows_across("verifications_due", timezone.now()))


def make_due(publication: Publication) -> None:
    with acting_in(publication.business_id):
        Publication.unscoped.filter(pk=publication.pk).update(
            due_at=publication.requested_at
        )
