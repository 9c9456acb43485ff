"""manage.py rotate_keys: afterwards only the first of ENCRYPTION_KEYS is needed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections as databases

from connections import rotation
from connections.rotation import Tally

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Encrypts Zoho's tokens and the second factors anew with the first of "
        "ENCRYPTION_KEYS. Safe while the site runs, and as often as you like."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        if "owner" not in databases.settings:
            raise CommandError(
                "DATABASE_OWNER_URL is not set: only the role that owns the tables "
                "sees the secrets of all businesses."
            )
        tallies = [rotation.rotate(place) for place in rotation.places()]
        for tally in tallies:
            self._tell(tally)
        self._judge(tallies)

    def _tell(self, tally: Tally) -> None:
        self.stdout.write(
            f"{tally.place}: {tally.renewed} encrypted anew, "
            f"{tally.current} were up to date"
        )
        if tally.unreadable:
            rows = ", ".join(map(str, tally.unreadable[:SHOWN]))
            more = len(tally.unreadable) - SHOWN
            and_more = f" and {more} more" if more > 0 else ""
            self.stderr.write(f"{tally.place}: no key opens row {rows}{and_more}")

    def _judge(self, tallies: list[Tally]) -> None:
        lost = sum(len(tally.unreadable) for tally in tallies)
        moving = sum(tally.changed_meanwhile for tally in tallies)
        if lost:
            raise CommandError(
                f"{lost} values cannot be opened with any of ENCRYPTION_KEYS. They "
                "are as they were: add the key that is missing and run this again."
            )
        if moving:
            raise CommandError(
                f"{moving} values changed all the time. Run this again, and see that "
                "every process has the new key."
            )
        self.stdout.write("Everything is encrypted with the first key.")
