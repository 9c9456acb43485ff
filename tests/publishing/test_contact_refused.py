"""A record that Zoho does not take for its contact's sake, and the supplier that is named."""

from connections.models import Connection, Contact
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding
from publishing.models import Item, Publication
from tests.publishing.factories import entry, ready_item, ready_sale
from tests.publishing.steps import item_now, publish
from tests.publishing.zoho import BAKERY, Zoho
from tests.zoho_standin import changes

ACME = "Acme Paper Ltd"


def told(item: Item) -> str:
    with acting_in(item.business_id):
        return Publication.unscoped.filter(item=item).latest("pk").problem


def acme_leaves(zoho: Zoho) -> None:
    changes.remove(zoho.standin, BAKERY, "contacts", ACME)


def test_a_contact_that_was_removed_in_zoho_is_named_as_the_cause(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    acme_leaves(zoho)

    publish(item, bob)

    assert (item_now(item).status, item_now(item).reasons) == (
        "to_review",
        ["supplier_gone"],
    )
    assert told(item) == (
        "The supplier's contact is no longer active in Zoho Books: choose again, or "
        "bring it back there and refresh the integration data."
    )
    assert entry(Contact, bakery, ACME).removed_at is not None


def test_it_stays_the_reason_until_another_contact_is_chosen(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    acme_leaves(zoho)
    publish(item, bob)

    with acting_in(bakery.pk):
        assert coding.review(item_now(item)).reasons == ["supplier_gone"]


def test_one_that_was_made_inactive_is_named_as_well(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    changes.inactive(zoho.standin, BAKERY, "contacts", ACME)
    zoho.fails("vendor_refused", path="/bills")

    publish(item, bob)

    assert item_now(item).reasons == ["supplier_gone"]
    assert not entry(Contact, bakery, ACME).is_active


def test_a_customer_that_was_removed_is_named_as_the_cause(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_sale(bakery, bob)
    changes.remove(zoho.standin, BAKERY, "contacts", "Anchor Hotel")

    publish(item, bob)

    assert item_now(item).reasons == ["customer_left"]


def test_a_contact_that_is_as_it_was_is_not_blamed(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    zoho.fails("vendor_refused", path="/bills")

    publish(item, bob)

    assert item_now(item).status == "failed"
    assert "one of the values chosen here" in told(item)
    assert entry(Contact, bakery, ACME).is_usable


def test_nor_is_one_that_zoho_cannot_be_asked_about(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    zoho.fails("vendor_refused", path="/bills")
    zoho.fails("error_500", method="GET", path="/contacts/*", times=9)

    publish(item, bob)

    assert item_now(item).status == "failed"
    assert entry(Contact, bakery, ACME).is_usable
