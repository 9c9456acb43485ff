"""A person attaches a document once more while a worker is about to end with it."""

import pytest
import time_machine

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import requesting, results
from publishing.models import Item, Publication, Step
from publishing.outcomes import Refused
from publishing.problems import Problem
from tests.publishing.factories import paid_receipt
from tests.publishing.steps import item_now, now, take_lease
from tests.publishing.test_late_answers import document_opened
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("connection")


def is_told_no(publication: Publication) -> None:
    with acting_in(publication.business_id):
        step = publication.steps.get(kind=Step.Kind.DOCUMENT)
        results.settle(publication, step, Refused(Problem.FORBIDDEN))


def ends(publication: Publication) -> None:
    with acting_in(publication.business_id):
        results.published(publication)


def attaches_again(item: Item, by: User) -> None:
    with acting_in(item.business_id):
        assert isinstance(requesting.attach_again(item, by=by), requesting.Requested)


def test_a_second_click_does_not_make_it_seem_to_be_there(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    item = paid_receipt(bakery, bob)
    publication, _step = document_opened(zoho, item, bob, clock)
    is_told_no(publication)
    ends(publication)
    attaches_again(item, bob)
    again = take_lease(now(publication))
    is_told_no(again)

    attaches_again(item, bob)
    ends(again)

    assert item_now(item).document_missing
