"""Makes .venv and fills it from the lock files; nothing but the standard library.

Used by manage.py before anything is installed, so it may import no package.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from dext_sync.local.refusal import CannotStart

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
STATE = ROOT / "var"
TOOLS = STATE / "tools"
LOG = STATE / "install.log"
UV_LOCK = Path(__file__).with_name("uv.txt")

RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
BROWSER = "requirements-browser.txt"

NO_VENV_MODULE = (
    "This Python has no venv module: install it (Debian and Ubuntu: "
    "apt install python3-venv) and run the command again."
)
NO_NETWORK = (
    "The first start downloads the packages of the lock files once, and the package "
    f"index could not be reached: connect this machine and run the command again "
    f"(details: {LOG.relative_to(ROOT)})."
)
SIGNS_OF_NO_NETWORK = (
    "dns error",
    "error sending request",
    "client error (connect)",
    "failed to fetch",
    "network connectivity is disabled",
    "failed to establish a new connection",
    "name resolution",
    "network is unreachable",
    "connection refused",
    "connecttimeout",
    "timed out",
    "network timeout",
    "proxyerror",
    "connection broken",
    "connection error",
)
HARMFUL = (
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
    "PYTHONHOME",
    "__PYVENV_LAUNCHER__",
)


def run_inside(arguments: Sequence[str], *lock_files: str) -> None:
    """Returns inside a complete .venv; from anywhere else, starts again in it."""
    installed_now = install(*lock_files)
    if installed_now or not is_inside():
        start_again(arguments)


def start_again(arguments: Sequence[str]) -> NoReturn:
    sys.stdout.flush()
    command = [str(VENV_PYTHON), str(ROOT / "manage.py"), *arguments]
    os.execve(command[0], command, environment())  # noqa: S606  (no shell is the point)


def is_inside() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def install(*lock_files: str) -> bool:
    """Whether anything had to be installed."""
    if is_installed(lock_files):
        return False
    with only_one_at_a_time():
        if is_installed(lock_files):  # by the one we waited for
            return True
        print(f"Installing {' and '.join(lock_files)} into .venv …", flush=True)
        make_venv()
        fill_venv(lock_files)
        make_project_importable()
        stamp(lock_files)
    return True


def is_installed(lock_files: Sequence[str]) -> bool:
    stamped = read_stamp()
    return VENV_PYTHON.exists() and all(
        stamped.get(name) == fingerprint(name) for name in lock_files
    )


def read_stamp() -> dict[str, str]:
    try:
        stamped = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamped if isinstance(stamped, dict) else {}


def stamp(lock_files: Sequence[str]) -> None:
    stamped = read_stamp() | {name: fingerprint(name) for name in lock_files}
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(json.dumps(stamped))
    unfinished.replace(STAMP)


def fingerprint(lock_file: str) -> str:
    content = (ROOT / lock_file).read_bytes()
    return hashlib.sha256(content).hexdigest() + sysconfig.get_platform()


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    STATE.mkdir(exist_ok=True)
    with (STATE / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    """Left alone when it works: other lock files may have been installed into it."""
    if VENV_PYTHON.exists() and (VENV / "pyvenv.cfg").exists():
        return
    if importlib.util.find_spec("venv") is None:
        raise CannotStart(NO_VENV_MODULE)
    shutil.rmtree(VENV, ignore_errors=True)
    run(sys.executable, "-m", "venv", "--without-pip", str(VENV))


def fill_venv(lock_files: Sequence[str]) -> None:
    files = [part for name in lock_files for part in ("-r", str(ROOT / name))]
    uv = shutil.which("uv") or uv_of_our_own()
    if uv:
        run(uv, "pip", "install", "--python", str(VENV_PYTHON), *verified(files))
    else:
        pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "--python", str(VENV_PYTHON)]
        run(*pip, "install", "--no-deps", *verified(files))


def verified(files: Sequence[str]) -> list[str]:
    return ["--require-hashes", *files]


def uv_of_our_own() -> str | None:
    """Several times faster than pip, which stays as the way where uv has no wheel."""
    uv = TOOLS / "bin" / "uv"
    python = TOOLS / "bin" / "python"
    if uv.exists():
        return str(uv)
    if importlib.util.find_spec("ensurepip") is None:
        raise CannotStart(NO_VENV_MODULE)
    shutil.rmtree(TOOLS, ignore_errors=True)
    run(sys.executable, "-m", "venv", str(TOOLS))
    pip = [str(python), "-m", "pip", "install", "--no-deps", "--only-binary=:all:"]
    finished = finish([*pip, *verified(["-r", str(UV_LOCK)])])
    if finished.returncode != 0 and looks_offline(finished):
        raise CannotStart(NO_NETWORK)
    return str(uv) if finished.returncode == 0 else None


def make_project_importable() -> None:
    """So that pytest, celery and mypy find it whichever way they are started."""
    for packages in VENV.glob("lib/python3*/site-packages"):
        (packages / "dext_sync.pth").write_text(f"{ROOT}\n")


def run(*command: str) -> None:
    finished = finish(command)
    if finished.returncode != 0:
        raise CannotStart(explained(finished))


def finish(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    finished = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
        cwd=ROOT,
    )
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n{finished.stdout}\n")
    return finished


def explained(finished: subprocess.CompletedProcess[str]) -> str:
    if looks_offline(finished):
        return NO_NETWORK
    if "ensurepip" in finished.stdout:
        return NO_VENV_MODULE
    last_lines = "\n".join(finished.stdout.strip().splitlines()[-10:])
    return (
        f"The packages could not be installed (all of it: {LOG.relative_to(ROOT)}). The "
        f"same command tries again what is left:\n{last_lines}"
    )


def looks_offline(finished: subprocess.CompletedProcess[str]) -> bool:
    said = finished.stdout.lower()
    return any(sign in said for sign in SIGNS_OF_NO_NETWORK)


def environment() -> dict[str, str]:
    """Bytecode is written once, at installation: without it every start takes twice."""
    kept = {name: value for name, value in os.environ.items() if name not in HARMFUL}
    return kept | {
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_COMPILE_BYTECODE": "1",
        "UV_NO_PROGRESS": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_RETRIES": "2",
    }
