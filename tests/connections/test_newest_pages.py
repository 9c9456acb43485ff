"""A long list that was read today: only what is new in it is read again."""

import pickle
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from connections import budget, lists
from connections.models import (
    Allowance,
    Connection,
    Contact,
    RefreshedList,
    RefreshRun,
)
from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from tests.factories import make_business, make_users
from tests.publishing.factories import make_connection
from tests.publishing.zoho import ALICE, BAKERY, Zoho, served, settings_for, tokens_of
from tests.zoho_standin import StandIn, lend

pytestmark = pytest.mark.django_db

FIRST_NAME = "Acme Paper Ltd"


@dataclass(frozen=True)
class Read:
    """Alice's bakery with more than four pages of suppliers, which the first refresh
    has read whole; Zoho as it was then."""

    alice: User
    connection: Connection
    in_zoho: bytes


@pytest.fixture(scope="module")
def read(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Read]:
    """Once for all tests here, which work in savepoints of this transaction and on
    copies."""
    zoho = Zoho(StandIn())
    with django_db_blocker.unblock(), transaction.atomic():
        (alice,) = make_users("Alice")
        connection = make_connection(
            make_business("Harbour Bakery", owner=alice),
            organisation_id=zoho.organisation.organisation_id,
            tokens=tokens_of(zoho.standin, ALICE),
        )
        yield Read(alice, connection, in_zoho=_read(zoho, connection, alice))
        transaction.set_rollback(True)


def _read(zoho: Zoho, connection: Connection, alice: User) -> bytes:
    budget.forget()
    zoho.standin.change("vendors", organization=BAKERY, count=850)
    for row in zoho.organisation.contacts.values():
        row["last_modified_time"] = zoho.organisation.stamp(time.time() - 3600)
    with lend(zoho.standin) as running, override_settings(**settings_for(running)):
        refreshed(connection, alice)
    with acting_in(connection.business_id):
        # The budget is emptied before each test, and this would make its minute spent.
        Allowance.unscoped.update(last_call_at=None)
    return pickle.dumps((zoho.standin.world, zoho.standin.tokens))


@pytest.fixture
def alice(read: Read, db: None) -> User:
    return deepcopy(read.alice)


@pytest.fixture
def connection(read: Read, db: None) -> Connection:
    return deepcopy(read.connection)


@pytest.fixture
def zoho(read: Read, settings: Settings) -> Iterator[Zoho]:
    standin = StandIn()
    standin.world, standin.tokens = pickle.loads(read.in_zoho)  # noqa: S301 -- our own
    with served(settings, standin) as zoho:
        yield zoho


@pytest.fixture
def long_list(zoho: Zoho) -> int:
    return suppliers_in(zoho)


def suppliers_in(zoho: Zoho) -> int:
    contacts = zoho.organisation.contacts.values()
    return sum(row["contact_type"] == "vendor" for row in contacts)


def refreshed(connection: Connection, by: User | None) -> RefreshRun:
    with acting_in(connection.business_id):
        run = lists.start(connection, by)
        lists.refresh(run.pk)
        run.refresh_from_db()
        return run


def suppliers(run: RefreshRun) -> RefreshedList:
    with acting_in(run.business_id):
        return run.lists.get(kind="suppliers")


def supplier_rows(zoho: Zoho) -> list[dict[str, Any]]:
    contacts = zoho.organisation.contacts.values()
    return [row for row in contacts if row["contact_type"] == "vendor"]


def stamped(zoho: Zoho, rows: list[dict[str, Any]], *, minutes_ago: int) -> None:
    """They were changed then, perhaps in what is not kept here, as a phone number."""
    for row in rows:
        moment = time.time() - minutes_ago * 60
        row["last_modified_time"] = zoho.organisation.stamp(moment)


