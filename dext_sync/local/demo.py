"""The command `demo`: the whole application on this machine, from nothing to Ctrl-C."""

import argparse
import contextlib
import gc
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from dext_sync.local import bootstrap, postgres, readiness, roles, valkey
from dext_sync.local.demo_lock import only_demo_in
from dext_sync.local.processes import Child, Family, death_notice, wait_for
from dext_sync.local.program import Program
from dext_sync.local.refusal import CannotStart
from dext_sync.local.secrets_file import kept_secrets
from dext_sync.local.servers import NEEDS_OWNER, short_folder

STATE = Path(os.environ.get("DEXT_STATE", bootstrap.STATE)).resolve()
SURVIVES_FRESH = ("tools", "install.lock", "install.log", "demo.lock")
STAND_IN_DISTANCE = 100  # its ports are the demo's port and this, and one more
STAND_IN_CLIENT = {
    "ZOHO_CLIENT_ID": "1000.DEXTSYNCDEMO",
    "ZOHO_CLIENT_SECRET": "standin-secret",
}
PASSWORD = "bakery-demo-2026"  # noqa: S105  (the demo's people, printed for everybody)
SUPPORT = "sam@support.example"
PEOPLE = {
    "alice@harbourbakery.example": "Alice owns Harbour Bakery",
    "bob@harbourbakery.example": "Bob publishes his own documents",
    "vera@harbourbakery.example": "Vera prepares items and may not publish",
    "charlie@garage.example": "Charlie owns Garage Charlie",
    "anna@ledgerly.example": "Anna is the accountant of both",
    SUPPORT: "Sam is support, and looks in where an Admin lets him",
}


