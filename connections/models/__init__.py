"""A business's link to Zoho Books: consent, connection, cached lists, refreshes."""

from connections.models.grants import Consent, Grant
from connections.models.links import Allowance, Connection, ConnectionEvent
from connections.models.lists import (
    REMARK,
    Account,
    BankAccount,
    Contact,
    Currency,
    ListEntry,
    Location,
    Product,
    Project,
    PurchaseRecord,
    TaxExemption,
    TaxRate,
    bare,
)
from connections.models.refreshes import RefreshedList, RefreshedPage, RefreshRun

__all__ = [
    "REMARK",
    "Account",
    "Allowance",
    "BankAccount",
    "Connection",
    "ConnectionEvent",
    "Consent",
    "Contact",
    "Currency",
    "Grant",
    "ListEntry",
    "Location",
    "Product",
    "Project",
    "PurchaseRecord",
    "RefreshRun",
    "RefreshedList",
    "RefreshedPage",
    "TaxExemption",
    "TaxRate",
    "bare",
]
