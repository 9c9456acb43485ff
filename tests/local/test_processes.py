"""A family of processes: in order, in reverse, and nobody left behind."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dext_sync.local.guard import runs
from dext_sync.local.processes import Family
from dext_sync.local.program import Program
from dext_sync.local.refusal import CannotStart
from tests.local.surroundings import eventually

NEEDS_THE_OTHER_TO_END = """
import pathlib, signal, sys, time
own, other = map(pathlib.Path, sys.argv[1:])
def end(*_):
    own.with_suffix(".asked").touch()
    while not other.with_suffix(".asked").exists(): time.sleep(0.01)
    sys.exit()
signal.signal(signal.SIGTERM, end)
own.touch()
signal.pause()
"""
WRITES_ITS_END = """
import pathlib, signal, sys
def end(*_):
    with open(sys.argv[1], "a") as journal:
        journal.write(sys.argv[2] + " ends\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1] + sys.argv[2]).touch()
signal.pause()
"""
DEAF_WITH_A_CHILD = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    with open(sys.argv[1], "w") as file:
        file.write(f"{os.getpid()} {child}\\n")
signal.pause()
"""
PARENT = """
import os, signal, sys
from pathlib import Path
from dext_sync.local.processes import Family
from dext_sync.local.program import Program
family = Family(grace=0.5)
family.remove_at_end(Path(sys.argv[3]))
family.start(Program("deaf", [sys.executable, "-c", sys.argv[1], sys.argv[2]], Path(sys.argv[2] + ".log")))
signal.pause()
"""
FORKING_PARENT = """
import signal, sys
from pathlib import Path
from dext_sync.local.processes import Family
from dext_sync.local.program import Program
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started the tests
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
command = [sys.executable, "-m", "oven", *sys.argv[2:]]
program = Program("oven", command, folder / "log", environment={"HEAT": "230"}, folder=folder)
with Family(grace=0.5) as family:
    family.see_to_end(family.fork(program))
"""
BESIDE_A_DATABASE = """
import sys
from pathlib import Path
from dext_sync.local.processes import Family
from dext_sync.local.program import Program
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
serving = [sys.executable, "-c", "import signal; signal.pause()"]
oven = Program("oven", [sys.executable, "-m", "oven", "cold"], Path("/dev/full"), folder=folder)
with Family(grace=0.5) as family:
    database = family.start(Program("database", serving, folder / "database.log"))
    family.fork(oven).process.wait()
    assert not database.ended, "the database was stopped by a copy"
"""
WITHOUT_NEWS_OF_CHILDREN = """
import signal, sys
from pathlib import Path
from dext_sync.local.processes import Family
from dext_sync.local.program import Program
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # as whoever starts us may have it
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
(folder / "done.py").touch()
step = Program("step", [sys.executable, "-m", "done"], folder / "log", folder=folder)
with Family(grace=0.5) as family:
    family.see_to_end(getattr(family, sys.argv[2])(step))
"""
INTERRUPTED_WHILE_FORKING = """
import os, signal, sys
from pathlib import Path
from dext_sync.local.guard import runs
from dext_sync.local.processes import Family
from dext_sync.local.program import Program
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
oven = Program("oven", [sys.executable, "-m", "oven"], folder / "log", folder=folder)
forked, forks = [], os.fork
def fork():
    pid = forks()
    if pid:
        forked.append(pid)
        os.kill(os.getpid(), signal.SIGINT)
    return pid
with Family(grace=0.5) as family:
    os.fork = fork
    try:
        family.fork(oven)
    except KeyboardInterrupt:
        pass
assert not runs(forked[0]), "everything is stopped, and the copy goes on"
"""
OVEN = """
import json, os, signal, sys
for handled in (signal.SIGINT, signal.SIGTERM): assert signal.getsignal(handled) in (signal.SIG_DFL, signal.default_int_handler)
print(json.dumps([os.getpid(), sys.argv[1:], os.getcwd(), dict(os.environ), len(os.listdir("/proc/self/fd"))]))
if len(sys.argv) == 1: signal.pause()
sys.exit(sys.argv[1])
"""


def program(name: str, folder: Path, code: str, *arguments: str) -> Program:
    command = [sys.executable, "-c", code, *arguments]
    return Program(name, command, folder / f"{name}.log")


def test_they_end_in_reverse_order(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with Family() as family:
        for name in ("first", "second"):
            family.start_and_wait(
                program(name, tmp_path, WRITES_ITS_END, str(journal), name),
                (tmp_path / f"journal{name}").exists,
            )
    assert journal.read_text() == "second ends\nfirst ends\n"


def test_those_that_serve_nobody_are_asked_to_end_at_once(tmp_path: Path) -> None:
    worker, clock = tmp_path / "worker", tmp_path / "clock"
    with Family() as family:
        children = [
            family.start_and_wait(
                replace(
                    program(
                        own.name, tmp_path, NEEDS_THE_OTHER_TO_END, str(own), str(other)
                    ),
                    serves=False,
                ),
                own.exists,
            )
            for own, other in ((worker, clock), (clock, worker))
        ]
    assert [child.process.returncode for child in children] == [0, 0]


def test_one_that_will_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    family = Family()
    family.start_and_wait(
        program("deaf", tmp_path, DEAF_WITH_A_CHILD, str(pids)),
        lambda: pids.exists() and pids.read_text().endswith("\n"),
    )
    family.stop(seconds=0.5)
    assert not any(runs(int(pid)) for pid in pids.read_text().split())


def test_nobody_is_left_when_the_parent_is_killed(tmp_path: Path) -> None:
    pids, folder = tmp_path / "pids", tmp_path / "folder"
    folder.mkdir()
    parent = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", PARENT, DEAF_WITH_A_CHILD, str(pids), str(folder)],
        env=dict(os.environ),
    )
    assert eventually(
        lambda: pids.exists() and pids.read_text().endswith("\n"), seconds=60
    )
    parent.kill()
    parent.wait()

    family = [int(pid) for pid in pids.read_text().split()]
    assert eventually(lambda: not any(map(runs, family)), seconds=60)
    assert eventually(lambda: not folder.exists(), seconds=60)


def test_one_that_dies_at_its_start_shows_its_last_words(tmp_path: Path) -> None:
    dying = program("baker", tmp_path, "import sys; sys.exit('the oven is cold')")
    with (
        Family() as family,
        pytest.raises(
            CannotStart, match=r"baker ended by itself[\s\S]*the oven is cold"
        ),
    ):
        family.start_and_wait(dying, lambda: False)


def test_one_that_never_answers_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    silent = program("baker", tmp_path, "import signal; signal.pause()")
    with (
        Family() as family,
        pytest.raises(CannotStart, match="baker is not ready after 0 s"),
    ):
        family.start_and_wait(silent, lambda: False, seconds=0.2)


def test_a_step_that_fails_is_reported(tmp_path: Path) -> None:
    step = program("migrate", tmp_path, "import sys; sys.exit('no such table')")
    with Family() as family, pytest.raises(CannotStart, match="no such table"):
        family.run_to_end(step)


def forking(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """A parent with a copy of itself, which has become an oven."""
    (folder / "oven.py").write_text(OVEN)
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", FORKING_PARENT, str(folder), *words],
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_copy_of_its_parent_is_a_program_of_its_own(tmp_path: Path) -> None:
    parent = forking(tmp_path, "the oven is cold")
    assert "oven ended by itself (status 1)" in parent.communicate(timeout=60)[1]
    first, last = (tmp_path / "log").read_text().splitlines()
    pid, words, folder, environment, open_files = json.loads(first)
    assert pid != parent.pid
    assert [words, folder] == [["the oven is cold"], str(tmp_path)]
    assert environment == {"HEAT": "230"}
    assert open_files == 4  # and the list of them
    assert last == "the oven is cold"


def test_a_copy_ends_with_its_parent(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parent = forking(tmp_path)
    assert eventually(lambda: log.exists() and "HEAT" in log.read_text(), seconds=60)
    parent.kill()
    parent.communicate()
    pid = json.loads(log.read_text())[0]
    assert eventually(lambda: not runs(pid), seconds=60)


def ran(code: str, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    (folder / "oven.py").write_text(OVEN)
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # as a person starts the demo
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, str(folder), *words],
        env=buffered,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


def test_a_copy_that_cannot_write_its_log_stops_none_of_its_brothers(
    tmp_path: Path,
) -> None:
    """The disk is full: its last words cannot be written, and it ends all the same."""
    parent = ran(BESIDE_A_DATABASE, tmp_path)
    assert parent.returncode == 0, parent.stderr


@pytest.mark.parametrize("begun", ["start", "fork"])
def test_who_is_told_nothing_of_children_sees_them_end_nevertheless(
    tmp_path: Path, begun: str
) -> None:
    parent = ran(WITHOUT_NEWS_OF_CHILDREN, tmp_path, begun)
    assert parent.returncode == 0, parent.stderr


def test_a_copy_that_was_made_while_we_were_told_to_stop_is_stopped(
    tmp_path: Path,
) -> None:
    parent = ran(INTERRUPTED_WHILE_FORKING, tmp_path)
    assert parent.returncode == 0, parent.stderr


def test_a_signal_that_arrives_while_stopping_does_no_harm(tmp_path: Path) -> None:
    with Family() as family:
        child = family.start(program("gone", tmp_path, "pass"))
        child.process.wait()
        os.kill(family.guard.pid, signal.SIGTERM)
    assert child.ended
