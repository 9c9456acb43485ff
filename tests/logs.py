"""Log lines as a process in production writes them, for tests to read."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dext_sync import logs

Line = dict[str, Any]
Lines = Callable[[], list[Line]]


@contextmanager
def written() -> Iterator[Lines]:
    with plain(logs.JSON) as text:
        yield lambda: [json.loads(line) for line in text().splitlines()]


@contextmanager
def plain(form: str) -> Iterator[Callable[[], str]]:
    """The text itself, as it leaves the process."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(form))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield stream.getvalue
    finally:
        root.removeHandler(handler)


def _formatter(form: str) -> logging.Formatter:
    chosen = dict(logs.configuration(form)["formatters"][form])
    make = chosen.pop("()")
    formatter = make(**chosen)
    assert isinstance(formatter, logging.Formatter)
    return formatter


def of(lines: Lines, event: str) -> Line:
    """The one line that says this."""
    (line,) = [line for line in lines() if line["event"] == event]
    return line
