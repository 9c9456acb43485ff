"""Taking over an organisation that another business is connected to."""

from typing import Any

import pytest
from django.core.mail import EmailMessage

from connections.models import Connection, ConnectionEvent, Grant
from dext_sync.businesses.audit import sentence
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.meanwhile import just_after
from tests.connections.pages.conftest import Travels
from tests.connections.pages.test_together import finish_together
from tests.connections.trips import Trip, text
from tests.factories import make_business
from tests.publishing.factories import make_lists, ready_item
from tests.publishing.steps import begun
from tests.publishing.zoho import ALICE, BAKERY, Zoho
from tests.zoho_standin import changes

ANNA = "anna@ledgerly.example"
STAFF = "bob@harbourbakery.example"
REFRESH_ENDS = 'UPDATE "connections_refreshrun"'
"""The first thing that is done there before the connection is locked."""


@pytest.fixture
def taker(
    travels: Travels, alice: User, charlie: User, bakery: Business, garage: Business
) -> Trip:
    """Charlie, on the garage's pages; the bakery's organisation is the bakery's."""
    travels(alice, bakery).has_connected(BAKERY)
    return travels(charlie, garage)


def connection_of(business: Business) -> Connection:
    with acting_in(business.pk):
        return Connection.objects.for_business(business).get()


def activity(business: Business) -> list[str]:
    with acting_in(business.pk):
        entries = AuditEntry.objects.for_business(business)
        return [
            sentence(entry)
            for entry in entries.filter(action__startswith="connection.")
        ]


def test_it_says_what_it_means_before_zoho_is_asked(taker: Trip, zoho: Zoho) -> None:
    taker.gives_permission(email=ANNA)
    organisation = zoho.organisation.organisation_id
    choice = text(taker.opens("connection_organisation", taker.consent.pk))
    assert taker.address("connection_take_over", taker.consent.pk, organisation) in (
        choice
    )
    page = text(taker.opens("connection_take_over", taker.consent.pk, organisation))
    assert f"Take {BAKERY} over?" in page
    assert "whose Admins get an email" in page
    assert "Alice" not in page
    assert zoho.calls("GET", "/users/me") == []


def test_nothing_changes_before_finish(taker: Trip, bakery: Business) -> None:
    taker.gives_permission(email=ANNA)
    page = text(taker.takes_over(BAKERY))
    assert "With Finish it is disconnected there" in page
    assert connection_of(bakery).state == Connection.State.CONNECTED
    assert taker.connection is None


@pytest.mark.usefixtures("committed_db")
def test_finish_connects_it_here_and_disconnects_it_there(
    taker: Trip, bakery: Business, zoho: Zoho, mailoutbox: list[EmailMessage]
) -> None:
    before = Grant.objects.get().refresh_token
    taker.gives_permission(email=ANNA)
    taker.takes_over(BAKERY)
    del mailoutbox[:]
    taker.finishes()

    mine, theirs = taker.connection, connection_of(bakery)
    assert mine is not None
    assert (mine.state, mine.organisation_name) == ("connected", BAKERY)
    assert (theirs.state, theirs.ended_because) == ("disconnected", "taken_over")
    assert theirs.grant is None
    assert before not in zoho.standin.tokens["eu"].refresh_tokens
    with acting_in(bakery.pk):
        kinds = ConnectionEvent.objects.for_business(bakery).values_list("kind")
        assert list(kinds) == [("connected",), ("disconnected",)]
    told = {letter.to[0]: letter.subject for letter in mailoutbox}
    assert told["alice@example.com"] == "Harbour Bakery is disconnected from Zoho Books"


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("moment", ["connection_of_organisation", REFRESH_ENDS])
def test_a_business_that_has_just_left_it_keeps_what_it_went_to(
    taker: Trip, bakery: Business, mailoutbox: list[EmailMessage], moment: str
) -> None:
    taker.gives_permission(email=ANNA)
    taker.takes_over(BAKERY)
    del mailoutbox[:]

    def leaves() -> None:
        with acting_in(bakery.pk):
            Connection.unscoped.update(organisation_id="20081234503")

    with just_after(moment, leaves):
        taker.finishes()

    theirs = connection_of(bakery)
    assert (theirs.state, theirs.organisation_id) == ("connected", "20081234503")
    assert theirs.grant is not None
    assert not [each for each in mailoutbox if "alice@example.com" in each.to]
    assert taker.connection is not None
    assert taker.connection.organisation_name == BAKERY


@pytest.mark.usefixtures("committed_db")
def test_neither_business_is_told_who_the_other_is(
    taker: Trip,
    travels: Travels,
    alice: User,
    bakery: Business,
    garage: Business,
    mailoutbox: list[EmailMessage],
) -> None:
    taker.gives_permission(email=ANNA)
    taker.takes_over(BAKERY)
    del mailoutbox[:]
    taker.finishes()
    said = [
        *activity(bakery),
        *(str(each.body) for each in mailoutbox if "alice" in each.to[0]),
        text(travels(alice, bakery).opens("connection", connection_of(bakery).pk)),
    ]
    assert "administrator" in said[0]
    assert len(said) == 5
    assert not [each for each in said if "Garage" in each or "Charlie" in each]
    assert activity(garage)[:2] == [
        f"took {BAKERY} over from another business",
        f"connected {BAKERY}",
    ]


