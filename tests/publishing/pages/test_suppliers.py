"""Who says which contact in Zoho Books a supplier is, and when that is settled."""

import re

import pytest
from django.http import HttpResponse

from connections import events
from connections.models import Connection, ConnectionEvent, Contact
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import suppliers
from publishing.models import Item, Supplier
from tests.publishing.factories import (
    entry,
    make_contact,
    make_item,
    make_supplier,
    ready_item,
)
from tests.publishing.pages.conftest import At, Visitor, now, text

SETTLED = "It is settled already which contact in Zoho Books this supplier is"
ASK = "Others have items of this supplier: ask somebody who may publish"


@pytest.fixture
def bakery(connected_bakery: Business) -> Business:
    return connected_bakery


@pytest.fixture
def shell(bakery: Business) -> Contact:
    """The contact that nobody but Vera wants to be paid."""
    return make_contact(connection_of(bakery), "Vera Shell Ltd")


def connection_of(bakery: Business) -> Connection:
    with acting_in(bakery.pk):
        return Connection.unscoped.get()


def pick(visitor: Visitor, item: Item, contact: Contact) -> HttpResponse:
    data = {"choice": "pick", "value": f"contact:{contact.pk}"}
    return visitor.posts("supplier_decide", item.pk, data=data, htmx=True)


def create(visitor: Visitor, item: Item) -> HttpResponse:
    data = {"choice": "create"}
    return visitor.posts("supplier_decide", item.pk, data=data, htmx=True)


def contact_of(supplier: Supplier) -> Contact | None:
    with acting_in(supplier.business_id):
        return Supplier.unscoped.select_related("contact").get(pk=supplier.pk).contact


def agreed(supplier: Supplier) -> bool:
    with acting_in(supplier.business_id):
        fresh = Supplier.unscoped.get(pk=supplier.pk)
    return fresh.create_agreed_at is not None


def test_a_supplier_that_has_its_contact_is_not_given_another(
    at: At, bob: User, vera: User, bakery: Business, shell: Contact
) -> None:
    acme = make_supplier(bakery)
    theirs = ready_item(bakery, bob, supplier=acme)
    mine = make_item(bakery, vera, supplier=acme)

    answer = pick(at(vera, bakery), mine, shell)

    assert SETTLED in text(answer)
    assert contact_of(acme) == entry(Contact, bakery, "Acme Paper Ltd")
    assert now(theirs).status == Item.Status.READY


def test_nor_by_somebody_who_may_publish(
    at: At, bob: User, bakery: Business, shell: Contact
) -> None:
    acme = make_supplier(bakery)
    item = ready_item(bakery, bob, supplier=acme)

    assert SETTLED in text(pick(at(bob, bakery), item, shell))
    assert contact_of(acme) == entry(Contact, bakery, "Acme Paper Ltd")


def test_the_first_contact_of_a_shared_supplier_is_chosen_by_who_may_publish(
    at: At, bob: User, vera: User, bakery: Business, shell: Contact
) -> None:
    rope = make_supplier(bakery, "Rope Makers")
    theirs = ready_item(bakery, bob, supplier=rope)
    mine = make_item(bakery, vera, supplier=rope)

    assert ASK in text(pick(at(vera, bakery), mine, shell))
    assert ASK in text(create(at(vera, bakery), mine))
    assert (contact_of(rope), agreed(rope)) == (None, False)

    power = entry(Contact, bakery, "City Power")
    pick(at(bob, bakery), theirs, power)
    assert contact_of(rope) == power
    assert now(theirs).status == Item.Status.READY


def test_what_is_to_be_created_says_who_decided_and_is_taken_back(
    at: At, anna: User, vera: User, bakery: Business
) -> None:
    rope = make_supplier(bakery, "Rope Makers")
    item = make_item(bakery, vera, supplier=rope)
    create(at(anna, bakery), item)
    page = text(at(vera, bakery).opens("item", item.pk))
    notice = page[page.index("Will be created in Zoho Books when this is published.") :]
    assert "Anna, " in notice[:200]

    taken_back = at(anna, bakery).posts(
        "supplier_decide", item.pk, data={"choice": "take_back"}, htmx=True
    )

    assert "Rope Makers is not in Zoho Books" in text(taken_back)
    assert not agreed(rope)


