"""A supplier and its contact in Zoho find each other by their name, whatever its letters."""

import pytest

from connections.models import Connection
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import acting_in
from publishing import suppliers
from tests.publishing.factories import make_contact


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Acme Cards", "ACME CARDS"),
        ("Café Zürich", "CAFÉ ZÜRICH"),
        ("Weißbäckerei Straßner", "Weißbäckerei Straßner"),
        ("Weißbäckerei Straßner", "weißbäckerei straßner"),
        ("ΑΘΗΝΑΣ Α.Ε.", "Αθηνας Α.Ε."),
    ],
)
def test_the_contact_of_this_name_is_found(
    connected_bakery: Business, ours: str, theirs: str
) -> None:
    with acting_in(connected_bakery.pk):
        supplier = suppliers.named(connected_bakery, ours)
        assert supplier.contact is None
        contact = make_contact(connection_of(connected_bakery), theirs)

        (found,) = suppliers.match_contacts(connected_bakery, [supplier])

    assert found.contact == contact


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("Strassner", "Straßner"), ("Acme Cards", "Acme Card"), ("Strabner", "Straßner")],
)
def test_another_name_is_another(
    connected_bakery: Business, ours: str, theirs: str
) -> None:
    with acting_in(connected_bakery.pk):
        supplier = suppliers.named(connected_bakery, ours)
        make_contact(connection_of(connected_bakery), theirs)

        assert suppliers.match_contacts(connected_bakery, [supplier]) == []


def connection_of(business: Business) -> Connection:
    return Connection.objects.for_business(business).get()
