"""Connecting, step by step, as a person does it."""

import pytest
from django.core.mail import EmailMessage
from django.urls import reverse

from connections.models import Connection, RefreshRun
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.pages.conftest import Travels
from tests.connections.trips import text
from tests.publishing.zoho import BAKERY, Zoho


def test_the_connections_page_offers_to_connect(
    travels: Travels, alice: User, bakery: Business
) -> None:
    page = text(travels(alice, bakery).opens("connections"))
    assert "Accounting software" in page
    assert "Nothing is connected yet" in page
    assert f'href="/b/{bakery.slug}/connections/choose/">Connect' in page


def test_only_zoho_books_is_offered_with_a_modal_that_lists_the_steps(
    travels: Travels, alice: User, bakery: Business
) -> None:
    page = text(travels(alice, bakery).opens("connection_choose"))
    assert page.count('class="card software"') == 1
    assert "Zoho Books" in page
    assert 'data-opens="connect-software"' in page
    assert "Where do you sign in to Zoho?" in page
    assert "Connect software" in page


def test_a_british_bakery_signs_in_at_the_european_centre_where_there_is_no_british_one(
    travels: Travels, alice: User, bakery: Business
) -> None:
    page = text(travels(alice, bakery).opens("connection_steps"))
    assert '<option value="eu" selected>' in page


