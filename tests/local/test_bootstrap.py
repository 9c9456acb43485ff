"""A first start on a bare machine: what is made, and what is said when it cannot be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local.surroundings import clean_environment, fresh_clone

AS_OLD_PYTHON = "import sys; sys.version_info = (3, 9, 2)\n"
WITHOUT_VENV = "import sys; sys.modules.update(venv=None, ensurepip=None)\n"
MANAGE = "import runpy, sys\nsys.argv = ['manage.py', 'demo']\nsys.path.insert(0, '.')\nrunpy.run_path('manage.py', run_name='__main__')"
FAKE_UV = """#!/bin/sh
echo "begins $$" >> "$UV_JOURNAL"
sleep 0.3
echo "ends $$" >> "$UV_JOURNAL"
echo "$UV_SAYS"
exit "${UV_STATUS:-0}"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return fresh_clone(tmp_path / "clone")


@pytest.fixture
def path_with_uv(tmp_path: Path) -> str:
    """A stand-in for the installer, which writes down when it worked."""
    uv = tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text(FAKE_UV)
    uv.chmod(0o755)
    return f"{uv.parent}:{os.environ['PATH']}"


def started(clone: Path, program: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-S", "-c", program],
        cwd=clone,
        env=clean_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(clone: Path, program: str, **environment: str) -> tuple[int, str]:
    with started(clone, program, **environment) as process:
        output, _ = process.communicate(timeout=60)
    return process.returncode, output.strip()


def test_it_needs_nothing_but_the_standard_library(clone: Path) -> None:
    program = "import sys; sys.path.insert(0, '.'); from dext_sync.local import bootstrap, suite, launch, guard"
    assert said(clone, program) == (0, "")


def test_a_python_too_old_says_so(clone: Path) -> None:
    status, sentence = said(clone, AS_OLD_PYTHON + MANAGE)
    assert status == 1
    assert sentence == (
        "dext_sync needs Python 3.11 or newer, and this is Python 3.9: "
        "use a newer one, for example python3.11 manage.py."
    )
    assert not (clone / ".venv").exists()


def test_a_missing_venv_module_says_what_to_install(clone: Path) -> None:
    status, output = said(clone, WITHOUT_VENV + MANAGE)
    assert status == 1
    assert output.splitlines()[-1] == (
        "This Python has no venv module: install it (Debian and Ubuntu: "
        "apt install python3-venv) and run the command again."
    )
    assert not (clone / ".venv").exists()


def test_no_network_at_the_first_install_is_one_sentence(
    clone: Path, tmp_path: Path
) -> None:
    nowhere = "http://127.0.0.1:9/simple"
    status, output = said(
        clone,
        MANAGE,
        PATH="/usr/bin:/bin",
        PIP_CONFIG_FILE=os.devnull,
        PIP_FIND_LINKS="",
        PIP_NO_CACHE_DIR="1",
        PIP_INDEX_URL=nowhere,
        UV_CACHE_DIR=str(tmp_path / "cache"),
        UV_DEFAULT_INDEX=nowhere,
        UV_HTTP_RETRIES="0",
    )
    assert status == 1
    assert output.splitlines()[-1] == (
        "The first start downloads the packages of the lock files once, and the "
        "package index could not be reached: connect this machine and run the command "
        "again (details: var/install.log)."
    )


INSTALL = "import sys; sys.path.insert(0, '.'); from dext_sync.local import bootstrap; print(bootstrap.install('requirements.txt'))"


def test_two_first_starts_at_once_install_once(
    clone: Path, tmp_path: Path, path_with_uv: str
) -> None:
    journal = tmp_path / "journal"
    one, other = (
        started(clone, INSTALL, PATH=path_with_uv, UV_JOURNAL=str(journal))
        for _ in range(2)
    )
    for process in (one, other):
        with process:
            output, _ = process.communicate(timeout=60)
            assert output.splitlines()[-1] == "True"
    assert len(journal.read_text().splitlines()) == 2


def test_it_installs_again_only_after_the_lock_file_changed(
    clone: Path, tmp_path: Path, path_with_uv: str
) -> None:
    surroundings = {"PATH": path_with_uv, "UV_JOURNAL": str(tmp_path / "journal")}
    said(clone, INSTALL, **surroundings)
    assert said(clone, INSTALL, **surroundings) == (0, "False")

    with (clone / "requirements.txt").open("a") as lock_file:
        lock_file.write("# another release\n")

    _, output = said(clone, INSTALL, **surroundings)
    assert output.splitlines()[-1] == "True"


def test_an_installation_that_failed_is_tried_again(
    clone: Path, tmp_path: Path, path_with_uv: str
) -> None:
    surroundings = {"PATH": path_with_uv, "UV_JOURNAL": str(tmp_path / "journal")}
    failed = surroundings | {"UV_STATUS": "1", "UV_SAYS": "no space left"}
    status, output = said(clone, INSTALL, **failed)
    assert status == 1
    assert output.endswith("The same command tries again what is left:\nno space left")

    late = failed | {"UV_SAYS": "error: operation timed out"}
    status, output = said(clone, INSTALL, **late)
    assert status == 1
    assert "connect this machine and run the command again" in output

    _, output = said(clone, INSTALL, **surroundings)
    assert output.splitlines()[-1] == "True"
