"""Proof of once: python -m tests.proof_of_once [--seed N] [--items N] [--kills N]

Publishes items of every kind while workers are killed, Redis is emptied, Postgres is
restarted and Zoho's answers are lost; then counts, in the stand-in for Zoho, what came
of it. Starts servers of its own, prints what it found and fails if that is not right.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import django

from dext_sync.local.servers import ThrowAwayServers
from tests.zoho_standin import StandIn, serve

SEED_OF_CI = 20261122
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "dext_sync.settings",
    "ZOHO_UNCERTAIN_SECONDS": "3",
    "ZOHO_CALLS_A_MINUTE": "32",
    "ZOHO_USER_CALLS_A_MINUTE": "100000",
    "ZOHO_CALLS_AT_ONCE": "4",
    "ZOHO_MINUTE_SECONDS": "2",
    "LOG_FORMAT": "line",
    "C_FORCE_ROOT": "1",
}
# The budget of ours is four fifths of that, as it is of the real ones.
LIMITS_OF_ZOHO = {"per_minute": 40, "at_once": 5}


def main() -> int:
    asked = _asked()
    standin = StandIn()
    standin.limits.change(
        {**LIMITS_OF_ZOHO, "minute_seconds": 2, "per_day": None, "per_user": None}
    )
    with ThrowAwayServers({}) as servers, serve(standin) as running:
        os.environ |= servers.variables | ENVIRONMENT
        os.environ["ZOHO_REGIONS"] = json.dumps(running.regions)
        os.environ["ZOHO_CLIENT_ID"] = standin.client_id
        os.environ["ZOHO_CLIENT_SECRET"] = standin.client_secrets["eu"]
        # Only now is there anything that Django's settings could be read from.
        django.setup()
        from tests.proof_of_once.proof import prove  # noqa: PLC0415

        verdict = prove(
            servers, standin, seed=asked.seed, items=asked.items, kills=asked.kills
        )
    sys.stdout.write(verdict.summary())
    if asked.report:
        asked.report.write_text(json.dumps(verdict.report()))
    kills = len(verdict.history.killed_at)
    if kills < asked.kills:
        sys.stdout.write(f"Only {kills} of {asked.kills} kills came about.\n")
        return 1
    return 0 if verdict.holds else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="proof_of_once", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED_OF_CI)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--report", type=Path, help="write the findings there, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
