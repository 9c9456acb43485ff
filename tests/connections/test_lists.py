"""Refreshing the lists: each arrives whole or changes nothing."""

from datetime import timedelta
from typing import NoReturn

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from connections import budget, entries, lists
from connections.kinds import BY_SLUG
from connections.models import (
    Account,
    Allowance,
    Connection,
    ConnectionEvent,
    Contact,
    Grant,
    Location,
    RefreshedList,
    RefreshRun,
    TaxRate,
)
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import ZohoRejected
from dext_sync.businesses.audit import about, sentence
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.publishing.zoho import ALICE, BAKERY, Zoho

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patient(settings: Settings) -> None:
    """Enough budget for a refresh after a refresh."""
    settings.ZOHO_CALLS_A_MINUTE = 1000


def refreshed(connection: Connection, by: User | None = None) -> RefreshRun:
    with acting_in(connection.business_id):
        run = lists.start(connection, by)
        lists.refresh(run.pk)
        run.refresh_from_db()
        return run


def line(run: RefreshRun, kind: str) -> RefreshedList:
    with acting_in(run.business_id):
        return run.lists.get(kind=kind)


def names(connection: Connection, model: type[Account | Contact | TaxRate]) -> set[str]:
    with acting_in(connection.business_id):
        return set(entries.usable(connection, model).values_list("name", flat=True))


def test_a_refresh_reads_every_list_that_the_organisation_has(
    connection: Connection, zoho: Zoho, alice: User
) -> None:
    run = refreshed(connection, alice)

    assert run.finished_at is not None
    assert run.problem == ""
    assert line(run, "suppliers").state == "done"
    books = zoho.organisation
    vendors = [c for c in books.contacts.values() if c["contact_type"] == "vendor"]
    assert line(run, "suppliers").added == len(vendors)
    assert line(run, "categories").rows == len(books.accounts)
    with acting_in(connection.business_id):
        kinds = set(run.lists.values_list("kind", flat=True))
    assert "tax-exemptions" not in kinds  # the UK edition has none


def test_others_come_between_the_pages_of_a_refresh(
    connection: Connection, zoho: Zoho
) -> None:
    """Each turn brings a page at least, and nothing is asked for twice."""
    zoho.standin.change("vendors", organization=BAKERY, count=450)
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        turns = 1
        while lists.refresh(run.pk, turn=timedelta(0)) is not None:
            turns += 1
        run.refresh_from_db()

    assert (run.problem, run.finished_at is None) == ("", False)
    assert line(run, "suppliers").state == "done"
    assert turns > 10
    asked = [(call["path"], str(call["queries"])) for call in zoho.standin.calls]
    assert len(asked) == len(set(asked))


