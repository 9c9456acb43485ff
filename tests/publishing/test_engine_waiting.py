"""What publishing waits for, and how it goes on."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from connections.models import Connection, ConnectionEvent, Grant
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import tasks
from publishing.models import Item, Step
from tests.publishing.factories import (
    ready_item,
)
from tests.publishing.steps import (
    begun,
    item_now,
    now,
    page_of,
    publish,
    step_of,
    work,
    work_until_settled,
)
from tests.publishing.zoho import ALICE, Zoho, tokens_of

pytestmark = pytest.mark.usefixtures("connection")


def told(item: Item) -> list[str]:
    """Its history, the newest first."""
    with acting_in(item.business_id):
        return [audit.sentence(each) for each in audit.about(item.business, item)]


class TestWaiting:
    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ("per_minute", "minute"),
            ("per_day", "day"),
            ("at_once", "at_once"),
            ("per_user", "user"),
        ],
    )
    def test_limits_make_it_wait_and_then_it_goes_on(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        clock: time_machine.Traveller,
        fault: str,
        reason: str,
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails(fault, path="/bills")

        publication = publish(item, bob)

        page = page_of(item)
        assert publication.waiting_reason == reason
        assert item_now(item).status == "publishing"
        assert page.waits_until == publication.due_at > timezone.now()
        until = timezone.localtime(publication.due_at)
        assert f"waits until {until:%-d %b, %H:%M}: " in told(item)[0]
        assert page.is_moving
        with acting_in(bakery.pk):
            publication.connection.allowance.delete()
            Grant.objects.update(blocked_until=None)
        work_until_settled(publication, clock)
        assert item_now(item).status == "published"
        assert len(zoho.bills) == 1

    def test_a_dead_access_token_is_replaced_underway(
        self, zoho: Zoho, bakery: Business, bob: User
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("tokens_dead", path="/bills/*/attachment")

        publish(item, bob)

        assert item_now(item).status == "published"
        assert len(zoho.bills[0]["documents"]) == 1

    def test_a_consent_withdrawn_in_the_middle_waits_for_reconnecting(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        connection: Connection,
        clock: time_machine.Traveller,
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("tokens_dead", path="/bills/*/attachment")
        zoho.fails("refresh_token_revoked")

        publication = publish(item, bob)

        page = page_of(item)
        assert (page.waits_until, page.zoho_words) == (None, "")
        assert told(item)[0] == (
            f"{item} waits: The connection to Zoho Books needs reconnecting."
        )
        assert publication.waiting_reason == "connection"
        assert item_now(item).status == "publishing"
        assert step_of(publication, Step.Kind.RECORD).state == "done"
        assert len(zoho.bills) == 1

        zoho.is_well()
        _reconnect(zoho, connection)
        work_until_settled(now(publication), clock)

        assert item_now(item).status == "published"
        assert len(zoho.bills) == 1
        assert len(zoho.bills[0]["documents"]) == 1

    def test_a_zoho_user_who_left_the_organisation_breaks_the_connection(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        connection: Connection,
        clock: time_machine.Traveller,
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails("organisation_off", path="/bills")

        publication = publish(item, bob)

        assert publication.waiting_reason == "connection"
        with acting_in(bakery.pk):
            connection.refresh_from_db()
        assert connection.state == "needs_reconnecting"
        _reconnect(zoho, connection)
        work_until_settled(now(publication), clock)
        assert len(zoho.bills) == 1

    def test_another_organisation_gets_nothing(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> None:
        item = ready_item(bakery, bob)
        publication = begun(item, bob)
        with acting_in(bakery.pk):
            Connection.unscoped.filter(pk=connection.pk).update(
                organisation_id="20081234503"
            )

        work(publication)

        assert now(publication).problem_code == "organisation_changed"
        assert item_now(item).status == "failed"
        assert list(zoho.standin.calls) == []

    @pytest.mark.parametrize(
        ("fault", "news", "told"),
        [
            ("per_day", "organisation", "organisation_changed"),
            ("per_user", "mended", ""),
        ],
    )
    def test_a_limit_of_what_was_connected_before_keeps_nothing_waiting(
        self,
        zoho: Zoho,
        bakery: Business,
        bob: User,
        connection: Connection,
        fault: str,
        news: str,
        told: str,
    ) -> None:
        item = ready_item(bakery, bob)
        zoho.fails(fault, path="/bills")
        publication = publish(item, bob)
        with acting_in(bakery.pk):
            connection.allowance.delete()
            Grant.objects.update(blocked_until=None)
            if news == "organisation":
                Connection.unscoped.update(organisation_id="20081234503")
            event = ConnectionEvent.unscoped.create(
                business=bakery, connection=connection, kind=news
            )

        tasks.heed_event(bakery.pk, event.pk)
        work(publication)

        assert now(publication).finished_at is not None
        assert now(publication).problem_code == told

    def test_a_disconnected_business_takes_back_what_was_not_sent(
        self, zoho: Zoho, bakery: Business, bob: User, connection: Connection
    ) -> None:
        item = ready_item(bakery, bob)
        publication = begun(item, bob)
        with acting_in(bakery.pk):
            connection.state = Connection.State.DISCONNECTED
            connection.save(update_fields=["state"])
            event = ConnectionEvent.unscoped.create(
                business=bakery, connection=connection, kind="disconnected"
            )

        tasks.heed_event(bakery.pk, event.pk)

        assert now(publication).problem_code == "disconnected"
        assert list(zoho.standin.calls) == []
        with acting_in(bakery.pk):
            event.refresh_from_db()
        assert event.heeded_at is not None


def _reconnect(zoho: Zoho, connection: Connection) -> None:
    """A new consent, as after Finish; publishing hears of it."""
    refresh, access = tokens_of(zoho.standin, ALICE)
    with acting_in(connection.business_id):
        grant = connection.grant
        assert grant is not None
        grant.died_at = grant.refreshing_until = grant.cool_down_until = None
        grant.refresh_token, grant.access_token = refresh, access
        grant.access_expires_at = timezone.now() + timedelta(minutes=50)
        grant.save()
        Connection.unscoped.filter(pk=connection.pk).update(state="connected")
        event = ConnectionEvent.unscoped.create(
            business_id=connection.business_id, connection=connection, kind="mended"
        )
    tasks.heed_event(connection.business_id, event.pk)
