"""Migrations that look at large tables while others work, run by the owner's role."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.db import IntegrityError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.transaction import atomic

from connections.models import TaxExemption
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.row_security import (
    rows_are_of_one_business,
    same_business_from_now_on,
)
from publishing.models import Item
from tests.publishing.factories import make_connection, make_entry, ready_item

TABLE, COLUMN = "publishing_item", "tax_exemption_id"
INDEX = "items_by_tax_exemption"


@pytest.fixture
def owner(committed_db: None) -> Iterator[BaseDatabaseWrapper]:
    yield connections["owner"]
    connections["owner"].close()


def run(name: str, owner: BaseDatabaseWrapper) -> None:
    module = import_module(f"publishing.migrations.{name}")
    migration: Migration = module.Migration(name, "publishing")
    before = MigrationLoader(owner).project_state(migration.dependencies[-1])
    with owner.schema_editor(atomic=migration.atomic) as editor:
        migration.apply(before, editor)


def test_one_that_was_broken_off_runs_again(owner: BaseDatabaseWrapper) -> None:
    with owner.cursor() as cursor:
        cursor.execute(f"DROP INDEX {INDEX}")
        cursor.execute(f"CREATE INDEX {INDEX} ON {TABLE} (id)")

    run("0023_tax_exemptions_found", owner)

    with owner.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [INDEX])
        (definition,) = cursor.fetchone()
    assert f"({COLUMN}) WHERE" in definition


def test_one_that_needs_a_large_table_for_itself_does_not_wait_for_long(
    owner: BaseDatabaseWrapper,
) -> None:
    """All who want to read the table would wait behind it."""
    name = "0022_tax_exemptions"
    module = import_module(f"publishing.migrations.{name}")
    migration: Migration = module.Migration(name, "publishing")
    before = MigrationLoader(owner).project_state(migration.dependencies[-1])

    with owner.schema_editor(atomic=migration.atomic) as editor:
        migration.operations[0].database_forwards("publishing", editor, before, before)
        assert longest_wait(owner) == "5s"
    assert longest_wait(owner) == "0"


def longest_wait(owner: BaseDatabaseWrapper) -> str:
    with owner.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (found,) = cursor.fetchone()
    return str(found)


def test_a_row_of_two_businesses_is_found_later(
    owner: BaseDatabaseWrapper, connected_bakery: Business, garage: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    theirs = make_entry(
        TaxExemption, make_connection(garage, organisation_id="778"), "THEIRS"
    )
    rebind = same_business_from_now_on(TABLE, **{COLUMN: "connections_taxexemption"})
    look = rows_are_of_one_business(TABLE, COLUMN)
    with atomic(using="owner"), owner.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {TABLE} DROP CONSTRAINT {TABLE}_{COLUMN}_in_business"
        )
        Item.unscoped.using("owner").filter(pk=item.pk).update(
            tax_rate=None, tax_exemption=theirs.pk
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(str(rebind.sql))
        with pytest.raises(IntegrityError), atomic(using="owner"):
            cursor.execute(str(look.sql))
        owner.set_rollback(True)
