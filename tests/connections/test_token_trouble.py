"""Whatever Zoho's token endpoint does, nobody's connection is marked dead for it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections.models import Connection, Grant
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Publication
from tests.publishing.conftest import NOON
from tests.publishing.factories import ready_item
from tests.publishing.steps import begun, now, work, work_until_settled
from tests.publishing.zoho import Zoho, connected_to, served


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=True) as coordinates:
        yield coordinates


@pytest.fixture
def zoho(clock: time_machine.Traveller, settings: Settings) -> Iterator[Zoho]:
    with served(settings) as zoho:
        yield zoho


@pytest.fixture
def publication(
    zoho: Zoho, bakery: Business, bob: User, settings: Settings, tmp_path: Path
) -> Publication:
    """Somebody has pressed Publish; the last access token is no longer good."""
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    connected_to(zoho, bakery)
    Grant.objects.update(access_token="", access_expires_at=None)
    return begun(ready_item(bakery, bob), bob)


def work_for_an_hour(publication: Publication, clock: time_machine.Traveller) -> None:
    """As the sweep would: again whenever it is due."""
    ends = timezone.now() + timedelta(hours=1)
    while (due := now(publication).due_at) < ends:
        clock.shift(max(due - timezone.now(), timedelta(0)) + timedelta(seconds=1))
        work(publication)


@pytest.mark.parametrize(
    ("fault", "waits_for"),
    [
        ("invalid_client", "configuration"),
        ("token_html_502", "token"),
        ("token_throttled", "token"),
    ],
)
def test_what_waited_for_an_hour_goes_on_afterwards(
    fault: str,
    waits_for: str,
    publication: Publication,
    zoho: Zoho,
    clock: time_machine.Traveller,
    mailoutbox: list[object],
) -> None:
    zoho.fails(fault, path="refresh_token", times=1000)
    work_for_an_hour(publication, clock)
    with acting_in(publication.business_id):
        connection = Connection.unscoped.get()
    assert connection.state == Connection.State.CONNECTED
    assert Grant.objects.get().died_at is None
    assert now(publication).finished_at is None
    assert now(publication).waiting_reason == waits_for
    assert 2 <= len(zoho.calls("POST", "/oauth/refresh_token")) < 20
    assert mailoutbox == []

    zoho.is_well()
    work_until_settled(publication, clock)
    assert len(zoho.bills) == 1
