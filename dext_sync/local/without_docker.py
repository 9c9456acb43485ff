"""Does what docker-compose.yml says: python -m dext_sync.local.without_docker

Each service's own command runs in its own environment, as the file has them, from a copy
of what the image copies. Then their health checks are asked until all are well, a few
pages are opened, and all is stopped as Docker would stop it. Three things differ from
Docker: PostgreSQL and Redis are the embedded ones behind private sockets, a container's
folders lie below a temporary one, and the packages are those of .venv.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dext_sync.local import compose_file, postgres, valkey
from dext_sync.local.bootstrap import ROOT
from dext_sync.local.compose_file import Service
from dext_sync.local.demo import progress
from dext_sync.local.processes import Child, Family, death_notice
from dext_sync.local.program import Program
from dext_sync.local.refusal import CannotStart
from dext_sync.local.servers import fernet_key, short_folder

SITE: Final = "books.example.com"
TOKEN: Final = "token-of-this-run"  # noqa: S105
GIVEN: Final = {
    "SITE_URL": f"https://{SITE}",
    "SECRET_KEY": "fifty letters or more, made up, for this one run alone",
    "ENCRYPTION_KEYS": fernet_key(),
    "DATABASE_PASSWORD": "application",
    "DATABASE_OWNER_PASSWORD": "owner",
    "POSTGRES_PASSWORD": "superuser",
    "ZOHO_CLIENT_ID": "1000.NOBODY",
    "ZOHO_CLIENT_SECRET": "nothing",
    "EMAIL_HOST": "127.0.0.1",
    "DEFAULT_FROM_EMAIL": "Books <books@example.com>",
    "METRICS_TOKEN": TOKEN,
}
WORKERS: Final = ("worker", "clicks")
PROCESSES: Final = ("web", *WORKERS, "beat")
FOLDERS: Final = ("/app", "/documents", "/tmp")  # noqa: S108
PATH: Final = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
# The image has a user of its own; where root runs this, Celery warns in plain words.
AS_ROOT: Final = (
    {"PYTHONWARNINGS": "ignore:You're running the worker"} if os.geteuid() == 0 else {}
)
CELERYS_GOODBYE: Final = "worker: Warm shutdown (MainProcess)"
WELL_SECONDS: Final = 90
THROUGH_PROXY: Final = {"Host": SITE, "X-Forwarded-Proto": "https"}
PAGES: Final[tuple[tuple[str, Mapping[str, str], int], ...]] = (
    ("/healthz", {}, 200),
    ("/readyz", {}, 200),
    ("/metrics", {}, 404),
    ("/metrics", {"Authorization": f"Bearer {TOKEN}"}, 200),
    ("/accounts/login/", {"Host": SITE}, 301),
    ("/accounts/login/", THROUGH_PROXY, 200),
    ("/accounts/login/", {**THROUGH_PROXY, "Host": "elsewhere.example"}, 400),
    ("/static/css/base.css", THROUGH_PROXY, 200),
)


def main() -> None:
    folder = short_folder()
    with tempfile.TemporaryDirectory(dir=folder) as containers, Family() as family:
        family.remove_at_end(folder)
        here = Here(Path(containers), sockets=folder, port=free_port())
        Compose(family, here).run()
    print("Every command of docker-compose.yml works without Docker.")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass(frozen=True)
class Here:
    """Where a container's folders and hosts are on this machine."""

    folder: Path
    sockets: Path
    port: int

    def words(self, text: str) -> str:
        """The same words; only places are named as they are here."""
        for there, here in self._places():
            text = re.sub(there, here, text)
        return text

    def _places(self) -> Iterator[tuple[str, str]]:
        pg, redis = self.sockets / "pg", self.sockets / "valkey.sock"
        for folder in FOLDERS:
            yield rf"(?<![\w/.]){folder}\b", f"{self.folder}{folder}"
        yield r"@postgres:5432/(\w+)", rf"@/\1?host={pg}"
        yield r"--host=127\.0\.0\.1", f"--host={pg}"
        yield r"redis://redis:6379/0", f"unix://{redis}?db=0"
        yield r"redis-cli", f"redis-cli -s {redis}"
        yield r"(0\.0\.0\.0|127\.0\.0\.1):8000", f"127.0.0.1:{self.port}"


