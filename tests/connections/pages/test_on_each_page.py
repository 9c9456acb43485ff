"""What a request remembers is of its own person and its own business."""

import pytest
from django.urls import reverse

from connections.models import Connection
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from tests.conftest import Browse
from tests.publishing.factories import make_connection, make_lists

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["costs_inbox", "sales_inbox", "connections"])
@pytest.mark.parametrize("accept", ["text/html", "*/*", "image/png", ""])
def test_a_page_is_the_same_however_it_is_asked_for(
    alice: User,
    bakery: Business,
    garage: Business,
    browse: Browse,
    page: str,
    accept: str,
) -> None:
    with acting_in(garage.pk):
        Membership.unscoped.create(business=garage, user=alice, role=Role.ADMIN)
    with acting_in(bakery.pk):
        make_lists(make_connection(bakery))
    browser = browse(alice)
    for business in (bakery, garage):
        address = reverse(page, args=[business.slug])
        usual = browser.get(address)
        other = browser.get(address, headers={"Accept": accept})
        head = browser.head(address)
        assert usual.status_code == other.status_code == head.status_code == 200
        one, two = usual.content.decode(), other.content.decode()
        for words in (bakery.name, garage.name):
            assert one.count(words) == two.count(words) > 0
        assert ("Not connected" in one) == (business == garage)
        assert ("Not connected" in two) == (business == garage)


@pytest.mark.parametrize("who_left", ["giver", "nobody"])
def test_a_banner_says_to_others_that_the_giver_has_left(
    alice: User, bob: User, bakery: Business, browse: Browse, who_left: str
) -> None:
    with acting_in(bakery.pk):
        make_connection(bakery)
        if who_left == "giver":
            other = User.objects.create(email="gone@example.com", name="Gone")
            Connection.unscoped.update(connected_by=other)
    page = (
        browse(alice).get(reverse("costs_inbox", args=[bakery.slug])).content.decode()
    )
    assert ("banner--" in page) == (who_left == "giver")
