"""A contact that was created, and what people chose meanwhile."""

import pytest
import time_machine

from connections import events, general
from connections.models import Connection, ConnectionEvent, Contact
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, suppliers, tasks
from publishing.models import Item, Step, Supplier
from publishing.reasons import Reason
from tests.publishing.factories import entry, make_contact, make_supplier, ready_item
from tests.publishing.steps import (
    begun,
    item_now,
    now,
    publish,
    publish_into,
    work,
    work_until_settled,
)
from tests.publishing.zoho import Zoho


def test_it_becomes_the_suppliers(connected_bakery: Business, bob: User) -> None:
    new = make_supplier(connected_bakery, "New Mill", agreed_by=bob)
    contact = entry(Contact, connected_bakery, "City Power")

    with acting_in(connected_bakery.pk):
        suppliers.claim_creation(new.pk, 7)
        suppliers.became(new.pk, contact, created_by=7)
        new.refresh_from_db()

    assert new.contact_id == contact.pk
    assert new.being_created_by is None
    assert new.create_agreed_at is None


def test_a_persons_choice_stays(connected_bakery: Business, bob: User) -> None:
    new = make_supplier(connected_bakery, "New Mill", agreed_by=bob)
    chosen = entry(Contact, connected_bakery, "Acme Paper Ltd")
    created = entry(Contact, connected_bakery, "City Power")

    with acting_in(connected_bakery.pk):
        Supplier.unscoped.filter(pk=new.pk).update(contact=chosen, being_created_by=7)
        suppliers.became(new.pk, created, created_by=7)
        new.refresh_from_db()

    assert new.contact_id == chosen.pk
    assert new.being_created_by is None


def test_its_name_is_not_taken_while_it_is_created(
    connected_bakery: Business, bob: User
) -> None:
    new = make_supplier(connected_bakery, "New Mill", agreed_by=bob)
    item = ready_item(connected_bakery, bob, supplier=new)

    with acting_in(connected_bakery.pk):
        suppliers.claim_creation(new.pk, 7)
        connection = Connection.unscoped.get()
        make_contact(connection, "New Mill")  # Zoho's answer, before it is settled
        reviewed = coding.review(item)

    assert reviewed.open_reasons == []
    assert reviewed.status == Item.Status.READY


def test_10_8_without_the_warning_one_new_supplier_is_created_once(
    zoho: Zoho, connection: Connection, bakery: Business, alice: User, bob: User
) -> None:
    new = make_supplier(bakery, "New Mill")
    items = [
        ready_item(bakery, bob, supplier=new, reference=f"INV-{number}")
        for number in (1, 2)
    ]
    warned = [item.status for item in items]
    with acting_in(bakery.pk):
        general.change(connection, "warns_of_new_suppliers", value=False, by=alice)
        ready = [coding.review(item).status for item in items]

    for publication in [begun(item, bob) for item in items]:
        work(publication)

    assert (set(warned), set(ready)) == ({"to_review"}, {"ready"})
    assert len(zoho.contacts("New Mill")) == 1
    assert len(zoho.bills) == 2


