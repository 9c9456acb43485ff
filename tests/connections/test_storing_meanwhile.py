"""A list is stored while somebody publishes, or while the connection is being changed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections import books, entries, lists
from connections.kinds import BY_SLUG
from connections.models import Connection, Contact, RefreshedList, RefreshRun
from connections.reading import LEASE
from connections.zoho import parsing
from dext_sync.businesses.tenancy import acting_in
from tests.locks import until_awaited
from tests.publishing.zoho import BAKERY, Zoho

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def patient(settings: Settings) -> None:
    settings.ZOHO_CALLS_A_MINUTE = 1000


@contextmanager
def uncommitted(business_id: int, job: Callable[[], object]) -> Iterator[None]:
    """Somebody else has done the job, and commits it while we wait for them."""
    is_done = threading.Event()

    def work() -> None:
        try:
            with acting_in(business_id), transaction.atomic():
                job()
                is_done.set()
                until_awaited()
        finally:
            is_done.set()
            database.close()

    other = threading.Thread(target=work)
    other.start()
    assert is_done.wait(timeout=60)
    try:
        yield
    finally:
        other.join()


def held_run(connection: Connection) -> tuple[RefreshRun, RefreshedList]:
    run = lists.start(connection, None)
    lists.refresh(run.pk)
    run = lists.start(connection, None)
    run.leased_until = timezone.now() + LEASE
    run.save()
    return run, run.lists.get(kind="suppliers")


def stored(run: RefreshRun, line: RefreshedList) -> bool:
    """Nothing at all has arrived: all that we have has left Zoho."""
    return entries.store(
        line,
        run.connection,
        BY_SLUG["suppliers"],
        lease=run.leased_until,
        began=timezone.now() - timedelta(milliseconds=1),
        whole=True,
        count=0,
    )


def the_first() -> Contact:
    found = Contact.unscoped.filter(kind="vendor").order_by("pk").first()
    assert found is not None
    return found


@pytest.mark.parametrize("waits_for", ["run", "contact"])
def test_who_is_remembered_while_the_list_is_stored_has_not_left(
    connection: Connection, zoho: Zoho, waits_for: str
) -> None:
    def remember() -> None:
        if waits_for == "run":
            list(RefreshRun.unscoped.select_for_update().filter(finished_at=None))
        Contact.unscoped.filter(pk=the_first().pk).update(
            changed_at=timezone.now() + timedelta(minutes=1)
        )

    with acting_in(connection.business_id):
        run, line = held_run(connection)
        with uncommitted(connection.business_id, remember):
            assert stored(run, line)
        line.refresh_from_db()
        left = Contact.unscoped.filter(kind="vendor", removed_at=None)
        assert [each.pk for each in left] == [the_first().pk]
        assert line.state == "done"
        assert line.removed == len(line.report["removed"]) or line.removed > 25
        assert the_first().name not in line.report["removed"]


def test_who_is_remembered_while_their_list_is_stored_is_there_once(
    connection: Connection, zoho: Zoho
) -> None:
    """They were created in Zoho by an item, and the list brings them, too."""
    with acting_in(connection.business_id):
        lists.refresh(lists.start(connection, None).pk)
        known = set(Contact.unscoped.values_list("zoho_id", flat=True))
        zoho.standin.change("vendors", organization=BAKERY, count=1)
        held = zoho.standin.state(BAKERY)["contacts"]
        (created,) = [held[each] for each in held if each not in known]
        row = replace(
            parsing.contact(created), name="As the item named them", kind="vendor"
        )
        run = lists.start(connection, None)
        with uncommitted(
            connection.business_id,
            lambda: entries.remember_contact(connection, row),
        ):
            lists.refresh(run.pk)
        line = run.lists.get(kind="suppliers")
        (found,) = Contact.unscoped.filter(zoho_id=row.zoho_id)
        assert found.name == created["contact_name"]
        assert (line.state, line.added + line.changed) == ("done", 1)


@pytest.mark.parametrize("what", ["lease", "broke"])
def test_what_was_lost_while_we_waited_for_it_is_lost(
    connection: Connection, zoho: Zoho, what: str
) -> None:
    def take() -> None:
        mine = RefreshRun.unscoped.filter(finished_at=None)
        if what == "lease":
            mine.update(leased_until=timezone.now() + 2 * LEASE)
        else:
            books.broke(
                Connection.unscoped.get(pk=connection.pk),
                Connection.Broken.ORGANISATION_REFUSED,
            )

    with acting_in(connection.business_id):
        run, line = held_run(connection)
        with uncommitted(connection.business_id, take):
            assert not stored(run, line)
        line.refresh_from_db()
        assert line.state == "waiting"
        assert not Contact.unscoped.filter(kind="vendor").exclude(removed_at=None)


def test_two_who_are_remembered_one_after_the_other_are_there_once_each(
    connection: Connection, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one comes while the list is stored once more."""
    with acting_in(connection.business_id):
        lists.refresh(lists.start(connection, None).pk)
        known = set(Contact.unscoped.values_list("zoho_id", flat=True))
        zoho.standin.change("vendors", organization=BAKERY, count=2)
        held = zoho.standin.state(BAKERY)["contacts"]
        created = [held[each] for each in held if each not in known]
        rows = [replace(parsing.contact(each), kind="vendor") for each in created]
        store = entries.store
        left = list(rows)

        def meanwhile(line: RefreshedList, *rest: object, **more: object) -> bool:
            if line.kind != "suppliers" or not left:
                return store(line, *rest, **more)  # type: ignore[arg-type]
            row = left.pop()
            with uncommitted(
                connection.business_id,
                lambda: entries.remember_contact(connection, row),
            ):
                return store(line, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(entries, "store", meanwhile)
        run = lists.start(connection, None)
        lists.refresh(run.pk)
        line = run.lists.get(kind="suppliers")
        assert line.state == "done"
        assert (
            Contact.unscoped.filter(zoho_id__in=[r.zoho_id for r in rows]).count() == 2
        )


def test_lists_are_written_behind_and_the_end_of_their_refresh_is_not(
    connection: Connection, zoho: Zoho
) -> None:
    """The disk has the newest pages a moment later; what comes after waits for it."""
    heard: list[tuple[str, str]] = []

    def heeding(execute: Callable[..., object], statement: str, *rest: Any) -> object:
        answer = execute(statement, *rest)
        if rest[-1]["connection"].in_atomic_block:
            with rest[-1]["connection"].connection.cursor() as beside:
                beside.execute("SHOW synchronous_commit")
                heard.append((statement, *beside.fetchone()))
        return answer

    with acting_in(connection.business_id):
        with database.cursor() as cursor:
            cursor.execute("SET synchronous_commit = on")
        run = lists.start(connection, None)
        with database.execute_wrapper(heeding):
            lists.refresh(run.pk)

    storing = {how for statement, how in heard if "hold_refresh" in statement}
    assert storing == {"off"}
    end = 'UPDATE "connections_refreshrun" SET "finished_at"'
    assert [how for statement, how in heard if statement.startswith(end)] == ["on"]
