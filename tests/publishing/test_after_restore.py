"""The database is put back to its backup while Zoho has gone on: nothing twice."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import NoReturn

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from connections.models import Connection
from connections.zoho import client
from dext_sync.businesses import audit, support
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in
from dext_sync.local import pytest_database, roles
from publishing import archiving, coding, results, tasks
from publishing.models import Item, Publication, RestoreCheck, UnknownRecord
from publishing.outcomes import uncertain_time
from tests.publishing.factories import (
    TODAY,
    make_method,
    make_supplier,
    paid_receipt,
    ready_item,
    ready_sale,
)
from tests.publishing.steps import (
    begun,
    item_now,
    page_of,
    publish,
    trail_of,
    work,
    work_until_settled,
)
from tests.publishing.zoho import BAKERY, Zoho
from tests.zoho_standin import changes

pytestmark = pytest.mark.usefixtures("committed_db", "connection")


@contextmanager
def forgotten() -> Iterator[None]:
    """What happens inside, the database forgets: it is put back to what it was."""
    name = str(connections["default"].settings_dict["NAME"])
    backup = f"{name}_backup"
    take(backup, name, "CREATE DATABASE {} TEMPLATE {}")
    yield
    take(name, backup, "ALTER DATABASE {1} RENAME TO {0}")


def take(name: str, other: str, statement: str) -> None:
    """A database of this name, made of the other one."""
    connections.close_all()
    for each in (name, other):
        pytest_database.end_sessions(os.environ["DATABASE_URL"], each)
    with cursor() as server:
        pytest_database.drop_database(server, name)
        names = map(sql.Identifier, (name, other))
        server.execute(sql.SQL(statement).format(*names))


def cursor() -> AbstractContextManager[Cursor]:
    owner = os.environ["DATABASE_OWNER_URL"]
    return roles.cursor_at(roles.address(owner, database="postgres"))


def restored(**options: str) -> str:
    out = StringIO()
    call_command("after_restore", stdout=out, **options)
    return out.getvalue()


def ask(business: Business) -> None:
    """Workers ask Zoho, as soon as they may."""
    with acting_in(business.pk):
        checks = list(RestoreCheck.unscoped.filter(finished_at=None))
    for check in checks:
        tasks.ask_after_restore(business.pk, check.pk)


def publish_all(
    business: Business, by: User, clock: time_machine.Traveller, *items: Item
) -> None:
    for item in items:
        if item_now(item).status in (Item.Status.READY, Item.Status.FAILED):
            begun(item, by)
    with acting_in(business.pk):
        unfinished = list(Publication.unscoped.filter(finished_at=None))
    for publication in unfinished:
        work_until_settled(publication, clock)


Make = Callable[[Business, User], Item]


def receipt(business: Business, by: User) -> Item:
    return paid_receipt(business, by)


@pytest.mark.parametrize("make", [ready_item, receipt, ready_sale])
def test_what_was_published_since_the_backup_is_known_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller, make: Make
) -> None:
    item = make(bakery, bob)
    with forgotten():
        publish(item, bob)
    (record,) = zoho.bills + zoho.expenses + zoho.invoices

    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    publish_all(bakery, bob, clock)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert zoho.bills + zoho.expenses + zoho.invoices == [record]
    assert len(record["documents"]) == 1
    assert "restore.known" in trail_of(bakery, item)


def test_nothing_is_sent_before_zoho_was_asked(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_item(bakery, bob)
    restored()
    zoho.standin.calls.clear()

    publish(item, bob)
    ask(bakery)  # Too early: what was on its way may not have arrived.

    assert list(zoho.standin.calls) == []
    assert page_of(item).detail == (
        "The database was restored; Zoho Books is being asked what it has."
    )


def test_afterwards_it_is_sent_by_itself(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_item(bakery, bob)
    restored()
    publication = publish(item, bob)
    clock.shift(uncertain_time())

    ask(bakery)
    work(publication)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert len(zoho.bills) == 1


def test_what_was_waiting_at_the_backup_and_was_sent_since_is_not_sent_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = paid_receipt(bakery, bob)
    publication = begun(item, bob)
    with forgotten():
        work(publication)
    assert len(zoho.expenses) == 1

    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    work_until_settled(publication, clock)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert len(zoho.expenses) == 1
    assert len(zoho.expenses[0]["documents"]) == 1


def test_a_document_that_was_attached_since_is_not_attached_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    zoho.fails("at_once", method="POST", path="/bills/*/attachment")
    item = ready_item(bakery, bob)
    publication = publish(item, bob)
    with forgotten():
        work_until_settled(publication, clock)
    assert len(zoho.bills[0]["documents"]) == 1

    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    work_until_settled(publication, clock)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert len(zoho.bills[0]["documents"]) == 1


def test_an_item_that_was_changed_since_is_known_by_its_mark(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = paid_receipt(bakery, bob)
    with forgotten():
        with acting_in(bakery.pk):
            coding.change(item, "total", Decimal("24.00"), by=bob)
            coding.change(item, "tax_amount", Decimal("4.00"), by=bob)
        publish(item, bob)

    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    publish_all(bakery, bob, clock)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert [record["total"] for record in zoho.expenses] == [Decimal("24.00")]
    assert page_of(item).problem == (
        "The record in Zoho Books differs from the document: look at it there. (total "
        "24.00 instead of 12.00)"
    )


def test_an_item_that_was_only_coded_since_is_known_too(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = paid_receipt(bakery, bob, total=None, date=None)
    with forgotten():
        with acting_in(bakery.pk):
            coding.change(item, "total", Decimal("12.00"), by=bob)
            coding.change(item, "date", TODAY, by=bob)
        publish(item, bob)
    assert len(zoho.expenses) == 1

    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    publish_all(bakery, bob, clock)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert len(zoho.expenses) == 1


def test_what_is_uploaded_again_takes_the_record_that_it_had(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    method = make_method(bakery)
    with forgotten():
        publish(paid_receipt(bakery, bob, payment_method=method), bob)
        publish(paid_receipt(bakery, bob, payment_method=method), bob)

    again = [paid_receipt(bakery, bob, payment_method=method) for _cup in range(3)]
    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    publish_all(bakery, bob, clock, *again)

    assert [item_now(item).status for item in again] == ["published"] * 3
    assert len(zoho.expenses) == 3
    assert all(len(record["documents"]) == 1 for record in zoho.expenses)


def test_so_does_what_is_published_again_before_zoho_was_asked(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    method = make_method(bakery)
    with forgotten():
        publish(paid_receipt(bakery, bob, payment_method=method), bob)
    again = paid_receipt(bakery, bob, payment_method=method)
    restored()

    publish(again, bob)
    clock.shift(uncertain_time())
    ask(bakery)
    publish_all(bakery, bob, clock)

    assert item_now(again).status == Item.Status.PUBLISHED
    assert len(zoho.expenses) == 1


def _only_alike(bakery: Business, bob: User, clock: time_machine.Traveller) -> Item:
    """Its reference is another one than that of what is in Zoho."""
    method = make_method(bakery)
    with forgotten():
        publish(paid_receipt(bakery, bob, payment_method=method, reference="A"), bob)
    item = paid_receipt(bakery, bob, payment_method=method, reference="B")
    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    return item


def test_one_that_is_only_alike_is_a_question_which_is_asked_once(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = _only_alike(bakery, bob, clock)

    publish(item, bob)

    assert item_now(item).status == Item.Status.FAILED
    assert page_of(item).problem == (
        "Zoho Books has expense A of 20 Nov 2026 over £12.00, published from here "
        "before the database was put back. If it is the same one, archive this item; "
        "if not, publish again."
    )
    assert len(zoho.expenses) == 1
    publish(item, bob)
    assert item_now(item).status == Item.Status.PUBLISHED
    assert len(zoho.expenses) == 2


def test_a_worker_that_dies_before_its_question_is_told_has_not_asked_it(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = _only_alike(bakery, bob, clock)
    publication = begun(item, bob)
    monkeypatch.setattr(results, "settle", _is_killed)
    with pytest.raises(Killed):
        work(publication)
    monkeypatch.undo()

    clock.shift(uncertain_time() + timedelta(seconds=1))
    work(publication)

    assert item_now(item).status == Item.Status.FAILED
    assert len(zoho.expenses) == 1


class Killed(BaseException):
    """As by SIGKILL: nothing of it is caught on the way."""


def _is_killed(*_what: object) -> NoReturn:
    raise Killed


def test_support_that_was_let_in_is_not_let_in_any_more(
    bakery: Business, alice: User
) -> None:
    with acting_in(bakery.pk):
        support.grant(bakery, by=alice)

    restored()

    with acting_in(bakery.pk):
        assert support.current(bakery) is None


def test_what_has_no_item_any_more_is_told_in_the_trail(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    ready_item(bakery, bob)
    with forgotten():
        publish(ready_item(bakery, bob, reference="INV-105"), bob)

    restored()
    clock.shift(uncertain_time())
    ask(bakery)

    with acting_in(bakery.pk):
        (record,) = UnknownRecord.unscoped.all()
        said = audit.sentence(AuditEntry.unscoped.get(action="restore.unknown"))
    assert (record.item_id, record.number, record.zoho_id) == (
        None,
        "INV-105",
        zoho.bills[0]["bill_id"],
    )
    assert said == (
        "Zoho has bill INV-105 of 19 Nov 2026 over £120.00 "
        f"({record.zoho_id}), published from here and unknown since the database was "
        "put back"
    )


def test_a_record_that_a_person_typed_is_nobodys(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = paid_receipt(bakery, bob)
    zoho.person_types(
        "expense",
        account="Office Supplies",
        vendor="Acme Paper Ltd",
        paid_through="Company Card",
        date="2026-11-20",
        amount=12,
    )

    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    publish_all(bakery, bob, clock, item)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert len(zoho.expenses) == 2


def test_a_second_record_of_what_was_cleared_since_is_told(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = paid_receipt(bakery, bob)
    publish(item, bob)
    with forgotten():
        with acting_in(bakery.pk):
            archiving.unarchive(item, bob, may_publish=True)
            archiving.clear(item, bob)
        publish(item_now(item), bob)
    first, second = zoho.expenses

    restored()
    clock.shift(uncertain_time())
    ask(bakery)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert first["expense_id"] in page_of(item).open_url
    assert page_of(item).problem == (
        "Zoho Books has a second record of this item "
        f"({second['expense_id']}): one of the two is to be deleted there."
    )


def test_a_new_supplier_is_not_created_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    supplier = make_supplier(bakery, "New Mill", agreed_by=bob)
    first = ready_item(bakery, bob, supplier=supplier)
    second = ready_item(bakery, bob, supplier=supplier, reference="INV-105")
    with forgotten():
        publish(first, bob)

    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    publish_all(bakery, bob, clock, first, second)

    assert [item_now(each).status for each in (first, second)] == ["published"] * 2
    assert len(zoho.contacts("New Mill")) == 1
    assert len(zoho.bills) == 2


def test_what_moves_to_a_page_that_was_read_while_it_paused_is_not_missed(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "PER_PAGE", 2)
    item = paid_receipt(bakery, bob)
    with forgotten():
        publish(item, bob)
    typed = [somebody_types_an_expense(zoho, clock) for _newer in range(2)]
    restored()
    clock.shift(uncertain_time())
    zoho.fails("per_minute", method="GET", path="/expenses", skip=1)
    ask(bakery)

    changes.remove(zoho.standin, BAKERY, "expenses", typed[0])
    clock.shift(61)
    ask(bakery)
    publish_all(bakery, bob, clock, item)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert len(zoho.expenses) == 2


def somebody_types_an_expense(zoho: Zoho, clock: time_machine.Traveller) -> str:
    clock.shift(1)
    typed = zoho.person_types(
        "expense",
        account="Office Supplies",
        paid_through="Company Card",
        date="2026-11-20",
        amount=7,
    )
    return str(typed["expense_id"])


def test_a_list_that_cannot_be_read_keeps_its_items_waiting(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    bill, expense = ready_item(bakery, bob), paid_receipt(bakery, bob)
    restored()
    clock.shift(uncertain_time())
    zoho.fails("forbidden", method="GET", path="/expenses", times=2)
    ask(bakery)

    publish(bill, bob)
    publish(expense, bob)

    assert item_now(bill).status == Item.Status.PUBLISHED
    assert zoho.expenses == []
    clock.shift(61)
    ask(bakery)
    publish_all(bakery, bob, clock)
    assert item_now(expense).status == Item.Status.PUBLISHED
    assert len(zoho.expenses) == 1


@pytest.mark.parametrize("fault", ["forbidden", "error_500", "html_400"])
def test_a_list_that_is_not_read_is_asked_for_ever_more_rarely(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller, fault: str
) -> None:
    ready_item(bakery, bob)
    restored()
    zoho.fails(fault, method="GET", path="/invoices", times=10_000)
    for _minute in range(4 * 60):
        clock.shift(61)
        ask(bakery)
    assert 10 < len(zoho.calls("GET", "/invoices")) < 40


def test_an_organisation_that_is_connected_only_now_is_asked_too(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    """Connected for the first time after the backup: restored without a connection."""
    item = paid_receipt(bakery, bob)
    with forgotten():
        publish(item, bob)
    restored()
    with acting_in(bakery.pk):
        RestoreCheck.unscoped.all().delete()

    publication = publish(item, bob)
    clock.shift(uncertain_time())
    ask(bakery)
    work_until_settled(publication, clock)

    assert item_now(item).status == Item.Status.PUBLISHED
    assert len(zoho.expenses) == 1


def test_the_moment_may_be_told(
    bakery: Business, bob: User, connection: Connection
) -> None:
    ready_item(bakery, bob)
    said = restored(since="2026-11-22T10:00:00+00:00")

    assert said.startswith(
        "1 business sends nothing before Zoho was asked what it has since "
        "2026-11-22T10:00:00+00:00."
    )


@pytest.mark.parametrize(
    "words", ["yesterday", "2026-11-22T10:00:00", "2026-11-23T10:00:00+00:00"]
)
def test_a_moment_that_is_none_is_refused(bakery: Business, words: str) -> None:
    with pytest.raises(CommandError):
        restored(since=words)
