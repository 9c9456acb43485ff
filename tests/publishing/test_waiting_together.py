"""What waits for a limit together is told by several lanes at once."""

from threading import Event

import pytest
from django.db import transaction

from connections import budget
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import turns
from publishing.models import Publication
from tests.locks import waiting as sessions_waiting
from tests.publishing.crowd import waiting
from tests.publishing.steps import now
from tests.publishing.test_races import together
from tests.publishing.zoho import Zoho
from tests.workers import until

pytestmark = pytest.mark.usefixtures("committed_db", "connection")


def test_a_lane_that_meets_the_limit_waits_for_no_other_lane(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    """Another one has come to the last of them first, and goes on to those before."""
    budget.forget()
    met, *others, last = waiting(bakery, bob, 5)
    zoho.fails("per_day", path="/bills")
    is_held, is_done = Event(), Event()

    def other_lane() -> None:
        with acting_in(bakery.pk), transaction.atomic():
            hold(last)
            is_held.set()
            until(lambda: is_done.is_set() or sessions_waiting() > 0)
            for each in others:
                hold(each)

    def meets_the_limit() -> None:
        assert is_held.wait(60)
        with acting_in(bakery.pk):
            turns.go_on(met.pk)
            is_done.set()

    together(other_lane, meets_the_limit)

    assert {now(each).waiting_reason for each in (met, *others)} == {"day"}
    assert {now(each).due_at for each in (met, *others)} == {now(met).due_at}


def hold(publication: Publication) -> None:
    Publication.unscoped.select_for_update(no_key=True).get(pk=publication.pk)
