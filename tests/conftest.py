"""The cast: Alice owns the bakery, Bob keeps its books, Vera only looks, Charlie has
the garage, and Anna is the accountant of both.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.roles import Role
from tests.factories import make_business, make_member, make_user

Browse = Callable[[User], Client]


@pytest.fixture
def database(request: pytest.FixtureRequest) -> None:
    """Rolled back at the end; really committed where a test asks for committed_db."""
    committed = "committed_db" in request.fixturenames
    request.getfixturevalue("committed_db" if committed else "db")


@pytest.fixture
def alice(database: None) -> User:
    return make_user("Alice")


@pytest.fixture
def bob(database: None) -> User:
    return make_user("Bob")


@pytest.fixture
def vera(database: None) -> User:
    return make_user("Vera")


@pytest.fixture
def charlie(database: None) -> User:
    return make_user("Charlie")


@pytest.fixture
def anna(database: None) -> User:
    return make_user("Anna")


@pytest.fixture
def bakery(alice: User, bob: User, vera: User, anna: User) -> Business:
    business = make_business("Harbour Bakery", owner=alice)
    make_member(business, bob, publishes=True)
    make_member(business, vera)
    make_member(business, anna, Role.ACCOUNTANT)
    return business


@pytest.fixture
def garage(charlie: User, anna: User) -> Business:
    business = make_business("Garage Charlie", owner=charlie)
    make_member(business, anna, Role.ACCOUNTANT)
    return business


@pytest.fixture
def browse() -> Browse:
    """`browse(alice)` is Alice's browser, signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in
