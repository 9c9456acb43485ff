"""A business's link to an organisation in Zoho Books, and what Zoho leaves it."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.editions import EDITIONS_WITHOUT_PURCHASE_TAX
from connections.models.grants import Grant
from dext_sync.businesses.models import BusinessOwned, User


class Connection(BusinessOwned):
    """The business's accounting software: which Zoho Books organisation, and how it is."""

    class State(models.TextChoices):
        CONNECTED = "connected", _("Connected")
        NEEDS_RECONNECTING = "needs_reconnecting", _("Needs reconnecting")
        DISCONNECTED = "disconnected", _("Disconnected")

    class Broken(models.TextChoices):
        PERMISSION_GONE = (
            "permission_gone",
            _("Zoho no longer accepts the permission that was given."),
        )
        ORGANISATION_REFUSED = (
            "organisation_refused",
            _("The Zoho user who connected no longer belongs to the organisation."),
        )
        WITHDRAWN = (
            "withdrawn",
            _("The person who gave the permission at Zoho has withdrawn it."),
        )
        GIVER_LEFT = (
            "giver_left",
            _("The person who gave the permission at Zoho has left this business."),
        )

    class Ended(models.TextChoices):
        TAKEN_OVER = (
            "taken_over",
            _(
                "An administrator of the organisation in Zoho Books has connected it "
                "to another business."
            ),
        )

    class NewInvoices(models.TextChoices):
        DRAFT = "draft", _("Leave them as drafts")
        SENT = "sent", _("Mark them as sent")

    class DocumentType(models.TextChoices):
        """What may be kept from being published by itself."""

        INVOICE = "invoice", _("Cost invoices")
        RECEIPT = "receipt", _("Receipts")
        SALES_INVOICE = "sales_invoice", _("Sales invoices")

    class CostsGoTo(models.TextChoices):
        PURCHASES = "purchases", _("Purchases")
        EXPENSES = "expenses", _("Expenses")

    state = models.CharField(max_length=20, choices=State.choices)
    grant = models.ForeignKey(
        Grant, on_delete=models.PROTECT, null=True, related_name="+"
    )
    region = models.CharField(max_length=8)
    organisation_id = models.CharField(max_length=20)
    organisation_name = models.CharField(max_length=200)
    country = models.CharField(max_length=60, blank=True)
    currency_code = models.CharField(max_length=3)
    price_precision = models.PositiveSmallIntegerField(default=2)
    edition = models.CharField(max_length=12)
    plan_name = models.CharField(max_length=60, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    connected_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    connected_at = models.DateTimeField(default=timezone.now)
    needs_reason = models.CharField(max_length=40, choices=Broken.choices, blank=True)
    needs_since = models.DateTimeField(null=True)
    # The person who connected has left: their permission is used until then.
    permission_ends_at = models.DateTimeField(null=True)
    disconnected_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=20, choices=Ended.choices, blank=True)
    refresh_due_at = models.DateTimeField(null=True)
    # What becomes of new sales invoices; an item may say otherwise.
    new_invoices = models.CharField(
        _("new sales invoices"),
        max_length=8,
        choices=NewInvoices.choices,
        default=NewInvoices.DRAFT,
    )
    # Of a supplier that Zoho lacks: a person is asked before it is created there.
    warns_of_new_suppliers = models.BooleanField(
        _("warn me when creating a new supplier"), default=True
    )
    # Empty: what is unpaid to Purchases, a paid receipt to Expenses.
    costs_go_to = models.CharField(
        _("publish costs to"), max_length=10, choices=CostsGoTo.choices, blank=True
    )
    cost_tax = models.ForeignKey(
        "TaxRate",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("default tax for costs"),
    )
    sales_tax = models.ForeignKey(
        "TaxRate",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("default tax for sales"),
    )
    # Every item, unless a rule or its type says otherwise; since when, when it is on.
    auto_publishes_all = models.BooleanField(_("auto-publish all items"), default=False)
    auto_publishes_since = models.DateTimeField(null=True, editable=False)
    # Values of DocumentType; whatever rules say, these wait for a person.
    auto_exceptions = models.JSONField(
        _("never auto-publish"), default=list, blank=True
    )

    # Periods that are closed there, as the last refresh read them: see `locks`.
    locks = models.JSONField(default=dict)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business"], name="one_connection"),
            models.UniqueConstraint(
                fields=["region", "organisation_id"],
                condition=~models.Q(state="disconnected"),
                name="one_business_an_organisation",
            ),
        ]

    def __str__(self) -> str:
        return self.organisation_name

    @property
    def is_working(self) -> bool:
        return self.state == self.State.CONNECTED

    @property
    def takes_purchase_tax(self) -> bool:
        return self.edition not in EDITIONS_WITHOUT_PURCHASE_TAX


class Allowance(BusinessOwned):
    """What Zoho still lets us call today, as its headers said."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, related_name="allowance"
    )
    day_limit = models.PositiveIntegerField(null=True)
    day_remaining = models.PositiveIntegerField(null=True)
    day_resets_at = models.DateTimeField(null=True)
    blocked_until = models.DateTimeField(null=True)
    blocked_by = models.CharField(max_length=10, blank=True)
    last_call_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.day_remaining} of {self.day_limit} calls"


class ConnectionEvent(BusinessOwned):
    """What happened to a connection, for publishing to heed."""

    class Kind(models.TextChoices):
        CONNECTED = "connected"
        REFRESHED = "refreshed"
        MENDED = "mended"
        BROKEN = "broken"
        DISCONNECTED = "disconnected"
        SETTINGS = "settings"
        ORGANISATION = "organisation"

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now)
    heeded_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        indexes: ClassVar = [
            models.Index(
                fields=["at"], condition=models.Q(heeded_at=None), name="open_events"
            )
        ]

    def __str__(self) -> str:
        return self.kind
