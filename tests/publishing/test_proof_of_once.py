"""300 items, workers killed at random, servers emptied and restarted, answers lost: each
item is in Zoho once. Other seeds: python3 manage.py proof_of_once --seed N
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SEED = 20261122
SECONDS = 600
"""Until it is given up; it takes a tenth of that."""


@pytest.mark.processes
def test_every_item_is_published_once_whatever_happens(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ["--seed", str(SEED), "--report", str(report)]

    proof = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.proof_of_once", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    said = proof.stdout + proof.stderr
    assert report.exists(), said
    assert json.loads(report.read_text()) == {
        "items": 300,
        "kills": 50,
        "Redis emptied": 2,
        "Postgres restarted": 1,
        "unfinished": [],
        "doubles": [],
        "lost": [],
        "false failures": [],
        "touched": [],
        "open attempts": [],
        "superfluous look-ups": [],
    }, said
