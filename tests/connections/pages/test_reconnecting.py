"""Reconnecting, sharing one permission, disconnecting."""

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from connections import tasks
from connections.models import Connection, ConnectionEvent, Grant
from dext_sync.businesses.models import AuditEntry, Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip, text
from tests.factories import PASSWORD
from tests.publishing.zoho import ALICE, BAKERY, Zoho

ANNA = "anna@ledgerly.example"
GARAGE = "Garage Charlie Ltd"


def grant_of(connection: Connection) -> Grant:
    assert connection.grant is not None
    return connection.grant


def breaks(connection: Connection) -> None:
    """Zoho has refused the refresh token."""
    Grant.objects.filter(pk=grant_of(connection).pk).update(died_at=timezone.now())
    with acting_in(connection.business_id):
        tasks.tell_broken(connection.business_id, connection.pk)


def connected(trip: Trip) -> Connection:
    assert trip.connection is not None
    return trip.connection


def events(business: Business) -> list[str]:
    with acting_in(business.pk):
        rows = ConnectionEvent.objects.for_business(business).order_by("pk")
        return list(rows.values_list("kind", flat=True))


def is_alive(zoho: Zoho, refresh_token: str) -> bool:
    return refresh_token in zoho.standin.tokens["eu"].refresh_tokens


def confirms_password(trip: Trip) -> None:
    trip.client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def disconnects(trip: Trip, connection: Connection) -> None:
    confirms_password(trip)
    trip.posts("connection_disconnect", connection.pk)


def test_a_broken_connection_is_said_on_every_page_to_admins_alone(
    travels: Travels, alice: User, bob: User, bakery: Business
) -> None:
    breaks(travels(alice, bakery).has_connected(BAKERY))
    sentence = f"Zoho Books ({BAKERY}) needs reconnecting."
    assert sentence in text(travels(alice, bakery).opens("costs_inbox"))
    assert sentence not in text(travels(bob, bakery).opens("costs_inbox"))


def test_reconnecting_preselects_the_connected_organisation(
    travels: Travels, anna: User, bakery: Business
) -> None:
    trip = travels(anna, bakery)
    connection = trip.has_connected(BAKERY, ANNA)
    consent = trip.gives_permission(email=ANNA)
    page = text(trip.opens("connection_organisation", consent.pk))
    assert page.count(" checked ") + page.count(" checked>") == 1
    chosen = page[page.index(f'value="{connection.organisation_id}"') :]
    assert chosen[: chosen.index(">")].count("checked") == 1
    assert "connected until now" in page


