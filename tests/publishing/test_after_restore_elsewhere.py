"""The database was put back, and another business is connected to the organisation."""

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from connections.models import Connection, Grant
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Restore, RestoreCheck
from publishing.outcomes import uncertain_time
from publishing.restored import is_asked
from tests.factories import make_business
from tests.locks import beside
from tests.publishing.factories import make_method, paid_receipt
from tests.publishing.steps import (
    begun,
    item_now,
    publish,
    work,
    work_until_settled,
)
from tests.publishing.test_after_restore import (
    ask,
    forgotten,
    publish_all,
    restored,
)
from tests.publishing.zoho import Zoho, connected_to

pytestmark = pytest.mark.usefixtures("committed_db", "connection")


def moves(zoho: Zoho, connection: Connection, to: Business) -> None:
    """The organisation, to another business."""
    with acting_in(connection.business_id):
        Connection.unscoped.update(state="disconnected", grant=None)
    Grant.objects.all().delete()
    connected_to(zoho, to)


def test_a_business_that_is_made_afterwards_asks_too(
    zoho: Zoho,
    connection: Connection,
    bakery: Business,
    bob: User,
    charlie: User,
    clock: time_machine.Traveller,
) -> None:
    """As whoever signed up after the backup, and does so once more."""
    with forgotten():
        publish(paid_receipt(bakery, bob), bob)
    restored()
    garage = make_business("Garage Charlie", owner=charlie)
    moves(zoho, connection, garage)
    again = paid_receipt(garage, charlie)

    publication = publish(again, charlie)
    clock.shift(uncertain_time())
    ask(garage)
    work_until_settled(publication, clock)

    assert item_now(again).status == "published"
    assert len(zoho.expenses) == 1


def test_what_the_business_before_has_found_is_its_own(
    zoho: Zoho,
    connection: Connection,
    bakery: Business,
    garage: Business,
    bob: User,
    charlie: User,
    clock: time_machine.Traveller,
) -> None:
    """Taken over after it had asked; nothing of it is told to the other one."""
    with forgotten():
        publish(paid_receipt(bakery, bob), bob)
    item = paid_receipt(bakery, bob)
    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    publish_all(bakery, bob, clock, item)
    assert len(zoho.expenses) == 1
    moves(zoho, connection, garage)
    theirs = paid_receipt(garage, charlie)

    publication = publish(theirs, charlie)
    clock.shift(uncertain_time())
    ask(garage)
    work_until_settled(publication, clock)

    assert item_now(theirs).status == "published"
    assert len(zoho.expenses) == 2
    with acting_in(garage.pk):
        assert not AuditEntry.unscoped.filter(action="restore.unknown").exists()


def test_what_the_business_before_was_sending_is_a_question(
    zoho: Zoho,
    connection: Connection,
    bakery: Business,
    garage: Business,
    bob: User,
    charlie: User,
    clock: time_machine.Traveller,
) -> None:
    """Taken over before it had asked; the record's mark is that of its item."""
    publication = begun(paid_receipt(bakery, bob), bob)
    with forgotten():
        work(publication)
    restored()
    moves(zoho, connection, garage)
    theirs = paid_receipt(garage, charlie)
    publish(theirs, charlie)
    clock.shift(uncertain_time())
    ask(garage)

    publish_all(garage, charlie, clock)

    assert item_now(theirs).status == "failed"
    assert len(zoho.expenses) == 1
    publish(theirs, charlie)
    assert item_now(theirs).status == "published"
    assert len(zoho.expenses) == 2


@pytest.mark.parametrize("begins", ["FROM", "INSERT INTO"])
def test_two_workers_have_it_asked_once(
    zoho: Zoho,
    connection: Connection,
    charlie: User,
    begins: str,
) -> None:
    restored()
    garage = make_business("Garage Charlie", owner=charlie)
    moves(zoho, connection, garage)
    method = make_method(garage)
    one, other = (
        begun(paid_receipt(garage, charlie, payment_method=method), charlie)
        for _cup in range(2)
    )

    with beside(f'{begins} "publishing_restore"', lambda: work(other)):
        work(one)

    with acting_in(garage.pk):
        assert Restore.unscoped.count() == 1
        assert RestoreCheck.unscoped.count() == 1


def test_where_nothing_was_restored_one_question_tells_so(
    bakery: Business, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """It is asked before each sending."""
    publication = begun(paid_receipt(bakery, bob), bob)
    with acting_in(bakery.pk), django_assert_num_queries(1):
        assert is_asked(publication)
