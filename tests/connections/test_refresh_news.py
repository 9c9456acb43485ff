"""What a refresh has to tell to those who use the lists."""

from datetime import timedelta

import pytest
from django.utils import timezone

from connections import lists
from connections.models import Connection, ConnectionEvent, Grant
from dext_sync.businesses.tenancy import acting_in
from tests.connections.test_lists import go_on, refreshed
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.django_db


def news(connection: Connection) -> list[str]:
    with acting_in(connection.business_id):
        events = ConnectionEvent.unscoped.order_by("pk")
        return list(events.values_list("kind", flat=True))


def test_what_was_read_before_a_refresh_broke_off_is_told(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        lists.refresh(run.pk, turn=timedelta(0))
        Grant.objects.update(access_expires_at=timezone.now())
    zoho.fails("invalid_client", times=9)

    run = go_on(connection)

    assert run.problem != ""
    with acting_in(connection.business_id):
        assert run.lists.filter(state="done").exists()
    assert news(connection) == ["refreshed"]


def test_a_refresh_that_brought_nothing_has_nothing_to_tell(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        Grant.objects.update(access_expires_at=timezone.now())
    zoho.fails("invalid_client", times=9)

    assert refreshed(connection).problem != ""

    assert news(connection) == []
