"""Redis emptied, Redis restarted, Postgres restarted while items wait: with the very
processes that are deployed, none of which is started again."""

import json
import subprocess
import sys

import pytest

WELL = [200, 200, 200]
"""/healthz, /readyz, the Inbox."""
AWAY = [200, 503, 503]


@pytest.mark.processes
def test_everything_goes_on_by_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.restarts"],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "before": WELL,
        "without Redis": [200, 503, 200],  # reading needs none
        "without Postgres": AWAY,
        "after": WELL,
        "bills": 18,
        "numbers": 18,
        "documents": 18,
        "open attempts": 0,
        "refused by Zoho": 0,
        "ended": [],
        "complaints": [],  # no deadlock, no task that raised for another cause
    }
