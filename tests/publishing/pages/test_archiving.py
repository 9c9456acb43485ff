"""What was published, taken back from the Archive, and published once more."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, requesting
from publishing.models import Item, Publication, Supplier
from publishing.problems import Problem
from publishing.reasons import Reason
from tests.publishing.factories import (
    ready_item,
)
from tests.publishing.pages.conftest import At, now, text
from tests.publishing.steps import as_published, press_publish, trail_of

STAYS = "Bill INV-104 stays in Zoho Books. Publishing again makes a second one."
CLEAR_FIRST = "To change anything here, clear its publishing data first."


@pytest.fixture
def published(connected_bakery: Business, bob: User) -> Item:
    item = ready_item(connected_bakery, bob)
    press_publish(item, bob)
    return as_published(item, "4600000000000001")


def test_what_is_published_comes_back_with_the_reason_why_it_waits(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    at(bob, bakery).posts("item_unarchive", published.pk)

    assert now(published).status == Item.Status.TO_REVIEW
    assert now(published).archived_at is None
    page = text(at(bob, bakery).opens("item", published.pk))
    assert "It is in Zoho Books already." in page
    assert "Clear publishing data" in page
    assert "4600000000000001" in page


def test_10_10_publishing_it_is_refused_until_its_data_is_cleared(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    visitor.posts("item_publish", published.pk)
    visitor.posts("items_publish", data={"item": published.pk, "confirmed": "1"})

    held = press_publish(published, bob)
    assert held == requesting.Held((Reason.ALREADY_PUBLISHED,))
    with acting_in(bakery.pk):
        assert Publication.unscoped.filter(item=published).count() == 1


def test_the_preview_gives_the_reason_too(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    preview = text(visitor.opens("item_preview", published.pk, htmx=True))

    assert "It is in Zoho Books already." in preview


@pytest.mark.parametrize("htmx", [True, False])
def test_clearing_asks_first_and_says_what_stays(
    at: At, bob: User, bakery: Business, published: Item, *, htmx: bool
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    asked = text(visitor.opens("item_clear", published.pk, htmx=htmx))

    assert STAYS in asked
    with acting_in(bakery.pk):
        assert Publication.unscoped.get(item=published).cleared_at is None


def test_10_10_once_cleared_it_is_published_again_and_history_shows_both_ids(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)
    visitor.posts("item_clear", published.pk)
    assert now(published).status == Item.Status.READY

    visitor.posts("item_publish", published.pk)

    assert now(published).status == Item.Status.PUBLISHING
    as_published(published, "4600000000000002")
    history = text(visitor.opens("item_history", published.pk))
    assert history.count("4600000000000002") >= 1
    assert "Bill INV-104 (4600000000000001) stays in Zoho Books" in history
    assert trail_of(bakery, published)[-3:] == [
        "item.unarchived",
        "item.cleared",
        "publication.requested",
    ]


def test_put_back_it_is_published_as_before(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    visitor.posts("item_archive", published.pk)

    assert now(published).status == Item.Status.PUBLISHED
    assert now(published).archived_at is not None
    page = text(visitor.opens("item", published.pk))
    assert "Published as bill INV-104." in page


@pytest.fixture
def veras(connected_bakery: Business, vera: User, bob: User) -> Item:
    """Vera's own item, which Bob has published; she may not."""
    item = ready_item(connected_bakery, vera)
    press_publish(item, bob)
    return as_published(item, "4600000000000003")


def test_who_may_not_publish_takes_nothing_back_that_is_published(
    at: At, vera: User, bakery: Business, veras: Item
) -> None:
    visitor = at(vera, bakery)
    assert "Unarchive" not in text(visitor.opens("item", veras.pk))

    visitor.posts("item_unarchive", veras.pk)

    assert now(veras).status == Item.Status.PUBLISHED
    assert "ask somebody who may publish." in text(visitor.opens("item", veras.pk))
    assert trail_of(bakery, veras) == ["publication.requested"]


def test_who_may_not_publish_takes_back_what_never_was(
    at: At, vera: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, vera)
    visitor = at(vera, connected_bakery)
    visitor.posts("item_archive", item.pk)
    assert "Unarchive" in text(visitor.opens("item", item.pk))

    visitor.posts("item_unarchive", item.pk)

    assert now(item).status == Item.Status.READY


def test_who_may_not_publish_may_not_clear(
    at: At, vera: User, bob: User, bakery: Business, veras: Item
) -> None:
    with acting_in(bakery.pk):
        archiving.unarchive(veras, bob, may_publish=True)
    visitor = at(vera, bakery)

    assert visitor.posts("item_clear", veras.pk).status_code == 403

    with acting_in(bakery.pk):
        assert Publication.unscoped.get(item=veras).cleared_at is None
    assert "Ask somebody who may publish." in text(visitor.opens("item", veras.pk))


