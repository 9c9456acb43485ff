"""What tests stand on is what the application itself would have made of it."""

from django.forms.models import model_to_dict

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, suppliers
from publishing.models import Item, Supplier
from tests.publishing.factories import ready_item

APART = ("id", "created_at")


def test_a_ready_item_is_as_its_review_would_leave_it(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    with acting_in(connected_bakery.pk):
        written = columns(item)
        coding.review(item)
        reviewed = columns(item)

    assert written["status"] == "ready"
    assert written == reviewed


def test_its_supplier_is_as_it_would_be_named(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)
    with acting_in(connected_bakery.pk):
        written = model_to_dict(Supplier.unscoped.get(), exclude=APART)
        Item.unscoped.filter(pk=item.pk).delete()
        Supplier.unscoped.all().delete()
        named = suppliers.named(connected_bakery, "Acme Paper Ltd")

    assert written["contact"] is not None
    assert written == model_to_dict(named, exclude=APART)


def columns(item: Item) -> dict[str, object]:
    values = dict(Item.unscoped.values().get(pk=item.pk))
    return values | {"auto_due_at": values["auto_due_at"] is not None}
