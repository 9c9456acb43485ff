"""Periods that are locked in an organisation: nothing is written with a day in them."""

from __future__ import annotations

from tests.zoho_standin.answers import (
    Answer,
    Record,
    gone,
    success,
)
from tests.zoho_standin.calls import Call, Route
from tests.zoho_standin.world import LOCK_MODULES, Organisation

_LOCK = frozenset({"accounting_period_id", "transaction_lock_id"})
_LOCKS = frozenset({"page", "per_page", "accounting_period_id", "lock_scope"})


def transaction_lock(call: Call) -> Answer:
    """The one that closes most, as long as nothing says which."""
    locks = _locks(call)
    if wanted := call.queries.get("transaction_lock_id"):
        locks = [lock for lock in locks if lock["transaction_lock_id"] == wanted]
        if not locks:
            raise gone("Transaction lock")
    return success(transaction_lock=locks[0] if locks else _UNLOCKED)


def list_transaction_locks(call: Call) -> Answer:
    locks = _locks(call)
    if scope := call.queries.get("lock_scope"):
        locks = [lock for lock in locks if str(lock["lock_scope"]) == scope]
    page = int(call.queries.get("page", 1))
    longest = call.organisation.locks_a_page
    per_page = min(int(call.queries.get("per_page", longest)), longest)
    context = {
        "page": page,
        "per_page": per_page,
        "has_more_page": len(locks) > page * per_page,
        "applied_filter": "Status.All",
        "sort_column": "start_date",
        "sort_order": "D",
    }
    shown = locks[(page - 1) * per_page : page * per_page]
    return success(transaction_locks=shown, page_context=context)


def _locks(call: Call) -> list[Record]:
    return [
        _lock(call.organisation, scope, module)
        for scope, module in enumerate(LOCK_MODULES)
        if module in call.organisation.locks
    ]


def _lock(organisation: Organisation, scope: int, module: str) -> Record:
    return {
        "transaction_lock_id": f"{organisation.organisation_id}{scope:03}",
        "accounting_period_id": "",
        "transaction_lock_status": "enabled",
        "transaction_lock_date": organisation.locks[module],
        "lock_scope": scope,
        "lock_scope_formatted": _LOCK_WORDS.get(module, module.title()),
        "lock_status": "locked",
        "lock_status_formatted": "Locked",
        "status": "active",
        "locked_by": organisation.profile["contact_name"],
        "user_exceptions": [],
        "user_exceptions_count": 0,
        "account_exceptions": [],
        "account_exceptions_count": 0,
        "reason": organisation.lock_reason,
    }


_LOCK_WORDS = {
    "purchase": "Purchases",
    "inventory_adjustments": "Inventory Adjustments",
}
_UNLOCKED: Record = {
    "transaction_lock_id": "",
    "transaction_lock_status": "disabled",
    "transaction_lock_date": "",
    "lock_scope": 0,
    "lock_scope_formatted": "All",
    "lock_status": "unlocked",
    "lock_status_formatted": "Unlocked",
    "status": "inactive",
}


ROUTES = (
    Route("GET", "/transactionlock", "accountants.READ", transaction_lock, _LOCK),
    Route(
        "GET", "/transactionlocks", "accountants.READ", list_transaction_locks, _LOCKS
    ),
)
