"""Duplicates of one party under several names, and of strange days."""

import datetime as dt
from datetime import date

import pytest

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, spellings, suppliers
from publishing.models import Item, Publication
from tests.publishing.factories import (
    make_supplier,
    ready_item,
)
from tests.publishing.steps import begun, item_now, review


def goes(item: Item, by: User) -> Publication:
    publication = begun(item, by)
    with acting_in(item.business_id):
        now = dt.datetime.now(dt.UTC)
        publication.steps.update(state="done", zoho_id="")
        publication.steps.filter(kind="record").update(zoho_id="777")
        Publication.unscoped.filter(pk=publication.pk).update(
            state="published", finished_at=now
        )
        Item.unscoped.filter(pk=item.pk).update(
            status="published", archived_at=now, published_at=now
        )
    return publication


def test_a_bill_that_went_under_another_spelling_is_a_duplicate(
    connected_bakery: Business, alice: User, bob: User
) -> None:
    acme = make_supplier(connected_bakery)
    spelling = make_supplier(connected_bakery, "ACME PAPER LIMITED", agreed_by=alice)
    first = ready_item(connected_bakery, bob, supplier=spelling, reference="INV-7")
    goes(first, bob)
    with acting_in(connected_bakery.pk):
        spellings.merge(acme, spelling, by=alice)

    second = ready_item(connected_bakery, bob, supplier=acme, reference="inv 7")

    assert item_now(second).reasons == ["duplicate"]


def test_two_names_of_one_contact_are_one_supplier_for_duplicates(
    connected_bakery: Business, alice: User, bob: User
) -> None:
    acme = make_supplier(connected_bakery)
    nick = make_supplier(connected_bakery, "ACME (card)")
    with acting_in(connected_bakery.pk):  # As Vera picks it, who may not publish.
        assert acme.contact is not None
        suppliers.link(nick, acme.contact, bob)
        nick.refresh_from_db()
    first = ready_item(connected_bakery, bob, supplier=acme, reference="INV-7")
    goes(first, bob)

    second = ready_item(connected_bakery, bob, supplier=nick, reference="inv 7")

    assert item_now(second).reasons == ["duplicate"]


@pytest.mark.parametrize("day", [date(1, 1, 2), date(9999, 12, 31)])
def test_any_day_can_be_looked_at(
    connected_bakery: Business, bob: User, day: date
) -> None:
    item = ready_item(connected_bakery, bob)
    with acting_in(connected_bakery.pk):
        coding.change(item, "date", day, by=bob)


def test_merging_suppliers_does_not_withdraw_an_open_question(
    connected_bakery: Business, alice: User, bob: User
) -> None:
    acme = make_supplier(connected_bakery)
    spelling = make_supplier(connected_bakery, "ACME PAPER LIMITED", agreed_by=alice)
    first = ready_item(connected_bakery, bob, supplier=spelling, reference="INV-7")
    goes(first, bob)
    second = ready_item(connected_bakery, bob, supplier=spelling, reference="inv 7")
    assert item_now(second).reasons == ["duplicate"]

    with acting_in(connected_bakery.pk):
        spellings.merge(acme, spelling, by=alice)
        coding.review_supplier(acme)

    assert item_now(second).reasons == ["duplicate"]


def test_one_old_item_of_a_mistyped_day_does_not_stop_the_review_of_all(
    connected_bakery: Business, bob: User
) -> None:
    old = ready_item(connected_bakery, bob)
    other = ready_item(connected_bakery, bob, reference="")
    with acting_in(connected_bakery.pk):  # As rows that were there before.
        Item.unscoped.filter(pk=old.pk).update(date=date(9999, 12, 31))
        Item.unscoped.filter(pk=other.pk).update(reference="INV-9")

    review(connected_bakery)

    assert item_now(other).status == Item.Status.READY