def test_what_was_to_be_created_in_another_organisation_is_not_to_be_in_this_one(
    at: At, alice: User, bob: User, bakery: Business
) -> None:
    rope = make_supplier(bakery, "Rope Makers", agreed_by=bob)
    visitor = at(alice, bakery)
    page = text(visitor.opens("supplier", "suppliers", rope.pk))
    assert "Will be created with the first item that is published." in page

    with acting_in(bakery.pk):
        events.note(connection_of(bakery), ConnectionEvent.Kind.ORGANISATION)

    page = text(visitor.opens("supplier", "suppliers", rope.pk))
    assert "Will be created" not in page
    assert "Not in Zoho Books" in page


def test_an_inactive_contact_of_the_name_is_not_called_missing(
    at: At, vera: User, bakery: Business
) -> None:
    make_contact(connection_of(bakery), "Closed Mill Ltd", is_active=False)
    mill = make_supplier(bakery, "Closed Mill Ltd")
    item = make_item(bakery, vera, supplier=mill)

    page = text(at(vera, bakery).opens("item", item.pk))

    assert "Closed Mill Ltd cannot be used here" in page
    assert "Closed Mill Ltd is not in Zoho Books" not in page
    assert "or it is this supplier there" not in page


def test_one_who_sees_all_documents_may_say_create_it(
    at: At, anna: User, vera: User, bakery: Business
) -> None:
    rope = make_supplier(bakery, "Rope Makers")
    item = make_item(bakery, vera, supplier=rope)

    create(at(anna, bakery), item)

    assert agreed(rope)


def test_a_supplier_of_ones_own_items_alone_is_ones_own_choice(
    at: At, vera: User, bakery: Business
) -> None:
    rope = make_supplier(bakery, "Rope Makers")
    item = make_item(bakery, vera, supplier=rope)
    power = entry(Contact, bakery, "City Power")

    pick(at(vera, bakery), item, power)

    assert contact_of(rope) == power


def test_a_contact_that_is_gone_from_zoho_is_chosen_anew(
    at: At, bob: User, vera: User, bakery: Business, shell: Contact
) -> None:
    acme = make_supplier(bakery)
    with acting_in(bakery.pk):
        Contact.unscoped.filter(name="Acme Paper Ltd").update(is_active=False)
    theirs = ready_item(bakery, bob, supplier=acme)
    mine = make_item(bakery, vera, supplier=acme)
    assert "supplier_gone" in theirs.reasons
    assert "Acme Paper Ltd is no longer active in Zoho Books" in text(
        at(bob, bakery).opens("item", theirs.pk)
    )

    assert ASK in text(pick(at(vera, bakery), mine, shell))
    power = entry(Contact, bakery, "City Power")
    pick(at(bob, bakery), theirs, power)

    assert contact_of(acme) == power
    assert now(theirs).status == Item.Status.READY


def test_a_contact_that_is_being_created_is_not_overtaken(
    at: At, bob: User, bakery: Business, shell: Contact
) -> None:
    rope = make_supplier(bakery, "Rope Makers")
    item = make_item(bakery, bob, supplier=rope)
    with acting_in(bakery.pk):
        assert suppliers.claim_creation(rope.pk, 1)

    assert SETTLED in text(pick(at(bob, bakery), item, shell))
    assert contact_of(rope) is None


def test_the_first_of_two_who_choose_at_once_is_heard(
    bob: User, alice: User, bakery: Business, shell: Contact
) -> None:
    rope = make_supplier(bakery, "Rope Makers")
    power = entry(Contact, bakery, "City Power")
    with acting_in(bakery.pk):
        late = Supplier.unscoped.get(pk=rope.pk)
        suppliers.link(rope, power, bob)
        with pytest.raises(suppliers.Settled):
            suppliers.link(late, shell, alice)

    assert contact_of(rope) == power


