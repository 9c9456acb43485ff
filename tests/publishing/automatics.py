"""A supplier whose items go by themselves, and what is asked about them."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from connections import general
from connections.models import Connection
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import (
    ruling,
    tasks,
)
from publishing.models import (
    AutoDecision,
    Item,
    PaymentMethod,
    Publication,
    Supplier,
)
from tests.publishing.factories import (
    make_supplier,
)

RESTS = dt.timedelta(seconds=20)
RESTED = RESTS + dt.timedelta(seconds=1)
GOES = "Auto-published: supplier rule “Always” for Acme Paper Ltd."


@pytest.fixture
def acme(clock: time_machine.Traveller, connected_bakery: Business) -> Supplier:
    return make_supplier(connected_bakery)


def say(supplier: Supplier, by: User, says: str) -> None:
    with acting_in(supplier.business_id):
        ruling.set_supplier_rule(supplier, {"auto_publish": says}, by=by)


def say_of_method(method: PaymentMethod, by: User, says: str) -> None:
    with acting_in(method.business_id):
        ruling.set_method_rule(method, {"auto_publish": says}, by=by)


def set_to(business: Business, by: User, setting: str, value: Any) -> None:
    with acting_in(business.pk):
        connection = Connection.objects.for_business(business).get()
        general.change(connection, setting, value, by=by)


def decide(business: Business, clock: time_machine.Traveller) -> None:
    """Items have rested, and a worker comes."""
    clock.shift(RESTED)
    tasks.decide_automatically(business.pk)


def decision(item: Item) -> str:
    """What is known of it last; empty if nothing was decided."""
    with acting_in(item.business_id):
        found = AutoDecision.unscoped.filter(item=item).first()
    return found.sentence if found else ""


def told(item: Item) -> list[str]:
    """The sentences of its history about going by itself, oldest first."""
    with acting_in(item.business_id):
        entries = audit.about(item.business, item).filter(action__startswith="auto.")
        return [audit.own_sentence(each) for each in entries][::-1]


def publications(item: Item) -> list[Publication]:
    with acting_in(item.business_id):
        return list(item.publications.all())
