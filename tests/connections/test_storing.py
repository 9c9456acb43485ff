"""The one statement that stores a list: all of it, or nothing at all."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections import entries, lists
from connections.books import open_books
from connections.budget import Priority
from connections.entries import HeldPage
from connections.kinds import BY_SLUG, ListKind
from connections.models import (
    Connection,
    Contact,
    RefreshedList,
    RefreshedPage,
    RefreshRun,
    TaxRate,
)
from connections.reading import LEASE, LeaseLost, read_list
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.zoho import BAKERY, Zoho

in_a_transaction = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patient(settings: Settings) -> None:
    """Enough budget for a refresh after a refresh."""
    settings.ZOHO_CALLS_A_MINUTE = 1000


def refreshed(connection: Connection) -> RefreshRun:
    run = lists.start(connection, None)
    lists.refresh(run.pk)
    run.refresh_from_db()
    return run


def held_run(connection: Connection) -> RefreshRun:
    run = lists.start(connection, None)
    run.leased_until = timezone.now() + LEASE
    run.save()
    return run


def a_page(**values: Any) -> HeldPage:
    row = {
        "zoho_id": "777",
        "name": "Nobody Knows Ltd",
        "is_active": True,
        "kind": "vendor",
        **values,
    }
    return HeldPage(1, 2, json.dumps([row]))


def everything(run: RefreshRun) -> tuple[object, ...]:
    return (
        sorted(Contact.unscoped.values_list("zoho_id", "removed_at", "changed_at")),
        sorted(run.lists.values_list("kind", "state", "added", "removed", "rows")),
        RefreshedPage.unscoped.count(),
    )


@in_a_transaction
def test_who_has_lost_the_lease_stores_nothing_notes_nothing_and_throws_nothing_away(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        refreshed(connection)
        run = lists.start(connection, None)
        theirs = timezone.now() + LEASE
        RefreshRun.unscoped.filter(pk=run.pk).update(leased_until=theirs)
        line = run.lists.get(kind="suppliers")
        known = Contact.unscoped.filter(kind="vendor").first()
        assert known is not None
        RefreshedPage.unscoped.create(
            business_id=line.business_id,
            line=line,
            number=1,
            has_more=True,
            rows=[],
            read_at=timezone.now(),
        )
        before = everything(run)

        stored = [
            entries.store(
                line,
                connection,
                BY_SLUG["suppliers"],
                lease=lease,
                began=timezone.now(),
                whole=True,
                count=1,
                in_hand=[a_page(), a_page(zoho_id=known.zoho_id, name="Renamed")],
            )
            for lease in (theirs - timedelta(seconds=1), None)
        ]

        assert stored == [False, False]
        assert everything(run) == before


@in_a_transaction
def test_it_tells_what_it_did_and_touches_nothing_else(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        refreshed(connection)
        run = held_run(connection)
        vendors = Contact.unscoped.filter(kind="vendor").order_by("name")
        changes, *leave = vendors
        before = {row.pk: row for row in Contact.unscoped.all()}
        long_gone = leave.pop()
        long_gone.removed_at = timezone.now() - timedelta(days=3)
        long_gone.save()
        of_another_organisation = Contact.unscoped.create(
            business_id=connection.business_id,
            connection=connection,
            organisation_id="4711",
            zoho_id="1",
            name="Bakers of Bath",
            kind="vendor",
        )
        line = run.lists.get(kind="suppliers")
        news = [a_page(zoho_id=str(each), name=f"New {each}") for each in (9, 7, 8)]

        assert entries.store(
            line,
            connection,
            BY_SLUG["suppliers"],
            lease=run.leased_until,
            began=timezone.now(),
            whole=True,
            count=4,
            in_hand=[
                replace(page, number=number)
                for number, page in enumerate(
                    [*news, a_page(zoho_id=changes.zoho_id, name="Renamed")], start=1
                )
            ],
        )

        line.refresh_from_db()
        after = {row.pk: row for row in Contact.unscoped.all()}
    assert (line.state, line.rows) == ("done", 4)
    assert (line.added, line.changed, line.removed) == (3, 1, len(leave))
    assert line.report == {
        "added": ["New 9", "New 7", "New 8"],
        "changed": ["Renamed"],
        "removed": [row.name for row in leave][: entries.NAMES_TOLD],
    }
    assert after[changes.pk].changed_at > before[changes.pk].changed_at
    assert after[long_gone.pk].removed_at == long_gone.removed_at
    assert after[of_another_organisation.pk].removed_at is None
    kept = (row for row in before.values() if row.kind == "customer")
    assert all(after[row.pk].removed_at is None for row in kept)


@in_a_transaction
def test_what_was_read_twice_is_as_it_was_read_last(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        run = held_run(connection)
        again = replace(a_page(name="Everybody Knows Ltd"), reading=2, number=3)

        assert entries.store(
            run.lists.get(kind="suppliers"),
            connection,
            BY_SLUG["suppliers"],
            lease=run.leased_until,
            began=timezone.now(),
            whole=True,
            count=1,
            in_hand=[a_page(), again, a_page(name="Somebody Knew Ltd")],
        )

        (found,) = Contact.unscoped.filter(zoho_id="777")
    assert found.name == "Everybody Knows Ltd"


@in_a_transaction
def test_who_loses_the_lease_before_the_list_is_stored_goes_no_further(
    connection: Connection, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker has it from the moment in which the first list is stored."""
    store = entries.store

    def overtaken(line: RefreshedList, *rest: Any, **more: Any) -> bool:
        RefreshRun.unscoped.update(leased_until=timezone.now() + 2 * LEASE)
        return store(line, *rest, **more)

    monkeypatch.setattr(entries, "store", overtaken)
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        lists.refresh(run.pk)
        run.refresh_from_db()
        states = sorted(set(run.lists.values_list("state", flat=True)))

    assert run.finished_at is None
    assert states == ["reading", "waiting"]
    asked = [c["path"] for c in zoho.standin.calls if "contacts" in str(c["path"])]
    assert len(asked) <= 1


