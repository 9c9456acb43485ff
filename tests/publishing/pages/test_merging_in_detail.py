"""Merge lists: long ones, amounts that follow, and what is not proposed."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.models import Account, Contact, Project, TaxExemption, TaxRate
from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, coding, merging
from publishing.models import Item, Supplier
from tests.connections.trips import Trip, text
from tests.publishing.factories import (
    Row,
    make_contact,
    make_entry,
    ready_item,
    ready_sale,
)
from tests.publishing.pages.test_merging import (
    TestMerging as Merging,
)
from tests.publishing.pages.test_merging import (
    connection_of,
    has_changed,
    of_now,
    trip,
)
from tests.publishing.steps import item_now, publish, review

__all__ = ["trip"]


def test_more_former_entries_than_a_form_takes_fields(trip: Trip, bob: User) -> None:
    connection = connection_of(trip)
    with acting_in(trip.business.pk):
        Project.unscoped.bulk_create(
            Project(
                business=trip.business,
                connection=connection,
                organisation_id=connection.organisation_id,
                zoho_id=f"77{number:06}",
                name=f"Job {number}",
            )
            for number in range(350)
        )
        Item.unscoped.bulk_create(
            Item(business=trip.business, owner=bob, currency="GBP", project=job)
            for job in Project.unscoped.filter(name__startswith="Job ")
        )
    has_changed(trip)
    page = text(trip.opens("merge_lists"))
    names = re.findall(r'name="(projects-\d+)"', page)

    answer = trip.posts("merge_lists", **dict.fromkeys(names, ""))

    assert len(names) == 300
    assert "50 more are shown after these." in page
    assert answer.status_code == 200


def test_an_amount_that_follows_its_rate_follows_the_new_one(
    trip: Trip, bob: User
) -> None:
    item = ready_item(trip.business, bob, tax_amount=None)
    rate = of_now(trip, TaxRate, "Standard Rate")
    with acting_in(trip.business.pk):
        zero = TaxRate.unscoped.exclude(percentage=rate.percentage).first()
        assert zero is not None
        coding.change(item, "tax_rate", zero, by=bob)
        coding.change(item, "tax_rate", rate, by=bob)
    assert item_now(item).sources["tax_amount"]["from"] == "rate"
    assert item_now(item).status == Item.Status.READY
    has_changed(trip)
    with acting_in(trip.business.pk):
        connection = connection_of(trip)
        other = TaxRate.unscoped.filter(
            organisation_id=connection.organisation_id
        ).exclude(percentage=rate.percentage)[0]
        category = of_now(trip, Account, "Office Supplies")
        merging.merge(
            connection,
            {
                ("tax-rates", rate.pk): other.pk,
                ("categories", item.category_id or 0): category.pk,
            },
            by=trip.person,
        )
    review(trip.business)

    assert "tax_disagrees" not in item_now(item).reasons


def test_a_cost_is_not_proposed_an_account_of_income(trip: Trip, bob: User) -> None:
    own = make_entry(
        Account, connection_of(trip), "Vans", account_type="expense", code="4999"
    )
    item = ready_item(trip.business, bob, category=own)
    has_changed(trip)
    make_entry(
        Account, connection_of(trip), "Bread sold", account_type="income", code="4999"
    )
    with acting_in(trip.business.pk):
        (uses,) = [
            each.uses
            for each in merging.in_use(connection_of(trip))
            if each.kind.slug == "categories"
        ]
    (use,) = [each for each in uses if each.entry.pk == item.category_id]

    assert use.match is None


def test_merging_ends_where_an_item_stands_in_zoho(trip: Trip, bob: User) -> None:
    item = ready_item(trip.business, bob)
    publish(item, bob)
    with acting_in(trip.business.pk):
        archiving.unarchive(item_now(item), bob, may_publish=True)
    has_changed(trip)
    with acting_in(trip.business.pk):
        connection = connection_of(trip)
        choices = {
            (each.kind.slug, use.entry.pk): use.match.id
            for each in merging.in_use(connection)
            for use in each.uses
            if use.match
        }
        merging.merge(connection, choices, by=trip.person)

        assert not merging.is_due(connection)


def test_what_was_not_previewed_is_not_merged(trip: Trip, bob: User) -> None:
    item = ready_item(trip.business, bob)
    before = item.category_id
    has_changed(trip)
    name = f"categories-{before}"

    trip.posts("merge_lists", **{name: "Office Supplies"})
    trip.posts("merge_lists", merge="1", **{name: "Postage"})

    assert item_now(item).category_id == before


def test_a_name_that_ends_in_a_space_can_be_chosen(trip: Trip, bob: User) -> None:
    jubilee = make_entry(Project, connection_of(trip), "Jubilee ")
    item = ready_item(trip.business, bob, project=jubilee)
    has_changed(trip)
    new = make_entry(Project, connection_of(trip), "Jubilee ")

    Merging().merges(trip, **{f"projects-{jubilee.pk}": "Jubilee "})

    assert item_now(item).project_id == new.pk


def test_an_exemption_gets_its_place_like_a_rate(trip: Trip, bob: User) -> None:
    old = make_entry(TaxExemption, connection_of(trip), "EXPORT", code="EXPORT")
    item = ready_item(
        trip.business, bob, tax_rate=None, tax_amount=None, tax_exemption=old
    )
    has_changed(trip)
    new = make_entry(TaxExemption, connection_of(trip), "EXPORT", code="EXPORT")

    Merging().merges(trip, **{f"tax-exemptions-{old.pk}": "EXPORT"})

    assert item_now(item).tax_exemption_id == new.pk
    with acting_in(trip.business.pk):
        told = audit.about(trip.business, item)[0].data
    assert (told["field"], told["after"]) == ("tax exemption", "EXPORT")


def test_a_cost_gets_no_exemption_that_is_a_customers(trip: Trip, bob: User) -> None:
    """It may stand on a cost, which has no customer: its picker offers none either."""
    old = make_entry(TaxExemption, connection_of(trip), "EXPORT", kind="item")
    item = ready_item(
        trip.business, bob, tax_rate=None, tax_amount=None, tax_exemption=old
    )
    has_changed(trip)
    make_entry(TaxExemption, connection_of(trip), "EXPORT", kind="customer")
    goods = make_entry(TaxExemption, connection_of(trip), "GOODS", kind="item")
    shown = text(trip.opens("merge_lists"))

    assert 'value="EXPORT"' not in shown
    assert 'value="GOODS"' in shown
    refused = trip.posts("merge_lists", **{f"tax-exemptions-{old.pk}": "EXPORT"})
    assert refused.status_code == 422
    Merging().merges(trip, **{f"tax-exemptions-{old.pk}": "GOODS"})
    assert item_now(item).tax_exemption_id == goods.pk


def test_a_customers_exemption_gets_its_place(trip: Trip, bob: User) -> None:
    connection = connection_of(trip)
    old = make_entry(TaxExemption, connection, "CHARITY", kind="customer")
    item = ready_sale(
        trip.business, bob, tax_rate=None, tax_amount=None, tax_exemption=old
    )
    has_changed(trip)
    new = make_entry(TaxExemption, connection_of(trip), "CHARITY", kind="customer")
    make_entry(TaxExemption, connection_of(trip), "GOODS", kind="item")
    shown = text(trip.opens("merge_lists"))

    assert 'value="GOODS"' in shown
    Merging().merges(trip, **{f"tax-exemptions-{old.pk}": "CHARITY"})
    assert item_now(item).tax_exemption_id == new.pk


@pytest.mark.parametrize("kind", ["item", ""])
def test_what_was_chosen_behind_the_page_is_no_customers_either(
    kind: str, trip: Trip, alice: User, bob: User
) -> None:
    old = make_entry(TaxExemption, connection_of(trip), "EXPORT", kind=kind)
    ready_item(trip.business, bob, tax_rate=None, tax_amount=None, tax_exemption=old)
    has_changed(trip)
    connection = connection_of(trip)
    new = make_entry(TaxExemption, connection, "EXPORT", kind="customer")

    with acting_in(trip.business.pk), pytest.raises(merging.Changed):
        merging.merge(connection, {("tax-exemptions", old.pk): new.pk}, by=alice)


def test_thirty_items_cost_no_more_queries_than_three(trip: Trip, bob: User) -> None:
    few, many = merged_items(trip, bob, 3), merged_items(trip, bob, 30)

    assert many == few


def merged_items(trip: Trip, by: User, count: int) -> int:
    """How many queries it takes to merge so many: each with a former category and rate,
    an amount that follows the rate, and a supplier whose contact is a former one."""
    category = former(trip, Account, f"Old category {count}")
    rate = former(trip, TaxRate, f"Old rate {count}", percentage=Decimal(5), kind="tax")
    for number in range(count):
        make_contact(connection_of(trip), f"Party {count} {number}")
    parties = [
        former(trip, Contact, f"Party {count} {number}", kind="vendor")
        for number in range(count)
    ]
    new_category = of_now(trip, Account, "Postage")
    new_rate = of_now(trip, TaxRate, "Standard Rate")
    with acting_in(trip.business.pk):
        items = Item.unscoped.bulk_create(
            Item(
                business=trip.business,
                owner=by,
                currency="GBP",
                category=category,
                tax_rate=rate,
                total=Decimal(120),
                sources={"tax_amount": {"from": "rate"}},
                supplier=Supplier.unscoped.create(
                    business=trip.business,
                    name=party.name,
                    key=party.name,
                    contact=party,
                ),
            )
            for party in parties
        )
        choices = {
            ("categories", category.pk): new_category.pk,
            ("tax-rates", rate.pk): new_rate.pk,
        }
        with CaptureQueriesContext(database) as queries:
            changed = merging.merge(connection_of(trip), choices, by=trip.person)

        assert changed == 3 * count
        for item in items:
            item.refresh_from_db()
            assert (item.category_id, item.tax_rate_id, item.tax_amount) == (
                new_category.pk,
                new_rate.pk,
                Decimal(20),
            )
            lines = audit.about(trip.business, item).filter(action="item.merged")
            assert {(each.actor_name, each.data["field"]) for each in lines} == {
                ("Anna", "category"),
                ("Anna", "tax rate"),
            }
            contact = Supplier.unscoped.get(items=item).contact
            assert contact is not None
            assert contact.organisation_id == new_category.organisation_id
    return len(queries)


def former(trip: Trip, model: type[Row], name: str, **fields: Any) -> Row:
    """An entry of an organisation that was connected before."""
    entry = make_entry(model, connection_of(trip), name, **fields)
    entry.organisation_id = "20081230000"
    with acting_in(trip.business.pk):
        entry.save(update_fields=["organisation_id"])
    return entry


def test_items_are_merged_in_batches(
    trip: Trip, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "MOST_AT_ONCE", 2)

    merged_items(trip, bob, 5)
