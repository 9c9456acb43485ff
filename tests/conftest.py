"""The cast: Alice owns the bakery, Bob keeps its books, Vera only looks, Charlie has
the garage, and Anna is the accountant of both.
"""

from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings as ours
from django.template.base import Template
from django.template.context import Context
from django.test import Client, override_settings
from django.utils.safestring import SafeString

from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Role
from tests.factories import make_business, make_session, make_users

Browse = Callable[[User], Client]
CAST = ("Alice", "Bob", "Vera", "Charlie", "Anna")


@pytest.fixture(scope="session", autouse=True)
def no_static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every test client would look for all of them anew, and no page needs them here.

    A folder there must be: whitenoise warns without one, and warnings are errors.
    """
    nothing = tmp_path_factory.mktemp("static")
    with override_settings(WHITENOISE_USE_FINDERS=False, STATIC_ROOT=nothing):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture(scope="session", autouse=True)
def no_copied_contexts(django_test_environment: None) -> Iterator[None]:
    """Django copies what each template was given, for tests that would look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield


def render(template: Template, context: Context) -> SafeString:
    """As outside of tests."""
    return template.nodelist.render(context)


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
def cast(request: pytest.FixtureRequest, database: None) -> dict[str, User]:
    """Whoever the test asks for, by first name, made in one go."""
    names = [name for name in CAST if name.lower() in request.fixturenames]
    return dict(zip(names, make_users(*names), strict=True))


@pytest.fixture
def alice(cast: dict[str, User]) -> User:
    return cast["Alice"]


@pytest.fixture
def bob(cast: dict[str, User]) -> User:
    return cast["Bob"]


@pytest.fixture
def vera(cast: dict[str, User]) -> User:
    return cast["Vera"]


@pytest.fixture
def charlie(cast: dict[str, User]) -> User:
    return cast["Charlie"]


@pytest.fixture
def anna(cast: dict[str, User]) -> User:
    return cast["Anna"]


@pytest.fixture
def bakery(alice: User, bob: User, vera: User, anna: User) -> Business:
    members = (
        Membership(user=bob, role=Role.STANDARD, publishes=True),
        Membership(user=vera, role=Role.STANDARD),
        Membership(user=anna, role=Role.ACCOUNTANT),
    )
    return make_business("Harbour Bakery", owner=alice, members=members)


@pytest.fixture
def garage(charlie: User, anna: User) -> Business:
    members = [Membership(user=anna, role=Role.ACCOUNTANT)]
    return make_business("Garage Charlie", owner=charlie, members=members)


@pytest.fixture
def browse() -> Browse:
    """`browse(alice)` is Alice's browser, signed in."""
    return browser_of


def browser_of(user: User) -> Client:
    client = Client()
    client.cookies[ours.SESSION_COOKIE_NAME] = make_session(user)
    return client
