"""How often Zoho is asked whether a document has arrived: twice if its answer was lost."""

import pytest
import time_machine

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from publishing.models import Publication, Step
from tests.publishing.factories import ready_item
from tests.publishing.steps import publish, step_of, work_until_settled
from tests.publishing.zoho import Zoho

ATTACHING = "/bills/*/attachment"

pytestmark = pytest.mark.usefixtures("connection")


def looks(zoho: Zoho, publication: Publication) -> int:
    zoho_id = step_of(publication, Step.Kind.RECORD).zoho_id
    return len(zoho.calls("GET", f"/bills/{zoho_id}"))


def test_a_lost_document_is_looked_for_twice(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    zoho.fails("call_lost", path=ATTACHING)

    publication = publish(ready_item(bakery, bob), bob)
    work_until_settled(publication, clock)

    assert looks(zoho, publication) == 2
    assert len(zoho.bills[0]["documents"]) == 1


def test_one_that_was_lost_and_then_had_to_wait_is_not_looked_for_again(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    zoho.fails("call_lost", path=ATTACHING)
    zoho.fails("at_once", method="POST", path=ATTACHING)

    publication = publish(ready_item(bakery, bob), bob)
    work_until_settled(publication, clock)

    assert looks(zoho, publication) == 2
    assert len(zoho.bills[0]["documents"]) == 1


def test_one_that_only_had_to_wait_is_not_looked_for(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    zoho.fails("at_once", method="POST", path=ATTACHING)

    publication = publish(ready_item(bakery, bob), bob)
    work_until_settled(publication, clock)

    assert looks(zoho, publication) == 0
    assert len(zoho.bills[0]["documents"]) == 1


def test_a_document_lost_twice_is_looked_for_twice_each_time(
    zoho: Zoho,
    bakery: Business,
    bob: User,
    connection: Connection,
    clock: time_machine.Traveller,
) -> None:
    zoho.fails("call_lost", path=ATTACHING, times=2)

    publication = publish(ready_item(bakery, bob), bob)
    work_until_settled(publication, clock)

    assert looks(zoho, publication) == 4
    assert len(zoho.bills[0]["documents"]) == 1
