"""Opens documents in a process with limits, so that none of them stops anybody else."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from publishing import drawing

PROGRAM: Final = Path(drawing.__file__)
AT_ONCE: Final = 2
MOST_WAIT: Final = 10
"""Seconds for one of the places; whoever waits longer is asked to come again."""
# More is not handed on: the program needs no secret of ours.
HANDED_ON: Final = ("PATH", "LD_LIBRARY_PATH")

_places = threading.BoundedSemaphore(AT_ONCE)


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
    with _place():
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


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=MOST_WAIT):
        raise Busy
    try:
        yield
    finally:
        _places.release()


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
