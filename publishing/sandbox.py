"""Opens documents in a process with limits, so that none of them stops anybody else."""

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dext_sync.businesses.tenancy import current_scope
from publishing import drawing

PROGRAM: Final = Path(drawing.__file__)
AT_ONCE: Final = 2
OF_ONE_BUSINESS: Final = AT_ONCE - 1
"""One place is always free of whoever has documents that take long."""
MOST_WAIT: Final = 10
"""Seconds for one of the places; whoever waits longer is asked to come again."""
# More is not handed on: the program needs no secret of ours.
HANDED_ON: Final = ("PATH", "LD_LIBRARY_PATH")


class Damaged(Exception):
    """It cannot be opened as what it is said to be."""


class Locked(Exception):
    """It wants a password."""


class TooManyPixels(Exception):
    pass


class TooMuchWork(Exception):
    """It took more time or memory than any document may."""


class Busy(Exception):
    """Other documents are being opened, for longer than anybody should wait."""


@dataclass(frozen=True)
class Examined:
    pages: int
    has_size: bool


def examine(content: bytes, content_type: str) -> Examined:
    """Raises any of the above."""
    pages, has_size = _run(content, "examine", content_type).split()
    return Examined(int(pages), has_size == b"1")


def convert(content: bytes, content_type: str) -> bytes:
    """The same picture as a JPEG. Raises any of the above."""
    return _run(content, "convert", content_type)


def draw(content: bytes, content_type: str, page: int, width: int) -> bytes:
    """A PNG of the page (the first is 1). Raises any of the above."""
    return _run(content, "draw", content_type, str(page), str(width))


def _run(content: bytes, *task: str) -> bytes:
    # -I: neither this folder nor the environment adds modules to the program.
    command = [sys.executable, "-I", str(PROGRAM), *task]
    with place_of(current_scope().business):
        try:
            done = subprocess.run(  # noqa: S603  (our own program, our own words)
                command,
                input=content,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={key: os.environ[key] for key in HANDED_ON if key in os.environ},
                timeout=drawing.MOST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TooMuchWork from None
    _check(done.returncode)
    return done.stdout


class Places:
    """Those of this process, and who has them."""

    def __init__(self) -> None:
        self._taken: Counter[int | None] = Counter()
        self._changed = threading.Condition()

    def take(self, business: int | None) -> None:
        """Raises Busy."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free(business), MOST_WAIT):
                raise Busy
            self._taken[business] += 1

    def _is_free(self, business: int | None) -> bool:
        return self._taken.total() < AT_ONCE and self._taken[business] < OF_ONE_BUSINESS

    def give_back(self, business: int | None) -> None:
        with self._changed:
            self._taken[business] -= 1
            self._taken += Counter()  # Forgets whoever has none.
            self._changed.notify_all()


_places = Places()


@contextmanager
def place_of(business: int | None) -> Iterator[None]:
    """Raises Busy."""
    _places.take(business)
    try:
        yield
    finally:
        _places.give_back(business)


def _check(code: int) -> None:
    match code:
        case 0:
            return
        case drawing.DAMAGED:
            raise Damaged
        case drawing.LOCKED:
            raise Locked
        case drawing.TOO_MANY_PIXELS:
            raise TooManyPixels
        case _:
            raise TooMuchWork
