"""`python -m tests.benchmarks.reader BUSINESS CONNECTION [--bare]`: one refresh, its
seconds and memory as JSON.

--bare: then a bare read of the same pages. Only where each list is read from its first
page to its last: a refresh that finds most of it known asks for fewer.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from connections import lists  # noqa: E402
from connections.kinds import ListKind  # noqa: E402
from connections.models import Connection, RefreshRun  # noqa: E402
from connections.zoho.client import ZohoBooks  # noqa: E402
from connections.zoho.errors import ZohoRejected  # noqa: E402
from dext_sync.businesses.tenancy import acting_in  # noqa: E402
from tests.benchmarks import stage  # noqa: E402
from tests.zoho_standin.remote import Remote  # noqa: E402

KILOBYTES_IN_A_MEGABYTE = 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("business", type=int)
    parser.add_argument("connection", type=int)
    parser.add_argument("--bare", action="store_true")
    given = parser.parse_args()
    stage.without_our_limits()
    remote = stage.stand_in()
    with acting_in(given.business):
        connection = Connection.unscoped.get(pk=given.connection)
        if given.bare:
            _warm_up(connection)
            remote.forget_calls()
        told = _refreshed(connection, remote)
        if given.bare:
            told["bare"] = _bare_read(connection, len(told["paths"]))
    json.dump(told, sys.stdout)


def _warm_up(connection: Connection) -> None:
    """A worker's child lives long: it has read lists before, and so has what follows."""
    lists.refresh(lists.start(connection, connection.connected_by).pk)
    stage.forget_lists()


def _refreshed(connection: Connection, remote: Remote) -> dict[str, Any]:
    run = lists.start(connection, connection.connected_by)
    held = _peak()
    began = time.perf_counter()
    lists.refresh(run.pk)
    seconds = time.perf_counter() - began
    grown = _peak() - held
    ended = RefreshRun.unscoped.get(pk=run.pk)
    assert ended.finished_at is not None
    assert ended.problem == ""
    return {
        "seconds": seconds,
        "megabytes": grown / KILOBYTES_IN_A_MEGABYTE,
        "paths": [call["path"] for call in remote.calls()],
    }


def _bare_read(connection: Connection, calls: int) -> float:
    """All pages of the same lists through the same client, and nothing stored."""
    books = stage.bare_books(connection)
    began = time.perf_counter()
    books.organisation()
    books.transaction_locks()
    read = 2 + sum(_pages(books, kind) for kind in lists.offered(connection))
    seconds = time.perf_counter() - began
    assert read == calls
    return seconds


def _pages(books: ZohoBooks, kind: ListKind) -> int:
    number, has_more = 0, True
    while has_more:
        number += 1
        try:
            has_more = kind.read(books, number).has_more
        except ZohoRejected:
            assert kind.optional
            has_more = False
    return number


def _peak() -> int:
    """The most memory so far, in kilobytes."""
    status = Path("/proc/self/status").read_text()
    (line,) = [each for each in status.splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1])


if __name__ == "__main__":
    main()