def test_where_nobody_is_asked_about_new_suppliers_the_summary_says_so(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    trip.has_connected(BAKERY)
    with acting_in(bakery.pk):
        Connection.unscoped.update(warns_of_new_suppliers=False)
    trip.gives_permission()
    page = text(trip.chooses(BAKERY))
    assert "New suppliers and customers of what is published" in page


def test_reconnecting_mends_a_dead_permission_and_keeps_the_connection(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    before = trip.has_connected(BAKERY)
    breaks(before)
    after = trip.connects(BAKERY)
    assert after.pk == before.pk
    assert after.state == Connection.State.CONNECTED
    assert after.needs_reason == ""
    assert after.needs_since is None
    assert after.grant_id == before.grant_id
    assert after.grant is not None
    assert after.grant.died_at is None
    assert events(bakery) == ["connected", "broken", "mended"]


def test_one_reconnection_mends_every_business_of_that_zoho_user(
    travels: Travels, anna: User, bakery: Business, garage: Business
) -> None:
    first = travels(anna, bakery)
    second = travels(anna, garage)
    ours, theirs = first.has_connected(BAKERY, ANNA), second.has_connected(GARAGE, ANNA)
    breaks(ours)
    tasks.tell_broken(garage.pk, theirs.pk)
    first.has_connected(BAKERY, ANNA)
    tasks.mend_connection(garage.pk, theirs.pk)
    mended = second.connection
    assert mended is not None
    assert mended.state == Connection.State.CONNECTED
    assert events(garage) == ["connected", "broken", "mended"]


class TestWhatElseGoesOn:
    """After one Reconnect the page names the other businesses that it has mended."""

    TOO = "Garage Charlie goes on too: it uses the same permission."

    @pytest.fixture
    def theirs(
        self, travels: Travels, anna: User, bakery: Business, garage: Business
    ) -> Trip:
        """Anna's permission carries both, and Zoho has ended it."""
        ours = travels(anna, bakery).has_connected(BAKERY, ANNA)
        trip = travels(anna, garage)
        connection = trip.has_connected(GARAGE, ANNA)
        breaks(ours)
        tasks.tell_broken(garage.pk, connection.pk)
        return trip

    def test_it_is_named_to_who_manages_there_too(
        self, travels: Travels, anna: User, bakery: Business, theirs: Trip
    ) -> None:
        trip = travels(anna, bakery)
        trip.connects(BAKERY, ANNA)
        page = text(trip.opens("connections"))
        assert f"{BAKERY} is connected again." in page
        assert self.TOO in page

    def test_not_to_who_has_no_part_in_it(
        self, travels: Travels, alice: User, bakery: Business, theirs: Trip
    ) -> None:
        """Alice signs in at Zoho as Anna does; the garage goes on without a word."""
        trip = travels(alice, bakery)
        trip.connects(BAKERY, ANNA)
        page = text(trip.opens("connections"))
        assert f"{BAKERY} is connected again." in page
        assert "goes on too" not in page
        assert "Garage" not in page
        tasks.mend_connection(theirs.business.pk, connected(theirs).pk)
        assert connected(theirs).state == Connection.State.CONNECTED

    def test_nor_to_who_is_no_admin_there(
        self, travels: Travels, anna: User, bakery: Business, theirs: Trip
    ) -> None:
        with acting_in(theirs.business.pk):
            Membership.unscoped.filter(user=anna).update(role=Role.STANDARD)
        trip = travels(anna, bakery)
        trip.connects(BAKERY, ANNA)
        assert "goes on too" not in text(trip.opens("connections"))

    def test_what_stays_broken_is_not_named(
        self, travels: Travels, anna: User, bakery: Business, theirs: Trip
    ) -> None:
        with acting_in(theirs.business.pk):
            Connection.unscoped.update(
                needs_reason=Connection.Broken.ORGANISATION_REFUSED
            )
        trip = travels(anna, bakery)
        trip.connects(BAKERY, ANNA)
        assert "goes on too" not in text(trip.opens("connections"))

    def test_what_was_never_broken_is_not_named(
        self, travels: Travels, anna: User, bakery: Business, garage: Business
    ) -> None:
        trip = travels(anna, bakery)
        trip.has_connected(BAKERY, ANNA)
        travels(anna, garage).has_connected(GARAGE, ANNA)
        trip.connects(BAKERY, ANNA)
        assert "goes on too" not in text(trip.opens("connections"))


def test_a_connection_broken_for_another_reason_is_not_mended_by_others(
    travels: Travels, anna: User, bakery: Business, garage: Business
) -> None:
    theirs = travels(anna, garage).has_connected(GARAGE, ANNA)
    with acting_in(garage.pk):
        Connection.objects.for_business(garage).update(
            state=Connection.State.NEEDS_RECONNECTING,
            needs_reason=Connection.Broken.ORGANISATION_REFUSED,
        )
    travels(anna, bakery).has_connected(BAKERY, ANNA)
    tasks.mend_connection(garage.pk, theirs.pk)
    still = travels(anna, garage).connection
    assert still is not None
    assert still.state == Connection.State.NEEDS_RECONNECTING
    assert events(garage) == ["connected"]


def test_10_4_another_organisation_is_stopped_with_both_names(
    travels: Travels, anna: User, bakery: Business
) -> None:
    trip = travels(anna, bakery)
    trip.has_connected(BAKERY, ANNA)
    trip.gives_permission(email=ANNA)
    page = text(trip.chooses("Ledgerly Practice"))
    assert "This is another organisation" in page
    assert f"<strong>{BAKERY}</strong>" in page
    assert "<strong>Ledgerly Practice</strong>" in page
    assert "Keep the old one" in page


def test_finish_cannot_be_forced_upon_another_organisation(
    travels: Travels, anna: User, bakery: Business
) -> None:
    trip = travels(anna, bakery)
    trip.has_connected(BAKERY, ANNA)
    trip.gives_permission(email=ANNA)
    trip.chooses("Ledgerly Practice")
    assert trip.finishes()["Location"] == trip.address(
        "connection_other", trip.consent.pk
    )
    assert trip.connection is not None
    assert trip.connection.organisation_name == BAKERY


def test_10_4_keep_the_old_one_changes_nothing(
    committed_db: None, travels: Travels, anna: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(anna, bakery)
    before = trip.has_connected(BAKERY, ANNA)
    consent = trip.gives_permission(email=ANNA)
    trip.chooses("Ledgerly Practice")
    page = text(trip.follows(trip.posts("connection_other", consent.pk)["Location"]))
    assert f"{BAKERY} stays connected. Nothing was changed." in page
    after = trip.connection
    assert after is not None
    assert after.__dict__ | {"_state": 0} == before.__dict__ | {"_state": 0}
    assert trip.consent.ended_at is not None
    assert trip.consent.refresh_token == ""
    # Anna's permission carries the connection, so nothing of hers is revoked.
    assert is_alive(zoho, consent.refresh_token)


def test_a_permission_of_somebody_else_is_given_back_when_the_old_one_is_kept(
    committed_db: None,
    travels: Travels,
    alice: User,
    bakery: Business,
    zoho: Zoho,
) -> None:
    trip = travels(alice, bakery)
    trip.has_connected(BAKERY)
    consent = trip.gives_permission(email=ANNA)
    trip.chooses("Ledgerly Practice")
    trip.posts("connection_other", consent.pk)
    assert not is_alive(zoho, consent.refresh_token)


def test_reconnecting_as_another_zoho_user_gives_the_first_permission_back(
    committed_db: None, travels: Travels, alice: User, bakery: Business, zoho: Zoho
) -> None:
    trip = travels(alice, bakery)
    before = trip.has_connected(BAKERY)
    assert before.grant is not None
    after = trip.has_connected(BAKERY, ANNA)
    assert after.grant is not None
    assert after.grant.zoho_email == ANNA
    assert list(Grant.objects.all()) == [after.grant]
    assert not is_alive(zoho, before.grant.refresh_token)
    assert is_alive(zoho, after.grant.refresh_token)


def test_fewer_rights_do_not_replace_a_shared_permission(
    travels: Travels, anna: User, bakery: Business, garage: Business
) -> None:
    first = travels(anna, bakery).has_connected(BAKERY, ANNA)
    Grant.objects.filter(pk=grant_of(first).pk).update(
        scopes="ZohoBooks.fullaccess.all"
    )
    second = travels(anna, garage).has_connected(GARAGE, ANNA)
    assert second.grant_id != first.grant_id
    assert second.grant is not None
    assert second.grant.zuid == ""


def test_without_a_zuid_a_permission_is_not_shared(
    travels: Travels, anna: User, bakery: Business, garage: Business
) -> None:
    first = travels(anna, bakery)
    second = travels(anna, garage)
    for trip, name in ((first, BAKERY), (second, GARAGE)):
        consent = trip.gives_permission(email=ANNA)
        with acting_in(trip.business.pk):
            consent.zuid = ""
            consent.save(update_fields=["zuid"])
        trip.chooses(name)
        trip.finishes()
    assert first.connection is not None
    assert second.connection is not None
    assert first.connection.grant_id != second.connection.grant_id


def test_disconnect_asks_first_and_for_the_password(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    page = text(trip.opens("connection_disconnect", connection.pk))
    assert f"Disconnect {BAKERY}?" in page
    assert "What waits to be sent and was not begun is not sent" in page
    answer = trip.posts("connection_disconnect", connection.pk)
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert trip.connection is not None
    assert trip.connection.state == Connection.State.CONNECTED


def test_disconnect_gives_the_permission_back_and_keeps_the_rest(
    committed_db: None,
    travels: Travels,
    alice: User,
    bakery: Business,
    zoho: Zoho,
    mailoutbox: list[EmailMessage],
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    assert connection.grant is not None
    del mailoutbox[:]
    disconnects(trip, connection)
    after = trip.connection
    assert after is not None
    assert after.state == Connection.State.DISCONNECTED
    assert after.grant is None
    assert not Grant.objects.exists()
    assert not is_alive(zoho, connection.grant.refresh_token)
    assert events(bakery) == ["connected", "disconnected"]
    assert {letter.subject for letter in mailoutbox} == {
        "Harbour Bakery is disconnected from Zoho Books"
    }
    with acting_in(bakery.pk):
        said = AuditEntry.objects.for_business(bakery)
        assert said.filter(action="connection.disconnected").count() == 1
    page = text(trip.opens("connections"))
    assert "Disconnected" in page
    assert ">Connect</a>" in page


def test_a_shared_permission_survives_the_disconnection_of_one_business(
    committed_db: None,
    travels: Travels,
    anna: User,
    bakery: Business,
    garage: Business,
    zoho: Zoho,
) -> None:
    trip = travels(anna, bakery)
    connection = trip.has_connected(BAKERY, ANNA)
    other = travels(anna, garage).has_connected(GARAGE, ANNA)
    disconnects(trip, connection)
    assert other.grant is not None
    assert is_alive(zoho, other.grant.refresh_token)


def test_after_disconnect_the_same_organisation_can_be_connected_again(
    travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    connection = trip.has_connected(BAKERY)
    disconnects(trip, connection)
    again = trip.connects(BAKERY)
    assert again.pk == connection.pk
    assert again.state == Connection.State.CONNECTED
    assert events(bakery) == ["connected", "disconnected", "mended"]


@pytest.mark.parametrize("page", ["connection", "connection_disconnect"])
def test_nobody_opens_the_connection_of_another_business(
    page: str, travels: Travels, anna: User, bakery: Business, garage: Business
) -> None:
    connection = travels(anna, bakery).has_connected(BAKERY, ALICE)
    assert travels(anna, garage).opens(page, connection.pk).status_code == 404
