"""Refreshes of the lists: each list in each of them, and its pages on their way."""

from datetime import datetime
from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.models.links import Connection
from dext_sync.businesses.models import BusinessOwned, User


class RefreshRun(BusinessOwned):
    """One pull of every list; at most one is open per connection."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="refreshes"
    )
    organisation_id = models.CharField(max_length=20)
    requested_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    # Long lists too are read from end to end, at least once a day; in between, only
    # what is new in them.
    complete = models.BooleanField(default=True)
    # A worker that is alive moves this on; a killed one's run is taken up again.
    leased_until = models.DateTimeField(null=True)
    # Where the budget is spent, the run goes on from here.
    due_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(
        default=timezone.now
    )
    waiting_reason = models.CharField(max_length=40, blank=True)
    # Pauses in a row because Zoho was away: each is longer than the one before.
    pauses = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=models.Q(finished_at=None),
                name="one_open_refresh",
            )
        ]

    def __str__(self) -> str:
        return f"refresh {self.pk}"


class RefreshedList(BusinessOwned):
    """How one list fared in a refresh, and what changed in it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READING = "reading", _("Reading")
        DONE = "done", _("Up to date")
        NOT_AVAILABLE = "not_available", _("Not available in this organisation")
        FAILED = "failed", _("Could not be read")

    run = models.ForeignKey(RefreshRun, on_delete=models.CASCADE, related_name="lists")
    kind = models.CharField(max_length=30)
    state = models.CharField(max_length=15, choices=State.choices, default="waiting")
    calls = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    # Only its newest pages are read, and the count of its rows is compared.
    newest_only = models.BooleanField(default=False)
    # When the row that was changed last was changed, by Zoho's clock.
    newest = models.DateTimeField(null=True)
    # Names for the report, at most a few dozen of each.
    report = models.JSONField(default=dict)
    problem = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "kind"], name="one_line_a_list")
        ]

    def __str__(self) -> str:
        return self.kind


class RefreshedPage(BusinessOwned):
    """A page that has arrived while its list has not: a long list outlasts a minute's
    calls, and goes on where it paused."""

    line = models.ForeignKey(
        RefreshedList, on_delete=models.CASCADE, related_name="pages"
    )
    # A list of several pages is read a second time before anything in it is marked as
    # gone: rows move up into pages that are here already when others are deleted.
    reading = models.PositiveSmallIntegerField(default=1)
    number = models.PositiveIntegerField()
    has_more = models.BooleanField()
    # When its rows were changed, by Zoho's clock, and whether they are sorted by that.
    oldest = models.DateTimeField(null=True)
    newest = models.DateTimeField(null=True)
    by_change = models.BooleanField(default=False)
    # As columns of the entries: [{"zoho_id": "…", "name": "…", …}].
    rows = models.JSONField(encoder=DjangoJSONEncoder)
    read_at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["reading", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["line", "reading", "number"], name="one_copy_a_page"
            )
        ]

    def __str__(self) -> str:
        return f"page {self.number}"
