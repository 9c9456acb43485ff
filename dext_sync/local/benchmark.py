"""The command `benchmark`: how fast it is, how much it asks of Zoho, what survives.

Each measurement has servers, a database and a stand-in of its own, and is a program
of `tests.benchmarks`; its rows come together in one table here.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dext_sync.local import bootstrap, readiness
from dext_sync.local.demo import STAND_IN_CLIENT, regions
from dext_sync.local.program import Program
from dext_sync.local.refusal import CannotStart
from dext_sync.local.servers import ThrowAwayServers

NAMES: Final = {
    "refresh": "lists of 1,000 and 10,000 rows, read anew and read again",
    "calls": "calls to Zoho for each kind of item",
    "bills": "250 bills with documents, sent by four workers",
    "click": "from the click on Publish to Published",
    "inbox": "the Inbox with 1,000 and with 200,000 items",
    "automatic": "10,000 items coded by rules, and which go by themselves",
    "restarts": "every process restarted twice while people publish",
}


@dataclass(frozen=True)
class Row:
    """`figure` and `aim` as a person reads them."""

    name: str
    what: str
    figure: str
    aim: str
    is_met: bool


def main(arguments: Sequence[str]) -> int:
    """0 if every aim is met."""
    options = parsed(arguments)
    if options.list:
        print("\n".join(f"{name:<12}{what}" for name, what in NAMES.items()))
        return 0
    rows: list[Row] = []
    for name in options.names or NAMES:
        print(f"{name}: {NAMES[name]} …", file=sys.stderr, flush=True)
        rows += measured(name, small=options.small)
    print(table(rows))
    missed = [row for row in rows if not row.is_met]
    for row in missed:
        print(f"NOT MET: {row.name}: {row.what}: {row.figure}, not {row.aim}")
    return 1 if missed else 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="manage.py benchmark",
        description="Measures against the aims. Without names: everything.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *NAMES])
    parser.add_argument("--list", action="store_true", help="the names, and no more")
    parser.add_argument(
        "--small",
        action="store_true",
        help="a hundredth of the amount: whether it works, not how fast it is",
    )
    return parser.parse_args(arguments)


def measured(name: str, *, small: bool) -> list[Row]:
    with ThrowAwayServers({}, as_deployed=True) as servers:
        answer = servers.folder / "rows.json"
        environment = bootstrap.environment() | servers.variables | switched_off()
        start_stand_in(servers, environment)
        run("manage.py", "migrate", "--no-input", "-v0", environment=environment)
        amount = ("--small",) if small else ()
        program = ("-m", "tests.benchmarks", name, str(answer), *amount)
        run(*program, environment=environment)
        return [Row(**row) for row in json.loads(answer.read_text())]


def switched_off() -> dict[str, str]:
    """What slows down without being measured, or hides what is."""
    return {"DEBUG": "False", "PYTHONUNBUFFERED": "1", "C_FORCE_ROOT": "1"}


def start_stand_in(servers: ThrowAwayServers, environment: dict[str, str]) -> None:
    """On two neighbouring ports that are free now."""
    port = readiness.free_neighbours()
    environment |= STAND_IN_CLIENT | {"ZOHO_REGIONS": regions(port)}
    command = [sys.executable, "-m", "tests.zoho_standin", "--port", str(port)]
    servers.family.start_and_wait(
        Program(
            "Zoho's stand-in",
            command,
            servers.folder / "zoho.log",
            environment=dict(environment),
            folder=bootstrap.ROOT,
        ),
        lambda: readiness.pages_come(port, port + 1),
    )


def run(*command: str, environment: Mapping[str, str]) -> None:
    finished = subprocess.run(
        [sys.executable, *command],
        check=False,
        env=dict(environment),
        cwd=bootstrap.ROOT,
    )
    if finished.returncode:
        raise CannotStart(f"{' '.join(command)} ended with {finished.returncode}.")


def table(rows: Iterable[Row]) -> str:
    heads = ("name", "what", "figure", "aim", "")
    lines = [heads, *(cells(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def cells(row: Row) -> tuple[str, ...]:
    met = "met" if row.is_met else "NOT MET"
    return (row.name, row.what, row.figure, row.aim, met)
