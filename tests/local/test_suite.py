"""The commands `test` and `run`: what they need, and what they hand on."""

import subprocess
import sys
from pathlib import Path

import pytest

from dext_sync.local import bootstrap, suite
from dext_sync.local.pytest_plugin import turn, with_number
from dext_sync.local.refusal import CannotStart
from tests.local.surroundings import clean_environment

SHOW = "import os; print(*(os.environ[name] for name in ('DATABASE_URL', 'SITE_URL')))"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no programs but those that a test puts into the folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DEXT_BROWSER", raising=False)
    return tmp_path


def test_without_chromium_the_browser_packages_are_not_installed(machine: Path) -> None:
    assert suite.lock_files() == [bootstrap.RUNTIME, bootstrap.DEVELOPMENT]


@pytest.mark.parametrize("name", suite.BROWSERS)
def test_with_chromium_they_are(machine: Path, name: str) -> None:
    (machine / name).touch(mode=0o755)
    assert bootstrap.BROWSER in suite.lock_files()


def test_where_the_browser_is_required_its_absence_is_a_failure(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEXT_BROWSER", "required")
    with pytest.raises(CannotStart, match="there is no Chromium"):
        suite.lock_files()


@pytest.mark.parametrize("arguments", [[], ["-x"], ["--ignore", "tests/browser"]])
def test_all_tests_run_in_several_workers(arguments: list[str]) -> None:
    number = str(suite.workers(suite.cores()))
    assert suite.with_workers(arguments) == [
        *("-n", number, "--dist", "loadgroup"),
        *arguments,
    ]


@pytest.mark.parametrize(("available", "number"), [(1, 2), (2, 3), (7, 8), (64, 8)])
def test_they_are_one_more_than_there_are_cores_but_not_without_end(
    available: int, number: int
) -> None:
    assert suite.workers(available) == number


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "4"],
        ["-n0", "-x"],
        ["--numprocesses=1"],
        ["-p", "no:xdist"],
        ["tests/local"],
        ["-x", "tests/local/test_suite.py::test_with_chromium_they_are"],
    ],
)
def test_somebody_who_says_how_or_which_is_obeyed(arguments: list[str]) -> None:
    assert suite.with_workers(arguments) == arguments


def test_a_command_gets_servers_and_keeps_its_own_settings() -> None:
    ran = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "dext_sync.local.run", "--"),
            *(sys.executable, "-c", SHOW + "; raise SystemExit(3)"),
        ],
        env=clean_environment(SITE_URL="https://dext-sync.example"),
        cwd=bootstrap.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 3
    address, site = ran.stdout.split()
    assert address.startswith("postgresql://dext_app@/dext_sync?host=")
    assert site == "https://dext-sync.example"


@pytest.mark.parametrize(
    ("address", "numbered"),
    [
        ("unix:///short/valkey.sock?db=0", "unix:///short/valkey.sock?db=2"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/2"),
    ],
)
def test_workers_of_the_test_run_have_a_redis_database_each(
    address: str, numbered: str
) -> None:
    assert with_number(address, 2) == numbered


def test_those_that_start_processes_and_need_no_database_go_first() -> None:
    tests = {
        "a page": ("", ["alice", "db"]),
        "a sum": ("", []),
        "killed workers": ("processes", ["bakery", "committed_db"]),
        "the demo": ("processes", ["port", "state"]),
    }
    assert sorted(tests, key=lambda name: turn(*tests[name])) == [
        "the demo",
        "killed workers",
        "a page",
        "a sum",
    ]


def test_groups_hold_among_several_workers(tmp_path: Path) -> None:
    """pytest-xdist must find them in time, and pytest read what it makes of them."""
    tests = tmp_path / "test_groups.py"
    tests.write_text(
        "import pytest\n"
        "@pytest.mark.processes\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_one(number): pass\n"
    )
    settings = bootstrap.ROOT / "pyproject.toml"
    command = ("pytest", "-c", settings, "-n2", "--dist=loadgroup", "-v", tests)
    finished = subprocess.run(  # noqa: S603  (our own tests)
        [sys.executable, "-m", *command],
        cwd=bootstrap.ROOT,
        env=clean_environment(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    passed = [line for line in finished.stdout.splitlines() if "PASSED" in line]
    assert len(passed) == 4
    assert all("@processes" in line for line in passed)
    assert len({line.partition("]")[0] for line in passed}) == 1
