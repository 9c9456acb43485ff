"""Writes the lock files from pyproject.toml: python -m dext_sync.local.lock

Needs uv. Each file adds to the ones before it, holds a hash for every package, serves
every platform, and names no package index: that is the machine's own affair.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = {
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
    known: set[str] = set()
    for name, groups in FILES.items():
        new = [entry for entry in locked(groups, arguments) if entry not in known]
        known.update(new)
        (ROOT / name).write_text(f"# {TITLES[name]}\n{HOW}{''.join(new)}")
        print(f"{name}: {len(new)} packages")


def locked(groups: tuple[str, ...], arguments: list[str]) -> list[str]:
    """Each entry is a package's whole text, hashes included."""
    kept = "--upgrade" not in arguments
    return entries(
        subprocess.run(
            [
                *("uv", "pip", "compile", "pyproject.toml", *OPTIONS),
                *(f"--group={group}" for group in groups),
                *(
                    f"--constraint={name}"
                    for name in FILES
                    if kept and (ROOT / name).exists()
                ),
            ],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={key: os.environ[key] for key in os.environ if key != "VIRTUAL_ENV"},
        ).stdout
    )


def entries(text: str) -> list[str]:
    return [part for part in re.split(r"^(?=\w)", text, flags=re.MULTILINE) if part]


if __name__ == "__main__":
    main(sys.argv[1:])
