"""`manage.py seed_demo`, as the demo calls it at every start."""

from decimal import Decimal
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command

from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.tenancy import acting_as, acting_in
from publishing import drawing, sandbox
from publishing.documents import content_of
from publishing.models import Item
from publishing.uploads import examine

pytestmark = pytest.mark.usefixtures("db")


def seed() -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue().strip()


def business_of(email: str, name: str) -> Business:
    user = User.objects.get(email=email)
    with acting_as(user.pk):
        return Business.objects.get(memberships__user=user, name=name)


@pytest.fixture
def opened_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own papers need no process with limits for each of them."""

    def examine(content: bytes, content_type: str) -> sandbox.Examined:
        pages, has_size = drawing.examined(content, content_type).split()
        return sandbox.Examined(int(pages), has_size=has_size == b"1")

    monkeypatch.setattr(sandbox, "examine", examine)


@pytest.mark.usefixtures("opened_here")
def test_a_second_start_brings_nobody_back_who_was_removed() -> None:
    seed()
    garage = business_of("anna@ledgerly.example", "Garage Charlie")
    with acting_in(garage.pk):
        Membership.unscoped.get(business=garage, role="accountant").delete()
    seed()
    with acting_in(garage.pk):
        roles = Membership.objects.for_business(garage).values_list("role", flat=True)
        assert list(roles) == ["owner"]


@pytest.mark.usefixtures("opened_here")
def test_the_demo_has_its_people_and_papers_and_a_second_start_adds_nothing() -> None:
    assert seed() == (
        "The demo has its people, 14 new cost items and 6 new sales items."
    )
    assert seed() == (
        "The demo has its people, 0 new cost items and 0 new sales items."
    )

    bakery = business_of("bob@harbourbakery.example", "Harbour Bakery Ltd")
    garage = business_of("anna@ledgerly.example", "Garage Charlie")
    assert EmailAddress.objects.filter(verified=True).count() == 6
    assert User.objects.get(email="vera@harbourbakery.example").check_password(
        "bakery-demo-2026"
    )
    with acting_in(bakery.pk):
        members = Membership.objects.for_business(bakery)
        assert {
            (member.user.name, member.role, member.publishes) for member in members
        } == {
            ("Alice", "owner", False),
            ("Bob", "standard", True),
            ("Vera", "standard", False),
            ("Anna", "accountant", False),
        }
        items = list(
            Item.objects.for_business(bakery).select_related("document", "supplier")
        )
        assert len(items) == 16
        assert {item.status for item in items} == {"to_review"}
        for item in items:
            assert item.document is not None
            seen = examine(content_of(item.document))
            assert seen.content_type == item.document.content_type
            assert seen.page_count == item.document.page_count
            assert "no_connection" in item.reasons
        sales = [item for item in items if item.workspace == "sales"]
        assert [item.supplier and item.supplier.side for item in sales] == (
            ["customer"] * 4
        )
        oven = Item.unscoped.get(reference="SE-0042")
        assert oven.document is not None
        assert oven.document.page_count == 2
        assert oven.total == Decimal("1740.000")
    with acting_in(garage.pk):
        assert Item.objects.for_business(garage).count() == 4
