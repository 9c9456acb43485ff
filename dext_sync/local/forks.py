"""A Python module that runs in a moment: in a copy of this process, which has imported
all that it needs. Only while this process has no second thread.
"""

import os
import runpy
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, NoReturn

from dext_sync.local.launch import be_called, end_with
from dext_sync.local.program import Program

Handler = Callable[[int, FrameType | None], Any] | signal.Handlers
LEFT_TO_THEIR_DEFAULT: Final[dict[signal.Signals, Handler]] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}
LOOK_SECONDS = 0.05


class Fork:
    """As much of a `subprocess.Popen` as a family asks of its children."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            try:
                self._heed(*os.waitpid(self.pid, os.WNOHANG))
            except ChildProcessError:
                # It has ended, and nobody is told how where SIGCHLD is ignored.
                self.returncode = 0
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(LOOK_SECONDS)
        return self.returncode or 0

    def send_signal(self, sig: int) -> None:
        """As long as it has not been waited for, its number is nobody else's."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _heed(self, pid: int, status: int) -> None:
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)


@contextmanager
def told_later() -> Iterator[None]:
    """What this process is told meanwhile it hears afterwards: until a copy is known it
    would go on alone, and until it has settled it is in this process's place still."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, LEFT_TO_THEIR_DEFAULT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def fork(program: Program) -> Fork:
    """Inside `told_later`. The program's command must be `python -m MODULE …`, its user
    this one."""
    parent = os.getpid()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        live(program, parent)
    return Fork(pid)


def live(program: Program, parent: int) -> NoReturn:
    """Never goes back to where this process was: what is to be stopped there is not ours."""
    status = 1
    try:
        status = lived(program, parent)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def lived(program: Program, parent: int) -> int:
    try:
        settle(program, parent)
        run(program.command[2:])
    except SystemExit as end:
        return status_of(end)
    except BaseException:  # noqa: BLE001  (as an interpreter does)
        traceback.print_exc()
        return 1
    return 0


def settle(program: Program, parent: int) -> None:
    """All that this process was told, holds open and would do is not the copy's."""
    os.setsid()
    if sys.platform == "linux":
        end_with(parent, program.stop_signal)
        be_called(program.name)
    for number, handler in LEFT_TO_THEIR_DEFAULT.items():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, LEFT_TO_THEIR_DEFAULT)
    write_into(program)
    os.environ.clear()
    os.environ.update(program.environment)
    if program.folder:
        os.chdir(program.folder)


def write_into(program: Program) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(nothing, 0)
    for number in (1, 2):
        os.dup2(log, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    # A line of a log is read while its writer goes on.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def run(words: Sequence[str]) -> None:
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


def status_of(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1
