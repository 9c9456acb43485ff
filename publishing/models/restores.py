"""What a database that was put back has to ask Zoho."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from connections.models import Connection
from dext_sync.businesses.models import BusinessOwned
from publishing.models.items import Item
from publishing.models.publications import Publication


class Restore(BusinessOwned):
    """The database was put back: what happened after `since` is known to Zoho alone."""

    since = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"restored to {self.since:%Y-%m-%d %H:%M}"


class RestoreCheck(BusinessOwned):
    """Asking one list of an organisation what it has since then; until that is done,
    nothing of the kind is sent there."""

    restore = models.ForeignKey(
        Restore, on_delete=models.CASCADE, related_name="checks"
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="+"
    )
    region = models.CharField(max_length=8)
    organisation_id = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Publication.Kind.choices)
    # The next one to be read; what has moved between pages in the first reading of a
    # long list is met in the second.
    page = models.PositiveIntegerField(default=1)
    reading = models.PositiveSmallIntegerField(default=1)
    due_at = models.DateTimeField(default=timezone.now)
    # The first of the failures since anything was read of it.
    failing_since = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["restore", "region", "organisation_id", "kind"],
                name="one_check_a_list",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(finished_at=None),
                name="restore_checks_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}s of {self.organisation_id}"


class UnknownRecord(BusinessOwned):
    """A record in Zoho with a mark of ours that the database that was put back does not
    know; `item` is the one that it was made from, or has been taken for."""

    found_by = models.ForeignKey(
        RestoreCheck, on_delete=models.CASCADE, related_name="records"
    )
    region = models.CharField(max_length=8)
    organisation_id = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Publication.Kind.choices)
    zoho_id = models.CharField(max_length=30)
    mark = models.CharField(max_length=20)
    contact_id = models.CharField(max_length=30, blank=True)
    number = models.CharField(max_length=100, blank=True)
    date = models.DateField(null=True)
    total = models.DecimalField(max_digits=15, decimal_places=3)
    currency = models.CharField(max_length=3, blank=True)
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Items of which it was asked whether they are this one.
    asked_of = models.JSONField(default=list)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "region", "organisation_id", "kind", "zoho_id"],
                name="one_unknown_record_an_id",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number or self.zoho_id}"
