"""Servers of one's own: private, with roles made from a superuser's address."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from dext_sync.local import postgres, roles
from dext_sync.local.processes import Family
from dext_sync.local.refusal import CannotStart
from dext_sync.local.servers import ThrowAwayServers


@pytest.fixture(scope="module")
def servers() -> Iterator[ThrowAwayServers]:
    with ThrowAwayServers({}) as servers:
        yield servers


@pytest.fixture(scope="module")
def superuser(servers: ThrowAwayServers) -> str:
    return postgres.Postgres(servers.folder / "pg").superuser_address()


def answer(address: str, question: str) -> object:
    with roles.cursor_at(address) as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
    return row[0] if row else None


@pytest.fixture(scope="module")
def somebody_elses(
    servers: ThrowAwayServers, superuser: str
) -> Iterator[ThrowAwayServers]:
    """As in a place where DATABASE_URL names the superuser of a running server."""
    redis_url = servers.variables["REDIS_URL"]
    given = {"DATABASE_URL": superuser, "REDIS_URL": redis_url}
    with ThrowAwayServers(given) as others:
        yield others


def test_both_answer(servers: ThrowAwayServers) -> None:
    address = servers.variables["DATABASE_URL"]
    assert answer(address, "SELECT current_user::text") == "dext_app"
    with redis.Redis.from_url(servers.variables["REDIS_URL"]) as client:
        assert client.ping()


def test_no_other_user_of_the_machine_can_connect(servers: ThrowAwayServers) -> None:
    assert answer(servers.variables["DATABASE_URL"], "SHOW listen_addresses") == ""
    sockets = servers.folder / "pg"
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    valkey = servers.folder / "valkey.sock"
    assert stat.S_IMODE(valkey.stat().st_mode) == 0o700


def test_the_owner_makes_a_table_that_the_application_uses_and_cannot_drop(
    servers: ThrowAwayServers,
) -> None:
    application = servers.variables["DATABASE_URL"]
    with roles.cursor_at(servers.variables["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE loaves (id serial, name text)")
    with roles.cursor_at(application) as cursor:
        cursor.execute("INSERT INTO loaves (name) VALUES ('rye')")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("DROP TABLE loaves")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("TRUNCATE loaves")
    assert answer(application, "SELECT name FROM loaves") == "rye"


def test_making_the_roles_again_keeps_the_data(
    servers: ThrowAwayServers, superuser: str
) -> None:
    plan = roles.Plan(database="kept")
    with roles.cursor_at(roles.make(superuser, plan).owner) as owner:
        owner.execute("CREATE TABLE loaves AS SELECT 'rye' AS name")
    application = roles.make(superuser, plan).application
    assert answer(application, "SELECT name FROM loaves") == "rye"


def test_the_command_makes_the_roles_that_the_addresses_name(
    superuser: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = named_addresses(superuser)
    for password in ("first", "second"):
        roles.main(given | {"DATABASE_URL": given["DATABASE_URL"].format(password)})
    application = roles.address(superuser, "baker", "second", database="bakery")
    assert answer(application, "SELECT current_user::text") == "baker"
    assert (
        answer(
            application,
            "SELECT pg_get_userbyid(datdba)::text FROM pg_database"
            " WHERE datname = 'bakery'",
        )
        == "miller"
    )
    said = "Both roles and the database are as they should be.\n"
    assert capsys.readouterr().out == said * 2


def named_addresses(superuser: str) -> dict[str, str]:
    owner = roles.address(superuser, "miller", "grain", database="bakery")
    application = roles.address(superuser, "baker", "PASS", database="bakery")
    return {
        "DATABASE_SUPERUSER_URL": superuser,
        "DATABASE_OWNER_URL": owner,
        "DATABASE_URL": application.replace("PASS", "{}"),
    }


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"DATABASE_OWNER_URL": ""}, "variable DATABASE_OWNER_URL must be set"),
        ({"DATABASE_URL": "postgresql://baker@/cafe"}, "name two databases"),
        ({"DATABASE_URL": "postgresql://miller@/bakery"}, "name one role"),
    ],
)
def test_addresses_that_cannot_be_meant_are_refused(
    superuser: str, change: dict[str, str], complaint: str
) -> None:
    with pytest.raises(CannotStart, match=complaint):
        roles.main(named_addresses(superuser) | change)


def test_on_somebody_elses_server_we_take_names_of_our_own(
    somebody_elses: ThrowAwayServers,
) -> None:
    address = somebody_elses.variables["DATABASE_URL"]
    assert "REDIS_URL" not in somebody_elses.variables
    assert str(answer(address, "SELECT current_user::text")).startswith("dext_app_")
    database = str(answer(address, "SELECT current_database()::text"))
    assert database.startswith("test_dext_")


def test_and_leave_nothing_there(servers: ThrowAwayServers, superuser: str) -> None:
    given = {"DATABASE_URL": superuser, "REDIS_URL": servers.variables["REDIS_URL"]}
    with ThrowAwayServers(given) as visitors:
        plan = visitors.plan
    assert plan.suffix in plan.database
    everything = (
        "SELECT string_agg(name, ' ') FROM (SELECT rolname AS name FROM pg_roles"
        " UNION SELECT datname FROM pg_database) AS names"
    )
    assert plan.suffix not in str(answer(superuser, everything))


@pytest.mark.skipif(
    os.geteuid() != 0 or not postgres.succeeds([*postgres.UNSHARE, "true"]),
    reason="only root needs another identity, and only some kernels give it one",
)
def test_postgres_works_for_root_in_a_folder_that_nobody_can_enter(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o700)
    with Family() as family, tempfile.TemporaryDirectory(dir="/tmp") as sockets:
        server = postgres.start(
            family,
            sockets=Path(sockets),
            data=tmp_path / "data",
            log=tmp_path / "log",
            durable=False,
        )
        assert answer(server.superuser_address(), "SELECT 1") == 1
        assert (tmp_path / "data").stat().st_uid == 0


def test_an_application_role_alone_is_not_enough(servers: ThrowAwayServers) -> None:
    given = {"DATABASE_URL": servers.variables["DATABASE_URL"]}
    with pytest.raises(CannotStart, match="set DATABASE_OWNER_URL too"):
        ThrowAwayServers(given)


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    given = {"DATABASE_URL": f"postgresql://postgres@/postgres?host={tmp_path}"}
    with pytest.raises(CannotStart, match="DATABASE_URL does not answer: "):
        ThrowAwayServers(given)


def test_stopping_removes_the_folder() -> None:
    with ThrowAwayServers({"DATABASE_URL": "-", "DATABASE_OWNER_URL": "-"}) as servers:
        folder = servers.folder
        assert folder.exists()
    assert not folder.exists()


def test_a_wrong_folder_of_programs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(CannotStart, match=f"PG_BIN is {tmp_path}"):
        postgres.binaries()


@pytest.mark.parametrize(
    ("like", "role", "password", "expected"),
    [
        (
            "postgres://postgres@127.0.0.1:5432/test",
            "dext_app",
            "pass/word",
            "postgres://dext_app:pass%2Fword@127.0.0.1:5432/bakery",
        ),
        (
            "postgresql://postgres@/postgres?host=/run/pg",
            "dext_app",
            "",
            "postgresql://dext_app@/bakery?host=/run/pg",
        ),
        (
            "postgresql://boss:secret@db.example/postgres?sslmode=require",
            "",
            "",
            "postgresql://boss:secret@db.example/bakery?sslmode=require",
        ),
    ],
)
def test_the_same_server_for_another_role_and_database(
    like: str, role: str, password: str, expected: str
) -> None:
    assert roles.address(like, role, password, database="bakery") == expected
