"""A family of child processes: started in order, stopped in reverse, none left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from dext_sync.local.forks import fork, told_later
from dext_sync.local.program import Program
from dext_sync.local.refusal import CannotStart

HERE = Path(__file__).parent
BARE_PYTHON = (sys.executable, "-I", "-S")
STOP_SECONDS = 9.0  # a person who typed Ctrl-C waits ten at most


class Process(Protocol):
    """Of a subprocess.Popen what is asked of a child."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def terminate(self) -> None: ...


@dataclass(frozen=True)
class Child:
    program: Program
    process: Process

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def last_words(self, lines: int = 15) -> str:
        written = self.program.log.read_text(errors="replace").splitlines()
        return "\n".join(written[-lines:])


class Family:
    """Use as a context manager: leaving it stops whatever was started.

    `held` is a file descriptor (of a lock, say) that stays open until everything is
    gone, even when this process was killed. `grace`: how many seconds each child has
    to end by itself in that case.
    """

    def __init__(self, *, held: int | None = None, grace: float = 5.0) -> None:
        self.children: list[Child] = []
        self.guard = subprocess.Popen(
            [*BARE_PYTHON, str(HERE / "guard.py"), str(grace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=() if held is None else (held,),
            cwd="/",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, program: Program) -> Child:
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with program.log.open("ab") as log:
            process = subprocess.Popen(
                as_child(program),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(program.environment),
                cwd=program.folder,
                start_new_session=True,
            )
        return self._take(Child(program, process))

    def fork(self, program: Program) -> Child:
        """The same of a Python module that this process has imported; see `forks`."""
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with told_later():
            return self._take(Child(program, fork(program)))

    def _take(self, child: Child) -> Child:
        self.children.append(child)
        self._tell_guard("watch", child.process.pid, int(child.program.stop_signal))
        return child

    def start_and_wait(
        self, program: Program, is_ready: Callable[[], bool], *, seconds: float = 30
    ) -> Child:
        child = self.start(program)
        wait_for(child, is_ready, seconds=seconds)
        return child

    def run_to_end(self, program: Program) -> None:
        self.see_to_end(self.start(program))

    def see_to_end(self, child: Child) -> None:
        child.process.wait()
        self.children.remove(child)
        self._tell_guard("forget", child.process.pid)
        if child.process.returncode != 0:
            raise CannotStart(death_notice(child))

    def remove_at_end(self, folder: Path) -> None:
        self._tell_guard("remove", str(folder))

    def first_ended(self) -> Child | None:
        return next((child for child in self.children if child.ended), None)

    def stop(
        self,
        *,
        before: Callable[[Child], None] = lambda child: None,
        seconds: float = STOP_SECONDS,
    ) -> None:
        """The later ones get what is left of the time, half a second at least."""
        deadline = time.monotonic() + seconds
        while self.children:
            together = that_end_together(self.children)
            for child in together:
                ask(child)
            for child in together:
                before(child)
                see_off(child, deadline=deadline - 0.5 * len(self.children))
                self._tell_guard("forget", child.process.pid)
                self.children.remove(child)
        self._dismiss_guard()

    def _tell_guard(self, *order: str | int) -> None:
        pipe = guard_input(self.guard)
        if not pipe.closed:
            with contextlib.suppress(BrokenPipeError):
                pipe.write(json.dumps(order).encode() + b"\n")
                pipe.flush()

    def _dismiss_guard(self) -> None:
        guard_input(self.guard).close()
        self.guard.wait()


def as_child(program: Program) -> list[str]:
    """The prefix (another user's name space) comes first: it would undo the launcher."""
    launcher = [*BARE_PYTHON, str(HERE / "launch.py"), str(int(program.stop_signal))]
    return [
        *program.prefix,
        *launcher,
        str(os.getpid()),
        program.user,
        *program.command,
    ]


def wait_for(child: Child, is_ready: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_ready():
        if child.ended:
            raise CannotStart(death_notice(child))
        if time.monotonic() > deadline:
            raise CannotStart(
                f"{child.program.name} is not ready after {seconds:.0f} s; "
                f"its log ({child.program.log}) ends:\n{child.last_words()}"
            )
        time.sleep(0.03)


def death_notice(child: Child) -> str:
    program = child.program
    return (
        f"{program.name} ended by itself (status {child.process.returncode}); "
        f"its log ({program.log}) ends:\n{child.last_words()}"
    )


def that_end_together(children: Sequence[Child]) -> list[Child]:
    """The last one; where it serves nobody, with those before it that do not either,
    for each may take seconds to finish what it does."""
    busy = takewhile(lambda child: not child.program.serves, reversed(children))
    return list(busy) or [children[-1]]


def ask(child: Child) -> None:
    if not child.ended:
        child.process.send_signal(child.program.stop_signal)


def see_off(child: Child, *, deadline: float) -> None:
    """Kills the whole group when the time is over, and what is left of it before."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.process.wait(max(deadline - time.monotonic(), 0.2))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()


def guard_input(guard: subprocess.Popen[bytes]) -> IO[bytes]:
    if guard.stdin is None:
        raise RuntimeError("the guard was started without an input")
    return guard.stdin
