"""Four callers of one process that want a token at the same moment."""

import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection as Line
from pathlib import Path

from django.db import connection

from connections import tokens
from connections.models import Grant
from tests.worker_process import settle


def call(
    name: str, folder: Path, settings: Mapping[str, object], *, line: Line
) -> None:
    """Says on the line that it is ready, waits for any word, and tells what they got."""
    settle(name, folder, settings)
    grant = Grant.objects.get()
    got: list[str] = []

    def one() -> None:
        got.append(tokens.access_token(grant))
        connection.close()

    callers = [threading.Thread(target=one) for _number in range(4)]
    line.send("ready")
    line.recv()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    line.send(got)
