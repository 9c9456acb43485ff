"""The cast: Alice owns the bakery, Bob keeps its books, Vera only looks, Charlie has
the garage, and Anna is the accountant of both.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings as ours
from django.test import Client
from pytest_django import Settings

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.roles import Role
from tests.factories import make_business, make_member, make_user

Browse = Callable[[User], Client]


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """whitenoise warns where nothing was ever collected, and warnings are errors."""
    Path(ours.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def redis_client() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(ours.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def nobody_tried_before(redis_client: redis.Redis) -> None:
    """Limits count in each test anew; what others keep in Redis stays."""
    prefix = ours.CACHES["default"]["KEY_PREFIX"]
    for key in redis_client.scan_iter(f"{prefix}:*"):
        redis_client.unlink(key)


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
