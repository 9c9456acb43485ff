"""The backup is older than the first item of a business."""

import pytest
import time_machine

from dext_sync.businesses.models import Business, User
from publishing.outcomes import uncertain_time
from tests.publishing.factories import make_method, paid_receipt
from tests.publishing.steps import begun, item_now, publish, work, work_until_settled
from tests.publishing.test_after_restore import ask, forgotten, restored
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("committed_db", "connection")


def test_what_is_uploaded_again_is_not_sent_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    method = make_method(bakery)
    with forgotten():
        publish(paid_receipt(bakery, bob, payment_method=method), bob)

    restored()
    again = paid_receipt(bakery, bob, payment_method=method)
    publication = begun(again, bob)
    work(publication)
    clock.shift(uncertain_time())
    ask(bakery)
    work_until_settled(publication, clock)

    assert item_now(again).status == "published"
    assert len(zoho.expenses) == 1


def test_what_has_not_begun_is_said_to_wait(zoho: Zoho, bakery: Business) -> None:
    assert restored().startswith("1 business sends nothing before Zoho was asked")
