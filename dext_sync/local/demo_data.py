"""Brings the demo's database up to date: python -m dext_sync.local.demo_data

Two commands in one process, which has the settings already and the owner's role besides.
"""

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connections

from dext_sync import env


def main() -> None:
    settings.DATABASES["owner"] = env.database("DATABASE_OWNER_URL")
    connections.configure_settings(settings.DATABASES)  # Puts in what is not said.
    for command in (["migrate", "--no-input"], ["seed_demo", "--skip-checks"]):
        execute_from_command_line(["manage.py", *command])


if __name__ == "__main__":
    main()
