"""Two items that may be one, as tests make them and people answer for them."""

from typing import Any

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import answering
from publishing.models import Item, Suspicion
from tests.publishing.factories import TODAY, paid_receipt, ready_item


def twins(business: Business, owner: User, **fields: Any) -> tuple[Item, Item]:
    """Invoices of one number: the second is the later one."""
    first = ready_item(business, owner, reference="INV-7", **fields)
    return first, ready_item(business, owner, reference="inv 7", **fields)


def equal_receipts(business: Business, owner: User) -> tuple[Item, Item]:
    """Two coffees of one morning, on two slips of paper."""
    first = paid_receipt(business, owner, date=TODAY)
    method = first.payment_method
    return first, paid_receipt(business, owner, date=TODAY, payment_method=method)


def questions_about(item: Item) -> list[Suspicion]:
    with acting_in(item.business_id):
        return list(answering.open_questions(item))


def say_different(item: Item, by: User) -> None:
    """*It is different*, of all that it is asked about."""
    with acting_in(item.business_id):
        answering.different(item, list(answering.open_questions(item)), by)


def say_same(item: Item, by: User) -> None:
    """*It is the same*: this one is archived."""
    with acting_in(item.business_id):
        answering.same(item, answering.open_questions(item).get(), by)