@pytest.mark.parametrize(
    ("email", "fault", "words"),
    [
        (STAFF, "", "you are not an administrator of this organisation"),
        (ANNA, "forbidden", "Zoho did not say whether you are an administrator"),
        (ANNA, "html_502", "Zoho did not say whether you are an administrator"),
    ],
)
def test_only_whom_zoho_calls_an_administrator_may(
    email: str, fault: str, words: str, taker: Trip, bakery: Business, zoho: Zoho
) -> None:
    taker.gives_permission(email=email)
    if fault:
        zoho.fails(fault, path="/users/me", times=2)
    answer = taker.takes_over(BAKERY)
    assert answer.status_code == 422
    assert words in text(answer)
    assert taker.consent.takes_over == ""
    taker.finishes()
    assert connection_of(bakery).state == Connection.State.CONNECTED
    assert taker.connection is None


@pytest.mark.parametrize("role", ["Admin", "ADMIN", "administrator"])
def test_a_role_of_their_own_that_is_called_so_is_no_administrator(
    role: str, taker: Trip, zoho: Zoho
) -> None:
    changes.member(zoho.standin, BAKERY, STAFF, role=role)
    taker.gives_permission(email=STAFF)
    assert taker.takes_over(BAKERY).status_code == 422
    assert taker.consent.takes_over == ""


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ({"role": "staff"}, "no longer an administrator of this organisation"),
        ({"belongs": False}, "no longer an administrator of this organisation"),
    ],
)
def test_whoever_is_no_administrator_any_more_at_finish_takes_nothing(
    member: dict[str, Any], words: str, taker: Trip, bakery: Business, zoho: Zoho
) -> None:
    taker.gives_permission(email=ANNA)
    taker.takes_over(BAKERY)
    changes.member(zoho.standin, BAKERY, ANNA, **member)
    page = text(taker.follows(taker.finishes()["Location"]))
    assert words in page
    assert connection_of(bakery).state == Connection.State.CONNECTED
    assert taker.connection is None
    assert taker.consent.takes_over == ""


def test_finish_waits_where_zoho_does_not_say_whether_they_still_are(
    taker: Trip, bakery: Business, zoho: Zoho
) -> None:
    taker.gives_permission(email=ANNA)
    taker.takes_over(BAKERY)
    zoho.fails("html_502", path="/users/me", times=2)
    page = text(taker.follows(taker.finishes()["Location"]))
    assert "Zoho did not say whether you are an administrator" in page
    assert connection_of(bakery).state == Connection.State.CONNECTED
    zoho.is_well()
    taker.finishes()
    assert connection_of(bakery).state == Connection.State.DISCONNECTED
    assert connection_of(taker.business).state == Connection.State.CONNECTED


def test_an_organisation_out_of_reach_or_free_cannot_be_taken_over(
    taker: Trip,
) -> None:
    taker.gives_permission(email=ANNA)
    assert taker.takes_over("Spice Route Pvt").status_code == 404
    assert taker.takes_over("Ledgerly Practice").status_code == 404


def test_another_choice_takes_nothing_over(taker: Trip, bakery: Business) -> None:
    taker.gives_permission(email=ANNA)
    taker.takes_over(BAKERY)
    taker.chooses("Garage Charlie Ltd")
    taker.finishes()
    assert connection_of(bakery).state == Connection.State.CONNECTED
    assert taker.connection is not None
    assert taker.connection.organisation_name == "Garage Charlie Ltd"


def test_it_waits_for_what_is_uncertain_there_and_reveals_nothing(
    taker: Trip, bakery: Business, bob: User
) -> None:
    make_lists(connection_of(bakery))
    publication = begun(ready_item(bakery, bob), bob)
    with acting_in(bakery.pk):
        publication.steps.update(state="uncertain")
    taker.gives_permission(email=ANNA)
    taker.takes_over(BAKERY)
    page = text(taker.follows(taker.finishes()["Location"]))
    assert "Something that was sent there is still being checked." in page
    assert "try again in a few minutes" in page
    assert connection_of(bakery).state == Connection.State.CONNECTED
    assert taker.connection is None

    with acting_in(bakery.pk):
        publication.steps.update(state="done")
    taker.finishes()
    assert connection_of(bakery).state == Connection.State.DISCONNECTED
    assert connection_of(taker.business).state == Connection.State.CONNECTED


@pytest.mark.usefixtures("committed_db")
def test_the_same_zoho_user_takes_the_permission_along(
    taker: Trip, bakery: Business, zoho: Zoho
) -> None:
    before = Grant.objects.get()
    taker.gives_permission(email=ALICE)
    taker.takes_over(BAKERY)
    taker.finishes()
    grant = connection_of(taker.business).grant
    assert grant == before
    assert Grant.objects.count() == 1
    assert grant is not None
    assert grant.refresh_token in zoho.standin.tokens["eu"].refresh_tokens


@pytest.mark.usefixtures("committed_db")
def test_of_two_who_take_it_over_at_once_one_has_it(
    taker: Trip, travels: Travels, bob: User, bakery: Business
) -> None:
    cafe = make_business("Corner Cafe", owner=bob)
    trips = [taker, travels(bob, cafe)]
    for trip in trips:
        trip.gives_permission(email=ANNA)
        trip.takes_over(BAKERY)
    assert "Finished" in finish_together(*trips)
    found = [trip.connection for trip in trips]
    assert [each.state for each in found if each is not None].count("connected") == 1
    assert connection_of(bakery).state == Connection.State.DISCONNECTED
