"""What a business has said once, for all items like this one."""

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.models import Account, Location, Project, TaxRate
from dext_sync.businesses.models import BusinessOwned, User
from publishing.models.items import Item
from publishing.models.parties import PaymentMethod, Supplier


class Rule(BusinessOwned):
    """Where items go, whether by themselves, and who said so last."""

    class AutoPublish(models.TextChoices):
        """Empty: it says nothing about that."""

        ALWAYS = "always", _("Always")
        NEVER = "never", _("Never")

    auto_publish = models.CharField(
        _("auto-publish"), max_length=6, choices=AutoPublish.choices, blank=True
    )
    # When it was said; what was submitted before is not published by itself.
    auto_publish_since = models.DateTimeField(null=True, editable=False)
    publish_to = models.CharField(
        _("publish to"), max_length=10, choices=Item.PublishTo.choices, blank=True
    )
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta(BusinessOwned.Meta):
        abstract = True


class SupplierRule(Rule):
    """How items of one supplier, or of one customer, are coded."""

    supplier = models.OneToOneField(
        Supplier, on_delete=models.CASCADE, related_name="rule"
    )
    category = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category"),
    )
    tax_rate = models.ForeignKey(
        TaxRate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tax rate"),
    )
    payment_method = models.ForeignKey(
        PaymentMethod,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payment method"),
    )
    # None: it says nothing about it.
    paid = models.BooleanField(_("paid"), null=True, blank=True)
    # Days from the document's date to the due date.
    due_days = models.PositiveSmallIntegerField(
        _("due after"), null=True, blank=True, validators=[MaxValueValidator(366)]
    )
    description = models.CharField(_("description"), max_length=400, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("project"),
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("location"),
    )

    def __str__(self) -> str:
        return f"rule of supplier {self.supplier_id}"


class MethodRule(Rule):
    """What items that were paid with one payment method become."""

    method = models.OneToOneField(
        PaymentMethod, on_delete=models.CASCADE, related_name="rule"
    )

    def __str__(self) -> str:
        return f"rule of payment method {self.method_id}"


class CategoryRule(BusinessOwned):
    """Words in a document's description or reference that say its category.

    They are tried in the order of `position`; the first that fits says it. All of the
    words must be there, in any order.
    """

    class SearchedIn(models.TextChoices):
        BOTH = "both", _("description or reference")
        DESCRIPTION = "description", _("description")
        REFERENCE = "reference", _("reference")

    workspace = models.CharField(
        max_length=5, choices=Item.Workspace.choices, default=Item.Workspace.COSTS
    )
    position = models.PositiveIntegerField()
    words = models.CharField(_("words"), max_length=200)
    searched_in = models.CharField(
        _("searched in"),
        max_length=11,
        choices=SearchedIn.choices,
        default=SearchedIn.BOTH,
    )
    category = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("category"),
    )
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.words
