"""What happens to a connection while a worker holds a publication of it is not missed:
the news pass over what is held, and whoever holds it looks once more."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from connections import ending, wizard
from connections.models import Allowance, Connection, ConnectionEvent
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import restoring, tasks
from publishing.models import Publication, RestoreCheck
from publishing.outcomes import uncertain_time
from tests.connections.meanwhile import just_after
from tests.locks import beside
from tests.publishing.factories import ready_item
from tests.publishing.steps import begun, now, work
from tests.publishing.test_after_restore import restored
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("committed_db")


def broken(connection: Connection) -> None:
    with acting_in(connection.business_id):
        Connection.unscoped.filter(pk=connection.pk).update(
            state=Connection.State.NEEDS_RECONNECTING,
            needs_reason=Connection.Broken.PERMISSION_GONE,
        )


def work_while(
    publication: Publication, words: str, happens: Callable[[], object]
) -> Publication:
    """A worker has it in hand, and has just said this to the database."""

    def job() -> None:
        with acting_in(publication.business_id):
            happens()
            news = ConnectionEvent.unscoped.filter(heeded_at=None)
            numbers = list(news.values_list("pk", flat=True))
        for number in numbers:
            tasks.heed_event(publication.business_id, number)

    with just_after(words, job):
        work(publication)
    return now(publication)


def test_one_that_was_reconnected_meanwhile_goes_on_at_once(
    connection: Connection, zoho: Zoho, bakery: Business, bob: User
) -> None:
    publication = begun(ready_item(bakery, bob), bob)
    broken(connection)

    held = work_while(
        publication,
        'FROM "connections_connection"',
        lambda: wizard.mend(Connection.unscoped.get(pk=connection.pk)),
    )

    assert held.due_at <= timezone.now()
    work(publication)
    assert now(publication).state == "published"
    assert len(zoho.bills) == 1


def test_one_that_is_reconnected_while_it_is_given_back_goes_on_at_once(
    connection: Connection, bakery: Business, bob: User
) -> None:
    """The news come after it, and find it waiting."""
    publication = begun(ready_item(bakery, bob), bob)
    broken(connection)

    def reconnect() -> None:
        with acting_in(bakery.pk):
            wizard.mend(Connection.unscoped.get(pk=connection.pk))
            news = ConnectionEvent.unscoped.get()
        tasks.heed_event(bakery.pk, news.pk)

    with beside('FOR NO KEY UPDATE OF "connections_connection"', reconnect):
        work(publication)

    assert now(publication).waiting_reason == "connection"
    assert now(publication).due_at <= timezone.now()


def test_one_that_was_disconnected_meanwhile_does_not_wait_for_reconnecting(
    connection: Connection, zoho: Zoho, bakery: Business, alice: User, bob: User
) -> None:
    publication = begun(ready_item(bakery, bob), bob)
    broken(connection)

    held = work_while(
        publication,
        'FROM "connections_connection"',
        lambda: ending.disconnect(Connection.unscoped.get(pk=connection.pk), alice),
    )

    assert held.due_at <= timezone.now()
    work(publication)
    assert now(publication).problem_code == "disconnected"
    assert zoho.bills == []


def test_what_meets_the_days_limit_does_not_wait_for_it_once_disconnected(
    connection: Connection, zoho: Zoho, bakery: Business, alice: User, bob: User
) -> None:
    publication = begun(ready_item(bakery, bob), bob)
    with acting_in(bakery.pk):
        tomorrow = timezone.now() + timedelta(hours=12)
        Allowance.unscoped.update_or_create(
            business=bakery,
            connection=connection,
            defaults={"blocked_until": tomorrow, "blocked_by": "day"},
        )

    held = work_while(
        publication,
        "standing_of",
        lambda: ending.disconnect(Connection.unscoped.get(pk=connection.pk), alice),
    )

    assert held.due_at <= timezone.now()
    work(publication)
    assert now(publication).problem_code == "disconnected"


def test_what_zoho_was_asked_for_meanwhile_after_a_restore_goes_on_at_once(
    connection: Connection,
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
) -> None:
    publication = begun(ready_item(bakery, bob), bob)
    restored()
    clock.shift(uncertain_time())

    held = work_while(
        publication,
        'FROM "publishing_restorecheck"',
        lambda: restoring.ask(RestoreCheck.unscoped.get(kind=publication.kind).pk),
    )

    assert held.state == "published" or held.due_at <= timezone.now()
