"""Who waits for whom, and never in a circle."""

from collections.abc import Callable, Sequence
from threading import Event

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, coding, ruling, spellings, suppliers
from publishing.models import Publication, Supplier, SupplierRule
from tests.locks import until_awaited
from tests.publishing.factories import make_supplier, ready_item
from tests.publishing.steps import begun, item_now, now, work
from tests.publishing.test_races import together
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("committed_db")


def test_putting_away_what_a_supplier_was_paused_over_while_it_is_merged(
    connected_bakery: Business, alice: User, bob: User
) -> None:
    acme = make_supplier(connected_bakery)
    other = make_supplier(connected_bakery, "City Power")
    item = ready_item(connected_bakery, bob, supplier=other)
    with acting_in(connected_bakery.pk):
        Supplier.unscoped.filter(pk=other.pk).update(
            paused_at=timezone.now(), paused_over=item, pause_reason="No."
        )
    is_held = Event()

    def archives() -> None:
        with acting_in(connected_bakery.pk), transaction.atomic():
            coding.locked(item.pk)  # As `archive` begins.
            is_held.set()
            until_awaited()
            archiving.archive(item, bob)

    def merges() -> None:
        assert is_held.wait(60)
        with acting_in(connected_bakery.pk):
            spellings.merge(acme, other, by=alice)

    together(archives, merges)


def test_a_review_that_waits_for_a_change_of_supplier_sees_the_new_one(
    connected_bakery: Business, bob: User
) -> None:
    other = make_supplier(connected_bakery, "City Power")
    item = ready_item(connected_bakery, bob)
    is_held = Event()

    def changes() -> None:
        with acting_in(connected_bakery.pk), transaction.atomic():
            coding.change(item, "supplier", other, by=bob)
            is_held.set()
            until_awaited()

    def reviews() -> None:
        assert is_held.wait(60)
        with acting_in(connected_bakery.pk):
            coding.review(item)

    together(changes, reviews)

    now = item_now(item)
    assert (now.supplier_id, now.status, now.reasons) == (other.pk, "ready", [])


def in_two_orders(business: Business, save: Callable[[Sequence[str]], object]) -> None:
    """The first waits for one that a third holds while it has another one already."""
    holds_third, is_awaited = Event(), Event()

    def holds() -> None:
        with acting_in(business.pk), transaction.atomic():
            save(["Cord"])
            holds_third.set()
            until_awaited()
            is_awaited.set()
            until_awaited(by=2)

    def forward() -> None:
        assert holds_third.wait(60)
        with acting_in(business.pk), transaction.atomic():
            save(["Acme", "Cord", "Bolt"])

    def backward() -> None:
        assert is_awaited.wait(60)
        with acting_in(business.pk), transaction.atomic():
            save(["Bolt", "Acme"])

    together(holds, forward, backward)


def test_rules_of_the_same_suppliers_in_two_files_of_other_orders(
    connected_bakery: Business, alice: User
) -> None:
    known = {
        name: make_supplier(connected_bakery, name) for name in ("Acme", "Bolt", "Cord")
    }

    in_two_orders(
        connected_bakery,
        lambda names: ruling.set_supplier_rules(
            [(known[name], {"due_days": 7}) for name in names], by=alice
        ),
    )

    with acting_in(connected_bakery.pk):
        assert SupplierRule.unscoped.filter(due_days=7).count() == len(known)


def test_the_same_new_suppliers_in_two_files_of_other_orders(
    connected_bakery: Business,
) -> None:
    side = Supplier.Side.SUPPLIER

    in_two_orders(
        connected_bakery,
        lambda names: suppliers.all_named(connected_bakery, names, side),
    )

    with acting_in(connected_bakery.pk):
        named = Supplier.unscoped.filter(name__in=["Acme", "Bolt", "Cord"])
        assert named.count() == 3


def work_once_awaited(
    publication: Publication, meanwhile: Callable[[], object]
) -> Publication:
    """A worker waits for whoever holds the connection, and this happens meanwhile."""
    is_held = Event()

    def holds() -> None:
        with acting_in(publication.business_id), transaction.atomic():
            rows = Connection.unscoped.select_for_update(no_key=True)
            rows.get(pk=publication.connection_id)
            is_held.set()
            until_awaited()
            meanwhile()

    def works() -> None:
        assert is_held.wait(60)
        work(publication)

    together(holds, works)
    return now(publication)


def test_what_has_waited_for_others_before_it_is_sent_is_not_too_late(
    zoho: Zoho,
    connection: Connection,
    bakery: Business,
    bob: User,
    clock: time_machine.Traveller,
) -> None:
    publication = begun(ready_item(bakery, bob), bob)

    worked = work_once_awaited(publication, lambda: clock.shift(60))

    assert worked.state == "published"
    assert len(zoho.bills) == 1


def test_what_waits_for_others_while_its_day_is_locked_is_not_sent(
    zoho: Zoho, connection: Connection, bakery: Business, bob: User
) -> None:
    item = ready_item(bakery, bob)
    publication = begun(item, bob)
    rows = Business.objects.filter(pk=bakery.pk)

    worked = work_once_awaited(publication, lambda: rows.update(lock_date=item.date))

    assert worked.problem_code == "locked"
    assert zoho.bills == []