@dataclass(frozen=True)
class Options:
    port: int
    fresh: bool
    zoho_is_given: bool = False
    """By ZOHO_REGIONS: no stand-in is needed."""

    @property
    def site(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def stand_in_port(self) -> int:
        return self.port + STAND_IN_DISTANCE


def main(arguments: Sequence[str]) -> None:
    options = parsed(arguments)
    stop_when_told()
    with only_demo_in(STATE) as held:
        readiness.require_free_ports(ports(options))
        if options.fresh:
            empty_state()
        run(options, held)


def parsed(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="manage.py demo", description="Runs the whole application here."
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fresh", action="store_true", help="forget all earlier data")
    given = parser.parse_args(arguments)
    return Options(given.port, given.fresh, zoho_is_given="ZOHO_REGIONS" in os.environ)


def stop_when_told() -> None:
    signal.signal(signal.SIGINT, as_if_interrupted)
    signal.signal(signal.SIGTERM, as_if_interrupted)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # that would be nohup
        signal.signal(signal.SIGHUP, as_if_interrupted)


def as_if_interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def ports(options: Options) -> list[int]:
    if options.zoho_is_given:
        return [options.port]
    return [options.port, options.stand_in_port, options.stand_in_port + 1]


def empty_state() -> None:
    if superuser := given_superuser():
        roles.drop(superuser, demo_plan())
    for entry in STATE.iterdir():
        if entry.name in SURVIVES_FRESH:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def run(options: Options, held: int) -> None:
    started_at = time.monotonic()
    with Family(held=held) as family:
        try:
            Demo(options, family).start()
            greet(options, time.monotonic() - started_at)
            watch(family)
        except KeyboardInterrupt:
            print("\nStopping", flush=True)
        finally:
            stop(family)


def watch(family: Family) -> None:
    while (ended := family.first_ended()) is None:
        time.sleep(0.2)
    raise CannotStart(death_notice(ended))


def stop(family: Family) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    family.stop(before=lambda child: print(f"  {child.program.name}", flush=True))
    print("Everything is stopped.", flush=True)


@dataclass(frozen=True)
class Part:
    child: Child
    is_ready: Callable[[], bool]


class Demo:
    """Starts every part after those that it needs, and otherwise all at once."""

    def __init__(self, options: Options, family: Family) -> None:
        self.options = options
        self.family = family
        self.secrets = kept_secrets(STATE / "secrets")
        self.sockets = short_folder()
        family.remove_at_end(self.sockets)
        self.owner_address = ""
        self.environment = self._settings()

    def start(self) -> None:
        self._database()
        self._redis()
        self._become_the_application()
        parts = [] if self.options.zoho_is_given else [self._stand_in()]
        with progress("Migrations and data"):
            self._fill_database()
        parts += [self._web(), self._worker(), self._clicks(), self._beat()]
        for part in parts:
            with progress(part.child.program.name):
                wait_for(part.child, part.is_ready, seconds=60)

    def _settings(self) -> dict[str, str]:
        """What the person who starts the demo has set themselves comes first."""
        ours = {
            "SECRET_KEY": self.secrets["SECRET_KEY"],
            "ENCRYPTION_KEYS": self.secrets["ENCRYPTION_KEYS"],
            "SITE_URL": self.options.site,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "DOCUMENTS_DIR": str(STATE / "documents"),
            "MAIL_DIR": str(STATE / "mail"),
            "SUPPORT_EMAILS": SUPPORT,
            "PYTHONUNBUFFERED": "1",
        }
        if not self.options.zoho_is_given:
            ours |= STAND_IN_CLIENT | {
                "ZOHO_REGIONS": regions(self.options.stand_in_port)
            }
        given = bootstrap.environment()
        given.pop("DATABASE_OWNER_URL", None)  # for migrations alone
        return ours | given

    def _database(self) -> None:
        given = os.environ.get("DATABASE_URL", "")
        owner = os.environ.get("DATABASE_OWNER_URL", "")
        if given and owner:
            addresses = roles.Addresses(application=given, owner=owner)
        else:
            addresses = self._database_of_our_own()
        self.owner_address = addresses.owner
        self.environment["DATABASE_URL"] = addresses.application

    def _database_of_our_own(self) -> roles.Addresses:
        plan = demo_plan(self.secrets["DATABASE_PASSWORD"])
        if superuser := given_superuser():
            with progress("Roles and database"):
                return roles.make(superuser, plan)
        with progress("Postgres"):
            server = postgres.start(
                self.family,
                sockets=self.sockets / "pg",
                data=STATE / "postgres",
                log=log("postgres"),
                durable=True,
            )
        with progress("Roles and database"):
            return roles.make(server.superuser_address(), plan)

    def _redis(self) -> None:
        if "REDIS_URL" in os.environ:
            return
        with progress("Valkey"):
            server = valkey.start(
                self.family,
                sockets=self.sockets,
                data=STATE / "valkey",
                log=log("valkey"),
                durable=True,
            )
        self.environment["REDIS_URL"] = server.address()

    def _become_the_application(self) -> None:
        """The parts are forked from here: for each to import all of it anew takes longer
        than everything else together."""
        os.environ.clear()
        os.environ.update(self.environment)
        with progress("Application"):
            import_everything()
        self.environment = dict(os.environ)

    def _fill_database(self) -> None:
        """With both roles; the processes that stay are told only of the application's."""
        both = self.environment | {"DATABASE_OWNER_URL": self.owner_address}
        module = ("-m", "dext_sync.local.demo_data")
        program = self._python("Migrations and data", "migrations", *module)
        self.family.see_to_end(self.family.fork(program.with_environment(both)))

    def _stand_in(self) -> Part:
        port = str(self.options.stand_in_port)
        state = str(STATE / "zoho.json")
        module = ("-m", "tests.zoho_standin", "--port", port, "--state", state)
        return Part(
            self.family.fork(self._python("Zoho's stand-in", "zoho", *module)),
            lambda: readiness.pages_come(*ports(self.options)[1:]),
        )

    def _web(self) -> Part:
        gunicorn = (
            *("-m", "gunicorn", "dext_sync.wsgi:application", "--preload"),
            *("--bind", f"127.0.0.1:{self.options.port}"),
            *("--workers", "2", "--threads", "4", "--graceful-timeout", "2"),
            *(
                "--no-control-socket",
                "--access-logfile",
                "-",
                "--forwarder-headers",
                "",
            ),
        )
        web = replace(self._python("Web", "web", *gunicorn), serves=False)
        return Part(
            self.family.fork(web), lambda: readiness.pages_come(self.options.port)
        )

    def _worker(self) -> Part:
        alone = ("--without-mingle", "--without-gossip")
        worker = ("worker", "--concurrency", "2", "--loglevel", "INFO", *alone)
        return Part(
            self.family.fork(self._celery("Worker", *worker)),
            lambda: readiness.worker_listens(self.environment["REDIS_URL"]),
        )

    def _clicks(self) -> Part:
        """What somebody waits for, while the worker may be held by slow calls."""
        alone = ("--without-mingle", "--without-gossip")
        worker = ("worker", "--queues", "people", "--concurrency", "1", *alone)
        child = self.family.fork(self._celery("Clicks", *worker, "--loglevel", "INFO"))
        return Part(child, lambda: b" ready." in child.program.log.read_bytes())

    def _beat(self) -> Part:
        schedule = self.sockets / "beat"
        beat = ("beat", "--schedule", str(schedule), "--pidfile", "")
        return Part(
            self.family.fork(self._celery("Beat", *beat, "--loglevel", "INFO")),
            lambda: any(self.sockets.glob("beat*")),
        )

    def _celery(self, name: str, *arguments: str) -> Program:
        app = ("-m", "celery", "-A", "dext_sync.celery")
        return replace(self._python(name, name.lower(), *app, *arguments), serves=False)

    def _python(self, name: str, log_name: str, *arguments: str) -> Program:
        return Program(
            name,
            [sys.executable, *arguments],
            log(log_name),
            environment=self.environment,
            folder=bootstrap.ROOT,
        )


def import_everything() -> None:
    try:
        # Only now is there anything that its settings could be read from.
        from dext_sync.local import preload  # noqa: PLC0415

        preload.everything()
    except ImproperlyConfigured as reason:
        raise CannotStart(str(reason)) from reason
    gc.freeze()  # What is imported by now stays, in all of them.


def given_superuser() -> str:
    """The address in DATABASE_URL, when it is for us to make the roles from it."""
    address = os.environ.get("DATABASE_URL", "")
    if not address or os.environ.get("DATABASE_OWNER_URL"):
        return ""
    if not roles.is_superuser(address):
        raise CannotStart(NEEDS_OWNER)
    return address


def demo_plan(password: str = "") -> roles.Plan:
    """On somebody else's server, with names that say whose they are."""
    if "DATABASE_URL" not in os.environ:
        return roles.Plan(database="dext_sync")
    return roles.Plan(database="dext_sync_demo", suffix="_demo", password=password)


def regions(stand_in_port: int) -> str:
    origins = [
        f"http://localhost:{port}" for port in (stand_in_port, stand_in_port + 1)
    ]
    return json.dumps(
        {
            region: dict.fromkeys(("accounts", "api", "books"), origin)
            for region, origin in zip(("us", "eu"), origins, strict=True)
        }
    )


def log(name: str) -> Path:
    return STATE / "logs" / f"{name}.log"


@contextlib.contextmanager
def progress(part: str) -> Iterator[None]:
    print(f"  {part} ".ljust(24, "."), end=" ", flush=True)
    started_at = time.monotonic()
    try:
        yield
    except BaseException:
        print("no")
        raise
    print(f"{time.monotonic() - started_at:.1f} s", flush=True)


def greet(options: Options, seconds: float) -> None:
    people = "\n".join(f"    {email:<30}{who}" for email, who in PEOPLE.items())
    zoho = (
        "  Zoho is a stand-in at "
        f"http://localhost:{options.stand_in_port} and :{options.stand_in_port + 1}.\n"
        "    Sign in there as alice@harbourbakery.example, password zoho-demo."
    )
    if options.zoho_is_given:
        zoho = "  Zoho is where ZOHO_REGIONS says."
    print(
        f"\ndext_sync is ready after {seconds:.1f} s: {options.site}\n\n"
        f"  Sign in with the password {PASSWORD} as\n{people}\n\n{zoho}\n\n"
        f"  Mails are files in {shown(STATE / 'mail')}, logs in {shown(STATE / 'logs')}.\n"
        "  Ctrl-C stops everything.",
        flush=True,
    )


def shown(folder: Path) -> str:
    if folder.is_relative_to(bootstrap.ROOT):
        return str(folder.relative_to(bootstrap.ROOT))
    return str(folder)