class Compose:
    def __init__(self, family: Family, here: Here) -> None:
        self.family = family
        self.here = here
        self.services = compose_file.services(GIVEN)
        self.image = compose_file.image(self.services["web"])

    def run(self) -> None:
        self.build()
        self.postgres()
        self.redis()
        with progress("migrate"):
            self.family.run_to_end(self.program("migrate"))
        running = {name: self.family.start(self.program(name)) for name in PROCESSES}
        for name in ("postgres", "redis", *PROCESSES):
            self.until_well(name)
        for page, headers, wanted in PAGES:
            self.open(page, headers, wanted)
        with progress("a task that beat asks for"):
            self.until_done_task()
        for name in reversed(PROCESSES):
            self.stop(name, running[name])
        self.read_logs()

    # The image

    def build(self) -> None:
        for folder in FOLDERS:
            Path(f"{self.here.folder}{folder}").mkdir()
        for source, target in self.image.copies:
            copy(ROOT / source, Path(f"{self.here.folder}/app") / target)
        for command in self.image.commands:
            if re.search(r"\bpython\b", command):
                with progress(" ".join(command.split()[-2:])):
                    self.finish(["sh", "-c", command], self.image.environment)

    # The services

    def postgres(self) -> None:
        with progress("postgres"):
            postgres.start(
                self.family,
                sockets=self.here.sockets / "pg",
                data=self.here.sockets / "data",
                log=self.log("postgres"),
                durable=False,
            )

    def redis(self) -> None:
        """With the arguments that the file gives the image's own program."""
        server = valkey.Valkey(self.here.sockets / "valkey.sock")
        arguments = [
            *self.services["redis"]["command"][1:],
            *("--port", "0", "--unixsocket", str(server.socket)),
            *("--dir", str(self.here.sockets)),
        ]
        program = Program(
            "redis", [str(valkey.binary()), *arguments], self.log("redis")
        )
        with progress("redis"):
            self.family.start_and_wait(program, lambda: valkey.answers(server))

    def program(self, name: str) -> Program:
        service = self.services[name]
        return Program(
            name,
            self.command(service["command"]),
            self.log(name),
            environment=self.environment(service["environment"]),
            folder=self.here.folder / "app",
        )

    def environment(self, told: Mapping[str, str]) -> dict[str, str]:
        """The image's, the service's, and nothing of this machine's own."""
        everything = {**self.image.environment, **told}
        words = {name: self.here.words(value) for name, value in everything.items()}
        return {"PATH": PATH, "LANG": "C.UTF-8", **AS_ROOT, **words}

    def command(self, words: Sequence[str]) -> list[str]:
        program, *arguments = words
        found = shutil.which(program, path=PATH)
        if found is None:
            raise CannotStart(f"There is no {program} here.")
        return [found, *map(self.here.words, arguments)]

    def log(self, name: str) -> Path:
        return self.here.folder / f"{name}.log"

    # Their health

    def until_well(self, name: str) -> None:
        service = self.services[name]
        command = check_of(service)
        needed = [word for word in ("redis-cli", "pg_isready") if word in str(command)]
        if any(shutil.which(word, path=PATH) is None for word in needed):
            print(f"  health of {name}: not asked, there is no {needed[0]} here")
            return
        with progress(f"health of {name}"):
            self.ask_until_well(name, command, service["environment"])

    def ask_until_well(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        deadline = time.monotonic() + WELL_SECONDS
        while complaint := self.complaint(command, environment):
            if ended := self.family.first_ended():
                raise CannotStart(death_notice(ended))
            if time.monotonic() > deadline:
                raise CannotStart(f"The health check of {name} says: {complaint}")
            time.sleep(0.2)

    def finish(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        if complaint := self.complaint(command, environment):
            raise CannotStart(f"{command}: {complaint}")

    def complaint(self, command: Sequence[str], environment: Mapping[str, str]) -> str:
        """Nothing where the command succeeds."""
        done = subprocess.run(
            self.command(command),
            env=self.environment(environment),
            cwd=self.here.folder / "app",
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stderr.strip() or f"status {done.returncode}"
        return said if done.returncode else ""

    # A few pages

    def open(self, page: str, headers: Mapping[str, str], wanted: int) -> None:
        status = status_of(f"http://127.0.0.1:{self.here.port}{page}", headers)
        if status != wanted:
            raise CannotStart(
                f"{page} with {dict(headers)} answers {status} instead of {wanted}."
            )
        print(f"  {page} {' '.join(headers)}: {status}")

    def until_done_task(self) -> None:
        deadline = time.monotonic() + WELL_SECONDS
        while not any("succeeded" in self.log(name).read_text() for name in WORKERS):
            if time.monotonic() > deadline:
                raise CannotStart("The workers have done no task.")
            time.sleep(0.2)

    # The end

    def stop(self, name: str, child: Child) -> None:
        """Docker sends SIGTERM and waits as long as the service says."""
        patience = compose_file.seconds(self.services[name]["stop_grace_period"])
        with progress(f"stop {name}"):
            child.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(patience)
            if child.process.returncode != 0:
                raise CannotStart(f"{name} does not stop.\n{child.last_words()}")

    def read_logs(self) -> None:
        """Each line is a JSON object."""
        for name in PROCESSES:
            with progress(f"log of {name}"):
                for line in self.lines(name):
                    require_json(name, line)

    def lines(self, name: str) -> list[str]:
        """Without what Celery writes past all logs when it is asked to end."""
        written = self.log(name).read_text().splitlines()
        return [line for line in written if line not in ("", CELERYS_GOODBYE)]


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target, ignore=caches)
    else:
        shutil.copy(source, target)


def check_of(service: Service) -> list[str]:
    how, *words = service["healthcheck"]["test"]
    return ["sh", "-c", *words] if how == "CMD-SHELL" else words


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        """The redirect is the answer."""


OPENER: Final = urllib.request.build_opener(
    NoRedirects, urllib.request.ProxyHandler({})
)


def status_of(address: str, headers: Mapping[str, str]) -> int:
    request = urllib.request.Request(address, headers=dict(headers))  # noqa: S310
    try:
        with OPENER.open(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def require_json(name: str, line: str) -> None:
    """Raises CannotStart where no machine could read what the line tells."""
    try:
        json.loads(line)["event"]
    except (ValueError, KeyError):
        raise CannotStart(f"{name} has written no JSON: {line}") from None


if __name__ == "__main__":
    try:
        main()
    except CannotStart as reason:
        sys.exit(str(reason))
