"""Items, what they are coded with, and every step of getting them into Zoho Books."""

from publishing.models.decisions import AutoDecision
from publishing.models.documents import Document
from publishing.models.items import ColumnChoice, Item, items_seen_by
from publishing.models.parties import PaymentMethod, PaymentMode, Supplier
from publishing.models.publications import (
    MARK_LETTERS,
    FailureMail,
    Publication,
    PublishAttempt,
    Step,
    new_mark,
)
from publishing.models.restores import Restore, RestoreCheck, UnknownRecord
from publishing.models.rules import CategoryRule, MethodRule, SupplierRule
from publishing.models.suspicions import Suspicion

__all__ = [
    "MARK_LETTERS",
    "AutoDecision",
    "CategoryRule",
    "ColumnChoice",
    "Document",
    "FailureMail",
    "Item",
    "MethodRule",
    "PaymentMethod",
    "PaymentMode",
    "Publication",
    "PublishAttempt",
    "Restore",
    "RestoreCheck",
    "Step",
    "Supplier",
    "SupplierRule",
    "Suspicion",
    "UnknownRecord",
    "items_seen_by",
    "new_mark",
]
