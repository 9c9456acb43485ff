"""Harbour Bakery's organisation at Zoho, and what its calls may use."""

from collections.abc import Iterator

import pytest
import responses

from connections.zoho.client import ZohoBooks
from tests.connections.zoho.access import API, ORGANISATION, BakeryAccess


@pytest.fixture
def zoho() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as recorded:
        yield recorded


@pytest.fixture
def access() -> BakeryAccess:
    return BakeryAccess()


@pytest.fixture
def books(access: BakeryAccess) -> ZohoBooks:
    return ZohoBooks(api=API, organisation_id=ORGANISATION, access=access)
