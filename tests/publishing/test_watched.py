"""What is seen of publishing from outside: counts for Prometheus, and log lines."""

from contextlib import AbstractContextManager
from typing import Protocol

import pytest
import redis

from dext_sync import counters
from dext_sync.businesses.models import Business, User
from publishing.models import Item
from tests.logs import of, written
from tests.publishing.factories import ready_item
from tests.publishing.steps import publish
from tests.publishing.zoho import Zoho

pytestmark = pytest.mark.usefixtures("connection")


class Committing(Protocol):
    def __call__(self, *, execute: bool) -> AbstractContextManager[object]: ...


@pytest.fixture
def item(bakery: Business, bob: User) -> Item:
    return ready_item(bakery, bob)


@pytest.fixture(autouse=True)
def counted_from_nothing(redis_client: redis.Redis) -> None:
    for key in redis_client.scan_iter("metrics:*"):
        redis_client.delete(key)


def counts(kind: counters.Kind) -> dict[tuple[str, ...], int]:
    found = counters.counts()
    return {each.labels: each.number for each in found if each.kind == kind}


def test_a_published_item_is_counted_with_its_tries_and_calls(
    zoho: Zoho,
    item: Item,
    bob: User,
    django_capture_on_commit_callbacks: Committing,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        publish(item, bob)
    organisation = f"eu:{zoho.organisation.organisation_id}"
    assert counts(counters.PUBLICATIONS) == {("bill", "published"): 1}
    assert counts(counters.TRIES) == {("record", "done"): 1, ("document", "done"): 1}
    assert counts(counters.CALLS) == {
        (organisation, "201", "0"): 1,
        (organisation, "200", "0"): 1,
    }


def test_one_that_zoho_refuses_is_counted_as_failed(
    zoho: Zoho,
    item: Item,
    bob: User,
    django_capture_on_commit_callbacks: Committing,
) -> None:
    zoho.fails("forbidden", path="/bills", times=2)
    with django_capture_on_commit_callbacks(execute=True):
        publish(item, bob)
    assert counts(counters.PUBLICATIONS) == {("bill", "failed"): 1}
    assert counts(counters.TRIES) == {("record", "refused"): 1}


def test_each_step_is_a_line_that_names_item_publication_and_business(
    item: Item, bob: User
) -> None:
    with written() as lines:
        publication = publish(item, bob)
    line = of(lines, "record: done")
    assert of(lines, "document: done")
    assert line["logger"] == "publishing.results"
    assert line["business_id"] == item.business_id
    assert line["publication_id"] == publication.pk
    assert line["item_id"] == item.pk
    assert line["task"] == "publishing.tasks.publish"
