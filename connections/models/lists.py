"""The cached lists: what was read from Zoho, marked when it leaves."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.models.links import Connection
from dext_sync.businesses.models import Business, BusinessOwned


def bare(field: str) -> Lower:
    """A number without case, spaces and punctuation: “inv 104” is “INV-104”."""
    letters = models.Func(
        field,
        Value("[^[:alnum:]]"),
        Value(""),
        Value("g"),
        function="regexp_replace",
        output_field=models.TextField(),
    )
    return Lower(letters)


class ListEntry(BusinessOwned):
    """One row of a list that was read from Zoho; it is marked when it leaves, never deleted.

    Written by the thousand. That its connection is there, and is of its business, is one
    constraint (`same_business`); constraints and indexes of each column alone would say
    what that one and the indexes of several columns say already.
    """

    business = models.ForeignKey(
        Business,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    connection = models.ForeignKey(
        Connection,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    organisation_id = models.CharField(max_length=20)
    zoho_id = models.CharField(max_length=30)
    name = models.CharField(max_length=300)
    code = models.CharField(max_length=60, blank=True)
    is_active = models.BooleanField(default=True)
    # Hides it from pickers here; Zoho knows nothing of it.
    visible = models.BooleanField(default=True)
    removed_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        abstract = True
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "organisation_id", "zoho_id"],
                name="%(class)s_once_an_organisation",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "organisation_id", "name"])
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        """Zoho takes it on a new record."""
        return self.is_active and self.removed_at is None


class Account(ListEntry):
    account_type = models.CharField(max_length=60)


class Contact(ListEntry):
    class Kind(models.TextChoices):
        VENDOR = "vendor", _("Supplier")
        CUSTOMER = "customer", _("Customer")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    company_name = models.CharField(max_length=300, blank=True)
    email = models.CharField(max_length=254, blank=True)
    currency_code = models.CharField(max_length=3, blank=True)


class BankAccount(ListEntry):
    account_type = models.CharField(max_length=60)
    currency_code = models.CharField(max_length=3, blank=True)


class TaxRate(ListEntry):
    percentage = models.DecimalField(max_digits=9, decimal_places=4)
    kind = models.CharField(max_length=20)
    specification = models.CharField(max_length=30, blank=True)


class TaxExemption(ListEntry):
    CUSTOMERS: Final = "customer"

    kind = models.CharField(max_length=20, blank=True)
    description = models.CharField(max_length=500, blank=True)

    @property
    def is_customers(self) -> bool:
        """Why a customer pays no tax, whatever it buys."""
        return self.kind == self.CUSTOMERS


class Project(ListEntry):
    customer_id = models.CharField(max_length=30, blank=True)
    customer_name = models.CharField(max_length=300, blank=True)


class Product(ListEntry):
    is_purchased = models.BooleanField(default=False)
    is_sold = models.BooleanField(default=False)
    unit = models.CharField(max_length=60, blank=True)


class Location(ListEntry):
    """lines_only: Zoho takes it on the lines of a record, and not for all of it."""

    is_primary = models.BooleanField(default=False)
    lines_only = models.BooleanField(default=False, db_default=False)


class Currency(ListEntry):
    """`code` is the ISO 4217 code."""

    places = models.PositiveSmallIntegerField(default=2)
    is_base = models.BooleanField(default=False)


REMARK: Final = 40
"""Letters that are kept."""


class PurchaseRecord(ListEntry):
    """A bill or an expense in Zoho, to be compared with; whoever made it. A void one is
    not active."""

    class Kind(models.TextChoices):
        BILL = "bill", _("Bill")
        EXPENSE = "expense", _("Expense")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    vendor_id = models.CharField(max_length=30, blank=True)
    vendor_name = models.CharField(max_length=300, blank=True)
    # A bill's own number.
    reference = models.CharField(max_length=100, blank=True)
    # The end of a bill's order number, or of an expense's description: who enters it
    # through the API may have left a word there.
    remark = models.CharField(max_length=REMARK, blank=True)
    date = models.DateField(null=True)
    currency_code = models.CharField(max_length=3, blank=True)
    total = models.DecimalField(max_digits=18, decimal_places=3)
    status = models.CharField(max_length=30, blank=True)
    bare_reference = models.GeneratedField(
        expression=bare("reference"),
        output_field=models.CharField(max_length=100),
        db_persist=True,
    )
    total_in_thousandths = models.GeneratedField(
        expression=Cast(models.F("total") * 1000, models.BigIntegerField()),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta(ListEntry.Meta):
        indexes: ClassVar = [
            models.Index(
                fields=["business", "organisation_id", "vendor_id", "bare_reference"],
                name="purchases_by_bare_reference",
            ),
            models.Index(
                fields=[
                    "business",
                    "organisation_id",
                    "vendor_id",
                    "total_in_thousandths",
                    "date",
                ],
                name="purchases_by_total",
            ),
        ]
