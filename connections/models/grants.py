"""What a person has permitted at Zoho, and what is on its way to be."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from connections.encryption import EncryptedTextField
from dext_sync.businesses.models import BusinessOwned, User


class Grant(models.Model):
    """One Zoho user's consent in one data centre, shared by their connections.

    No tenant row: reached only through a connection of the current business, or
    right after that person's own consent. Without a ZUID it is never shared.
    """

    region = models.CharField(max_length=8)
    zuid = models.CharField(max_length=30, blank=True)
    zoho_email = models.CharField(max_length=254, blank=True)
    zoho_name = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    scopes = models.TextField(blank=True)
    refresh_token = EncryptedTextField()
    access_token = EncryptedTextField(blank=True)
    access_expires_at = models.DateTimeField(null=True)
    # The lease of the one process that may ask for a new access token.
    refreshing_until = models.DateTimeField(null=True)
    cool_down_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    # Zoho has shut this user out of all its organisations for a while (429, code 43).
    blocked_until = models.DateTimeField(null=True)
    died_at = models.DateTimeField(null=True)
    # By the person who gave it; what has been withdrawn never lives again.
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    renewed_at = models.DateTimeField(default=timezone.now)
    # When Zoho last gave an access token for it.
    refreshed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["region", "zuid"],
                condition=~models.Q(zuid=""),
                name="one_grant_a_zoho_user",
            )
        ]

    def __str__(self) -> str:
        return f"grant {self.pk} ({self.region})"


class Consent(BusinessOwned):
    """A trip to Zoho under way: it waits here until the person presses Finish.

    Bound to the session, the person and the business that set out.
    """

    class Purpose(models.TextChoices):
        CONNECT = "connect"
        RECONNECT = "reconnect"

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_hash = models.CharField(max_length=64)
    state_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    region = models.CharField(max_length=8)
    started_at = models.DateTimeField(default=timezone.now)
    # Set by the one request that may use the code that Zoho sent.
    answered_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True)
    zuid = models.CharField(max_length=30, blank=True)
    zoho_email = models.CharField(max_length=254, blank=True)
    zoho_name = models.CharField(max_length=200, blank=True)
    scopes = models.TextField(blank=True)
    refresh_token = EncryptedTextField(blank=True)
    access_token = EncryptedTextField(blank=True)
    access_expires_at = models.DateTimeField(null=True)
    organisations = models.JSONField(default=list)
    organisation_id = models.CharField(max_length=20, blank=True)
    # The organisation of which this Zoho user was seen to be an administrator, and
    # which is to be taken over from another business.
    takes_over = models.CharField(max_length=20, blank=True)
    # The organisation that the person has agreed to leave for the chosen one.
    changes_from = models.CharField(max_length=20, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        indexes: ClassVar = [
            models.Index(
                fields=["started_at"],
                condition=models.Q(ended_at=None),
                name="open_consents",
            )
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"
