"""After each restore each list of each organisation is asked for, all at the same time."""

import pytest
import time_machine
from django.utils import timezone

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import restoring
from publishing.models import Item, Publication, RestoreCheck
from publishing.outcomes import uncertain_time
from publishing.restored import is_asked
from tests.publishing.factories import paid_receipt, ready_item
from tests.publishing.steps import begun, publish, work
from tests.publishing.test_after_restore import ask, restored
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("committed_db", "connection", "zoho")


def waits(item: Item, by: User) -> Publication:
    publication = begun(item, by)
    work(publication)
    return publication


def test_what_waits_goes_on_when_the_list_of_its_own_kind_was_read(
    bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    bill, expense = ready_item(bakery, bob), paid_receipt(bakery, bob)
    restored()
    of_bill, _of_expense = waits(bill, bob), waits(expense, bob)
    clock.shift(uncertain_time())
    with acting_in(bakery.pk):
        restoring.ask(RestoreCheck.unscoped.get(kind=Publication.Kind.BILL).pk)
        due = Publication.unscoped.filter(due_at__lte=timezone.now())
        assert set(due) == {of_bill}


def test_what_was_asked_after_one_restore_is_asked_again_after_the_next(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = ready_item(bakery, bob)
    restored()
    clock.shift(uncertain_time())
    ask(bakery)
    restored()

    publication = publish(item, bob)

    assert publication.waiting_reason == "restored"
    assert zoho.bills == []


@pytest.mark.parametrize("other", [{"organisation_id": "4711"}, {"region": "us"}])
def test_what_was_asked_of_one_organisation_says_nothing_of_another(
    bakery: Business, bob: User, other: dict[str, str]
) -> None:
    publication = begun(ready_item(bakery, bob), bob)
    restored()

    with acting_in(bakery.pk):
        RestoreCheck.unscoped.update(finished_at=timezone.now())
        assert is_asked(publication)
        Publication.unscoped.update(**other)
        publication.refresh_from_db()
        assert not is_asked(publication)
