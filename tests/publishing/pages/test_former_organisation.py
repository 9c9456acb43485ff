"""What an item has of the organisation before, as pages, rows and dialogs say it."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving
from publishing.models import Supplier
from tests.conftest import Browse
from tests.connections.trips import Trip, text
from tests.publishing.factories import make_supplier, paid_receipt, ready_item
from tests.publishing.pages.conftest import Visitor
from tests.publishing.pages.test_merging import has_changed, trip
from tests.publishing.steps import item_now

__all__ = ["trip"]


@pytest.fixture
def acme(trip: Trip) -> Supplier:
    return make_supplier(trip.business)


@pytest.fixture
def reader(who: str, trip: Trip, bob: User, browse: Browse) -> Visitor:
    person = {"anna": trip.person, "bob": bob}[who]
    return Visitor(browse(person), trip.business)


@pytest.mark.parametrize(
    ("who", "way"), [("anna", "Merge lists</a>"), ("bob", "ask an Admin to merge")]
)
def test_their_page_says_how_not_to_choose_everything_anew(
    trip: Trip, acme: Supplier, bob: User, reader: Visitor, way: str
) -> None:
    item = ready_item(trip.business, bob, supplier=acme)

    has_changed(trip)

    page = text(reader.opens("item", item.pk))
    for what in ("The supplier", "The category", "The tax rate"):
        assert f"{what} is of the organisation before:" in page
    assert "Acme Paper Ltd is of the organisation before" in page
    assert way in page
    assert "is no longer active in Zoho Books" not in page
    assert "The chosen category is no longer in Zoho Books" not in page


def test_so_does_the_account_that_a_payment_method_had_there(
    trip: Trip, acme: Supplier, bob: User
) -> None:
    item = paid_receipt(trip.business, bob, supplier=acme)

    has_changed(trip)

    assert "method_account_gone" in item_now(item).reasons
    page = text(Visitor(trip.client, trip.business).opens("item", item.pk))
    assert "The payment method&#x27;s account is of the organisation before" in page
    assert "Open Payment methods" not in page


@pytest.mark.parametrize(
    ("who", "way"), [("anna", "merge the lists"), ("bob", "ask an Admin to merge")]
)
def test_their_row_and_the_dialog_of_many_say_the_same(
    trip: Trip, acme: Supplier, bob: User, reader: Visitor, way: str
) -> None:
    item = ready_item(trip.business, bob, supplier=acme)
    has_changed(trip)

    inbox = text(reader.opens("costs_inbox"))
    dialog = text(reader.posts("items_publish", data={"item": [item.pk]}))

    for page in (inbox, dialog):
        assert f"The category is of the organisation before: {way}" in page
        assert "The chosen category is no longer in Zoho Books" not in page


def test_more_of_them_cost_the_list_no_more_queries(
    trip: Trip, acme: Supplier, bob: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as asked:
            page = text(visitor.opens("costs_inbox"))
        assert "The category is of the organisation before" in page
        return len(asked)

    visitor = Visitor(trip.client, trip.business)
    items = [
        ready_item(trip.business, bob, supplier=acme, reference=f"INV-{number}")
        for number in range(5)
    ]
    has_changed(trip)
    of_five = queries()
    with acting_in(trip.business.pk):
        for item in items[1:]:
            archiving.archive(item, bob)

    assert queries() == of_five


@pytest.mark.parametrize(("who", "is_led"), [("anna", True), ("bob", False)])
def test_the_inbox_leads_admins_to_it(
    trip: Trip, acme: Supplier, bob: User, reader: Visitor, *, is_led: bool
) -> None:
    ready_item(trip.business, bob, supplier=acme)
    assert "Merge lists" not in text(reader.opens("costs_inbox"))

    has_changed(trip)

    assert ("Merge lists" in text(reader.opens("costs_inbox"))) is is_led
