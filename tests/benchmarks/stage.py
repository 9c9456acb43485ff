"""What every measurement stands on: a business connected to the stand-in, and workers."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import connection as database

from connections import consents, lists, tokens, wizard
from connections.models import (
    Account,
    Connection,
    Consent,
    Contact,
    Product,
    Project,
    RefreshedList,
    RefreshedPage,
    RefreshRun,
    TaxRate,
)
from connections.registration import regions
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import ZohoRateLimited
from connections.zoho.types import DailyLimit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from dext_sync.celery import app
from dext_sync.local import roles
from dext_sync.local.processes import Child, Family
from dext_sync.local.program import Program
from tests.factories import make_business, make_user
from tests.zoho_standin.remote import Remote

ALICE, CHARLIE = "alice@harbourbakery.example", "charlie@garage.example"
BAKERY, GARAGE = "Harbour Bakery Ltd", "Garage Charlie Ltd"
LISTS = (Account, Contact, Product, Project, TaxRate)
"""Those that are measured."""
ALONE = ("--without-gossip", "--without-mingle", "--loglevel", "WARNING")


@dataclass(frozen=True)
class Tenant:
    """A business whose books are those of an organisation in the stand-in."""

    business: Business
    owner: User
    connection: Connection
    organisation: str


def stand_in() -> Remote:
    """Zoho's stand-in, without any limit of its own."""
    remote = Remote(json.loads(settings.ZOHO_REGIONS)["eu"]["api"])
    remote.limits(per_minute=None, per_day=None, at_once=None, per_user=None)
    return remote


def without_our_limits() -> dict[str, str]:
    """For this process, and as the environment of others."""
    most = {
        "ZOHO_CALLS_A_MINUTE": 1_000_000,
        "ZOHO_CALLS_AT_ONCE": 8,
        "ZOHO_USER_CALLS_A_MINUTE": 1_000_000,
    }
    for name, number in most.items():
        setattr(settings, name, number)
    return {name: str(number) for name, number in most.items()}


def tenant(
    remote: Remote, name: str = BAKERY, email: str = ALICE, *, refreshed: bool = True
) -> Tenant:
    """Connected as a person would connect it, its lists read if so wished."""
    owner = make_user(email.partition("@")[0].title(), email=email)
    business = make_business(name, owner=owner)
    with acting_in(business.pk, owner.pk):
        consent = _consented(remote, business, owner)
        wizard.choose(consent, remote.state(name)["organisation_id"])
        finished = wizard.finish(consent, owner)
        assert isinstance(finished, wizard.Finished)
        if refreshed:
            lists.refresh(lists.start(finished.connection, owner).pk)
    return Tenant(business, owner, finished.connection, name)


def _consented(remote: Remote, business: Business, person: User) -> Consent:
    mine = (business, person, "benchmark")
    _consent, state, url = consents.set_out(*mine, "eu", Consent.Purpose.CONNECT)
    back = remote.authorise(url, person.email)
    query = dict(parse_qsl(urlsplit(back).query))
    answer = consents.Answer(state, query["code"], location=query["location"])
    return consents.came_back(*mine, answer)


def forget_lists() -> None:
    """As before the first refresh. Truncated they would take with them what names them,
    and that is the connection too."""
    with roles.cursor_at(os.environ["DATABASE_OWNER_URL"]) as cursor:
        for model in (RefreshedPage, RefreshedList, RefreshRun, *LISTS):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608, SLF001
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def questions() -> Iterator[list[str]]:
    """The statements that this process sends to the database meanwhile."""
    asked: list[str] = []

    def noted(execute: Callable[..., Any], sql: str, *others: Any) -> Any:
        asked.append(sql)
        return execute(sql, *others)

    with database.execute_wrapper(noted):
        yield asked


class Free:
    """Access that asks nobody: the token is in hand, and there are no limits."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self, refused: str | None = None) -> str:
        assert refused is None
        return self._token

    @contextmanager
    def call(self) -> Iterator[None]:
        yield

    def came(self, status: int | None, code: int | None) -> None: ...

    def limits(self, limits: DailyLimit) -> None: ...

    def limited(self, error: ZohoRateLimited) -> None: ...


def bare_books(connection: Connection) -> ZohoBooks:
    """The same client, without budget, database or Redis."""
    assert connection.grant is not None
    return ZohoBooks(
        api=regions()[connection.region].api,
        organisation_id=connection.organisation_id,
        access=Free(tokens.access_token(connection.grant)),
    )


@dataclass
class Processes:
    """Our own processes, as the demo starts them."""

    family: Family
    folder: Path
    environment: dict[str, str]

    def worker(self, name: str, *, at_once: int = 1) -> Child:
        return self._celery(name, "worker", "--concurrency", str(at_once), *ALONE)

    def workers_answer(self, count: int) -> None:
        """Wait until so many are there."""
        until(lambda: len(app.control.ping(timeout=1) or []) >= count, seconds=60)

    def beat(self) -> Child:
        schedule = str(self.folder / "beat-schedule")
        return self._celery("beat", "beat", "--schedule", schedule, "--pidfile", "")

    def web(self, port: int) -> Child:
        gunicorn = ("gunicorn", "dext_sync.wsgi:application", "--no-control-socket")
        bind = ("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4")
        return self._begin("web", *gunicorn, *bind)

    def _celery(self, name: str, command: str, *options: str) -> Child:
        host = ("--hostname", f"{name}@%h") if command == "worker" else ()
        app = ("celery", "-A", "dext_sync.celery", command)
        return self._begin(name, *app, *options, *host)

    def _begin(self, name: str, *module: str) -> Child:
        log = self.folder / f"{name}.log"
        command: Sequence[str] = [sys.executable, "-m", *module]
        return self.family.start(
            Program(name, command, log, environment=self.environment)
        )


@contextmanager
def processes(**environment: str) -> Iterator[Processes]:
    with tempfile.TemporaryDirectory() as folder, Family() as family:
        yield Processes(family, Path(folder), {**os.environ, **environment})


def until(happened: Callable[[], bool], *, seconds: float, gap: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"This did not come true in {seconds:.0f} s: {happened}")
        time.sleep(gap)
