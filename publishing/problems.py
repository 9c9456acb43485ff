"""What a publication waits for, and what went wrong with it.

Each with its code and the sentence that a person reads.
"""

from collections.abc import Sequence
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from publishing.reasons import Reason


class Wait(Enum):
    """What a publication waits for; it goes on by itself."""

    UNAVAILABLE = "unavailable", _("Zoho Books cannot be reached at the moment.")
    UNCLEAR = "unclear", _("Zoho Books could not say whether it has this.")
    MINUTE = "minute", _("Zoho Books takes no more calls in this minute.")
    DAY = "day", _("Zoho Books takes no more calls today.")
    AT_ONCE = "at_once", _("Zoho Books is busy with other calls of this organisation.")
    USER = "user", _("Zoho has paused the Zoho user who connected this business.")
    TOKEN = "token", _("Zoho gives out no access at the moment.")
    ANSWER_LOST = "answer_lost", _("Zoho's answer was lost.")
    SUPPLIER = "supplier", _("The supplier is just being created in Zoho Books.")
    CUSTOMER = "customer", _("The customer is just being created in Zoho Books.")
    CONNECTION = "connection", _("The connection to Zoho Books needs reconnecting.")
    ORGANISATION = (
        "organisation",
        _("The business is connected to another organisation than this was sent to."),
    )
    CONFIGURATION = (
        "configuration",
        _("The access of this installation to Zoho is set up wrongly."),
    )
    LIST_LAGS = (
        "list_lags",
        _("Zoho Books has a record of this number and does not show it yet."),
    )
    NAME_LAGS = (
        "name_lags",
        _("Zoho Books has a contact of this name and does not show it yet."),
    )
    LONG_LIST = (
        "long_list",
        _("Zoho Books' list is too long to be sure whether this is in it."),
    )
    RESTORED = (
        "restored",
        _("The database was restored; Zoho Books is being asked what it has."),
    )
    RIGHT = "right", _("The Zoho user who connected may not look this up in Zoho.")
    SCOPE = (
        "scope",
        _(
            "The permission that was given at Zoho does not cover this: press Reconnect "
            "on the connection's page."
        ),
    )

    def __init__(self, code: str, sentence: Promise) -> None:
        self.code = code
        self.sentence = sentence


