"""What may be the same twice, and what people have said about it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dext_sync.businesses.models import BusinessOwned, User
from publishing.alikeness import BY_CODE, Ground
from publishing.models.items import Item


class Suspicion(BusinessOwned):
    """`item` may be the same as `other`, or as a record in Zoho Books, and is held until
    somebody says. There is one row for a pair of items, whichever of them it holds."""

    class Answer(models.TextChoices):
        OPEN = "open", _("Not answered yet")
        SAME = "same", _("It is the same")
        DIFFERENT = "different", _("It is different")

    class RecordKind(models.TextChoices):
        BILL = "bill", _("Bill")
        EXPENSE = "expense", _("Expense")

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="suspicions")
    other = models.ForeignKey(
        Item, on_delete=models.CASCADE, null=True, related_name="+"
    )
    # Instead of another item: what Zoho calls the record. It may leave the lists.
    record_kind = models.CharField(
        max_length=10, choices=RecordKind.choices, blank=True
    )
    record_id = models.CharField(max_length=30, blank=True)
    organisation_id = models.CharField(max_length=20, blank=True)
    # Codes of `alikeness.Ground`, as they are now.
    grounds = models.JSONField(default=list)
    answer = models.CharField(
        max_length=10, choices=Answer.choices, default=Answer.OPEN
    )
    answered_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Least("item", "other"),
                Greatest("item", "other"),
                condition=Q(other__isnull=False),
                name="one_suspicion_a_pair",
            ),
            models.UniqueConstraint(
                fields=["item", "organisation_id", "record_kind", "record_id"],
                condition=Q(other=None),
                name="one_suspicion_a_record",
            ),
            models.CheckConstraint(
                condition=(Q(other=None) ^ Q(record_id=""))
                & ~Q(item=models.F("other")),
                name="of_another_item_or_record",
            ),
        ]

    def __str__(self) -> str:
        if self.other_id is None:
            return f"item {self.item_id} like {self.record_kind} {self.record_id}"
        return f"item {self.item_id} like item {self.other_id}"

    @property
    def why(self) -> list[Ground]:
        return [BY_CODE[code] for code in self.grounds]