def test_a_feature_that_is_off_is_not_available_and_no_error(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.organisation.locations_enabled = False

    run = refreshed(connection)

    assert run.problem == ""
    assert line(run, "locations").state == "not_available"
    with acting_in(connection.business_id):
        assert not entries.usable(connection, Location).exists()


def test_a_feature_may_be_off_with_a_code_alone(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code other than 0 is an error whatever the HTTP status."""

    def are_off(_books: ZohoBooks) -> NoReturn:
        raise ZohoRejected("Locations are off.", status=200, code=9)

    monkeypatch.setattr(ZohoBooks, "locations", are_off)
    run = refreshed(connection)
    assert line(run, "locations").state == "not_available"


def test_what_left_zoho_is_marked_and_comes_back(
    connection: Connection, zoho: Zoho
) -> None:
    refreshed(connection)
    books = zoho.organisation
    number, tax = next(iter(books.taxes.items()))
    del books.taxes[number]

    run = refreshed(connection)

    assert line(run, "tax-rates").removed == 1
    assert line(run, "tax-rates").report["removed"] == [tax["tax_name"]]
    with acting_in(connection.business_id):
        gone = TaxRate.unscoped.get(zoho_id=number)
        assert gone.removed_at is not None

    books.taxes[number] = tax
    again = refreshed(connection)

    assert line(again, "tax-rates").changed == 1
    with acting_in(connection.business_id):
        gone.refresh_from_db()
        assert gone.removed_at is None


def test_a_list_that_breaks_off_changes_nothing(
    connection: Connection, zoho: Zoho
) -> None:
    refreshed(connection)
    zoho.standin.change("vendors", organization=BAKERY, count=450)
    before = names(connection, Contact)
    zoho.fails("error_500", method="GET", path="/contacts", skip=1)

    run = refreshed(connection)

    assert run.finished_at is None
    assert run.waiting_reason == "unavailable"
    assert names(connection, Contact) == before
    assert line(run, "suppliers").state == "waiting"
    with acting_in(connection.business_id):
        assert [page.number for page in line(run, "suppliers").pages.all()] == [1]
    zoho.standin.calls.clear()

    with acting_in(connection.business_id):
        RefreshRun.unscoped.update(due_at=timezone.now())
    zoho.is_well()
    finished = refreshed(connection)

    assert finished.pk == run.pk
    assert finished.finished_at is not None
    assert len(zoho.calls("GET", "/organizations/20081234501")) == 0
    assert line(finished, "suppliers").added == 450
    assert len(names(connection, Contact)) == len(before) + 450


def test_a_second_refresh_without_changes_rewrites_no_row(
    connection: Connection, zoho: Zoho
) -> None:
    refreshed(connection)
    with acting_in(connection.business_id):
        stamps = dict(Contact.unscoped.values_list("pk", "changed_at"))

    run = refreshed(connection)

    with acting_in(connection.business_id):
        assert dict(Contact.unscoped.values_list("pk", "changed_at")) == stamps
        assert {
            (each.added, each.changed, each.removed) for each in run.lists.all()
        } == {(0, 0, 0)}


def test_hiding_an_entry_survives_a_refresh(connection: Connection, zoho: Zoho) -> None:
    refreshed(connection)
    with acting_in(connection.business_id):
        account = Account.unscoped.get(name="Postage")
        Account.unscoped.filter(pk=account.pk).update(visible=False)
    zoho.organisation.accounts[account.zoho_id]["account_name"] = "Postage and stamps"

    refreshed(connection)

    with acting_in(connection.business_id):
        account.refresh_from_db()
    assert (account.name, account.visible) == ("Postage and stamps", False)


def test_what_is_created_while_a_list_is_read_is_not_taken_for_gone(
    connection: Connection, zoho: Zoho
) -> None:
    refreshed(connection)
    with acting_in(connection.business_id):
        began = timezone.now()
        run = lists.start(connection, None)
        lease = began + timedelta(minutes=3)
        RefreshRun.unscoped.filter(pk=run.pk).update(leased_until=lease)
        supplier = Contact.unscoped.filter(kind="vendor").first()
        assert supplier is not None
        Contact.unscoped.filter(pk=supplier.pk).update(changed_at=timezone.now())

        is_ours = entries.store(
            line(run, "suppliers"),
            connection,
            BY_SLUG["suppliers"],
            lease=lease,
            began=began,
            whole=True,
            count=0,
        )

        supplier.refresh_from_db()
        told = line(run, "suppliers")
    assert is_ours
    assert supplier.removed_at is None
    assert supplier.name not in told.report["removed"]
    assert told.removed > 0


def test_the_end_is_told_to_publishing_and_written_down(
    connection: Connection, zoho: Zoho, bakery: Business, alice: User
) -> None:
    run = refreshed(connection, alice)

    with acting_in(bakery.pk):
        kinds = list(ConnectionEvent.unscoped.values_list("kind", flat=True))
        said = [sentence(entry) for entry in about(bakery, connection)]
        connection.refresh_from_db()
    assert kinds == ["refreshed"]
    assert said[0].startswith("lists of Harbour Bakery Ltd refreshed: ")
    assert connection.refresh_due_at is not None
    assert timedelta(hours=21) < connection.refresh_due_at - timezone.now()
    assert run.requested_by_id == alice.pk


def test_a_spent_budget_pauses_the_refresh_and_nothing_is_lost(
    connection: Connection, zoho: Zoho, settings: Settings
) -> None:
    settings.ZOHO_CALLS_A_MINUTE = 5

    run = refreshed(connection)

    assert run.finished_at is None
    assert run.waiting_reason == "minute"
    assert run.due_at > timezone.now() + timedelta(seconds=30)
    assert [call["code"] for call in zoho.standin.calls if call["status"] == 429] == []


def test_a_user_who_left_the_organisation_breaks_this_connection_alone(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.standin.change("member", organization=BAKERY, email=ALICE, belongs=False)

    run = refreshed(connection)

    with acting_in(connection.business_id):
        connection.refresh_from_db()
    assert connection.state == "needs_reconnecting"
    assert connection.needs_reason == "organisation_refused"
    assert run.finished_at is not None
    assert run.problem != ""


def test_nine_more_pages_cost_seven_queries_each(
    connection: Connection, zoho: Zoho
) -> None:
    def queries_of_a_refresh() -> int:
        refreshed(connection)  # what is new is stored
        with CaptureQueriesContext(database) as queries:
            refreshed(connection)
        return len(queries)

    few = queries_of_a_refresh()
    zoho.standin.change("vendors", organization=BAKERY, count=1800)

    assert queries_of_a_refresh() <= few + 9 * 7 + 2


def test_a_list_longer_than_a_minutes_calls_arrives_all_the_same(
    connection: Connection, zoho: Zoho, settings: Settings
) -> None:
    """Each minute brings some pages; none is asked for twice."""
    settings.ZOHO_CALLS_A_MINUTE = 5
    zoho.standin.change("vendors", organization=BAKERY, count=1900)

    run = refreshed(connection)
    for _minute in range(12):
        if run.finished_at is not None:
            break
        budget.forget()
        with acting_in(connection.business_id):
            Allowance.unscoped.update(last_call_at=None)
            RefreshRun.unscoped.update(due_at=timezone.now())
        run = refreshed(connection)

    assert run.finished_at is not None
    assert line(run, "suppliers").added >= 1900
    pages = zoho.calls("GET", "/contacts")
    assert len(pages) == line(run, "suppliers").calls + line(run, "customers").calls
    assert line(run, "suppliers").calls == 10


def test_a_list_that_cannot_be_understood_leaves_the_others_alone(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.fails("forbidden", method="GET", path="/settings/taxes", times=2)

    run = refreshed(connection)

    assert line(run, "tax-rates").state == "failed"
    assert line(run, "suppliers").state == "done"
    with acting_in(connection.business_id):
        connection.refresh_from_db()
        told = [sentence(entry) for entry in about(connection.business, connection)]
    assert connection.state == "connected"
    assert told[0].endswith("could not be read: Tax rates")


def test_a_broken_connection_ends_its_open_refresh(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        Grant.objects.update(died_at=timezone.now())
        lists.refresh(run.pk)
        run.refresh_from_db()
        connection.refresh_from_db()
    assert connection.state == "needs_reconnecting"
    assert run.finished_at is not None


def go_on(connection: Connection) -> RefreshRun:
    """The pause is over."""
    with acting_in(connection.business_id):
        RefreshRun.unscoped.update(due_at=timezone.now())
    return refreshed(connection)


def test_a_text_longer_than_its_column_is_cut_and_stops_nothing(
    connection: Connection, zoho: Zoho
) -> None:
    account = next(iter(zoho.organisation.accounts.values()))
    account["account_code"] = "9" * 200

    run = refreshed(connection)

    assert run.finished_at is not None
    assert line(run, "categories").state == "done"
    with acting_in(connection.business_id):
        code = Account.unscoped.get(zoho_id=account["account_id"]).code
    assert code == "9" * 60


def test_a_list_that_zoho_never_brings_keeps_the_others_not_waiting_and_ends(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.fails("error_500", method="GET", path="/settings/taxes", times=50)

    run = refreshed(connection)
    assert run.finished_at is None
    assert line(run, "suppliers").state == "done"
    first_pause = run.due_at - timezone.now()
    for _pause in range(3):
        run = go_on(connection)

    assert run.finished_at is not None
    assert line(run, "tax-rates").state == "failed"
    assert timedelta(seconds=20) < first_pause < timedelta(seconds=40)


@pytest.mark.parametrize("path", ["/organizations/*", "/contacts", "/projects"])
def test_a_page_from_before_zoho_books_ends_no_list_for_a_day(
    connection: Connection, zoho: Zoho, path: str
) -> None:
    zoho.fails("html_400", method="GET", path=path)

    waits = go_on(connection)
    run = go_on(connection)

    assert waits.finished_at is None
    assert (run.finished_at is not None, run.problem) == (True, "")
    assert {line(run, kind).state for kind in ("suppliers", "projects")} == {"done"}


def test_a_zoho_that_fails_after_the_turn_is_left_alone_for_a_while(
    connection: Connection, zoho: Zoho
) -> None:
    """One that gives no answer in time always does."""
    zoho.fails("error_500", method="GET", path="/chartofaccounts", times=99)
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        rests = [lists.refresh(run.pk, turn=timedelta(0)) for _turn in range(20)]

    assert rests[-1] is None
    assert len(zoho.calls("GET", "/chartofaccounts")) == 1


def test_no_refresh_ends_before_each_of_its_lists_was_given_up(
    connection: Connection, zoho: Zoho
) -> None:
    for path in ("/chartofaccounts", "/contacts", "/projects", "/settings/currencies"):
        zoho.fails("error_500", method="GET", path=path, times=999)
    run = refreshed(connection)
    while run.finished_at is None:
        run = go_on(connection)

    with acting_in(connection.business_id):
        assert not run.lists.filter(state__in=lists.OPEN).exists()


def test_a_list_that_comes_on_with_each_try_is_not_given_up(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.standin.change("vendors", organization=BAKERY, count=1100)
    for _try in range(5):
        zoho.fails("error_500", method="GET", path="/contacts", skip=1)
        run = go_on(connection)
        assert run.finished_at is None
        assert run.due_at < timezone.now() + timedelta(seconds=31)

    zoho.is_well()
    run = go_on(connection)

    assert run.finished_at is not None
    assert line(run, "suppliers").state == "done"
    assert line(run, "suppliers").calls == 6


def test_while_zoho_is_away_the_pauses_grow_and_no_list_is_given_up(
    connection: Connection, zoho: Zoho
) -> None:
    zoho.fails("error_500", method="GET", path="*", times=500)
    run = go_on(connection)
    pauses = [round((run.due_at - timezone.now()).total_seconds())]
    for _pause in range(6):
        run = go_on(connection)
        pauses.append(round((run.due_at - timezone.now()).total_seconds()))
    assert pauses == [30, 60, 120, 240, 480, 900, 900]
    with acting_in(connection.business_id):
        assert not run.lists.exclude(state="waiting").exists()

    zoho.is_well()
    assert go_on(connection).finished_at is not None


def test_what_is_learnt_of_one_organisation_is_not_written_over_another(
    connection: Connection, zoho: Zoho
) -> None:
    with acting_in(connection.business_id):
        run = lists.start(connection, None)
        Connection.unscoped.update(organisation_id="777", currency_code="USD")
        lists.refresh(run.pk)
        connection.refresh_from_db()
        run.refresh_from_db()
    assert connection.currency_code == "USD"
    assert run.finished_at is not None
    assert run.problem != ""
