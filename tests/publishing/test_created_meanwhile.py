"""A supplier whose contact is created while another item of it is decided about."""

import pytest

from dext_sync.businesses.models import Business, User
from publishing import requesting
from tests.connections.meanwhile import just_after
from tests.publishing.factories import make_supplier, ready_item
from tests.publishing.steps import begun, item_now, press_publish, work
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("committed_db", "connection")


def test_its_name_is_not_taken_by_its_own_contact(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    new = make_supplier(bakery, "New Mill", agreed_by=bob)
    first, second = (
        ready_item(bakery, bob, supplier=new, reference=f"N-{number}")
        for number in range(2)
    )
    publication = begun(first, bob)

    with just_after(
        'FOR NO KEY UPDATE OF "publishing_item"', lambda: work(publication)
    ):
        answer = press_publish(second, bob)

    assert isinstance(answer, requesting.Requested)
    work(answer.publication)
    assert item_now(second).status == "published"
    assert len(zoho.contacts("New Mill")) == 1
