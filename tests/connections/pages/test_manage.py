"""The connection's own page, and a refresh as it is watched."""

from datetime import timedelta

import pytest
from django.utils import timezone

from connections import lists, reading, tasks
from connections.models import (
    Allowance,
    Connection,
    Grant,
    RefreshedList,
    RefreshRun,
)
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip, text
from tests.publishing.zoho import ALICE, BAKERY, Zoho

IN_PROGRESS = (
    "Refresh in progress. This should only take a couple of minutes."
    " No data will be lost."
)


def connected(trip: Trip) -> Connection:
    """Connected, and every list read."""
    connection = trip.has_connected(BAKERY)
    tasks.refresh_lists(trip.business.pk, connection.pk)
    return connection


def line(page: str, kind: str) -> str:
    start = page.index(f'id="line-{kind}"')
    return page[start : page.index("</li>", start)]


def test_the_page_says_state_organisation_who_and_what_was_used(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    with acting_in(bakery.pk):
        Allowance.objects.for_business(bakery).update(
            day_limit=2000,
            day_remaining=1958,
            day_resets_at=timezone.now() + timedelta(hours=3),
        )
    page = text(trip.opens("connection", connection.pk))
    assert f"Zoho Books · {BAKERY}" in page
    assert "42 of 2,000" in page
    assert f"as {ALICE}" in page
    for label in ("Refresh integration data", "Disconnect", "Reconnect"):
        assert label in page


def test_the_page_says_which_periods_are_locked(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    for module, until in (("all", "2026-03-31"), ("sales", "2026-09-30")):
        zoho.standin.change(
            "settings", organization=BAKERY, locked_until=until, locked_module=module
        )
    trip = travels(alice, bakery)
    connection = connected(trip)

    page = text(trip.opens("connection", connection.pk))

    assert "All transactions up to and including 31 March 2026" in page
    assert "Sales up to and including 30 September 2026" in page


def test_only_the_person_who_consented_is_shown_the_zoho_user(
    travels: Travels, alice: User, anna: User, bakery: Business
) -> None:
    connection = travels(alice, bakery).has_connected(BAKERY)
    page = text(travels(anna, bakery).opens("connection", connection.pk))
    assert ALICE not in page
    assert "Alice" in page


def test_a_count_of_yesterday_is_not_shown_as_todays(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    with acting_in(bakery.pk):
        Allowance.objects.for_business(bakery).update(
            day_resets_at=timezone.now() - timedelta(minutes=1)
        )
    assert "None so far" in text(trip.opens("connection", connection.pk))


def test_refresh_integration_data_begins_one_and_shows_it(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    for _click in range(2):
        answer = trip.posts("connection_refresh", connection.pk)
        assert answer["Location"] == trip.address("connection", connection.pk)
    with acting_in(bakery.pk):
        runs = RefreshRun.objects.for_business(bakery)
        assert runs.filter(finished_at=None).count() == 1
    assert IN_PROGRESS in text(trip.opens("connection", connection.pk))


def test_while_it_runs_each_list_has_its_count_and_its_bar(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    trip.posts("connection_refresh", connection.pk)
    with acting_in(bakery.pk):
        lines = RefreshedList.objects.for_business(bakery).filter(run__finished_at=None)
        lines.filter(kind="suppliers").update(state="reading", rows=20)
    page = text(trip.opens("connection_progress", connection.pk))
    assert 'hx-trigger="every 1s"' in page
    reading = line(page, "suppliers")
    assert '<span class="line__count num">20</span>' in reading
    assert 'max="41" value="20"' in reading
    assert "Waiting" in line(page, "customers")


def test_when_it_is_done_the_polling_stops_and_the_changes_are_named(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    zoho.person_types("contact", contact_name="New Flour Mill", contact_type="vendor")
    trip.posts("connection_refresh", connection.pk)
    tasks.refresh_lists(bakery.pk, connection.pk)
    page = text(trip.opens("connection_progress", connection.pk))
    assert "hx-trigger" not in page
    assert IN_PROGRESS not in page
    assert "1 added" in line(page, "suppliers")
    assert "New Flour Mill" in line(page, "suppliers")
    assert "Nothing changed" in line(page, "currencies")
    assert "Not available in this organisation" in line(page, "locations")
    assert 'id="last-refreshed" hx-swap-oob="true"' in page


def test_the_open_page_learns_which_periods_are_locked_now(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    zoho.standin.change("settings", organization=BAKERY, locked_until="2026-03-31")
    trip.posts("connection_refresh", connection.pk)
    tasks.refresh_lists(bakery.pk, connection.pk)

    update = text(trip.opens("connection_progress", connection.pk, calls=1))

    assert 'id="zoho-locks" hx-swap-oob="true"' in update
    assert "All transactions up to and including 31 March 2026" in update


def test_a_page_from_before_the_first_refresh_learns_them_too(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    zoho.standin.change("settings", organization=BAKERY, locked_until="2026-03-31")
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)

    page = text(trip.opens("connection", connection.pk))
    update = text(trip.opens("connection_progress", connection.pk, calls=1))

    assert '<div id="zoho-locks"><span class="muted">Not read yet</span>' in page
    assert 'id="zoho-locks" hx-swap-oob="true"><span class="muted">Not read' in update
    tasks.refresh_lists(bakery.pk, connection.pk)
    update = text(trip.opens("connection_progress", connection.pk, calls=1))
    assert 'id="zoho-locks" hx-swap-oob="true">' in update
    assert "All transactions up to and including 31 March 2026" in update


@pytest.mark.parametrize(
    ("page", "query", "words"),
    [
        ("connection", {"calls": 1}, "Since "),
        ("connections", {}, "since "),
    ],
)
def test_the_open_page_learns_that_the_connection_broke_while_it_was_read(
    travels: Travels,
    alice: User,
    bakery: Business,
    zoho: Zoho,
    page: str,
    query: dict[str, int],
    words: str,
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    trip.posts("connection_refresh", connection.pk)
    ids = [connection.pk] if query else []
    assert 'id="connection-state"' in text(trip.opens(page, *ids))
    zoho.fails("organisation_off", times=9)
    tasks.refresh_lists(bakery.pk, connection.pk)

    update = text(trip.opens("connection_progress", connection.pk, **query))

    state = update[update.index('id="connection-state" hx-swap-oob="true"') :]
    assert "Needs reconnecting" in state
    assert words in state
    assert 'id="connection-dot" hx-swap-oob="true"><span class="dot dot--red"' in update
    banners = update[update.index('id="banners" hx-swap-oob="true"') :]
    assert "needs reconnecting." in banners
    if query:
        actions = update[update.index('id="connection-actions" hx-swap-oob="true"') :]
        assert 'class="button button--primary" id="reconnect"' in actions
        assert "Refresh integration data" not in actions


def test_what_waited_goes_with_the_refresh_that_is_done(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    assert "under way" in text(trip.opens("connection", connection.pk))
    tasks.refresh_lists(bakery.pk, connection.pk)

    update = text(trip.opens("connection_progress", connection.pk, calls=1))

    waiting = update[update.index('id="waiting" hx-swap-oob="true"') :]
    assert "Nothing" in waiting
    assert "under way" not in waiting


def test_whose_fault_it_is_that_nothing_could_be_read_is_said_in_words(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    with acting_in(bakery.pk):
        Grant.objects.update(access_expires_at=timezone.now())
    zoho.fails("invalid_client", times=9)

    tasks.refresh_lists(bakery.pk, connection.pk)

    page = text(trip.opens("connection", connection.pk))
    assert "Whoever runs dext_sync must correct it." in page
    assert "invalid_client" not in page


def test_a_refresh_that_waits_says_until_when(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    with acting_in(bakery.pk):
        RefreshRun.objects.for_business(bakery).update(
            waiting_reason="day", due_at=timezone.now() + timedelta(hours=2)
        )
    page = text(trip.opens("connection_progress", connection.pk))
    assert "Today&#x27;s calls to Zoho Books are used up." in page
    assert "It goes on by itself at" in page
    for told in (page, text(trip.opens("lists")), text(trip.opens("connections"))):
        assert "The refresh waits. Today&#x27;s calls" in told
        assert IN_PROGRESS not in told


def test_a_refresh_that_waits_for_a_moment_is_in_progress(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    with acting_in(bakery.pk):
        RefreshRun.objects.for_business(bakery).update(
            waiting_reason="minute", due_at=timezone.now() + timedelta(seconds=40)
        )
    for page in ("connection_progress", "connection"):
        told = text(trip.opens(page, connection.pk))
        assert IN_PROGRESS in told
        assert "It goes on by itself at" in told


@pytest.mark.parametrize(
    ("silent", "told"),
    [
        (timedelta(seconds=40), 0),
        (timedelta(seconds=70), 1),
        (reading.LEASE + timedelta(seconds=1), 0),
    ],
)
def test_of_a_refresh_that_may_have_been_interrupted_it_is_told_when_it_goes_on(
    travels: Travels, alice: User, bakery: Business, silent: timedelta, told: int
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    heard_of = timezone.now() - silent
    with acting_in(bakery.pk):
        RefreshRun.objects.for_business(bakery).update(
            leased_until=heard_of + reading.LEASE
        )
    page = text(trip.opens("connection_progress", connection.pk))
    words = (
        "Nothing has been read for a minute: it may have been interrupted. It goes on"
    )
    assert page.count(words) == told
    assert IN_PROGRESS in page


@pytest.mark.parametrize("state", ["waiting", "reading"])
def test_no_list_of_a_refresh_that_has_ended_waits_or_is_read(
    travels: Travels, alice: User, bakery: Business, state: str
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    with acting_in(bakery.pk):
        RefreshedList.objects.for_business(bakery).update(state=state, rows=200)
        Grant.objects.update(died_at=timezone.now())
    tasks.tell_broken(bakery.pk, connection.pk)

    found = line(text(trip.opens("connection_progress", connection.pk)), "suppliers")

    assert "Not read" in found
    assert "200" not in found


def test_of_a_refresh_that_broke_off_it_is_not_said_that_nothing_has_changed(
    travels: Travels, alice: User, bakery: Business
) -> None:
    """What had arrived by then is stored."""
    trip = travels(alice, bakery)
    connection = connected(trip)
    with acting_in(bakery.pk):
        again = lists.start(connection, alice)
        again.lists.filter(kind="categories").update(
            state="done", changed=1, finished_at=timezone.now()
        )
        Grant.objects.update(died_at=timezone.now())
    tasks.tell_broken(bakery.pk, connection.pk)

    page = text(trip.opens("connection_progress", connection.pk))

    assert "1 changed" in line(page, "categories")
    assert "The lists could not be refreshed, and are as they were" not in page
    assert "Only some lists could be refreshed, the others are as they were" in page


def test_why_nothing_could_be_read_is_told_once(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    gone = "Zoho no longer accepts the permission that was given."
    with acting_in(bakery.pk):
        run = RefreshRun.objects.for_business(bakery).latest("pk")
        run.lists.update(state="failed", problem=gone)
        run.lists.filter(kind="projects").update(problem="Not allowed to see them.")
        run.problem, run.finished_at = gone, timezone.now()
        run.save()

    page = text(trip.opens("connection_progress", connection.pk))

    assert page.count(gone) == 1
    assert "Not allowed to see them." in line(page, "projects")


def test_nothing_is_refreshed_through_a_broken_connection(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = connected(trip)
    with acting_in(bakery.pk):
        Connection.objects.for_business(bakery).update(
            state="needs_reconnecting", needs_reason="permission_gone"
        )
    page = text(
        trip.follows(trip.posts("connection_refresh", connection.pk)["Location"])
    )
    assert "Reconnect first: nothing can be read from Zoho." in page
    with acting_in(bakery.pk):
        runs = RefreshRun.objects.for_business(bakery)
        assert not runs.filter(finished_at=None).exists()
