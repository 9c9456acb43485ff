"""The demo's secrets: made once, kept in a file that only its owner reads."""

import os
import secrets
from pathlib import Path

from dext_sync.local.servers import fernet_key


def kept_secrets(path: Path) -> dict[str, str]:
    if not path.exists():
        write_privately(path, new_secrets())
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": fernet_key(),
        "DATABASE_PASSWORD": secrets.token_urlsafe(18),
    }


def write_privately(path: Path, values: dict[str, str]) -> None:
    """Whole or not at all, and never readable by others in between."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    unfinished.replace(path)