@in_a_transaction
def test_who_is_told_that_the_list_was_not_stored_says_that_it_is_lost(
    connection: Connection, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_all: object, **_more: object) -> bool:
        return False

    monkeypatch.setattr(entries, "store", refuse)
    with acting_in(connection.business_id):
        run = held_run(connection)
        line = run.lists.get(kind="tax-rates")
        books = open_books(run.connection, Priority.REFRESH)
        with pytest.raises(LeaseLost):
            read_list(run, line, books, None)
        assert line.state != RefreshedList.State.DONE


@pytest.fixture
def does_not_fit(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on Zoho's tax rates have a value that their column does not take."""
    held = entries.held

    def unfit(kind: ListKind, rows: Any, *, reading: int, number: int) -> HeldPage:
        page = held(kind, rows, reading=reading, number=number)
        if kind.slug != "tax-rates":
            return page
        found = [{**row, "percentage": "123456789012"} for row in json.loads(page.rows)]
        return HeldPage(reading, number, json.dumps(found))

    return lambda: monkeypatch.setattr(entries, "held", unfit)


def it_fails_and_the_others_come(
    connection: Connection, does_not_fit: Callable[[], None]
) -> None:
    with acting_in(connection.business_id):
        refreshed(connection)
        before = sorted(TaxRate.unscoped.values_list("zoho_id", "percentage"))
        does_not_fit()
        run = refreshed(connection)
        states = dict(run.lists.values_list("kind", "state"))
        problem = run.lists.get(kind="tax-rates").problem
        after = sorted(TaxRate.unscoped.values_list("zoho_id", "percentage"))

    assert run.finished_at is not None
    assert before == after != []
    assert states.pop("tax-rates") == "failed"
    assert "does not fit" in problem
    assert set(states.values()) <= {"done", "not_available"}


@pytest.mark.usefixtures("committed_db", "zoho")
def test_a_list_with_a_value_that_no_column_takes_fails_and_the_others_come(
    connection: Connection, does_not_fit: Callable[[], None]
) -> None:
    it_fails_and_the_others_come(connection, does_not_fit)


@in_a_transaction
def test_so_it_is_inside_a_transaction(
    connection: Connection, does_not_fit: Callable[[], None]
) -> None:
    it_fails_and_the_others_come(connection, does_not_fit)


@pytest.mark.usefixtures("committed_db")
def test_so_it_is_with_a_value_that_a_rule_of_the_table_refuses(
    connection: Connection, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = entries.held

    def unfit(kind: ListKind, rows: Any, *, reading: int, number: int) -> HeldPage:
        if kind.slug == "currencies":
            rows = [replace(row, precision=-1) for row in rows]
        return held(kind, rows, reading=reading, number=number)

    monkeypatch.setattr(entries, "held", unfit)
    with acting_in(connection.business_id):
        run = refreshed(connection)
        states = dict(run.lists.values_list("kind", "state"))

    assert run.finished_at is not None
    assert states.pop("currencies") == "failed"
    assert set(states.values()) <= {"done", "not_available"}


@pytest.mark.usefixtures("committed_db")
def test_a_pause_is_forgotten_once_a_list_is_stored(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        RefreshRun.unscoped.update(pauses=5)
        lists.refresh(run.pk)
        run.refresh_from_db()
    assert run.pauses == 0


@in_a_transaction
def test_pages_that_were_kept_are_thrown_away_and_all_calls_are_told(
    connection: Connection, zoho: Zoho
) -> None:
    """Some of its pages are kept, and the last comes in the worker's hand."""
    zoho.standin.change("vendors", organization=BAKERY, count=450)
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        while lists.refresh(run.pk, turn=timedelta(0)) is not None:
            pass
        line = run.lists.get(kind="suppliers")
        asked = [c for c in zoho.standin.calls if "vendor" in str(c["queries"])]
        assert line.state == "done"
        assert line.calls == len(asked) > 1
        assert not RefreshedPage.unscoped.exists()


HALF_AN_EMOJI = "Bakers \ud83d"


@pytest.mark.usefixtures("committed_db")
def test_a_kept_page_that_no_table_takes_fails_its_list_and_the_others_come(
    connection: Connection, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for the rest does not fit: that is no reason to break the refresh."""
    held = entries.held

    def unfit(kind: ListKind, rows: Any, *, reading: int, number: int) -> HeldPage:
        page = held(kind, rows, reading=reading, number=number)
        if kind.slug != "suppliers":
            return page
        found = [{**row, "name": HALF_AN_EMOJI} for row in json.loads(page.rows)]
        return HeldPage(reading, number, json.dumps(found))

    monkeypatch.setattr(entries, "held", unfit)
    zoho.standin.change("vendors", organization=BAKERY, count=450)
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        while lists.refresh(run.pk, turn=timedelta(0)) is not None:
            pass
        run.refresh_from_db()
        states = dict(run.lists.values_list("kind", "state"))
    assert run.finished_at is not None
    assert states.pop("suppliers") == "failed"
    assert set(states.values()) <= {"done", "not_available"}
