"""`python -m tests.benchmarks NAME FILE [--small]`: one measurement, its rows as JSON."""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import django

from dext_sync.local.benchmark import NAMES, Row

Measure = Callable[[bool], list[Row]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dext_sync.settings")
    django.setup()
    measure: Measure = import_module(f"tests.benchmarks.{given.name}").measure
    rows = measure(given.small)
    given.answer.write_text(json.dumps([asdict(row) for row in rows]))


if __name__ == "__main__":
    main()
