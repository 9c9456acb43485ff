"""Servers that live as long as one command: for tests, and for checks in CI.

Whatever the environment already names (DATABASE_URL, REDIS_URL) is used instead.
"""

import base64
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from dext_sync.local import postgres, roles, valkey
from dext_sync.local.processes import Family
from dext_sync.local.refusal import CannotStart

DISK = Path("/tmp")  # noqa: S108  (folders in it are made by mkdtemp)
MEMORY = Path("/dev/shm")  # noqa: S108
MEMORY_BYTES = 2 * 1024**3
NEEDS_OWNER = (
    "DATABASE_URL names a role that is no superuser, so that the migrating role cannot "
    "be made from it: set DATABASE_OWNER_URL too."
)


class ThrowAwayServers:
    """`variables` is what a process must have in its environment to use them.

    as_deployed: on a disk, and with settings that lose nothing.
    """

    def __init__(self, given: Mapping[str, str], *, as_deployed: bool = False) -> None:
        self.is_durable = as_deployed
        self.folder = short_folder(DISK if as_deployed else roomy_memory() or DISK)
        self.family = Family()
        self.family.remove_at_end(self.folder)
        self.superuser = ""
        self.plan = roles.Plan(
            database="dext_sync",
            suffix="",
            password="",
            owner_may_create_databases=True,
        )
        try:
            self.variables = (
                settings_for(self.folder)
                | self._database_variables(given)
                | self._redis_variables(given)
            )
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        try:
            if self.superuser:
                roles.drop(self.superuser, self.plan)
        finally:
            self.family.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _database_variables(self, given: Mapping[str, str]) -> dict[str, str]:
        address = given.get("DATABASE_URL") or self._embedded_superuser()
        if given.get("DATABASE_OWNER_URL"):
            return {}
        if not roles.is_superuser(address):
            raise CannotStart(NEEDS_OWNER)
        if given.get("DATABASE_URL"):
            self._keep_apart(address)
        made = roles.make(address, self.plan)
        return {"DATABASE_URL": made.application, "DATABASE_OWNER_URL": made.owner}

    def _embedded_superuser(self) -> str:
        server = postgres.start(
            self.family,
            sockets=self.folder / "pg",
            data=self.folder / "data",
            log=self.folder / "postgres.log",
            durable=self.is_durable,
        )
        return server.superuser_address()

    def _keep_apart(self, superuser: str) -> None:
        """On a server that others use too: names of our own, removed at the end."""
        suffix = f"_{secrets.token_hex(4)}"
        self.superuser = superuser
        self.plan = roles.Plan(
            database=f"test_dext{suffix}",
            suffix=suffix,
            password=secrets.token_urlsafe(18),
            owner_may_create_databases=True,
        )

    def _redis_variables(self, given: Mapping[str, str]) -> dict[str, str]:
        if given.get("REDIS_URL"):
            return {}
        server = valkey.start(
            self.family,
            sockets=self.folder,
            data=self.folder / "valkey",
            log=self.folder / "valkey.log",
            durable=self.is_durable,
        )
        return {"REDIS_URL": server.address()}


def roomy_memory() -> Path | None:
    """Where files live in memory. Emptying tables makes and deletes many of them, and
    ext4 searches long for a number that was not used in the last seconds.
    """
    if not os.access(MEMORY, os.W_OK | os.X_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= MEMORY_BYTES else None


def short_folder(within: Path = DISK) -> Path:
    """Socket paths over 107 bytes fail, so never below a long TMPDIR."""
    folder = Path(tempfile.mkdtemp(prefix="dext-", dir=within))
    folder.chmod(0o711)  # the servers' own folders inside are private
    return folder


def settings_for(folder: Path) -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": fernet_key(),
        "SITE_URL": "http://localhost:8000/",
        "DOCUMENTS_DIR": str(folder / "documents"),
        "MAIL_DIR": str(folder / "mail"),
    }


def fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()
