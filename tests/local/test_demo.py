"""The demo as a person meets it: one command, an address, Ctrl-C."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dext_sync.local import bootstrap
from tests.local.surroundings import (
    clean_environment,
    eventually,
    free_port,
    processes_with,
)

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
READY_SECONDS = 90
PARTS = ["Beat", "Clicks", "Worker", "Web", "Zoho's stand-in", "Valkey", "Postgres"]


@dataclass(frozen=True)
class RunningDemo:
    process: "subprocess.Popen[bytes]"
    port: int
    state: Path
    output: Path

    @property
    def says(self) -> str:
        return self.output.read_text()

    @property
    def processes(self) -> set[int]:
        """Every descendant inherits this variable, however far it has moved away."""
        return processes_with(f"DEXT_STATE={self.state}")

    def status_of(self, path: str) -> int:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status


@contextmanager
def demo(state: Path, port: int, *arguments: str) -> Iterator[RunningDemo]:
    output = state.with_suffix(".output")
    with output.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "manage.py", "demo", "--port", str(port), *arguments],
            cwd=bootstrap.ROOT,
            env=clean_environment(DEXT_STATE=str(state)),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    running = RunningDemo(process, port, state, output)
    try:
        yield running
    finally:
        process.kill()
        process.wait()
        assert eventually(lambda: not running.processes, seconds=20)


@contextmanager
def ready_demo(state: Path, port: int, *arguments: str) -> Iterator[RunningDemo]:
    with demo(state, port, *arguments) as running:
        eventually(
            lambda: "Ctrl-C" in running.says or running.process.poll() is not None,
            seconds=READY_SECONDS,
        )
        assert "Ctrl-C stops everything." in running.says, running.says
        yield running


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A folder that every user can enter: where root runs the tests, nobody must."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        state = Path(folder) / "var"
        state.mkdir()
        yield state


def file_numbers(state: Path) -> dict[str, int]:
    names = ("secrets", "postgres/PG_VERSION")
    return {name: (state / name).stat().st_ino for name in names}


def test_it_starts_alone_answers_ends_and_then_finds_its_data_again(
    state: Path, port: int
) -> None:
    starts_answers_and_ends_in_order_within_ten_seconds(state, port)
    finds_its_data_and_leaves_no_process_when_killed(state, port)


def starts_answers_and_ends_in_order_within_ten_seconds(state: Path, port: int) -> None:
    left_over = state / "mail" / "of an earlier demo"
    left_over.parent.mkdir(parents=True, exist_ok=True)
    left_over.write_text("Dear Alice")
    with ready_demo(state, port, "--fresh") as running:
        assert not left_over.exists()
        assert f"http://localhost:{port}\n" in running.says
        assert running.status_of("/accounts/login/") == 200
        assert (state / "secrets").stat().st_mode & 0o777 == 0o600
        a_second_demo_of_this_folder_is_refused(running)

        told_at = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        running.process.wait(timeout=20)

        assert time.monotonic() - told_at < 10
        assert running.process.returncode == 0
        stopped = running.says.partition("Stopping\n")[2].splitlines()
        assert [line.strip() for line in stopped] == [*PARTS, "Everything is stopped."]
        assert running.processes == set()


def a_second_demo_of_this_folder_is_refused(first: RunningDemo) -> None:
    second = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", "demo", "--port", str(first.port), "--fresh"],
        cwd=bootstrap.ROOT,
        env=clean_environment(DEXT_STATE=str(first.state)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr == (
        "A demo is running from this folder already "
        f"(process {first.process.pid}): stop it first with Ctrl-C.\n"
    )
    assert first.status_of("/accounts/login/") == 200


def finds_its_data_and_leaves_no_process_when_killed(state: Path, port: int) -> None:
    before = file_numbers(state)
    with ready_demo(state, port) as running:
        assert file_numbers(state) == before
        assert len(running.processes) > len(PARTS)

        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()

        assert eventually(lambda: not running.processes, seconds=20)


def test_a_part_that_dies_is_reported_and_everything_stops(
    state: Path, port: int
) -> None:
    with ready_demo(state, port) as running:
        (worker,) = (pid for pid in children(running) if name_of(pid) == "Worker")
        os.kill(worker, signal.SIGKILL)

        assert running.process.wait(timeout=20) == 1
        assert "Worker ended by itself (status -9); its log (" in running.says
        assert running.processes == set()


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def children(running: RunningDemo) -> set[int]:
    listed = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    return set(map(int, listed.read_text().split()))


def test_a_busy_port_is_one_sentence(state: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)), demo(state, port) as running:
        assert running.process.wait(timeout=20) == 1
        assert running.says == (
            f"Port {port} is busy: stop what uses it, or choose another with --port "
            "(the stand-in for Zoho takes the two ports 100 above).\n"
        )
