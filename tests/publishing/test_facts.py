"""What is said of the books is read from the lists of the organisation connected now."""

from typing import Any

import pytest
from django.utils import timezone

from connections.models import Account, Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.facts import connection_for, facts_of
from publishing.models import Item
from tests.publishing.factories import (
    make_connection,
    make_item,
    make_lists,
    ready_item,
)

pytestmark = pytest.mark.django_db


def lists_read(item: Item) -> bool:
    fresh = Item.unscoped.get(pk=item.pk)
    books = facts_of(fresh, connection_for(fresh)).books
    assert books is not None
    return books.lists_read


def test_before_the_first_refresh_the_lists_are_not_read(
    bakery: Business, alice: User
) -> None:
    make_connection(bakery)
    item = make_item(bakery, alice)
    with acting_in(bakery.pk):
        assert not lists_read(item)


@pytest.mark.parametrize("workspace", ["costs", "sales"])
@pytest.mark.parametrize(
    "accounts",
    [
        {"removed_at": timezone.now()},
        {"organisation_id": "another one"},
    ],
)
def test_a_category_that_is_gone_is_no_list(
    bakery: Business, alice: User, accounts: dict[str, Any], workspace: str
) -> None:
    make_lists(make_connection(bakery))
    item = ready_item(bakery, alice)
    with acting_in(bakery.pk):
        Item.unscoped.update(workspace=workspace)
        assert lists_read(item)
        Account.unscoped.update(**accounts)
        assert not lists_read(item)


def test_only_a_sale_asks_what_the_permission_covers(
    bakery: Business, alice: User
) -> None:
    make_lists(make_connection(bakery))
    item = ready_item(bakery, alice)
    with acting_in(bakery.pk):
        grant = Connection.unscoped.select_related("grant").get().grant
        assert grant is not None
        grant.scopes = "ZohoBooks.settings.READ"
        grant.save()
        for workspace, takes in (("costs", True), ("sales", False)):
            Item.unscoped.update(workspace=workspace)
            fresh = Item.unscoped.get(pk=item.pk)
            books = facts_of(fresh, connection_for(fresh)).books
            assert books is not None
            assert books.takes_invoices == takes
