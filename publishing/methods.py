"""Payment methods of the business, and the modes that Zoho Books knows."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from connections.models import BankAccount
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import current_scope
from publishing.models import PaymentMethod, PaymentMode

# Zoho's usual names; no confirmed address lists an organisation's own.
USUAL_MODES = ("Cash", "Check", "Credit Card", "Bank Transfer", "Bank Remittance")


class NameTaken(Exception):
    """The business has a payment method of this name and these digits already."""


def seed_modes(business: Business) -> None:
    """Zoho's usual payment modes; those that are there already stay."""
    PaymentMode.unscoped.bulk_create(
        [PaymentMode(business=business, name=name) for name in USUAL_MODES],
        ignore_conflicts=True,
    )


def modes_of(business: Business) -> QuerySet[PaymentMode]:
    """Zoho's usual ones, where there are none yet and this is no look of support."""
    modes = PaymentMode.objects.for_business(business)
    if not current_scope().read_only and not modes.exists():
        seed_modes(business)
    return modes.all()


def methods_of(business: Business) -> QuerySet[PaymentMethod]:
    methods = PaymentMethod.objects.for_business(business).filter(removed_at=None)
    return methods.select_related("account", "mode")


def save(
    business: Business, method: PaymentMethod | None, *, by: User, **values: Any
) -> PaymentMethod:
    """A new one, or this one changed. Raises NameTaken."""
    if method is None:
        return add(business, by=by, **values)
    change(method, by=by, **values)
    return method


def add(
    business: Business,
    name: str,
    *,
    by: User,
    last_four: str = "",
    account: BankAccount | None = None,
    mode: PaymentMode | None = None,
) -> PaymentMethod:
    """Raises NameTaken."""
    with transaction.atomic():
        _check_free(business, name, last_four)
        method = PaymentMethod.unscoped.create(
            business=business,
            name=name,
            last_four=last_four,
            account=account,
            mode=mode,
        )
        audit.record(business, "payment_method.added", actor=by, subject=method)
    return method


def change(
    method: PaymentMethod,
    *,
    by: User,
    name: str,
    last_four: str,
    account: BankAccount | None,
    mode: PaymentMode | None,
) -> None:
    """Raises NameTaken. Review the items afterwards: `tasks.ask_for_review`."""
    with transaction.atomic():
        _check_free(method.business, name, last_four, besides=method)
        method.name, method.last_four = name, last_four
        method.account, method.mode = account, mode
        method.save(update_fields=["name", "last_four", "account", "mode"])
        audit.record(
            method.business, "payment_method.changed", actor=by, subject=method
        )


def remove(method: PaymentMethod, *, by: User) -> None:
    """Items that were paid with it are to be reviewed: `tasks.ask_for_review`."""
    open_methods = PaymentMethod.unscoped.filter(pk=method.pk, removed_at=None)
    with transaction.atomic():
        if open_methods.update(removed_at=timezone.now()):
            audit.record(
                method.business, "payment_method.removed", actor=by, subject=method
            )


def _check_free(
    business: Business,
    name: str,
    last_four: str,
    besides: PaymentMethod | None = None,
) -> None:
    same = methods_of(business).filter(name__iexact=name, last_four=last_four)
    if besides is not None:
        same = same.exclude(pk=besides.pk)
    if same.exists():
        raise NameTaken
