"""What goes on through a connection in the moment in which it ends."""

from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections import ending, lists
from connections.books import open_books
from connections.budget import Priority
from connections.models import (
    Connection,
    Contact,
    Grant,
    RefreshedList,
    RefreshedPage,
    RefreshRun,
)
from connections.reading import LEASE
from connections.zoho.errors import (
    ZohoError,
    ZohoForbidden,
    ZohoUnauthorized,
    ZohoUnavailable,
)
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.meanwhile import just_after
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip
from tests.publishing.factories import ready_item
from tests.publishing.steps import begun, item_now, now, work
from tests.publishing.zoho import ALICE, BAKERY, Zoho, mirror
from tests.zoho_standin import changes

pytestmark = pytest.mark.usefixtures("committed_db")

GARAGE = "Garage Charlie Ltd"
READING = "take_up_list"
TAKEN_BY_A_WORKER = 'JOIN "connections_grant"'


@pytest.fixture
def connection(
    travels: Travels,
    alice: User,
    bakery: Business,
    zoho: Zoho,
    settings: Settings,
    tmp_path: object,
) -> Connection:
    settings.DOCUMENTS_DIR = tmp_path
    connection = travels(alice, bakery).has_connected(BAKERY)
    mirror(connection, zoho.organisation)
    return connection


@pytest.fixture
def taker(
    connection: Connection, travels: Travels, charlie: User, garage: Business
) -> Trip:
    """Charlie, about to press Finish; the permission goes along, and lives."""
    trip = travels(charlie, garage)
    trip.gives_permission(email=ALICE)
    trip.takes_over(BAKERY)
    return trip


@pytest.fixture
def shared(
    connection: Connection,
    travels: Travels,
    charlie: User,
    garage: Business,
    zoho: Zoho,
) -> Connection:
    """The bakery's; its permission serves another business, too, so it lives on."""
    changes.member(zoho.standin, GARAGE, ALICE)
    travels(charlie, garage).has_connected(GARAGE, ALICE)
    return connection


def ends(connection: Connection, by: User) -> None:
    with acting_in(connection.business_id):
        assert ending.disconnect(connection, by)


def state_of(business: Business) -> str:
    with acting_in(business.pk):
        return Connection.objects.for_business(business).get().state


def test_a_worker_sends_nothing_to_an_organisation_that_has_been_taken_over(
    taker: Trip, bakery: Business, alice: User, zoho: Zoho
) -> None:
    item = ready_item(bakery, alice)
    publication = begun(item, alice)
    with just_after(TAKEN_BY_A_WORKER, taker.finishes):
        work(publication)
    assert state_of(bakery) == "disconnected"
    assert zoho.bills == []
    assert now(publication).problem_code == "disconnected"
    assert item_now(item).status == "failed"


def test_a_worker_sends_nothing_to_an_organisation_that_was_disconnected(
    shared: Connection, bakery: Business, alice: User, zoho: Zoho
) -> None:
    publication = begun(ready_item(bakery, alice), alice)
    with just_after(TAKEN_BY_A_WORKER, partial(ends, shared, alice)):
        work(publication)
    assert zoho.bills == []
    assert now(publication).problem_code == "disconnected"


def test_a_worker_goes_on_with_the_permission_that_was_given_meanwhile(
    travels: Travels, shared: Connection, bakery: Business, alice: User, zoho: Zoho
) -> None:
    publication = begun(ready_item(bakery, alice), alice)
    trip = travels(alice, bakery)
    trip.gives_permission(email="anna@ledgerly.example")
    trip.chooses(BAKERY)
    with just_after(TAKEN_BY_A_WORKER, trip.finishes):
        work(publication)
    assert trip.connection is not None
    assert trip.connection.grant_id != shared.grant_id
    assert zoho.bills == []
    work(publication)
    assert len(zoho.bills) == 1
    assert now(publication).state == "published"


def secret(zoho: Zoho) -> None:
    zoho.person_types("contact", contact_name="Not the bakery's", contact_type="vendor")


def refreshed(connection: Connection) -> RefreshRun:
    with acting_in(connection.business_id):
        run = lists.start(connection, by=None)
        lists.refresh(run.pk)
        run.refresh_from_db()
        return run


def has_read_nothing(business: Business, zoho: Zoho) -> bool:
    with acting_in(business.pk):
        theirs = Contact.unscoped.filter(name="Not the bakery's")
        kept = RefreshedPage.unscoped.all()
        return not theirs.exists() and not kept.exists()


def test_a_refresh_ends_with_the_organisation_that_is_taken_over(
    taker: Trip, connection: Connection, bakery: Business, zoho: Zoho
) -> None:
    def finishes() -> None:
        taker.finishes()
        secret(zoho)

    with just_after(READING, finishes):
        run = refreshed(connection)
    assert state_of(bakery) == "disconnected"
    assert run.finished_at is not None
    assert run.problem == "The business was disconnected from Zoho Books."
    assert has_read_nothing(bakery, zoho)
    assert zoho.calls("GET", "/contacts") == []


def test_a_refresh_ends_with_its_connection_though_the_permission_lives_on(
    shared: Connection, bakery: Business, alice: User, zoho: Zoho
) -> None:
    def disconnects() -> None:
        ends(shared, alice)
        secret(zoho)

    with just_after(READING, disconnects):
        run = refreshed(shared)
    assert run.finished_at is not None
    assert has_read_nothing(bakery, zoho)


def test_a_refresh_that_began_unseen_by_the_end_notices_it(
    shared: Connection, bakery: Business
) -> None:
    def ends_unseen() -> None:
        with acting_in(bakery.pk):
            Connection.unscoped.filter(pk=shared.pk).update(state="disconnected")

    with just_after(READING, ends_unseen):
        run = refreshed(shared)
    with acting_in(bakery.pk):
        assert not run.lists.filter(state="done").exists()


@pytest.mark.parametrize("error", [ZohoUnavailable("Away."), ZohoForbidden("No.")])
def test_nobody_takes_a_refresh_over_between_the_question_whose_it_is_and_its_end(
    connection: Connection,
    bakery: Business,
    monkeypatch: pytest.MonkeyPatch,
    error: ZohoError,
) -> None:
    """Its lease is over, it looks whether another has it, and then lets go."""
    overtaken = []

    def fails(*_all: object) -> None:
        raise error

    def another_takes_it() -> None:
        with acting_in(bakery.pk), suppress(OperationalError):
            with database.cursor() as cursor:
                cursor.execute("SET lock_timeout = '500ms'")
            over = RefreshRun.unscoped.filter(leased_until__lt=timezone.now())
            if over.update(leased_until=timezone.now() + LEASE):
                RefreshedList.unscoped.filter(kind="suppliers").update(state="reading")
                overtaken.append("suppliers")

    monkeypatch.setattr(lists, "LEASE", timedelta(0))
    monkeypatch.setattr(lists, "_learn_locks", fails)
    with just_after("FOR NO KEY UPDATE", another_takes_it):
        run = refreshed(connection)
    with acting_in(bakery.pk):
        reading = list(run.lists.filter(state="reading").values_list("kind", flat=True))
    assert reading == overtaken


def test_a_call_whose_permission_was_given_back_fails_in_words(
    connection: Connection, bakery: Business
) -> None:
    with acting_in(bakery.pk):
        lately = Connection.unscoped.get(pk=connection.pk)
        books = open_books(lately, Priority.REFRESH)
        Connection.unscoped.filter(pk=connection.pk).update(grant=None)
        Grant.objects.all().delete()
        with pytest.raises(ZohoUnauthorized, match="was given back"):
            books.organisation()
