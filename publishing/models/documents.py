"""What was uploaded."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from dext_sync.businesses.models import BusinessOwned, User


class Document(BusinessOwned):
    """The bytes of an uploaded document, kept once per business by their SHA-256."""

    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    page_count = models.PositiveSmallIntegerField()
    uploaded_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "sha256"], name="one_copy_a_document"
            )
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
