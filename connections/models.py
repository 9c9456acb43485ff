"""A business's link to Zoho Books: consent, connection, cached lists, refreshes."""

from datetime import datetime
from typing import ClassVar, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.editions import EDITIONS_WITHOUT_PURCHASE_TAX
from connections.encryption import EncryptedTextField
from dext_sync.businesses.models import Business, BusinessOwned, User


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
    kind = models.CharField(max_length=20, blank=True)
    description = models.CharField(max_length=500, blank=True)


class Project(ListEntry):
    customer_id = models.CharField(max_length=30, blank=True)
    customer_name = models.CharField(max_length=300, blank=True)


class Product(ListEntry):
    is_purchased = models.BooleanField(default=False)
    is_sold = models.BooleanField(default=False)
    unit = models.CharField(max_length=60, blank=True)


class Location(ListEntry):
    is_primary = models.BooleanField(default=False)


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


class RefreshRun(BusinessOwned):
    """One pull of every list; at most one is open per connection."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="refreshes"
    )
    organisation_id = models.CharField(max_length=20)
    requested_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    # Long lists too are read from end to end, at least once a day; in between, only
    # what is new in them.
    complete = models.BooleanField(default=True)
    # A worker that is alive moves this on; a killed one's run is taken up again.
    leased_until = models.DateTimeField(null=True)
    # Where the budget is spent, the run goes on from here.
    due_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(
        default=timezone.now
    )
    waiting_reason = models.CharField(max_length=40, blank=True)
    # Pauses in a row because Zoho was away: each is longer than the one before.
    pauses = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=models.Q(finished_at=None),
                name="one_open_refresh",
            )
        ]

    def __str__(self) -> str:
        return f"refresh {self.pk}"


class RefreshedList(BusinessOwned):
    """How one list fared in a refresh, and what changed in it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READING = "reading", _("Reading")
        DONE = "done", _("Up to date")
        NOT_AVAILABLE = "not_available", _("Not available in this organisation")
        FAILED = "failed", _("Could not be read")

    run = models.ForeignKey(RefreshRun, on_delete=models.CASCADE, related_name="lists")
    kind = models.CharField(max_length=30)
    state = models.CharField(max_length=15, choices=State.choices, default="waiting")
    calls = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    # Only its newest pages are read, and the count of its rows is compared.
    newest_only = models.BooleanField(default=False)
    # When the row that was changed last was changed, by Zoho's clock.
    newest = models.DateTimeField(null=True)
    # Names for the report, at most a few dozen of each.
    report = models.JSONField(default=dict)
    problem = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(BusinessOwned.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "kind"], name="one_line_a_list")
        ]

    def __str__(self) -> str:
        return self.kind


class RefreshedPage(BusinessOwned):
    """A page that has arrived while its list has not: a long list outlasts a minute's
    calls, and goes on where it paused."""

    line = models.ForeignKey(
        RefreshedList, on_delete=models.CASCADE, related_name="pages"
    )
    # A list of several pages is read a second time before anything in it is marked as
    # gone: rows move up into pages that are here already when others are deleted.
    reading = models.PositiveSmallIntegerField(default=1)
    number = models.PositiveIntegerField()
    has_more = models.BooleanField()
    # When its rows were changed, by Zoho's clock, and whether they are sorted by that.
    oldest = models.DateTimeField(null=True)
    newest = models.DateTimeField(null=True)
    by_change = models.BooleanField(default=False)
    # As columns of the entries: [{"zoho_id": "…", "name": "…", …}].
    rows = models.JSONField(encoder=DjangoJSONEncoder)
    read_at = models.DateTimeField(default=timezone.now)

    class Meta(BusinessOwned.Meta):
        ordering: ClassVar = ["reading", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["line", "reading", "number"], name="one_copy_a_page"
            )
        ]

    def __str__(self) -> str:
        return f"page {self.number}"


class ConnectionEvent(BusinessOwned):
    """What happened to a connection, for publishing to heed."""

    class Kind(models.TextChoices):
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