@pytest.mark.usefixtures("connection")
class TestAListThatLagsBehind:
    def test_makes_no_question_of_the_name_of_a_contact_of_ours(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        item = ready_item(bakery, bob, supplier=new)
        zoho.fails("list_stale", method="GET", path="/contacts", times=50, seconds=400)
        publication = publish_into(zoho, item, bob, "answer_lost", path="/contacts")
        clock.shift(121)
        work(publication)
        clock.shift(31)
        work(publication)

        assert now(publication).waiting_reason == "name_lags"
        assert item_now(item).status == "publishing"
        work_until_settled(publication, clock)
        assert item_now(item).status == "published"
        assert len(zoho.contacts("New Mill")) == 1

    def test_nor_of_the_name_of_one_that_a_person_has_just_made(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        zoho.person_types("contact", contact_name="New Mill", contact_type="vendor")
        zoho.fails("list_stale", method="GET", path="/contacts", times=50, seconds=60)

        publication = publish(ready_item(bakery, bob, supplier=new), bob)

        assert publication.waiting_reason == "name_lags"
        assert work_until_settled(publication, clock).state == "published"
        assert len(zoho.contacts("New Mill")) == 1

    def test_asks_at_last_what_never_shows(
        self, zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
    ) -> None:
        new = make_supplier(bakery, "New Mill", agreed_by=bob)
        item = ready_item(bakery, bob, supplier=new)
        zoho.person_types("contact", contact_name="New Mill", contact_type="vendor")
        zoho.fails("list_stale", method="GET", path="/contacts", times=99, seconds=1e9)

        work_until_settled(publish(item, bob), clock)

        assert item_now(item).reasons == ["supplier_name_taken"]
        assert zoho.bills == []


# Whoever said “create it” meant the organisation that was connected then.


def test_in_another_organisation_it_is_asked_again(
    connected_bakery: Business, bob: User
) -> None:
    new = make_supplier(connected_bakery, "New Mill", agreed_by=bob)
    item = ready_item(connected_bakery, bob, supplier=new)

    with acting_in(connected_bakery.pk):
        connection = Connection.unscoped.get()
        connection.organisation_id = "777"
        connection.save(update_fields=["organisation_id"])
        events.note(connection, ConnectionEvent.Kind.ORGANISATION)
        held = coding.review(item_now(item))

        assert Reason.SUPPLIER_NOT_IN_ZOHO in held.open_reasons
        assert suppliers.creation_said(new) is None

        suppliers.agree_to_create(new, bob)
        asked = coding.review(item_now(item))

        assert Reason.SUPPLIER_NOT_IN_ZOHO not in asked.open_reasons
        said = suppliers.creation_said(new)
        assert said is not None
        assert said["name"] == "Bob"


def test_in_another_organisation_nothing_waits_for_who_was_creating_it(
    connected_bakery: Business, bob: User
) -> None:
    new = make_supplier(connected_bakery, "New Mill", agreed_by=bob)
    lost = begun(ready_item(connected_bakery, bob, supplier=new), bob)
    ready_item(connected_bakery, bob, supplier=new)
    with acting_in(connected_bakery.pk):
        suppliers.claim_creation(new.pk, lost.pk)
        lost.steps.filter(kind=Step.Kind.CONTACT).update(state=Step.State.UNCERTAIN)
        connection = Connection.unscoped.get()
        connection.organisation_id = "777"
        connection.save(update_fields=["organisation_id"])
        events.note(connection, ConnectionEvent.Kind.ORGANISATION)
        there = make_contact(connection, "New Mill")
        event = ConnectionEvent.unscoped.get()

    tasks.heed_event(connected_bakery.pk, event.pk)
    tasks.review_items(connected_bakery.pk)

    with acting_in(connected_bakery.pk):
        new.refresh_from_db()
        assert new.contact == there


@pytest.mark.parametrize(("creating", "after"), [(7, None), (8, 8)])
def test_one_that_was_created_in_the_former_organisation_is_nobodys(
    creating: int, after: int | None, connected_bakery: Business, bob: User
) -> None:
    """A late yes of publication 7, while 8 may be creating it in the new one."""
    new = make_supplier(connected_bakery, "New Mill", agreed_by=bob)
    contact = entry(Contact, connected_bakery, "City Power")
    with acting_in(connected_bakery.pk):
        Connection.unscoped.update(organisation_id="777")
        suppliers.claim_creation(new.pk, creating)

        suppliers.became(new.pk, contact, created_by=7)

        now = Supplier.unscoped.get(pk=new.pk)
    assert now.contact_id is None
    assert now.being_created_by == after
    assert now.create_agreed_at == new.create_agreed_at


def test_whoever_has_reconnected_is_not_asked_again(
    connected_bakery: Business, bob: User
) -> None:
    new = make_supplier(connected_bakery, "New Mill", agreed_by=bob)
    item = ready_item(connected_bakery, bob, supplier=new)

    with acting_in(connected_bakery.pk):
        events.note(Connection.unscoped.get(), ConnectionEvent.Kind.MENDED)
        reviewed = coding.review(item_now(item))

    assert reviewed.status == Item.Status.READY
