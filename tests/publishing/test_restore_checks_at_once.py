"""After a restore Zoho's three lists are asked for at the same time."""

import pytest
import time_machine
from django.utils import timezone

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import restoring
from publishing.models import Item, Publication, RestoreCheck
from publishing.outcomes import uncertain_time
from tests.publishing.factories import paid_receipt, ready_item
from tests.publishing.steps import begun, work
from tests.publishing.test_after_restore import restored

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
