"""Twenty-five businesses on one Zoho user; sixteen callers in four processes."""

import copy
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections.models import Connection, Grant
from dext_sync.businesses.models import User
from tests.connections.pages.conftest import Travels, travels  # noqa: F401  (a fixture)
from tests.factories import make_business
from tests.publishing.factories import ready_item
from tests.publishing.steps import publish
from tests.publishing.zoho import Zoho, mirror
from tests.zoho_standin.world import Organisation

ANNA = "anna@ledgerly.example"
CLIENTS = 25

CALLERS = """
import os, sys, threading
import django
django.setup()
from django.db import connection
from connections import tokens
from connections.models import Grant
grant = Grant.objects.get()
got = []
def call():
    got.append(tokens.access_token(grant))
    connection.close()
callers = [threading.Thread(target=call) for _n in range(4)]
print("ready", flush=True)
sys.stdin.readline()
for caller in callers: caller.start()
for caller in callers: caller.join()
print(*got, flush=True)
"""


def refreshes(zoho: Zoho) -> int:
    return len(zoho.calls("POST", "/oauth/refresh_token"))


def has_clients(zoho: Zoho) -> list[Organisation]:
    """Anna keeps the books of many at Zoho, all made like the bakery's."""
    zoho.standin.limits.change({"codes_per_ten_minutes": None, "per_user": None})
    made = []
    for number in range(CLIENTS):
        books = copy.deepcopy(zoho.organisation)
        books.organisation_id = str(20081300000 + number)
        books.profile |= {
            "name": f"Client {number} Ltd",
            "organization_id": books.organisation_id,
        }
        zoho.standin.world.organisations[books.organisation_id] = books
        made.append(books)
    return made


def access_ends() -> None:
    """An hour has passed since the last token."""
    Grant.objects.update(access_expires_at=timezone.now() - timedelta(seconds=1))


def test_twenty_five_businesses_share_one_permission_and_one_token_an_hour(
    travels: Travels,  # noqa: F811
    zoho: Zoho,
    anna: User,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.DOCUMENTS_DIR = tmp_path
    items = []
    for books in has_clients(zoho):
        business = make_business(books.name, owner=anna)
        connection = travels(anna, business).has_connected(books.name, ANNA)
        mirror(connection, books)
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
    connection: Connection, zoho: Zoho, settings: Settings
) -> None:
    Grant.objects.update(access_token="", access_expires_at=None)
    zoho.fails("token_slow", seconds=0.3)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "dext_sync.settings",
        "ZOHO_REGIONS": settings.ZOHO_REGIONS,
        "ZOHO_CLIENT_ID": settings.ZOHO_CLIENT_ID,
        "ZOHO_CLIENT_SECRET": settings.ZOHO_CLIENT_SECRET,
    }
    processes = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", CALLERS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _process in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    told = [process.communicate("now\n", timeout=60)[0] for process in processes]
    got = [token for line in told for token in line.split()]
    assert len(got) == 16
    assert len(set(got)) == 1
    assert refreshes(zoho) == 1
