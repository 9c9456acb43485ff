"""`python -m tests.benchmarks.upheaval ITEMS`: every process is restarted twice.

Starts servers of its own, since they are restarted as well, and prints what came of it
as JSON.
"""

import json
import os
import sys

import django

from dext_sync.local.servers import ThrowAwayServers
from tests.zoho_standin import StandIn, serve

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "dext_sync.settings",
    "ALLOWED_HOSTS": "localhost",
    "DEBUG": "False",
    "ZOHO_UNCERTAIN_SECONDS": "3",
    "ZOHO_CALLS_A_MINUTE": "100000",
    "ZOHO_USER_CALLS_A_MINUTE": "100000",
    "ZOHO_CALLS_AT_ONCE": "4",
    "ZOHO_MINUTE_SECONDS": "2",
    "C_FORCE_ROOT": "1",
}


def main() -> None:
    standin = StandIn()
    standin.limits.change({"per_minute": None, "per_day": None, "per_user": None})
    with ThrowAwayServers({}, as_deployed=True) as servers, serve(standin) as running:
        os.environ |= servers.variables | ENVIRONMENT
        os.environ["ZOHO_REGIONS"] = json.dumps(running.regions)
        os.environ["ZOHO_CLIENT_ID"] = standin.client_id
        os.environ["ZOHO_CLIENT_SECRET"] = standin.client_secrets["eu"]
        # Only now is there anything that Django's settings could be read from.
        django.setup()
        from tests.benchmarks.house import live_through  # noqa: PLC0415

        told = live_through(servers, standin, int(sys.argv[1]))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
