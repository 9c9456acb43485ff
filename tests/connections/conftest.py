"""The stand-in for Zoho in this process, and the bakery connected to it."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from connections import budget
from connections.models import Connection
from dext_sync.businesses.models import Business
from tests.publishing.factories import make_connection
from tests.publishing.zoho import ALICE, Zoho, served, tokens_of


@pytest.fixture
def zoho(settings: Settings) -> Iterator[Zoho]:
    with served(settings) as zoho:
        yield zoho


@pytest.fixture
def connection(zoho: Zoho, bakery: Business) -> Connection:
    """Just connected: no list has been read."""
    return make_connection(
        bakery,
        organisation_id=zoho.organisation.organisation_id,
        tokens=tokens_of(zoho.standin, ALICE),
    )


@pytest.fixture(autouse=True)
def full_budget() -> None:
    """No call was made before the test."""
    budget.forget()
