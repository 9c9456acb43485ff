"""`python -m tests.zoho_standin --port P`: us on P, eu on the next port."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from tests.zoho_standin.server import serve
from tests.zoho_standin.standin import StandIn


def main() -> int:
    options = _options()
    standin = StandIn(
        client_id=os.environ.get("ZOHO_CLIENT_ID") or "1000.DEXTSYNCDEMO",
        client_secret=os.environ.get("ZOHO_CLIENT_SECRET") or "standin-secret",
        client_secret_eu=os.environ.get("ZOHO_CLIENT_SECRET_EU") or None,
        redirect_uri=options.redirect_uri,
        strict_queries=options.strict_queries,
        state_file=options.state,
    )
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    try:
        with serve(standin, options.port) as running:
            _say(f"Zoho's stand-in is ready: us {running.us}, eu {running.eu}")
            done.wait()
    except OSError as error:
        _say(f"Zoho's stand-in cannot use ports {options.port} and the next: {error}")
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.zoho_standin")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, help="file that outlives a restart")
    parser.add_argument("--redirect-uri", help="the only one that is accepted")
    parser.add_argument(
        "--strict-queries",
        action="store_true",
        help="refuse query parameters that Zoho would ignore",
    )
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
