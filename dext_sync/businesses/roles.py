"""What a member may do in a business."""

from enum import Enum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    ACCOUNTANT = "accountant", _("Accountant")
    STANDARD = "standard", _("Standard")

    @property
    def manages(self) -> bool:
        """Everything an Admin does: connections, settings, lists, people."""
        return self is not Role.STANDARD


class Need(Enum):
    """What a page asks of the member who opens it."""

    MEMBER = "member"
    PUBLISH = "publish"
    MANAGE = "manage"
