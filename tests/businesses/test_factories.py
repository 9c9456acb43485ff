"""A business of the tests is what its owner would have created."""

from django.forms.models import model_to_dict

from dext_sync.businesses.models import AuditEntry, Business, Membership, User
from dext_sync.businesses.signup import create_business
from dext_sync.businesses.tenancy import acting_in
from tests.factories import make_business

APART = ("id", "slug", "business", "at", "subject_id", "created_at")


def test_it_is_as_its_owner_would_create_it(alice: User) -> None:
    made = make_business("Corner Cafe", owner=alice)
    created = create_business(
        alice,
        name="Corner Cafe",
        country="GB",
        currency="GBP",
        time_zone="Europe/London",
        tax_registered=True,
    )

    assert all_about(made) == all_about(created)


def all_about(business: Business) -> list[dict[str, object]]:
    with acting_in(business.pk):
        rows = (
            Business.objects.get(),
            Membership.unscoped.get(),
            AuditEntry.unscoped.get(),
        )
        return [model_to_dict(row, exclude=APART) for row in rows]
