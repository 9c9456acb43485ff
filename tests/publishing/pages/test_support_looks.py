"""Every page that support can ask for, in a business that has one of everything."""

from django.db import connection as database
from django.db.backends.utils import CursorWrapper
from django.urls import reverse
from psycopg2 import sql
from pytest_django import Settings

from connections.models import Account, Allowance, Connection
from dext_sync.businesses import support
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Need
from dext_sync.businesses.tenancy import acting_in
from publishing.models import PaymentMode, Supplier
from tests.businesses.access_table import TABLE
from tests.businesses.membership import support_person
from tests.businesses.test_access import DOORS
from tests.conftest import Browse
from tests.publishing.factories import make_method, ready_item
from tests.publishing.steps import publish
from tests.publishing.zoho import Zoho

# A consent is its person's own.
OF_ANOTHER = {
    "connection_organisation",
    "connection_take_over",
    "connection_finish",
    "connection_other",
    "connection_change",
    "connection_ended",
}

# What members read on these pages, and could do.
NOT_OFFERED = {
    "item": "You may edit this item",
    "members": "Invite a user",
    "connection": "manage-menu",
    "payment_methods": "Add payment method",
    "suppliers": "Import from a file",
    "costs_inbox": "Type in",
}


def test_each_opens_where_the_database_changes_nothing(
    committed_db: None,
    settings: Settings,
    zoho: Zoho,
    connection: Connection,
    alice: User,
    bob: User,
    browse: Browse,
) -> None:
    """Nothing is written nor asked of Zoho; 405 is a page that is only sent to."""
    bakery = connection.business
    item = ready_item(bakery, bob)
    publish(ready_item(bakery, bob, reference="INV-105"), bob)
    client = browse(support_person(settings))
    with acting_in(bakery.pk):
        support.grant(bakery, by=alice)
        ids = {
            "item_id": item.pk,
            "page": 1,
            "connection_id": connection.pk,
            "member_id": Membership.unscoped.get(user=bob).pk,
            "supplier_id": Supplier.unscoped.earliest("pk").pk,
            "method_id": make_method(bakery).pk,
            "kind": "categories",
            "entry_id": Account.unscoped.earliest("pk").pk,
        }
        Allowance.unscoped.all().delete()
        assert not PaymentMode.unscoped.exists()

    for name, offer in NOT_OFFERED.items():
        shown = client.get(address(name, bakery.slug, ids)).content.decode()
        assert offer not in shown, name
    before, calls = all_rows(bakery), len(zoho.standin.calls)
    for name in DOORS:
        answer = client.get(address(name, bakery.slug, ids))
        wanted = {200, 302, 405}
        if TABLE[name].to is Need.PUBLISH:
            wanted = {403}
        elif name in OF_ANOTHER:
            wanted = {404}
        assert answer.status_code in wanted, name
    assert all_rows(bakery) == before
    assert len(zoho.standin.calls) == calls


def all_rows(business: Business) -> dict[str, str]:
    """By table, without what a sign-in keeps."""
    with acting_in(business.pk), database.cursor() as cursor:
        tables = set(database.introspection.table_names(cursor)) - {"django_session"}
        return {table: _rows(cursor, table) for table in tables}


def _rows(cursor: CursorWrapper, table: str) -> str:
    question = sql.SQL("SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM {} t")
    cursor.execute(question.format(sql.Identifier(table)))
    (rows,) = cursor.fetchone() or ("",)
    return str(rows)


def address(name: str, slug: str, known: dict[str, object]) -> str:
    row = TABLE[name]
    ids = {each: known.get(each, row.ids[each]) for each in row.ids}
    return reverse(name, kwargs={"slug": slug, **row.place, **ids})