@pytest.mark.parametrize("htmx", [True, False])
def test_what_stands_in_zoho_is_not_changed_here(
    at: At, bob: User, bakery: Business, published: Item, *, htmx: bool
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    visitor.posts("item_field", published.pk, "total", data={"value": "9"}, htmx=htmx)
    visitor.posts(
        "item_field", published.pk, "reference", data={"value": "OTHER"}, htmx=htmx
    )

    item = now(published)
    assert (item.total, item.reference) == (Decimal(120), "INV-104")


def test_its_page_says_to_clear_first_and_has_no_fields_to_fill(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    page = text(visitor.opens("item", published.pk))

    assert CLEAR_FIRST in page
    assert 'name="value"' not in page
    visitor.posts("item_clear", published.pk)
    page = text(visitor.opens("item", published.pk))
    assert CLEAR_FIRST not in page
    assert 'name="value"' in page


def test_who_comes_too_late_is_told_to_clear_first(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    """From a page that was opened before it was published."""
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    answer = visitor.posts(
        "item_field", published.pk, "total", data={"value": "9"}, htmx=True
    )

    assert "It was not changed: clear its publishing data first." in text(answer)


def test_its_row_offers_no_category(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    page = text(visitor.opens("costs_inbox"))

    assert f'id="item-{published.pk}"' in page
    assert f'id="id_category-{published.pk}"' not in page


def test_of_many_it_is_left_as_it_is(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    other = ready_item(bakery, bob, reference="INV-105")
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    visitor.posts(
        "items_code",
        data={
            "item": [published.pk, other.pk],
            "field": "category",
            "typed": "Postage",
        },
    )

    assert [str(now(item).category) for item in (published, other)] == [
        "Office Supplies",
        "Postage",
    ]
    said = text(visitor.opens("costs_inbox"))
    assert "1 item changed." in said
    assert (
        "1 item is in Zoho Books and was left as it is: clear its publishing data first."
    ) in said


def test_nobody_says_which_contact_its_supplier_is(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    with acting_in(bakery.pk):
        Supplier.unscoped.filter(items=published).update(
            name="New Mill", key="newmill", contact=None
        )
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    visitor.posts("supplier_decide", published.pk, data={"choice": "create"})

    with acting_in(bakery.pk):
        supplier = Supplier.unscoped.get(items=published)
    assert supplier.create_agreed_at is None


def test_what_is_under_way_stays_in_the_archive(
    bob: User, bakery: Business, published: Item
) -> None:
    """Its document is just being attached again."""
    with acting_in(bakery.pk):
        Publication.unscoped.update(state=Publication.State.WAITING, finished_at=None)
        with pytest.raises(archiving.NotArchivable):
            archiving.unarchive(published, bob, may_publish=True)
    assert now(published).status == Item.Status.PUBLISHED


def test_there_is_nothing_to_clear_in_the_archive(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    at(bob, bakery).posts("item_clear", published.pk)

    with acting_in(bakery.pk):
        assert Publication.unscoped.get(item=published).cleared_at is None


def test_what_was_deleted_in_zoho_is_cleared_from_its_own_page(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    gone = Problem.RECORD_GONE
    with acting_in(bakery.pk):
        Publication.unscoped.filter(item=published).update(
            problem_code=gone.code, problem=str(gone.sentence)
        )
    visitor = at(bob, bakery)

    page = text(visitor.opens("item", published.pk))
    asked = text(visitor.opens("item_clear", published.pk))
    visitor.posts("item_clear", published.pk)

    assert "Attach again" not in page
    assert f'href="/b/{bakery.slug}/costs/{published.pk}/clear/"' in page
    assert "Zoho Books has said that Bill INV-104 is no longer there." in asked
    assert now(published).status == Item.Status.READY
    assert now(published).archived_at is None


def test_looking_at_the_page_clears_nothing_even_if_it_was_taken_back_just_then(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)

    with taken_back_once_it_was_read(published, bob):
        answer = visitor.opens("item_clear", published.pk)

    assert answer.status_code == 302
    assert now(published).status == Item.Status.TO_REVIEW
    with acting_in(bakery.pk):
        assert Publication.unscoped.get(item=published).cleared_at is None


@contextmanager
def taken_back_once_it_was_read(item: Item, by: User) -> Iterator[None]:
    """Another person acts between a page's question for the item and what it does."""
    begun: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  (Django's own signature)
        answer = execute(sql, params, many, context)
        if not begun and sql.startswith("SELECT") and 'FROM "publishing_item"' in sql:
            begun.append(sql)
            archiving.unarchive(item, by, may_publish=True)
        return answer

    with database.execute_wrapper(watch):
        yield


def test_what_was_cleared_is_put_away_like_anything_unpublished(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)
    visitor.posts("item_clear", published.pk)

    visitor.posts("item_archive", published.pk)

    assert now(published).status == Item.Status.ARCHIVED


# A second one, knowingly
