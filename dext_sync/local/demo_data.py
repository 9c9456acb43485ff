"""Brings the demo's database up to date: python -m dext_sync.local.demo_data

Two commands in one process: starting Django takes as long as either of them.
"""

import os

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dext_sync.settings")
    for command in (["migrate", "--no-input"], ["seed_demo"]):
        execute_from_command_line(["manage.py", *command])


if __name__ == "__main__":
    main()
