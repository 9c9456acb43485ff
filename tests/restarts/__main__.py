"""Redis and Postgres go away and come back while items wait: python -m tests.restarts

Starts servers of its own, and worker, timetable and web as they are deployed. Prints
what was seen as JSON.
"""

import json
import os
import sys

from dext_sync.local.demo import import_everything, regions
from dext_sync.local.servers import ThrowAwayServers
from tests.local.surroundings import free_port
from tests.zoho_standin import StandIn

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
    zoho_port = free_port(beside=(1,))
    with ThrowAwayServers({}) as servers:
        os.environ |= servers.variables | ENVIRONMENT
        os.environ["ZOHO_REGIONS"] = regions(zoho_port)
        os.environ["ZOHO_CLIENT_ID"] = standin.client_id
        os.environ["ZOHO_CLIENT_SECRET"] = standin.client_secrets["eu"]
        import_everything()
        # Only now is there anything that Django's settings could be read from.
        from tests.restarts.story import live_through  # noqa: PLC0415

        seen = live_through(servers, standin, zoho_port)
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
