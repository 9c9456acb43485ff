"""Gives a pytest run its own Postgres and Valkey before Django's settings are read.

They are started once, by the single process or by the one that commands the workers
of pytest-xdist; the workers find their addresses in the environment.
"""

import gc
import os
from collections.abc import Collection, Generator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from dext_sync.local import roles
from dext_sync.local.refusal import CannotStart
from dext_sync.local.servers import ThrowAwayServers

ONLY_ASKING = {"-h", "--help", "--version", "-V", "--markers", "--fixtures"}
DATABASE = {"db", "database", "committed_db", "django_db_setup"}
NOWHERE = "postgresql://nobody@/nothing?host=/nowhere"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str]
) -> Generator[None]:
    """A wrapper, because pytest-django reads the settings in the same hook."""
    gc.disable()  # Until all tests are collected nearly nothing is garbage.
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        keep_apart(worker)
    elif ONLY_ASKING.intersection(args):
        os.environ |= {"DATABASE_URL": NOWHERE, "SECRET_KEY": "-", "DEBUG": "True"}
    else:
        start_servers(early_config)
    return (yield)


def start_servers(config: pytest.Config) -> None:
    try:
        servers = ThrowAwayServers(os.environ)
    except CannotStart as reason:
        raise pytest.UsageError(str(reason)) from None
    config.add_cleanup(servers.stop)
    os.environ.update(servers.variables)


def keep_apart(worker: str) -> None:
    """Workers share the servers and nothing on them."""
    number = int(worker.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = with_number(os.environ["REDIS_URL"], number)
    for folder in ("DOCUMENTS_DIR", "MAIL_DIR"):
        os.environ[folder] = str(Path(os.environ[folder]) / worker)


def with_number(redis: str, number: int) -> str:
    """The same server's database of this number.

    urlunsplit would make `unix:/…` of `unix:///…`, which nobody understands.
    """
    if redis.startswith("unix:"):
        return f"{redis.partition('?')[0]}?db={number}"
    return urlunsplit(urlsplit(redis)._replace(path=f"/{number}"))


def pytest_report_header() -> str:
    """Which servers this run stands on."""
    if os.environ["DATABASE_URL"] == NOWHERE:
        return "servers: none"
    with roles.cursor_at(os.environ["DATABASE_URL"]) as cursor:
        cursor.execute("SHOW server_version")
        (database,) = cursor.fetchone() or ("?",)
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        broker = client.info("server")
    name = "Valkey" if "valkey_version" in broker else "Redis"
    version = broker.get("valkey_version", broker["redis_version"])
    return f"servers: PostgreSQL {database}, {name} {version}"


def pytest_configure(config: pytest.Config) -> None:
    """Registered late, so that our django_db_setup replaces pytest-django's."""
    from dext_sync.local import pytest_database  # noqa: PLC0415  (needs settings)

    config.pluginmanager.register(pytest_database, "dext_sync_database")


def pytest_collection_finish() -> None:
    """What is imported by now stays: nobody need look for garbage in it again."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One Chromium and one set of worker processes at a time, also under xdist, which
    looks for the groups in the same hook.

    They come first, so that no worker has nothing left to do beside them.
    """
    for item in items:
        if group := group_of(item):
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: turn(group_of(item), fixtures_of(item)))


def turn(group: str, fixtures: Collection[str]) -> tuple[bool, bool]:
    """In a group those without a database go first: another worker makes it meanwhile."""
    return not group, bool(group) and not DATABASE.isdisjoint(fixtures)


def fixtures_of(item: pytest.Item) -> Collection[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else ()


def group_of(item: pytest.Item) -> str:
    groups = ("browser", "processes")
    return next(filter(item.get_closest_marker, groups), "")