def pages_asked(zoho: Zoho) -> list[tuple[str, str]]:
    """Of suppliers: how they were sorted, and which page."""
    return [
        (call["queries"]["sort_column"], call["queries"]["page"])
        for call in zoho.calls("GET", "/contacts")
        if call["queries"].get("contact_type") == "vendor"
    ]


def test_where_nothing_changed_one_page_is_read_and_no_row_rewritten(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    with acting_in(connection.business_id):
        stamps = dict(Contact.unscoped.values_list("pk", "changed_at"))

    run = refreshed(connection, alice)

    assert pages_asked(zoho) == [("last_modified_time", "5")]
    read = suppliers(run)
    assert (read.state, read.calls, read.rows) == ("done", 1, long_list)
    assert (read.added, read.changed, read.removed) == (0, 0, 0)
    with acting_in(connection.business_id):
        assert dict(Contact.unscoped.values_list("pk", "changed_at")) == stamps


def test_what_is_new_and_what_changed_arrives_with_the_last_pages(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    zoho.standin.change(
        "update",
        organization=BAKERY,
        table="contacts",
        record=FIRST_NAME,
        company_name="Acme Paper and Card Ltd",
    )
    zoho.person_types("contact", contact_name="New Mill", contact_type="vendor")

    run = refreshed(connection, alice)

    assert pages_asked(zoho) == [
        ("last_modified_time", "5"),
        ("last_modified_time", "4"),
    ]
    read = suppliers(run)
    assert read.report == {
        "added": ["New Mill"],
        "changed": [FIRST_NAME],
        "removed": [],
    }
    with acting_in(connection.business_id):
        changed = Contact.unscoped.get(name=FIRST_NAME)
    assert changed.company_name == "Acme Paper and Card Ltd"


def test_what_left_a_long_list_is_noticed_by_the_count_of_its_rows(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    zoho.standin.change(
        "remove", organization=BAKERY, table="contacts", record=FIRST_NAME
    )

    run = refreshed(connection, alice)

    assert pages_asked(zoho) == [
        ("last_modified_time", "5"),
        *[("created_time", str(page)) for page in range(1, 6)] * 2,
    ]
    assert suppliers(run).report["removed"] == [FIRST_NAME]
    with acting_in(connection.business_id):
        assert Contact.unscoped.get(name=FIRST_NAME).removed_at is not None


def test_a_page_that_is_not_as_new_as_it_must_be_was_not_sorted_by_change(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    """Zoho ignores silently what it does not know."""
    with acting_in(connection.business_id):
        RefreshedList.unscoped.filter(kind="suppliers").update(
            newest=timezone.now() + timedelta(hours=1)
        )

    run = refreshed(connection, alice)

    assert pages_asked(zoho)[1:] == [
        ("created_time", str(page)) for page in range(1, 6)
    ]
    assert suppliers(run).state == "done"


def test_the_refresh_of_each_day_reads_every_page(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    refreshed(connection, alice)
    with acting_in(connection.business_id):
        connection.refresh_from_db()
    due_at = connection.refresh_due_at
    zoho.standin.calls.clear()

    run = refreshed(connection, None)

    assert pages_asked(zoho) == [("created_time", str(page)) for page in range(1, 6)]
    assert run.complete
    with acting_in(connection.business_id):
        connection.refresh_from_db()
    assert due_at is not None
    assert connection.refresh_due_at != due_at


def test_a_click_does_not_put_off_the_refresh_of_the_day(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    with acting_in(connection.business_id):
        connection.refresh_from_db()
    due_at = connection.refresh_due_at

    run = refreshed(connection, alice)

    assert not run.complete
    with acting_in(connection.business_id):
        connection.refresh_from_db()
    assert connection.refresh_due_at == due_at


def test_a_list_not_read_whole_for_a_day_is_read_whole(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    with acting_in(connection.business_id):
        RefreshedList.unscoped.filter(kind="suppliers").update(
            finished_at=timezone.now() - timedelta(hours=25)
        )

    refreshed(connection, alice)

    assert pages_asked(zoho) == [("created_time", str(page)) for page in range(1, 6)]


def test_where_rows_changed_while_a_list_was_read_it_is_read_whole_again(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    """Zoho's times are seconds: what changed in the same one may come before it."""
    zoho.person_types("contact", contact_name="New Mill", contact_type="vendor")
    refreshed(connection, alice)
    zoho.standin.calls.clear()

    refreshed(connection, alice)

    assert pages_asked(zoho) == [("created_time", str(page)) for page in range(1, 6)]


def test_a_pause_between_the_last_pages_is_gone_on_from(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    zoho.person_types("contact", contact_name="New Mill", contact_type="vendor")
    zoho.fails("error_500", method="GET", path="/contacts", skip=1)
    paused = refreshed(connection, alice)
    with acting_in(connection.business_id):
        RefreshRun.unscoped.update(due_at=timezone.now())

    run = refreshed(connection, alice)

    assert run.pk == paused.pk
    assert pages_asked(zoho) == [
        ("last_modified_time", "5"),
        ("last_modified_time", "4"),
    ]
    assert suppliers(run).report["added"] == ["New Mill"]


def test_a_change_behind_a_page_of_others_that_do_not_matter_is_read(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    """Their phone numbers or balances changed, of which nothing is kept here."""
    vendors = supplier_rows(zoho)
    vendors[0]["company_name"] = "Acme Paper and Card Ltd"
    stamped(zoho, vendors[:1], minutes_ago=10)
    stamped(zoho, vendors[-250:], minutes_ago=5)

    run = refreshed(connection, alice)

    assert [page for _sort, page in pages_asked(zoho)] == ["5", "4", "3"]
    assert suppliers(run).report["changed"] == [FIRST_NAME]


@pytest.mark.parametrize(
    ("fault", "minutes_ago"),
    [
        pytest.param("sort_ignored", 5, id="as it says itself"),
        pytest.param("sort_ignored_unsaid", 20, id="as a page shows in itself"),
    ],
)
def test_a_list_that_comes_unsorted_is_read_whole(
    connection: Connection,
    zoho: Zoho,
    alice: User,
    long_list: int,
    fault: str,
    minutes_ago: int,
) -> None:
    """Though the row that was changed last happens to be on the last page."""
    vendors = supplier_rows(zoho)
    vendors[0]["company_name"] = "Acme Paper and Card Ltd"
    stamped(zoho, vendors[:1], minutes_ago=10)
    stamped(zoho, vendors[-2:-1], minutes_ago=5)
    stamped(zoho, vendors[-1:], minutes_ago=minutes_ago)
    zoho.fails(fault, method="GET", path="/contacts", times=20)

    run = refreshed(connection, alice)

    assert pages_asked(zoho)[0] == ("last_modified_time", "5")
    assert pages_asked(zoho)[-5:] == [
        ("created_time", str(page)) for page in range(1, 6)
    ]
    assert suppliers(run).report["changed"] == [FIRST_NAME]


def test_pages_that_do_not_follow_one_another_are_not_sorted(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    """Each of the last two is in order by itself."""
    vendors = supplier_rows(zoho)
    vendors[0]["company_name"] = "Acme Paper and Card Ltd"
    stamped(zoho, vendors[:1], minutes_ago=10)
    stamped(zoho, vendors[790:800], minutes_ago=5)
    stamped(zoho, vendors[800:], minutes_ago=15)
    zoho.fails("sort_ignored_unsaid", method="GET", path="/contacts", times=20)

    run = refreshed(connection, alice)

    assert suppliers(run).report["changed"] == [FIRST_NAME]


def test_what_moves_up_while_pages_wait_is_not_taken_for_gone(
    connection: Connection, zoho: Zoho, long_list: int
) -> None:
    """Of the first page, which is here, a supplier is deleted in Zoho."""
    zoho.fails("error_500", method="GET", path="/contacts", skip=1)
    paused = refreshed(connection, None)
    zoho.standin.change(
        "remove", organization=BAKERY, table="contacts", record=FIRST_NAME
    )
    with acting_in(connection.business_id):
        RefreshRun.unscoped.update(due_at=timezone.now())

    run = refreshed(connection, None)

    assert run.pk == paused.pk
    assert [page for _sort, page in pages_asked(zoho)] == ["1", *"2345", *"12345"]
    assert (suppliers(run).state, suppliers(run).removed) == ("done", 0)
    with acting_in(connection.business_id):
        assert not Contact.unscoped.exclude(removed_at=None).exists()


def test_a_pause_in_the_second_reading_is_gone_on_from(
    connection: Connection, zoho: Zoho, long_list: int
) -> None:
    zoho.standin.change(
        "remove", organization=BAKERY, table="contacts", record=FIRST_NAME
    )
    zoho.fails("error_500", method="GET", path="/contacts", skip=6)
    paused = refreshed(connection, None)
    with acting_in(connection.business_id):
        assert not Contact.unscoped.exclude(removed_at=None).exists()
        RefreshRun.unscoped.update(due_at=timezone.now())

    run = refreshed(connection, None)

    assert run.pk == paused.pk
    asked = [page for _sort, page in pages_asked(zoho)]
    assert asked[:6] == [*"12345", "1"]
    assert asked[-4:] == [*"2345"]
    assert suppliers(run).report["removed"] == [FIRST_NAME]


def test_of_many_bills_too_only_the_newest_page_is_read_again(
    connection: Connection, zoho: Zoho, alice: User
) -> None:
    line = {"account": "Office Supplies", "rate": 10, "quantity": 1}
    bill = {"vendor": FIRST_NAME, "line_items": [line]}
    for number in range(601):
        zoho.person_types("bill", bill_number=f"B-{number}", **bill)
    for row in zoho.organisation.bills.values():
        row["last_modified_time"] = zoho.organisation.stamp(time.time() - 3600)
    refreshed(connection, alice)
    zoho.standin.calls.clear()
    zoho.person_types("bill", bill_number="B-601", **bill)

    run = refreshed(connection, alice)

    asked = zoho.calls("GET", "/bills")
    assert [call["queries"]["sort_column"] for call in asked] == [
        "last_modified_time"
    ] * len(asked)
    assert len(asked) <= 2
    with acting_in(connection.business_id):
        bills = run.lists.get(kind="bills")
    assert (bills.added, bills.changed, bills.removed) == (1, 0, 0)


@pytest.mark.parametrize("skip", range(10))
def test_a_pause_at_any_page_changes_nothing(
    connection: Connection, zoho: Zoho, long_list: int, skip: int
) -> None:
    zoho.standin.change(
        "remove", organization=BAKERY, table="contacts", record=FIRST_NAME
    )
    zoho.fails("error_500", method="GET", path="/contacts", skip=skip)
    refreshed(connection, None)
    with acting_in(connection.business_id):
        RefreshRun.unscoped.update(due_at=timezone.now())

    run = refreshed(connection, None)

    read_list = suppliers(run)
    assert (read_list.state, read_list.report["removed"]) == ("done", [FIRST_NAME])
    assert read_list.rows == long_list - 1
    assert read_list.calls == 10
    with acting_in(connection.business_id):
        gone = Contact.unscoped.exclude(removed_at=None)
        assert [each.name for each in gone] == [FIRST_NAME]
        assert read_list.pages.count() == 0


def test_who_is_new_or_back_is_counted_once_with_the_rows_that_were_here(
    connection: Connection, zoho: Zoho, alice: User, long_list: int
) -> None:
    zoho.person_types("contact", contact_name="New Mill", contact_type="vendor")

    read = suppliers(refreshed(connection, alice))

    assert (read.newest_only, read.added) == (True, 1)
    assert read.rows == long_list + 1
