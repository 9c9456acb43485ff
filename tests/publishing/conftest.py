"""The bakery connected to books: made-up ones, or those of the stand-in for Zoho."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from pytest_django.fixtures import Settings

from connections import budget
from connections.models import Connection
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.factories import make_connection, make_lists
from tests.publishing.zoho import Zoho, connected_to, served

NOON = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Europe/London"))


@pytest.fixture(autouse=True)
def documents_dir(settings: Settings) -> Iterator[Path]:
    """Beside the data of the run's servers, which is in memory where there is room:
    whatever is kept is synced, which a disk takes long for."""
    beside = Path(settings.DOCUMENTS_DIR).parent
    beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=beside) as folder:
        settings.DOCUMENTS_DIR = Path(folder) / "documents"
        yield settings.DOCUMENTS_DIR


@pytest.fixture
def connected_bakery(bakery: Business) -> Business:
    """Connected, with small lists; nobody answers at the other end."""
    with acting_in(bakery.pk):
        make_lists(make_connection(bakery))
    return bakery


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Noon in London, for us and for Zoho; moved with `clock.shift(seconds)`."""
    with time_machine.travel(NOON, tick=True) as coordinates:
        yield coordinates


@pytest.fixture
def zoho(clock: time_machine.Traveller, settings: Settings) -> Iterator[Zoho]:
    """The stand-in, answering on loopback. No call was made before: one that another
    test gave up would count as under way for real minutes."""
    budget.forget()
    with served(settings) as zoho:
        yield zoho


@pytest.fixture
def connection(zoho: Zoho, bakery: Business) -> Connection:
    """The bakery's connection to the stand-in, with its lists as they are there."""
    return connected_to(zoho, bakery)
