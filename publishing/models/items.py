"""Items: what a document says, what they are coded with, and how they stand."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.models import (
    Account,
    Contact,
    Location,
    Project,
    TaxExemption,
    TaxRate,
    bare,
)
from dext_sync.businesses.models import BusinessOwned, Membership, User
from publishing.models.documents import Document
from publishing.models.parties import PaymentMethod, Supplier
from publishing.reasons import Why, why

if TYPE_CHECKING:
    from publishing.models.publications import Publication


class Item(BusinessOwned):
    """A bill or receipt, or an invoice of our own, on its way into the books.

    Amounts are in `currency`; `total` is what the document asks for, tax included.
    `supplier` is the customer in the sales workspace; `customer` is somebody else: whom
    a cost will be billed to.
    """

    class Workspace(models.TextChoices):
        COSTS = "costs", _("Costs")
        SALES = "sales", _("Sales")

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        RECEIPT = "receipt", _("Receipt")

    class PublishTo(models.TextChoices):
        """Of costs; empty: what is unpaid to Purchases, a paid receipt to Expenses."""

        PURCHASES = "purchases", _("Purchases")
        EXPENSES = "expenses", _("Expenses")

    class Status(models.TextChoices):
        TO_REVIEW = "to_review", _("To review")
        READY = "ready", _("Ready")
        PUBLISHING = "publishing", _("Publishing")
        CHECKING = "checking", _("Checking with Zoho")
        FAILED = "failed", _("Publishing failed")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived, not published")

    workspace = models.CharField(
        max_length=5, choices=Workspace.choices, default=Workspace.COSTS
    )
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, related_name="items"
    )
    # As this uploader called it: the same bytes may go by other names elsewhere.
    file_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(
        _("type"), max_length=10, choices=Kind.choices, default=Kind.INVOICE
    )
    date = models.DateField(_("date"), null=True, blank=True)
    due_date = models.DateField(_("due date"), null=True, blank=True)
    supplier = models.ForeignKey(
        Supplier,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="items",
        verbose_name=_("supplier"),
    )
    # The spelling under which it came, where that is another one of its supplier.
    spelled_as = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    description = models.CharField(_("description"), max_length=400, blank=True)
    category = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category"),
    )
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
    customer = models.ForeignKey(
        Contact,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("billable to customer"),
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    exchange_rate = models.DecimalField(
        _("exchange rate"),
        max_digits=18,
        decimal_places=8,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    rate_date = models.DateField(_("date of the rate"), null=True, blank=True)
    total = models.DecimalField(
        _("total"), max_digits=15, decimal_places=3, null=True, blank=True
    )
    tax_rate = models.ForeignKey(
        TaxRate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tax rate"),
    )
    # In place of a rate; few items have it. That it is there, and is of this business, is
    # one constraint (`same_business`).
    tax_exemption = models.ForeignKey(
        TaxExemption,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("tax exemption"),
    )
    tax_amount = models.DecimalField(
        _("tax amount"), max_digits=15, decimal_places=3, null=True, blank=True
    )
    several_rates = models.BooleanField(_("several tax rates"), default=False)
    paid = models.BooleanField(_("paid"), default=False)
    payment_method = models.ForeignKey(
        PaymentMethod,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payment method"),
    )
    publish_to = models.CharField(
        _("publish to"), max_length=10, choices=PublishTo.choices, blank=True
    )
    # Sales invoices only; None: as the connection's setting says.
    mark_as_sent = models.BooleanField(_("mark as sent"), null=True, blank=True)
    # Per field, who said so: {"total": {"from": "person", "name": "Bob", "at": "…"}}.
    # See `rules.Source` for the others.
    sources = models.JSONField(default=dict)

    status = models.CharField(
        max_length=12, choices=Status.choices, default=Status.TO_REVIEW
    )
    # Codes of reasons, while it is to be reviewed.
    reasons = models.JSONField(default=list)
    document_missing = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    # Whether it goes by itself is decided then: it has changed, and rests a while first.
    auto_due_at = models.DateTimeField(null=True, editable=False)
    # What can be searched, and what can be compared by an index.
    words = models.GeneratedField(
        expression=Lower(
            Concat("reference", Value(" "), "description", Value(" "), "file_name")
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    total_in_thousandths = models.GeneratedField(
        expression=Cast(models.F("total") * 1000, models.BigIntegerField()),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    # Without case, spaces and punctuation, so that an index finds what is alike.
    bare_reference = models.GeneratedField(
        expression=bare("reference"),
        output_field=models.CharField(max_length=100),
        db_persist=True,
    )

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["-created_at", "-id"]
        # For lists of any length, as owners and as Standard users see them. Only what
        # PostgreSQL calls leakproof can use them: no LIKE, and no comparing of decimals.
        indexes: ClassVar = [
            models.Index(
                fields=["business", "-created_at", "-id"], name="items_as_they_came"
            ),
            models.Index(
                fields=["business", "workspace", "-created_at", "-id"],
                condition=models.Q(archived_at=None),
                name="items_in_the_inbox",
            ),
            models.Index(
                fields=["business", "workspace", "-archived_at", "-id"],
                condition=~models.Q(archived_at=None),
                name="items_in_the_archive",
            ),
            models.Index(
                fields=["business", "owner", "workspace", "-created_at", "-id"],
                condition=models.Q(archived_at=None),
                name="own_items_in_the_inbox",
            ),
            models.Index(
                fields=["business", "owner", "workspace", "-archived_at", "-id"],
                condition=~models.Q(archived_at=None),
                name="own_items_in_the_archive",
            ),
            models.Index(
                fields=[
                    "business",
                    "owner",
                    "workspace",
                    "status",
                    "-created_at",
                    "-id",
                ],
                name="own_items_by_status",
            ),
            *(
                models.Index(
                    fields=["business", "workspace", name, "-created_at", "-id"],
                    name=f"items_by_{name}",
                )
                for name in ("status", "kind", "currency", "supplier", "category")
            ),
            models.Index(
                fields=["business", "workspace", "date"], name="items_by_date"
            ),
            models.Index(
                fields=["business", "total_in_thousandths"], name="items_by_total"
            ),
            models.Index(
                fields=["auto_due_at", "business"],
                condition=~models.Q(auto_due_at=None),
                name="items_to_decide_about",
            ),
            models.Index(
                fields=["business", "supplier", "bare_reference"],
                condition=~models.Q(bare_reference=""),
                name="items_by_bare_reference",
            ),
            models.Index(
                fields=["business", "supplier", "total_in_thousandths", "date"],
                name="items_by_supplier_and_total",
            ),
            models.Index(
                fields=["tax_exemption"],
                condition=~models.Q(tax_exemption=None),
                name="items_by_tax_exemption",
            ),
            GinIndex(
                fields=["business", "words"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="items_by_words",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(tax_rate=None) | models.Q(tax_exemption=None),
                name="item_has_a_rate_or_an_exemption",
            )
        ]

    _known: "list[Publication] | None" = None

    def __str__(self) -> str:
        """By its number, its file, or at least one that no other has."""
        name = self.reference or self.file_name or f"#{self.pk}"
        return f"{self.get_kind_display()} {name}"

    @property
    def tax(self) -> TaxRate | TaxExemption | None:
        """Its rate, or why it has none."""
        return self.tax_exemption or self.tax_rate

    @property
    def is_editable(self) -> bool:
        return self.status in (
            self.Status.TO_REVIEW,
            self.Status.READY,
            self.Status.FAILED,
        )

    @property
    def takes_changes(self) -> bool:
        """What says of itself that it is in Zoho must say what is there."""
        return self.is_editable and self.standing_publication is None

    @property
    def standing_publication(self) -> "Publication | None":
        """What it became in Zoho, unless that was cleared."""
        return next((each for each in self.tries if each.stands), None)

    @property
    def left_in_zoho(self) -> "list[Publication]":
        """What it became in Zoho before that was cleared."""
        return [each for each in self.tries if each.is_left_in_zoho]

    @property
    def open_publication(self) -> "Publication | None":
        """The one that is under way."""
        return next((each for each in self.tries if each.finished_at is None), None)

    @property
    def tries(self) -> "Iterable[Publication]":
        """All its publications, from what is known or was prefetched, if it was."""
        return self.publications.all() if self._known is None else self._known

    @contextmanager
    def publications_known(self) -> Iterator[None]:
        """For whoever holds the item, so that nothing becomes of them meanwhile."""
        self._known = list(self.publications.all())
        try:
            yield
        finally:
            self._known = None

    @property
    def open_reasons(self) -> list[Why]:
        return [why(code) for code in self.reasons]


def items_seen_by(membership: Membership) -> models.QuerySet[Item]:
    """All items of the business, or the member's own without *access all documents*."""
    items = Item.objects.for_business(membership.business)
    if membership.may_see_all_documents:
        return items
    return items.filter(owner=membership.user_id)


class ColumnChoice(BusinessOwned):
    """Which columns a person wants to see in the lists of a workspace."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    workspace = models.CharField(max_length=5, choices=Item.Workspace.choices)
    columns = models.JSONField(default=list)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "person", "workspace"], name="one_choice_a_list"
            )
        ]

    def __str__(self) -> str:
        return f"{self.workspace}: {', '.join(self.columns)}"
