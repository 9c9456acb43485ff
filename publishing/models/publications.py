"""Every step of getting an item into Zoho Books."""

import secrets
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from dext_sync.businesses.models import BusinessOwned, User
from publishing.models.items import Item
from publishing.problems import GONE

MARK_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_mark() -> str:
    """The word by which a record in Zoho is known to be ours: DS- and 10 letters."""
    return "DS-" + "".join(secrets.choice(MARK_LETTERS) for _n in range(10))


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
    # The record was there before, and only the document is ours.
    attaches = models.BooleanField(default=False)
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

    @property
    def is_left_in_zoho(self) -> bool:
        """Zoho has its record for all that is known, and the item may become another:
        it was cleared, or Zoho's yes came when it had failed here and another had gone."""
        if self.problem_code in GONE:
            return False
        came_late = self.state == self.State.FAILED and self._has_record
        return self.cleared_at is not None or came_late

    @property
    def _has_record(self) -> bool:
        records = (step for step in self.steps.all() if step.kind == Step.Kind.RECORD)
        return any(step.zoho_id for step in records)

    @property
    def is_gone(self) -> bool:
        """Zoho has said that it has the record no more."""
        return self.stands and self.problem_code in GONE


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
    # How long Zoho has failed at saying so, without what else was waited for. The
    # database knows the beginning, as long as processes write that know no such column.
    looked_in_vain = models.DurationField(default=timedelta(0), db_default=timedelta(0))
    failed_look_at = models.DateTimeField(null=True)
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
