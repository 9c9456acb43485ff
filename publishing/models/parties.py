"""Whom a business deals with, and how it pays."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.models import BankAccount, Contact
from dext_sync.businesses.models import BusinessOwned


class PaymentMode(BusinessOwned):
    """A word of Zoho's for how money moved; a list of the business."""

    name = models.CharField(max_length=60)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "name"], name="one_mode_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class PaymentMethod(BusinessOwned):
    """A card, account or till that the business pays with."""

    name = models.CharField(_("name"), max_length=80)
    last_four = models.CharField(_("last four digits"), max_length=4, blank=True)
    account = models.ForeignKey(
        BankAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account in Zoho Books"),
    )
    mode = models.ForeignKey(
        PaymentMode,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payment mode"),
    )
    removed_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "name", "last_four"],
                condition=models.Q(removed_at=None),
                name="one_method_a_name",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} •{self.last_four}" if self.last_four else self.name


class Supplier(BusinessOwned):
    """A supplier, or a customer of a sale, as this business names it, and its contact in
    Zoho once that is known.

    One name may be both: Zoho has a contact of its own for each side.
    """

    class Side(models.TextChoices):
        SUPPLIER = "supplier", _("Supplier")
        CUSTOMER = "customer", _("Customer")

    side = models.CharField(
        max_length=8, choices=Side.choices, default=Side.SUPPLIER, editable=False
    )
    name = models.CharField(max_length=200)
    # The name without case, spaces and punctuation: several spellings of one name.
    key = models.CharField(max_length=200)
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, related_name="suppliers"
    )
    # A person said: create it in Zoho.
    create_agreed_at = models.DateTimeField(null=True)
    # The one publication that may create the contact, so that it is created once.
    being_created_by = models.BigIntegerField(null=True)
    # It is another spelling of that one, whose items and rules hold.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="spellings"
    )
    created_at = models.DateTimeField(default=timezone.now)
    # Nothing of it is published by itself: this item of it failed, in these words.
    paused_at = models.DateTimeField(null=True)
    paused_over = models.ForeignKey(
        "Item", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    pause_reason = models.TextField(blank=True)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "side", "key"], name="one_supplier_a_side_and_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
