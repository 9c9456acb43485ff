"""Runs a command that needs servers: python -m dext_sync.local.run -- COMMAND…

Postgres (with both roles) and Valkey live as long as the command, and their addresses
are in its environment, beside harmless secrets where none are set.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

from dext_sync.local import bootstrap
from dext_sync.local.refusal import CannotStart
from dext_sync.local.servers import ThrowAwayServers


def main(arguments: Sequence[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.exit(__doc__)
    try:
        with ThrowAwayServers(os.environ) as servers:
            given = bootstrap.environment()
            addresses = {
                name: value
                for name, value in servers.variables.items()
                if name not in given or name.startswith("DATABASE_")
            }
            finished = subprocess.run(command, check=False, env=given | addresses)
    except CannotStart as reason:
        sys.exit(str(reason))
    return finished.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
