"""The backup is older than the first item of a business."""

from datetime import timedelta

import pytest
import time_machine

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding
from publishing.models import Item, Publication, RestoreCheck, UnknownRecord
from publishing.outcomes import uncertain_time
from publishing.restored import alike
from publishing.sending import claim_of
from tests.publishing.factories import make_method, make_supplier, paid_receipt
from tests.publishing.steps import begun, item_now, publish, work, work_until_settled
from tests.publishing.test_after_restore import (
    ask,
    forgotten,
    publish_all,
    restored,
)
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("committed_db", "connection")


def test_what_is_uploaded_again_is_not_sent_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    method = make_method(bakery)
    with forgotten():
        publish(paid_receipt(bakery, bob, payment_method=method), bob)

    restored()
    again = paid_receipt(bakery, bob, payment_method=method)
    publication = begun(again, bob)
    work(publication)
    clock.shift(uncertain_time())
    ask(bakery)
    work_until_settled(publication, clock)

    assert item_now(again).status == "published"
    assert len(zoho.expenses) == 1


def test_what_another_supplier_had_is_not_taken_for_it(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    """Of the same day over the same amount, and neither has a number."""
    method = make_method(bakery)
    with forgotten():
        publish(paid_receipt(bakery, bob, payment_method=method), bob)
    restored()
    clock.shift(uncertain_time())
    ask(bakery)

    power = make_supplier(bakery, "City Power")
    item = paid_receipt(bakery, bob, payment_method=method, supplier=power)
    publish(item, bob)

    assert item_now(item).status == "published"
    assert len({each["vendor_id"] for each in zoho.expenses}) == 2


def test_nor_is_what_a_supplier_had_that_was_new_as_well(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    method = make_method(bakery)

    def typed_in() -> Item:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        return paid_receipt(bakery, bob, payment_method=method, supplier=new)

    with forgotten():
        publish(typed_in(), bob)
    restored()
    clock.shift(uncertain_time())
    ask(bakery)

    item = typed_in()
    work_until_settled(begun(item, bob), clock)

    assert item_now(item).status == "published"
    assert len(zoho.contacts("New Mill")) == len(zoho.expenses) == 1


def test_a_record_that_says_something_else_is_not_alike(
    bakery: Business, bob: User
) -> None:
    item = paid_receipt(bakery, bob)
    publication = begun(item, bob)
    restored()
    with acting_in(bakery.pk):
        check = RestoreCheck.unscoped.get(kind=publication.kind)
        claim = claim_of(publication)
        says = {
            "region": check.region,
            "organisation_id": check.organisation_id,
            "kind": check.kind,
            "date": claim.date,
            "total": claim.total,
            "currency": claim.currency_code,
            "item": None,
        }
        UnknownRecord.unscoped.create(business=bakery, found_by=check, **says)
        assert alike(publication, claim).exists()
        for other in (
            {"region": "us"},
            {"organisation_id": "4711"},
            {"kind": Publication.Kind.BILL},
            {"date": claim.date + timedelta(days=1)},
            {"total": claim.total + 1},
            {"currency": "EUR"},
            {"item": item},
        ):
            UnknownRecord.unscoped.update(**says | other)
            assert not alike(publication, claim).exists(), other


def test_what_has_not_begun_is_said_to_wait(zoho: Zoho, bakery: Business) -> None:
    assert restored().startswith("1 business sends nothing before Zoho was asked")


@pytest.mark.parametrize("is_still_there", [True, False])
def test_a_record_and_an_item_without_a_supplier_find_each_other(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
    is_still_there: bool,  # noqa: FBT001  (a parameter of the test)
) -> None:
    """It was chosen after the backup; in Zoho Books somebody has taken the vendor out."""
    item = paid_receipt(bakery, bob, supplier=None)
    with forgotten():
        with acting_in(bakery.pk):
            coding.change(item, "supplier", make_supplier(bakery), by=bob)
        publish(item, bob)
    (expense,) = zoho.expenses
    loses_its_vendor(zoho)
    zoho.person_types(
        "expense",
        account="Office Supplies",
        paid_through="Company Card",
        date="2026-11-20",
        amount=12,
    )
    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    if not is_still_there:
        del zoho.organisation.expenses[expense["expense_id"]]
    publish_all(bakery, bob, clock)

    assert item_now(item).status == ("published" if is_still_there else "failed")
    assert len(zoho.expenses) == 1 + is_still_there


def test_for_a_record_without_a_supplier_nobody_is_created(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    """At the backup the item had one that Zoho lacks, and nobody had agreed to it."""
    item = paid_receipt(bakery, bob, supplier=make_supplier(bakery, "New Mill"))
    with forgotten():
        with acting_in(bakery.pk):
            coding.change(item, "supplier", make_supplier(bakery), by=bob)
        publish(item, bob)
    loses_its_vendor(zoho)
    restored()
    clock.shift(uncertain_time())
    ask(bakery)

    publish_all(bakery, bob, clock)

    assert item_now(item).status == "published"
    assert len(zoho.expenses) == 1
    assert zoho.contacts("New Mill") == []


def test_of_a_record_without_a_supplier_it_is_asked_once(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    method = make_method(bakery)
    with forgotten():
        publish(paid_receipt(bakery, bob, payment_method=method), bob)
    loses_its_vendor(zoho)
    again = paid_receipt(bakery, bob, payment_method=method)
    restored()
    clock.shift(uncertain_time())
    ask(bakery)

    publish(again, bob)

    assert item_now(again).status == "failed"
    assert len(zoho.expenses) == 1
    publish(again, bob)
    assert item_now(again).status == "published"
    assert len(zoho.expenses) == 2


def loses_its_vendor(zoho: Zoho) -> None:
    (expense,) = zoho.expenses
    expense["vendor_id"] = expense["vendor_name"] = ""