def test_picking_one_of_two_contacts_leaves_the_shared_supplier_open(
    at: At, bob: User, vera: User, bakery: Business
) -> None:
    twin = make_contact(connection_of(bakery), "Twin Mills")
    make_contact(connection_of(bakery), "twin mills")
    shared = make_supplier(bakery, "Twin Mills")
    ready_item(bakery, bob, supplier=shared)
    mine = make_item(bakery, vera)

    at(vera, bakery).posts(
        "item_field", mine.pk, "supplier", data={"value": f"contact:{twin.pk}"}
    )

    assert contact_of(shared) is None
    picked = now(mine).supplier
    assert picked is not None
    assert contact_of(picked) == twin


def test_the_choice_stands_in_the_items_history_and_in_activity(
    at: At, bob: User, alice: User, bakery: Business
) -> None:
    rope = make_supplier(bakery, "Rope Makers")
    item = make_item(bakery, bob, supplier=rope)
    pick(at(bob, bakery), item, entry(Contact, bakery, "City Power"))
    said = "chose the Zoho contact City Power for Rope Makers"

    assert said in text(at(bob, bakery).opens("item_history", item.pk))
    assert said in re.sub(r"<[^>]+>", "", text(at(alice, bakery).opens("activity")))


def test_what_was_looked_for_stays_beside_the_choice_and_not_in_supplier(
    at: At, bob: User, bakery: Business
) -> None:
    rope = make_supplier(bakery, "Rope Makers")
    item = make_item(bakery, bob, supplier=rope)

    data = {"choice": "pick", "typed": "Rop"}
    answer = at(bob, bakery).posts("supplier_decide", item.pk, data=data, htmx=True)

    field, choice = text(answer).split('<details class="newcomer"')
    assert 'id="id_supplier" value="Rope Makers"' in field
    assert 'aria-invalid="true"' not in field
    assert 'id="id_existing" value="Rop"' in choice
    assert "Pick a supplier that is in Zoho Books." in choice


def test_only_a_picked_supplier_is_posted_and_never_beside_create_it(
    at: At, bob: User, bakery: Business
) -> None:
    item = make_item(bakery, bob, supplier=make_supplier(bakery, "Rope Makers"))
    page = text(at(bob, bakery).opens("item", item.pk))
    choice = page.split('<details class="newcomer"')[1].split("</details>")[0]
    assert choice.count('hx-sync="#item:drop"') == 2
    assert """hx-trigger="change from:find input[name='value'], submit\"""" in choice


def test_existing_suppliers_are_those_of_zoho_alone(
    at: At, bob: User, bakery: Business
) -> None:
    make_supplier(bakery, "Powerful Ropes")
    options = text(at(bob, bakery).opens("contact_options", q="power"))
    assert "City Power" in options
    assert "Powerful Ropes" not in options
    assert "new supplier" not in options


@pytest.mark.parametrize("choice", ["create", "pick", "take_back"])
def test_what_is_said_of_a_supplier_is_never_kept_of_another(
    at: At, bob: User, alice: User, bakery: Business, shell: Contact, choice: str
) -> None:
    """Alice chooses another supplier while Bob's page shows the one before."""
    seen = make_supplier(bakery, "Rope Makers")
    other = make_supplier(bakery, "Sail Makers", agreed_by=alice)
    if choice != "take_back":
        withdraw(other, alice)
    item = ready_item(bakery, bob, supplier=seen)
    drawn = text(at(bob, bakery).opens("item", item.pk))
    (form,) = set(re.findall(r'name="supplier" value="(\d+)"', drawn))
    at(alice, bakery).posts(
        "item_field", item.pk, "supplier", data={"value": f"supplier:{other.pk}"}
    )
    data = {"choice": choice, "supplier": form, "value": f"contact:{shell.pk}"}

    answer = at(bob, bakery).posts("supplier_decide", item.pk, data=data, htmx=True)

    assert "Another supplier was chosen meanwhile." in text(answer)
    assert (contact_of(other), contact_of(seen)) == (None, None)
    assert agreed(other) == (choice == "take_back")


def withdraw(supplier: Supplier, by: User) -> None:
    with acting_in(supplier.business_id):
        suppliers.withdraw_agreement(supplier, by)
