"""after_restore: run once after the database was put back, before the workers start."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dext_sync.businesses import support
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import acting_in, rows_across
from publishing import restoring

MOST = 1_000_000


class Command(BaseCommand):
    help = (
        "After a backup was restored: nothing more is sent before Zoho was asked what "
        "it has since the backup. Stop the workers first, and start them afterwards."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            help="when the backup was taken, like 2026-11-22T14:30:00+00:00 (otherwise "
            "the moment of the newest thing that the database knows)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        businesses = [number for number, _same in rows_across(QUESTION, MOST)]
        since = _given(options["since"]) or _newest(businesses)
        if since is None:
            self.stdout.write("There is no business: nothing could be sent twice.")
            return
        for number in businesses:
            with acting_in(number):
                business = Business.objects.get(pk=number)
                support.end(business)  # An Admin may have ended it since.
                restoring.begin(business, since)
        who = "1 business sends"
        if len(businesses) != 1:
            who = f"{len(businesses)} businesses send"
        self.stdout.write(
            f"{who} nothing before Zoho was asked what it "
            f"has since {since.isoformat(timespec='seconds')}. Start the workers now: "
            "they ask, and go on by themselves. What they find and cannot give to an "
            "item stands in the trail of its business."
        )


QUESTION = "businesses_put_back"


def _given(words: str | None) -> datetime | None:
    if not words:
        return None
    try:
        moment = parse_datetime(words)
    except ValueError:
        moment = None
    if moment is None or timezone.is_naive(moment):
        raise CommandError(f"{words} is not a moment like 2026-11-22T14:30:00+00:00.")
    if moment > timezone.now():
        raise CommandError(f"{words} lies in the future.")
    return moment


def _newest(businesses: list[int]) -> datetime | None:
    """Nothing was committed after it that the backup has."""
    moments = []
    for number in businesses:
        with acting_in(number):
            newest = restoring.newest_moment(Business.objects.get(pk=number))
        if newest is not None:
            moments.append(newest)
    return max(moments, default=None)
