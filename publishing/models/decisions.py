"""What was decided about items that may go into the books by themselves."""

from django.db import models
from django.utils import timezone

from dext_sync.businesses.models import BusinessOwned
from publishing.models.items import Item


class AutoDecision(BusinessOwned):
    """The last word on one item; the earlier ones are in its history."""

    item = models.OneToOneField(
        Item, on_delete=models.CASCADE, related_name="auto_decision"
    )
    goes = models.BooleanField()
    # A code of autopublish.Ground; empty where it goes.
    ground = models.CharField(max_length=20, blank=True)
    sentence = models.TextField()
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        indexes = (
            models.Index(
                fields=["business", "goes", "-decided_at"], name="decisions_by_day"
            ),
        )

    def __str__(self) -> str:
        return self.sentence
