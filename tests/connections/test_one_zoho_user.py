"""Twenty-five businesses on one Zoho user; sixteen callers in four processes."""

import pickle
from datetime import timedelta
from multiprocessing import Pipe
from multiprocessing.connection import Connection as Line
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections import consents, wizard
from connections.models import Connection, Consent, Grant
from connections.zoho.oauth import SCOPES
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections import callers
from tests.factories import make_business
from tests.forks import forks
from tests.publishing.factories import ready_item
from tests.publishing.steps import publish
from tests.publishing.zoho import Zoho, mirror
from tests.zoho_standin.tokens import Code
from tests.zoho_standin.world import Organisation

ANNA = "anna@ledgerly.example"
CLIENTS = 25


def refreshes(zoho: Zoho) -> int:
    return len(zoho.calls("POST", "/oauth/refresh_token"))


def has_clients(zoho: Zoho) -> list[Organisation]:
    """Anna keeps the books of many at Zoho, all made like the bakery's."""
    zoho.standin.limits.change({"codes_per_ten_minutes": None, "per_user": None})
    made = []
    pattern = pickle.dumps(zoho.organisation)
    for number in range(CLIENTS):
        books: Organisation = pickle.loads(pattern)  # noqa: S301  (our own bytes)
        books.organisation_id = str(20081300000 + number)
        books.profile |= {
            "name": f"Client {number} Ltd",
            "organization_id": books.organisation_id,
        }
        zoho.standin.world.organisations[books.organisation_id] = books
        made.append(books)
    return made


def connects(person: User, business: Business, books: Organisation, zoho: Zoho) -> None:
    """Out to Zoho, Accept, Finish, with every list read; without a browser."""
    mine = (business, person, "a session's key")
    code = zoho.standin.tokens["eu"].new_code(
        Code(
            ANNA,
            zoho.standin.client_id,
            list(SCOPES),
            ours.ZOHO_CALLBACK_URL,
            zoho.standin.clock(),
            offline=True,
        )
    )
    with acting_in(business.pk):
        _consent, state, _url = consents.set_out(*mine, "eu", Consent.Purpose.CONNECT)
        consent = consents.came_back(*mine, consents.Answer(state, code))
        assert wizard.choose(consent, books.organisation_id)
        finished = wizard.finish(consent, person)
    assert isinstance(finished, wizard.Finished)
    mirror(finished.connection, books)


def access_ends() -> None:
    """An hour has passed since the last token."""
    Grant.objects.update(access_expires_at=timezone.now() - timedelta(seconds=1))


def test_10_12_twenty_five_businesses_share_one_permission_and_one_token_an_hour(
    zoho: Zoho,
    anna: User,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.DOCUMENTS_DIR = tmp_path
    items = []
    for books in has_clients(zoho):
        business = make_business(books.name, owner=anna)
        connects(anna, business, books, zoho)
        items.append(ready_item(business, anna, document=None))
    # Zoho has forgotten the five oldest of its twenty refresh tokens meanwhile.
    assert Grant.objects.count() == 1
    assert len(zoho.standin.tokens["eu"].refresh_tokens) == 20

    access_ends()
    first_hour = [publish(item, anna) for item in items[:15]]
    assert refreshes(zoho) == 1
    access_ends()
    second_hour = [publish(item, anna) for item in items[15:]]
    assert refreshes(zoho) == 2

    assert {each.finished_at is not None for each in first_hour + second_hour} == {True}
    stored = zoho.standin.world.organisations.values()
    bills = [books for books in stored if len(books.bills) == 1]
    assert len(bills) == CLIENTS


@pytest.mark.processes
@pytest.mark.usefixtures("committed_db")
def test_sixteen_cold_callers_in_four_processes_make_one_token_call(
    connection: Connection, zoho: Zoho, settings: Settings, tmp_path: Path
) -> None:
    Grant.objects.update(access_token="", access_expires_at=None)
    zoho.fails("token_slow", seconds=0.3)
    theirs = {
        name: getattr(settings, name)
        for name in ("ZOHO_REGIONS", "ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET")
    }
    with forks(tmp_path, **theirs) as nursery:
        lines = [Pipe() for _process in range(4)]
        for _ours, line in lines:
            nursery.begin("callers", callers.call, line=line)
        assert [heard(ours) for ours, _line in lines] == ["ready"] * 4
        for ours, _line in lines:
            ours.send("now")
        told = [heard(ours) for ours, _line in lines]
    assert len(told) == 4
    got = [token for tokens in told for token in tokens]
    assert len(got) == 16
    assert len(set(got)) == 1
    assert refreshes(zoho) == 1


def heard(line: Line) -> Any:
    assert line.poll(60)
    return line.recv()
