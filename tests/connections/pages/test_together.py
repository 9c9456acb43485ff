"""Two people press Finish in the same instant."""

from threading import Barrier, Thread

from django.db import connections as databases

from connections import wizard
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.pages.conftest import Travels
from tests.connections.trips import Trip
from tests.publishing.zoho import BAKERY


def finish_together(*trips: Trip) -> list[str]:
    """What each of them is told."""
    outcomes: list[str] = []
    together = Barrier(len(trips))

    def press(trip: Trip) -> None:
        consent = trip.consent
        together.wait(timeout=60)
        with acting_in(trip.business.pk):
            outcomes.append(type(wizard.finish(consent, consent.person)).__name__)
        databases.close_all()

    threads = [Thread(target=press, args=[trip]) for trip in trips]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(outcomes)


def test_two_businesses_with_one_organisation(
    committed_db: None,
    travels: Travels,
    alice: User,
    charlie: User,
    bakery: Business,
    garage: Business,
) -> None:
    ours, theirs = travels(alice, bakery), travels(charlie, garage)
    for trip in (ours, theirs):
        trip.gives_permission(email="anna@ledgerly.example")
        trip.chooses(BAKERY)
    assert finish_together(ours, theirs) == ["Finished", "Taken"]
    connected = [trip.connection for trip in (ours, theirs)]
    assert len([each for each in connected if each is not None]) == 1


def test_one_click_twice(
    committed_db: None, travels: Travels, alice: User, bakery: Business
) -> None:
    trip = travels(alice, bakery)
    trip.gives_permission()
    trip.chooses(BAKERY)
    assert finish_together(trip, trip) == ["Finished", "Over"]
    assert trip.connection is not None
    assert trip.connection.organisation_name == BAKERY
