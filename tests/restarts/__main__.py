"""Redis and Postgres go away and come back while items wait: python -m tests.restarts

Starts servers of its own, and worker, timetable and web as they are deployed. Prints
what was seen as JSON.
"""

import json
import os
import sys

import django

from dext_sync.local.servers import ThrowAwayServers
from tests.zoho_standin import StandIn, lend

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "dext_sync.settings",
    "ZOHO_UNCERTAIN_SECONDS": "3",
    "ZOHO_MINUTE_SECONDS": "2",
    "ZOHO_CALLS_A_MINUTE": "12",
    "LOG_FORMAT": "line",
    "WEB_PROCESSES": "1",
    "WEB_THREADS": "2",
    "C_FORCE_ROOT": "1",
}


def main() -> None:
    standin = StandIn()
    standin.limits.change({"per_minute": None})
    with ThrowAwayServers({}) as servers, lend(standin) as running:
        os.environ |= servers.variables | ENVIRONMENT
        os.environ["ZOHO_REGIONS"] = json.dumps(running.regions)
        os.environ["ZOHO_CLIENT_ID"] = standin.client_id
        os.environ["ZOHO_CLIENT_SECRET"] = standin.client_secrets["eu"]
        # Only now is there anything that Django's settings could be read from.
        django.setup()
        from tests.restarts.story import live_through  # noqa: PLC0415

        seen = live_through(servers, standin)
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
