"""What an item's page says at each moment."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item
from publishing.progress import PREFETCH, pace_after, progress
from tests.publishing.factories import make_item, paid_receipt, ready_item
from tests.publishing.steps import begun, page_of, publish, work_until_settled
from tests.publishing.zoho import Zoho


def test_before_publishing(connected_bakery: Business, bob: User) -> None:
    bare = make_item(connected_bakery, bob)
    ready = ready_item(connected_bakery, bob)
    receipt = paid_receipt(connected_bakery, bob)
    unnumbered = ready_item(
        connected_bakery,
        bob,
        kind="receipt",
        reference="",
        total=Decimal("60.00"),
        tax_amount=Decimal("10.00"),
    )

    assert (
        page_of(bare).headline == "Something is missing before this can be published."
    )
    assert page_of(bare).detail.startswith("The date is missing. The supplier is")
    assert not page_of(bare).can_publish
    assert page_of(ready).headline == "Ready to publish."
    assert page_of(ready).detail == "It becomes an open bill in Zoho Books."
    assert page_of(ready).can_publish
    assert page_of(receipt).detail == "It becomes an expense in Zoho Books."
    assert "a mark of ours (DS-…) will be its number" in page_of(unnumbered).detail


def test_on_its_way(connected_bakery: Business, bob: User) -> None:
    item = ready_item(connected_bakery, bob)
    begun(item, bob)

    page = page_of(item)

    assert page.headline == "On its way to Zoho Books."
    assert page.is_moving
    assert not page.can_publish
    assert [(step.name, step.sentence) for step in page.steps] == [
        ("Bill", "not sent yet"),
        ("Document", "not sent yet"),
    ]


@pytest.mark.parametrize(
    ("seconds", "pace"),
    [(0, "50ms"), (1.9, "50ms"), (2, "150ms"), (4.9, "150ms"), (5, "2s")],
)
def test_whoever_has_just_pressed_publish_is_watching(
    seconds: float, pace: str
) -> None:
    assert pace_after(timedelta(seconds=seconds)) == pace


def test_step_by_step_after_a_lost_answer(
    zoho: Zoho,
    connection: object,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
) -> None:
    item = ready_item(bakery, bob)
    zoho.fails("answer_lost", path="/bills")

    publication = publish(item, bob)
    checking = page_of(item)
    work_until_settled(publication, clock)
    published = page_of(item)

    assert checking.headline == (
        "Zoho's answer for the bill was lost. Zoho is asked whether it arrived "
        "before anything is sent again."
    )
    assert checking.detail == ""  # which would be the same again
    assert checking.steps[0].sentence == "sent, the answer was lost"
    assert checking.is_moving
    assert published.headline == "Published as bill INV-104."
    assert published.steps[0].sentence == "in Zoho Books"
    assert published.steps[1].sentence == (
        "sent; Zoho Books is asked whether it is there"
    )
    assert not published.can_publish_again


def test_many_rows_are_read_with_three_queries(
    connected_bakery: Business, bob: User, django_assert_num_queries: object
) -> None:
    for number in range(4):
        begun(ready_item(connected_bakery, bob, reference=f"N-{number}"), bob)

    with acting_in(connected_bakery.pk):
        rows = Item.unscoped.prefetch_related(*PREFETCH)
        with django_assert_num_queries(4):  # type: ignore[operator]
            pages = [progress(item) for item in rows]

    assert len(pages) == 4


def test_it_says_what_the_item_becomes_where_somebody_has_said_where_it_goes(
    connected_bakery: Business, bob: User
) -> None:
    paid_invoice = paid_receipt(
        connected_bakery, bob, kind="invoice", reference="INV-1", publish_to="expenses"
    )

    page = page_of(paid_invoice)

    assert page.headline == "Ready to publish."
    assert page.detail == "It becomes an expense in Zoho Books."
