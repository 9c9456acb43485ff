"""After a restore: how long a list rests of which Zoho said nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from connections.models import Connection
from connections.zoho.client import ZohoBooks
from connections.zoho.types import Invoice, Page
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Publication, RestoreCheck
from tests.publishing.factories import ready_item
from tests.publishing.test_after_restore import ask, restored
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def an_item(connection: Connection, bakery: Business, bob: User) -> None:
    ready_item(bakery, bob)
    restored()


def rests(business: Business) -> timedelta:
    """Of the invoices, which are still to be read."""
    with acting_in(business.pk):
        check = RestoreCheck.unscoped.get(
            kind=Publication.Kind.INVOICE, finished_at=None
        )
    return check.due_at - timezone.now()


def connection_is(business: Business, state: Connection.State) -> None:
    with acting_in(business.pk):
        Connection.unscoped.update(state=state)


def test_what_waited_for_reconnecting_for_days_rests_shortly_at_the_first_failure(
    zoho: Zoho, bakery: Business, clock: time_machine.Traveller
) -> None:
    """Until it is read nothing of the business is published."""
    connection_is(bakery, Connection.State.NEEDS_RECONNECTING)
    clock.shift(timedelta(days=3))
    ask(bakery)
    connection_is(bakery, Connection.State.CONNECTED)
    zoho.fails("error_500", method="GET", path="/invoices")
    clock.shift(timedelta(minutes=11))

    ask(bakery)

    assert rests(bakery) <= timedelta(minutes=1)


def test_what_fails_again_after_reconnecting_rests_shortly_at_first(
    zoho: Zoho, bakery: Business, clock: time_machine.Traveller
) -> None:
    zoho.fails("forbidden", method="GET", path="/invoices", times=10_000)
    for _hour in range(3):
        clock.shift(timedelta(hours=1))
        ask(bakery)
    assert rests(bakery) > timedelta(minutes=30)
    connection_is(bakery, Connection.State.NEEDS_RECONNECTING)
    clock.shift(timedelta(hours=1, minutes=1))
    ask(bakery)
    connection_is(bakery, Connection.State.CONNECTED)
    clock.shift(timedelta(minutes=11))

    ask(bakery)

    assert rests(bakery) <= timedelta(minutes=1)


def same_page(monkeypatch: pytest.MonkeyPatch, *, is_guessed: bool) -> list[int]:
    """Whichever is asked for; the pages that were."""
    asked: list[int] = []

    def invoices(_books: ZohoBooks, *, page: int = 1) -> Page[Invoice]:
        asked.append(page)
        assert len(asked) < 20
        return Page((an_invoice(),), has_more=True, is_guessed=is_guessed)

    monkeypatch.setattr(ZohoBooks, "invoices", invoices)
    return asked


@pytest.mark.usefixtures("zoho")
def test_a_list_that_does_not_turn_its_pages_is_given_up_at_the_second(
    bakery: Business, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would spend the organisation's calls of each day."""
    asked = same_page(monkeypatch, is_guessed=False)
    clock.shift(timedelta(hours=1))

    ask(bakery)

    assert asked == [1, 2]
    assert rests(bakery) > timedelta(minutes=30)

    clock.shift(timedelta(hours=1, minutes=1))
    ask(bakery)

    assert asked == [1, 2, 1, 2]


@pytest.mark.usefixtures("zoho")
def test_a_list_that_knows_no_pages_is_read_to_its_end(
    bakery: Business, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    same_page(monkeypatch, is_guessed=True)
    clock.shift(timedelta(hours=1))

    ask(bakery)

    with acting_in(bakery.pk):
        checks = RestoreCheck.unscoped.filter(kind=Publication.Kind.INVOICE)
        assert checks.get().finished_at is not None


def an_invoice() -> Invoice:
    return Invoice(
        zoho_id="4711",
        customer_id="1",
        invoice_number="S-1",
        reference_number="",
        date=None,
        currency_code="GBP",
        total=Decimal(1),
        tax_total=None,
        status="draft",
        has_attachment=False,
        created_at=None,
    )
