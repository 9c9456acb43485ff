"""What is started: a command, with its log, environment and user."""

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True)
class Program:
    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: signal.Signals = signal.SIGTERM
    user: str = "-"
    prefix: Sequence[str] = ()
    folder: Path | None = None
    serves: bool = True
    """Those that were started later may need it until they are gone."""

    def with_environment(self, environment: Mapping[str, str]) -> "Program":
        return replace(self, environment=environment)
