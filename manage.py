#!/usr/bin/env python3
"""The whole interface: demo, test, benchmark, and Django's own, always inside .venv."""

import sys

# Nothing above and below that an older Python cannot read, or it could not say so.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "dext_sync needs Python 3.11 or newer, and this is Python {}.{}: "
        "use a newer one, for example python3.11 manage.py.".format(*sys.version_info)
    )

import importlib.util
import os

from dext_sync.local import bootstrap, suite
from dext_sync.local.refusal import CannotStart

# What needs an installed package is imported only after the bootstrap.
# ruff: noqa: PLC0415


def main(arguments: "list[str]") -> None:
    commands = {
        "demo": demo,
        "test": test,
        "proof_of_once": proof_of_once,
        "benchmark": benchmark,
    }
    command = commands.get(arguments[0] if arguments else "", django)
    try:
        command(arguments)
    except CannotStart as reason:
        sys.exit(str(reason))


def demo(arguments: "list[str]") -> None:
    bootstrap.run_inside(arguments, bootstrap.RUNTIME)
    from dext_sync.local import demo

    demo.main(arguments[1:])


def test(arguments: "list[str]") -> None:
    bootstrap.run_inside(arguments, *suite.lock_files())
    suite.main(arguments[1:])


def proof_of_once(arguments: "list[str]") -> None:
    bootstrap.run_inside(arguments, *suite.lock_files())
    suite.prove(arguments[1:])


def benchmark(arguments: "list[str]") -> None:
    bootstrap.run_inside(arguments, *suite.lock_files())
    from dext_sync.local import benchmark

    sys.exit(benchmark.main(arguments[1:]))


def django(arguments: "list[str]") -> None:
    """Where everything is installed already (a container, say) no .venv is made."""
    if bootstrap.VENV.exists() or importlib.util.find_spec("django") is None:
        bootstrap.run_inside(arguments, bootstrap.RUNTIME)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dext_sync.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line([sys.argv[0], *arguments])
    except ImproperlyConfigured as reason:
        raise CannotStart(str(reason)) from reason


if __name__ == "__main__":
    main(sys.argv[1:])
