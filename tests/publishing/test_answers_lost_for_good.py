"""What Zoho breaks off at each time it is sent: asked ever more seldom, never given up."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from dext_sync.businesses.models import Business, User
from publishing.models import Publication
from tests.publishing.factories import ready_item
from tests.publishing.steps import item_now, now, publish, work, work_until_settled
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("connection")

A_DAY = timedelta(hours=24)
FEW = 150
"""Calls of a day's thousand that one item may cost."""


@pytest.mark.parametrize("path", ["/bills", "/bills/*/attachment"])
def test_one_item_does_not_spend_the_day_of_its_organisation(
    path: str,
    zoho: Zoho,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
) -> None:
    zoho.fails("error_500", method="POST", path=path, times=10_000)
    publication = publish(ready_item(bakery, bob), bob)
    works_until(timezone.now() + A_DAY, publication, clock)

    assert 30 < len(zoho.standin.calls) < FEW


def test_it_goes_on_when_zoho_takes_it(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    zoho.fails("error_500", method="POST", path="/bills", times=9)
    item = ready_item(bakery, bob)
    work_until_settled(publish(item, bob), clock, most=40)
    assert item_now(item).status == "published"
    assert len(zoho.bills) == 1


def works_until(
    end: datetime, publication: Publication, clock: time_machine.Traveller
) -> None:
    while (due := now(publication).due_at) < end:
        clock.shift(max(due - timezone.now(), timedelta(0)) + timedelta(seconds=1))
        work(publication)
