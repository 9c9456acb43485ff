"""Items, what they are coded with, and every step of getting them into Zoho Books."""

import secrets
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.models import (
    Account,
    BankAccount,
    Connection,
    Contact,
    Location,
    Project,
    TaxRate,
)
from dext_sync.businesses.models import BusinessOwned, User
from publishing.reasons import Why, why

MARK_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_mark() -> str:
    """The word by which a record in Zoho is known to be ours: DS- and 10 letters."""
    return "DS-" + "".join(secrets.choice(MARK_LETTERS) for _n in range(10))


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
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "side", "key"], name="one_supplier_a_side_and_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


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
    # Sales invoices only; None: as the connection's setting says.
    mark_as_sent = models.BooleanField(_("mark as sent"), null=True, blank=True)
    # Per field, who said so: {"total": {"from": "person", "name": "Bob", "at": "…"}}.
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

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["-created_at", "-id"]
        # For lists of any length, as owners and as Standard users see them. Only what
        # PostgreSQL calls leakproof can use them: no LIKE, and no comparing of decimals.
        indexes: ClassVar = [
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
            GinIndex(
                fields=["business", "words"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="items_by_words",
            ),
        ]

    def __str__(self) -> str:
        if self.reference:
            return f"{self.get_kind_display()} {self.reference}"
        return f"{self.get_kind_display()} #{self.pk}"

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
        """What it became in Zoho, unless that was cleared; from what was prefetched,
        if it was."""
        return next((each for each in self.publications.all() if each.stands), None)

    @property
    def open_reasons(self) -> list[Why]:
        return [why(code) for code in self.reasons]


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


class Publication(BusinessOwned):
    """One item's way into Zoho Books: what was claimed, and how far it has come."""

    class Kind(models.TextChoices):
        BILL = "bill", _("Bill")
        EXPENSE = "expense", _("Expense")
        INVOICE = "invoice", _("Invoice")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        CHECKING = "checking", _("Checking with Zoho")
        PUBLISHED = "published", _("Published")
        FAILED = "failed", _("Failed")

    class Priority(models.IntegerChoices):
        PERSON = 0
        AUTOMATIC = 1

    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, related_name="publications"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default="waiting")
    priority = models.PositiveSmallIntegerField(
        choices=Priority.choices, default=Priority.PERSON
    )
    requested_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    # The claim: where it goes, and with which ids, all of that organisation.
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="+"
    )
    region = models.CharField(max_length=8)
    organisation_id = models.CharField(max_length=20)
    mark = models.CharField(max_length=20, unique=True, default=new_mark)
    claim = models.JSONField(default=dict)
    # When there is something to do next, and the lease of the worker that does it.
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    waiting_reason = models.CharField(max_length=40, blank=True)
    problem_code = models.CharField(max_length=60, blank=True)
    problem = models.TextField(blank=True)
    # What those that failed of one cause share: see `causes.cause_of`.
    cause = models.CharField(max_length=120, blank=True)
    # When a mail has told the failure.
    told_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # A person confirmed *Clear publishing data*: the record stays in Zoho.
    cleared_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["item"],
                condition=models.Q(finished_at=None),
                name="one_open_publication",
            ),
            models.UniqueConstraint(
                fields=["item"],
                condition=models.Q(state="published", cleared_at=None),
                name="published_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["finished_at"],
                condition=models.Q(state="failed", told_at=None),
                name="publications_to_tell",
            ),
            models.Index(
                fields=["due_at"],
                condition=models.Q(finished_at=None),
                name="publications_due",
            ),
            models.Index(
                fields=["business", "priority", "due_at", "id"],
                condition=models.Q(finished_at=None),
                name="publications_in_turn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.mark}"

    @property
    def stands(self) -> bool:
        return self.state == self.State.PUBLISHED and self.cleared_at is None


class FailureMail(BusinessOwned):
    """When the business was last told by mail of what could not be published."""

    sent_at = models.DateTimeField()
    # Whose letter could not leave, and of which publications: {"user": [publication]}.
    owed = models.JSONField(default=dict)
    tried_again_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business"], name="one_line_of_mails")
        ]

    def __str__(self) -> str:
        return f"failures told at {self.sent_at}"


class Step(BusinessOwned):
    """One thing that must be true in Zoho: the contact, the record, the document, and
    of a sales invoice that it is marked as sent."""

    class Kind(models.TextChoices):
        CONTACT = "contact", _("contact")
        RECORD = "record", _("record")
        DOCUMENT = "document", _("document")
        SENT = "sent", _("mark “sent”")

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        UNCERTAIN = "uncertain"
        DONE = "done"
        REFUSED = "refused"

    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, related_name="steps"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default="waiting")
    region = models.CharField(max_length=8)
    organisation_id = models.CharField(max_length=20)
    request = models.JSONField(default=dict)
    answer = models.JSONField(default=dict)
    zoho_id = models.CharField(max_length=30, blank=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    # How often Zoho was asked whether a lost request arrived after all.
    look_ups = models.PositiveSmallIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    # Documents only: Zoho's own list said that the record has one.
    verified_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["publication", "kind"], name="one_step_a_kind"
            ),
            models.UniqueConstraint(
                fields=["region", "organisation_id", "zoho_id"],
                condition=~models.Q(zoho_id=""),
                name="one_step_a_zoho_record",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.publication_id}"

    @property
    def follows_record(self) -> bool:
        """The record is in Zoho and stays published, whatever becomes of this."""
        return self.kind in (self.Kind.DOCUMENT, self.Kind.SENT)


class PublishAttempt(BusinessOwned):
    """One try at one step, written before the call and settled after it."""

    class Outcome(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        FOUND = "found"
        NO_ANSWER = "no_answer"
        WAITING = "waiting"
        REFUSED = "refused"
        ABANDONED = "abandoned"

    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, related_name="attempts"
    )
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default="open")
    error = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=20, blank=True)
    message = models.TextField(blank=True)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class Restore(BusinessOwned):
    """The database was put back: what happened after `since` is known to Zoho alone."""

    since = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"restored to {self.since:%Y-%m-%d %H:%M}"


class RestoreCheck(BusinessOwned):
    """Asking one list of an organisation what it has since then; until that is done,
    nothing of the kind is sent there."""

    restore = models.ForeignKey(
        Restore, on_delete=models.CASCADE, related_name="checks"
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="+"
    )
    region = models.CharField(max_length=8)
    organisation_id = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Publication.Kind.choices)
    # The next one to be read.
    page = models.PositiveIntegerField(default=1)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["restore", "region", "organisation_id", "kind"],
                name="one_check_a_list",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(finished_at=None),
                name="restore_checks_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}s of {self.organisation_id}"


class UnknownRecord(BusinessOwned):
    """A record in Zoho with a mark of ours that the database that was put back does not
    know; `item` is the one that it was made from, or has been taken for."""

    found_by = models.ForeignKey(
        RestoreCheck, on_delete=models.CASCADE, related_name="records"
    )
    region = models.CharField(max_length=8)
    organisation_id = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Publication.Kind.choices)
    zoho_id = models.CharField(max_length=30)
    mark = models.CharField(max_length=20)
    contact_id = models.CharField(max_length=30, blank=True)
    number = models.CharField(max_length=100, blank=True)
    date = models.DateField(null=True)
    total = models.DecimalField(max_digits=15, decimal_places=3)
    currency = models.CharField(max_length=3, blank=True)
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Items of which it was asked whether they are this one.
    asked_of = models.JSONField(default=list)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "region", "organisation_id", "kind", "zoho_id"],
                name="one_unknown_record_an_id",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number or self.zoho_id}"