def test_the_connect_form_may_lead_to_the_tables_hosts_and_nowhere_else(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    page = travels(alice, bakery).opens("connection_steps")
    policy = page["Content-Security-Policy"].split("; ")
    origins = zoho.standin.origins
    assert f"form-action 'self' {origins['us']} {origins['eu']}" in policy


def test_other_pages_lead_nowhere_outside(
    travels: Travels, alice: User, bakery: Business
) -> None:
    page = travels(alice, bakery).opens("connections")
    assert "form-action 'self';" in page["Content-Security-Policy"] + ";"


def test_connect_software_leads_to_the_chosen_centre_with_a_state_kept_as_its_hash(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    url = trip.sets_out("us")
    assert url.startswith(f"{zoho.standin.origins['us']}/oauth/v2/auth?")
    state = url.partition("state=")[2].partition("&")[0]
    assert len(state) == 43
    assert trip.consent.state_hash != state
    assert state not in repr(trip.consent.__dict__)


def test_after_accept_the_organisation_is_chosen(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    page = text(trip.follows(trip.answers(trip.sets_out())))
    assert "Choose the organisation" in page
    assert BAKERY in page
    assert "GBP" in page
    assert "plan Standard" in page
    assert "checked" in page
    assert "It is the only one that this Zoho user belongs to." in page


def test_whoever_signed_in_at_zoho_as_the_wrong_user_can_go_back(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    page = text(trip.follows(trip.answers(trip.sets_out())))
    first = reverse("connection_steps", args=[bakery.slug])
    assert f'href="{first}">Sign in as another Zoho user</a>' in page


def test_next_leads_to_a_summary_and_nothing_is_connected_before_finish(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    trip.gives_permission()
    page = text(trip.chooses(BAKERY))
    assert f"Connect {BAKERY}" in page
    assert "Is read" in page
    assert "Bills with their document" in page
    assert "New suppliers and customers, where a person said so" in page
    assert trip.connection is None


def test_finish_connects_and_begins_the_first_refresh(
    travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    connection = trip.connects(BAKERY)
    assert connection.state == Connection.State.CONNECTED
    assert connection.region == "eu"
    assert connection.organisation_id == zoho.organisation.organisation_id
    assert connection.organisation_name == BAKERY
    assert connection.edition == "uk"
    assert connection.connected_by == alice
    assert connection.grant is not None
    assert connection.grant.zuid == "20081234101"
    with acting_in(bakery.pk):
        run = RefreshRun.objects.for_business(bakery).get()
        assert run.finished_at is None
        assert run.requested_by == alice
        actions = AuditEntry.objects.for_business(bakery).values_list(
            "action", flat=True
        )
        assert {"connection.consent_started", "connection.connected"} <= set(actions)


def test_finish_lands_on_the_connections_page_with_live_progress(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    trip.gives_permission()
    trip.chooses(BAKERY)
    page = text(trip.follows(trip.finishes()["Location"]))
    connection = trip.connection
    assert connection is not None
    assert f"Zoho Books · {BAKERY}" in page
    assert "Connected" in page
    assert "Manage" in page
    assert (
        "Refresh in progress. This should only take a couple of minutes."
        " No data will be lost." in page
    )
    progress = trip.address("connection_progress", connection.pk)
    assert f'hx-get="{progress}" hx-trigger="every 1s"' in page


def test_the_admins_get_a_mail_when_a_connection_is_made(
    committed_db: None,
    travels: Travels,
    alice: User,
    bakery: Business,
    mailoutbox: list[EmailMessage],
) -> None:
    travels(alice, bakery).connects(BAKERY)
    assert sorted(letter.to[0] for letter in mailoutbox) == [
        "alice@example.com",
        "anna@example.com",
    ]
    assert mailoutbox[0].subject == "Harbour Bakery is connected to Zoho Books"
    assert BAKERY in str(mailoutbox[0].body)


@pytest.mark.parametrize("page", ["connection_organisation", "connection_finish"])
def test_the_wizard_survives_reload_and_the_back_button(
    page: str, travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    consent = trip.gives_permission()
    trip.chooses(BAKERY)
    for _time in range(2):
        answer = trip.opens(page, consent.pk)
        assert answer.status_code == 200
        assert 'aria-current="step"' in text(answer)


def test_after_finish_its_pages_say_so(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    trip.connects(BAKERY)
    consent = trip.consent
    for page in ("connection_organisation", "connection_finish"):
        answer = text(trip.follows(trip.opens(page, consent.pk)["Location"]))
        assert "This is finished" in answer
    assert "This is finished" in text(trip.follows(trip.finishes()["Location"]))


def test_an_organisation_that_was_not_offered_cannot_be_posted(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    trip.gives_permission()
    answer = trip.chooses("Garage Charlie Ltd")
    assert answer.status_code == 422
    assert "Choose one of the organisations below." in text(answer)
    assert trip.consent.organisation_id == ""


def test_a_taken_organisation_is_shown_as_taken_and_cannot_be_chosen(
    travels: Travels, alice: User, charlie: User, bakery: Business, garage: Business
) -> None:
    travels(alice, bakery).has_connected(BAKERY)
    trip = travels(charlie, garage)
    url = trip.sets_out()
    page = text(trip.follows(trip.answers(url, "anna@ledgerly.example")))
    assert "It is connected to another business here." in page
    assert "Alice" not in page
    assert trip.chooses(BAKERY).status_code == 422
    trip.chooses("Garage Charlie Ltd")
    trip.finishes()
    assert trip.connection is not None
    assert trip.connection.organisation_name == "Garage Charlie Ltd"


def test_whoever_is_faster_gets_the_organisation(
    travels: Travels, alice: User, anna: User, bakery: Business, garage: Business
) -> None:
    slow = travels(anna, garage)
    slow.gives_permission(email="anna@ledgerly.example")
    slow.chooses(BAKERY)
    travels(alice, bakery).has_connected(BAKERY)
    page = text(slow.follows(slow.finishes()["Location"]))
    assert "That organisation is connected to another business." in page
    assert slow.connection is None


def test_two_businesses_of_one_zoho_user_share_one_grant(
    travels: Travels, anna: User, bakery: Business, garage: Business
) -> None:
    first = travels(anna, bakery).has_connected(BAKERY, "anna@ledgerly.example")
    second = travels(anna, garage).connects(
        "Garage Charlie Ltd", "anna@ledgerly.example"
    )
    assert first.grant_id == second.grant_id
