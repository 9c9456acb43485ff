"""Writes the lock files from pyproject.toml: python -m dext_sync.local.lock

Needs uv. Each file adds to the ones before it, holds a hash for every package, serves
every platform, and names no package index: that is the machine's own affair.
With --check nothing is written; what is wrong with the files is said.
"""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
UV_LOCK = Path(__file__).with_name("uv.txt")
FILES: dict[str, tuple[str, ...]] = {
    "requirements.txt": (),
    "requirements-dev.txt": ("dev",),
    "requirements-browser.txt": ("dev", "browser"),
}
TITLES = {
    "requirements.txt": "What the application runs with, locked.",
    "requirements-dev.txt": "What tests and checks add to requirements.txt, locked.",
    "requirements-browser.txt": "What browser tests add to requirements-dev.txt, locked.",
}
HOW = (
    "# Written by: python -m dext_sync.local.lock\n"
    "# (after a change to pyproject.toml; with --upgrade it takes the newest releases)\n"
)
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--quiet",
)


def main(arguments: list[str]) -> None:
    if "--check" in arguments:
        sys.exit("\n".join(complaints()) or 0)
    write(upgrade="--upgrade" in arguments)


def write(*, upgrade: bool) -> None:
    known: set[str] = set()
    for name, groups in FILES.items():
        found = entries(compiled(groups, upgrade=upgrade))
        new = [entry for entry in found if entry not in known]
        known.update(new)
        (ROOT / name).write_text(f"# {TITLES[name]}\n{HOW}{''.join(new)}")
        print(f"{name}: {len(new)} packages")


def compiled(groups: tuple[str, ...], *, upgrade: bool) -> str:
    present = [name for name in FILES if (ROOT / name).exists() and not upgrade]
    return subprocess.run(
        [
            *("uv", "pip", "compile", "pyproject.toml", *OPTIONS),
            *(f"--group={group}" for group in groups),
            *(f"--constraint={name}" for name in present),
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={name: os.environ[name] for name in os.environ if name != "VIRTUAL_ENV"},
    ).stdout


def complaints() -> Iterator[str]:
    """What is wrong with the lock files, a line each."""
    if (ROOT / "uv.lock").exists():
        yield "uv.lock writes out package indexes: remove it"
    for path in [*(ROOT / name for name in FILES), UV_LOCK]:
        yield from complaints_about(path)
    yield from disagreements()


def complaints_about(path: Path) -> Iterator[str]:
    text = path.read_text()
    if "://" in text or "--index" in text or "--find-links" in text:
        yield f"{path.name} names an address"
    for entry in entries(text):
        if "==" not in entry or "--hash=sha256:" not in entry:
            yield f"{path.name}: not pinned with a hash: {entry.splitlines()[0]}"


def disagreements() -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {"": project["project"]["dependencies"], **project["dependency-groups"]}
    versions: dict[str, str] = {}
    for name, groups in FILES.items():
        versions |= locked_versions((ROOT / name).read_text())
        for wanted in asked[groups[-1] if groups else ""]:
            requirement = Requirement(wanted)
            version = versions.get(canonicalize_name(requirement.name))
            if version is None or not requirement.specifier.contains(version):
                yield f"{name} does not satisfy {wanted} of pyproject.toml"


def locked_versions(text: str) -> dict[str, str]:
    pins = re.findall(r"^([\w.-]+)(?:\[.*?\])?==([^\s;]+)", text, flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def entries(text: str) -> list[str]:
    """Each is a package's whole text, its hashes included."""
    parts = re.split(r"^(?=\w)", text, flags=re.MULTILINE)
    return [part for part in parts if part[:1].isalnum()]


if __name__ == "__main__":
    main(sys.argv[1:])
