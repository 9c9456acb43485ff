"""What is no longer to be had in Zoho: where it is used is listed, and nothing emptied."""

from collections.abc import Callable

import pytest

from connections import lists
from connections import tasks as connection_tasks
from connections.models import Account, Connection
from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from publishing import ruling, tasks
from publishing.models import Item, Supplier, SupplierRule
from tests.publishing.factories import (
    entry,
    make_item,
    make_supplier,
    ready_item,
    ready_sale,
)
from tests.publishing.pages.conftest import At, text
from tests.publishing.steps import item_now
from tests.publishing.zoho import BAKERY, Zoho
from tests.zoho_standin import changes

GONE = "No longer to be had in Zoho Books, and used here"


@pytest.fixture
def acme(connection: Connection, alice: User) -> Supplier:
    """Its rule says Postage."""
    acme = make_supplier(connection.business)
    postage = entry(Account, connection.business, "Postage")
    with acting_in(connection.business_id):
        ruling.set_supplier_rule(acme, {"category": postage}, by=alice)
    return acme


def refresh(connection: Connection) -> None:
    with acting_in(connection.business_id):
        lists.start(connection, by=None)
    connection_tasks.refresh_lists(connection.business_id, connection.pk)
    with acting_in(connection.business_id):
        tasks.ask_for_review(connection.business_id)
    tasks.review_items(connection.business_id)


def test_10_7_a_category_made_inactive_is_listed_with_rules_and_items_not_emptied(
    at: At, zoho: Zoho, connection: Connection, acme: Supplier, alice: User, bob: User
) -> None:
    business = connection.business
    postage = entry(Account, business, "Postage")
    item = ready_item(business, bob, supplier=acme, category=postage, reference="P-1")
    changes.inactive(zoho.standin, BAKERY, "accounts", "Postage")

    refresh(connection)

    page = text(at(alice, business).opens("list_page", "categories"))
    assert GONE in page
    told = page[page.index(GONE) : page.index('id="entries"')]
    assert "Postage" in told
    assert "Invoice P-1" in told
    assert "rule of Acme Paper Ltd" in told
    assert item_now(item).category_id == postage.pk
    assert item_now(item).reasons == ["category_gone"]
    assert item_now(item).status == Item.Status.TO_REVIEW
    with acting_in(business.pk):
        assert SupplierRule.unscoped.get(supplier=acme).category_id == postage.pk


@pytest.mark.parametrize("leaves", [changes.remove, changes.inactive])
def test_a_contact_that_left_is_listed_with_the_supplier_that_uses_it(
    at: At,
    zoho: Zoho,
    connection: Connection,
    acme: Supplier,
    alice: User,
    leaves: Callable[..., object],
) -> None:
    business = connection.business
    make_supplier(business, "City Power")  # nothing here uses it
    for name in (acme.name, "City Power"):
        leaves(zoho.standin, BAKERY, "contacts", name)

    refresh(connection)

    page = text(at(alice, business).opens("list_page", "suppliers"))
    told = page[page.index(GONE) : page.index('id="entries"')]
    assert (
        f'<a href="/b/{business.slug}/suppliers/{acme.pk}/">Acme Paper Ltd</a>' in told
    )
    assert "City Power" not in told
    assert GONE not in text(at(alice, business).opens("list_page", "customers"))


def test_a_contact_of_a_customer_with_open_items_is_listed_among_customers(
    at: At, zoho: Zoho, connection: Connection, alice: User, bob: User
) -> None:
    ready_sale(connection.business, bob)
    changes.remove(zoho.standin, BAKERY, "contacts", "Anchor Hotel")

    refresh(connection)

    page = text(at(alice, connection.business).opens("list_page", "customers"))
    assert "Anchor Hotel</a>" in page[page.index(GONE) : page.index('id="entries"')]


def test_what_is_there_is_not_listed(
    at: At, connection: Connection, acme: Supplier, alice: User
) -> None:
    page = text(at(alice, connection.business).opens("list_page", "categories"))

    assert GONE not in page


def test_somebody_who_does_not_manage_is_not_told_of_others_items(
    at: At, connection: Connection, acme: Supplier, vera: User, bob: User
) -> None:
    postage = entry(Account, connection.business, "Postage")
    make_item(connection.business, bob, category=postage)
    with acting_in(connection.business_id):
        Account.unscoped.filter(pk=postage.pk).update(is_active=False)

    page = text(at(vera, connection.business).opens("list_page", "categories"))

    assert GONE not in page