class Problem(Enum):
    """Why publishing has ended without the record, or without its document.

    `field` is where it is mended, if that is known.
    """

    DUPLICATE_BILL = (
        "duplicate_bill",
        "reference",
        _(
            "Zoho Books already has a bill with this number from this supplier, and it "
            "was not made from this item. If it is the same one, archive this item; if "
            "not, correct the reference."
        ),
    )
    DUPLICATE_INVOICE = (
        "duplicate_invoice",
        "reference",
        _(
            "Zoho Books already has an invoice with this number, and it was not made "
            "from this item. If it is the same one, archive this item; if not, correct "
            "the reference."
        ),
    )
    ALIKE = (
        "alike",
        "reference",
        _(
            "Zoho Books has a record just like this one that was not made from this "
            "item. If it is the same one, archive this item."
        ),
    )
    LOCKED = (
        "locked",
        "date",
        _("The period of this date has been locked meanwhile; nothing was sent."),
    )
    SUPPLIER_NAME_TAKEN = (
        "supplier_name_taken",
        "supplier",
        Reason.SUPPLIER_NAME_TAKEN.sentence,
    )
    CUSTOMER_NAME_TAKEN = (
        "customer_name_taken",
        "supplier",
        Reason.CUSTOMER_NAME_TAKEN.sentence,
    )
    ENTRY_GONE = "entry_gone", "connection", Reason.ENTRY_GONE.sentence
    BAD_VALUE = (
        "bad_value",
        "connection",
        _(
            "Zoho Books does not accept one of the values chosen here: it may have "
            "changed or left there. Refresh the integration data, then look again."
        ),
    )
    REJECTED = "rejected", "", _("Zoho Books did not accept what was sent.")
    FORBIDDEN = (
        "forbidden",
        "connection",
        _(
            "The Zoho user who connected this business may not do this in Zoho Books: "
            "a right or a module is missing there. Once it is there, publish again; if "
            "another Zoho user has it, press Reconnect on the connection's page."
        ),
    )
    UNEXPECTED = (
        "unexpected",
        "",
        _("Zoho Books gave an answer that we do not understand; it has been logged."),
    )
    ORGANISATION_CHANGED = (
        "organisation_changed",
        "connection",
        _("The business has been connected to another organisation meanwhile."),
    )
    DISCONNECTED = (
        "disconnected",
        "connection",
        _("The business was disconnected from Zoho Books meanwhile."),
    )
    TOTAL_DIFFERS = (
        "total_differs",
        "",
        _("The record in Zoho Books differs from the document: look at it there."),
    )
    LEFT_DRAFT = (
        "left_draft",
        "",
        _(
            "The invoice in Zoho Books differs from the document, so it was not marked "
            "as sent: look at it there."
        ),
    )
    NOT_SENT = (
        "not_sent",
        "",
        _(
            "Zoho Books did not mark the invoice as sent. Look at it there: if it is a "
            "draft, mark it as sent in Zoho Books."
        ),
    )
    INVOICE_GONE = (
        "invoice_gone",
        "",
        _(
            "The invoice is no longer in Zoho Books, so it was not marked as sent. If it "
            "is to be there, clear its publishing data and publish it again."
        ),
    )
    SECOND_RECORD = (
        "second_record",
        "",
        _(
            "Zoho Books has a second record of this item ({zoho_id}): one of the two is "
            "to be deleted there."
        ),
    )
    SEEN_THERE = (
        "seen_there",
        "document",
        _(
            "A person has seen the record in Zoho Books. Its number there is not known "
            "here: attach the document there by hand if it is missing."
        ),
    )
    SEEN_MISSING = (
        "seen_missing",
        "document",
        _("A person has looked in Zoho Books, and it was not there."),
    )
    DOCUMENT_REFUSED = (
        "document_refused",
        "document",
        _("Zoho Books did not take the document."),
    )
    DOCUMENT_NOT_STORED = (
        "document_not_stored",
        "document",
        _("Zoho Books said that it took the document, and does not have it."),
    )
    DOCUMENT_UNCLEAR = (
        "document_unclear",
        "document",
        _(
            "Zoho Books could not say whether the record has its document, so nothing "
            "more was sent: look at the record there."
        ),
    )
    HAS_DOCUMENT = (
        "has_document",
        "document",
        _(
            "The record in Zoho Books has a document already: it stays as it is, and "
            "nothing was attached."
        ),
    )
    DOCUMENT_LOST = (
        "document_lost",
        "document",
        _("The document's file is missing in this installation."),
    )
    RECORD_GONE = (
        "record_gone",
        "document",
        _(
            "The record is no longer in Zoho Books, so nothing can be attached to it. If "
            "it is to be there, clear its publishing data and publish it again."
        ),
    )

    def __init__(self, code: str, field: str, sentence: Promise) -> None:
        self.code = code
        self.field = field
        self.sentence = sentence

    def over(self, differences: Sequence[str]) -> str:
        """The sentence, and what it is about."""
        return f"{self.sentence} ({', '.join(differences)})"


GONE = frozenset({Problem.RECORD_GONE.code, Problem.INVOICE_GONE.code})
"""Zoho has said that the record was deleted there."""
UNTIL_SOMEBODY_ACTS = frozenset(
    {Wait.CONNECTION, Wait.RIGHT, Wait.SCOPE, Wait.ORGANISATION}
)
"""These are tried now and then; the time of the next try says nothing."""
OF_ALL = frozenset(
    {
        Wait.MINUTE,
        Wait.DAY,
        Wait.AT_ONCE,
        Wait.USER,
        Wait.TOKEN,
        Wait.CONFIGURATION,
        Wait.UNAVAILABLE,
    }
)
"""What keeps one publication from being sent keeps all of its business."""
WAIT_BY_CODE = {wait.code: wait for wait in Wait}
PROBLEM_BY_CODE = {problem.code: problem for problem in Problem}
