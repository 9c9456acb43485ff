"""What was published, taken back from the Archive, and published once more."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connections.models import Connection, Contact, PurchaseRecord
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, requesting
from publishing.models import Item, Publication, Step, Supplier
from publishing.problems import Problem
from publishing.reasons import Reason
from tests.publishing.factories import (
    make_entry,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.pages.conftest import At, now, text
from tests.publishing.steps import press_publish, trail_of

STAYS = "Bill INV-104 stays in Zoho Books. Publishing again makes a second one."
CLEAR_FIRST = "To change anything here, clear its publishing data first."


def as_published(item: Item, zoho_id: str) -> Item:
    """As a worker leaves it: the bill is in Zoho, and everything is settled."""
    with acting_in(item.business_id):
        publication = Publication.unscoped.get(item=item, finished_at=None)
        publication.steps.update(state=Step.State.DONE, verified_at=timezone.now())
        publication.steps.filter(kind=Step.Kind.RECORD).update(zoho_id=zoho_id)
        publication.state = Publication.State.PUBLISHED
        publication.finished_at = timezone.now()
        publication.save()
        item.refresh_from_db()
        item.status = Item.Status.PUBLISHED
        item.published_at = item.archived_at = timezone.now()
        item.save()
    return item


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


@pytest.fixture
def cleared(bob: User, published: Item) -> Item:
    """Published, taken back and cleared: its bill stays in Zoho."""
    return clear(published, bob)


def clear(item: Item, by: User) -> Item:
    with acting_in(item.business_id):
        archiving.unarchive(item, by, may_publish=True)
        return archiving.clear(item, by)


SAME_NUMBER = f"{STAYS} Zoho Books takes it only under another number."
BILL = "https://books.zoho.eu/app/20081234501#/bills/4600000000000001"


def test_once_cleared_its_page_says_what_stays_and_leads_there(
    at: At, alice: User, bakery: Business, cleared: Item
) -> None:
    """Whoever opens it: Alice has not cleared it herself."""
    page = text(at(alice, bakery).opens("item", cleared.pk))

    assert "Ready to publish." in page
    assert SAME_NUMBER in page
    assert f'href="{BILL}" target="_blank" rel="noopener"' in page


def test_under_another_number_zoho_takes_it(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    visitor = at(bob, bakery)

    panel = text(
        visitor.posts(
            "item_field", cleared.pk, "reference", data={"value": "104b"}, htmx=True
        )
    )

    assert STAYS in panel
    assert "only under another number" not in panel


def test_an_expense_has_no_number_that_zoho_minds(
    at: At, bob: User, connected_bakery: Business
) -> None:
    receipt = paid_receipt(connected_bakery, bob, reference="R-7")
    press_publish(receipt, bob)
    visitor = at(bob, connected_bakery)
    taken_back = as_published(receipt, "4600000000000007")
    visitor.posts("item_unarchive", taken_back.pk)
    asked = text(visitor.opens("item_clear", taken_back.pk, htmx=True))
    visitor.posts("item_clear", taken_back.pk)

    page = text(visitor.opens("item", receipt.pk))

    stays = "The expense stays in Zoho Books. Publishing again makes a second one."
    assert stays in asked
    assert stays in page
    assert "It becomes an expense in Zoho Books." in page
    assert "only under another number" not in asked + page


def test_clearing_says_that_zoho_takes_the_number_once(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_unarchive", published.pk)

    assert SAME_NUMBER in text(visitor.opens("item_clear", published.pk, htmx=True))


def test_the_preview_of_what_was_cleared_says_that_it_makes_a_second_one(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    preview = text(at(bob, bakery).opens("item_preview", cleared.pk, htmx=True))

    assert SAME_NUMBER in preview
    assert f'href="{BILL}"' in preview


def test_of_many_the_second_ones_are_counted_and_marked(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    other = ready_item(bakery, bob, reference="INV-105")

    asked = text(
        at(bob, bakery).posts(
            "items_publish", data={"item": [cleared.pk, other.pk]}, htmx=True
        )
    )

    assert "Publish 2 items" in asked
    assert "1 of these was published before and stays in Zoho Books" in asked
    assert asked.count(SAME_NUMBER) == asked.count("Published before") == 1


def test_more_second_ones_cost_the_dialog_no_more_queries(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    visitor = at(bob, bakery)

    def queries(items: list[Item]) -> int:
        with CaptureQueriesContext(database) as asked:
            visitor.posts("items_publish", data={"item": [each.pk for each in items]})
        return len(asked)

    queries([cleared])
    of_one = queries([cleared])
    more = [ready_item(bakery, bob, reference=f"M-{number}") for number in range(3)]
    for number, item in enumerate(more):
        press_publish(item, bob)
        clear(as_published(item, f"460000000000010{number}"), bob)

    assert queries([cleared, *more]) == of_one


def test_its_row_says_that_it_was_published_before(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    ready_item(bakery, bob, reference="INV-105")

    page = text(at(bob, bakery).opens("costs_inbox"))

    assert page.count("Published before") == 1


def test_it_is_still_said_when_publishing_again_has_failed(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    press_publish(cleared, bob)
    with acting_in(bakery.pk):
        cleared.publications.filter(cleared_at=None).update(
            state=Publication.State.FAILED, finished_at=timezone.now()
        )
        Item.unscoped.filter(pk=cleared.pk).update(status=Item.Status.FAILED)

    assert STAYS in text(at(bob, bakery).opens("item", cleared.pk))


def test_nothing_is_said_of_a_record_that_was_gone_when_it_was_cleared(
    at: At, bob: User, bakery: Business, published: Item
) -> None:
    with acting_in(bakery.pk):
        Publication.unscoped.filter(item=published).update(
            problem_code=Problem.RECORD_GONE.code
        )
    clear(published, bob)
    visitor = at(bob, bakery)

    assert "stays in Zoho Books" not in text(visitor.opens("item", published.pk))
    assert "Published before" not in text(visitor.opens("costs_inbox"))


@pytest.mark.parametrize(
    "gone", [{"removed_at": timezone.now()}, {"is_active": False, "status": "void"}]
)
def test_nor_once_the_lists_say_that_it_has_left_zoho(
    at: At, bob: User, bakery: Business, cleared: Item, gone: dict[str, Any]
) -> None:
    with acting_in(bakery.pk):
        connection = Connection.unscoped.get()
    make_entry(
        PurchaseRecord,
        connection,
        "INV-104",
        zoho_id="4600000000000001",
        kind="bill",
        total=Decimal(120),
        **gone,
    )
    visitor = at(bob, bakery)

    page = text(visitor.opens("item", cleared.pk))
    asked = text(visitor.posts("items_publish", data={"item": cleared.pk}))

    assert "Ready to publish." in page
    assert "Publishing again makes a second one." not in page + asked


def test_in_another_organisation_the_number_is_free(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    with acting_in(bakery.pk):
        Publication.unscoped.filter(item=cleared).update(organisation_id="20081239999")

    page = text(at(bob, bakery).opens("item", cleared.pk))

    assert STAYS in page
    assert "only under another number" not in page


def test_from_another_supplier_zoho_takes_the_number(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    """A bill's number is taken once for each supplier."""
    with acting_in(bakery.pk):
        connection = Connection.unscoped.get()
    make_entry(
        Contact, connection, "Other Mill Ltd", kind="vendor", currency_code="GBP"
    )
    other = make_supplier(bakery, "Other Mill Ltd")
    with acting_in(bakery.pk):
        Item.unscoped.filter(pk=cleared.pk).update(supplier=other)

    page = text(at(bob, bakery).opens("item", cleared.pk))

    assert STAYS in page
    assert "only under another number" not in page


def test_what_was_put_away_after_it_was_cleared_does_not_say_that_nothing_was_sent(
    at: At, bob: User, bakery: Business, cleared: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_archive", cleared.pk)

    page = text(visitor.opens("item", cleared.pk))

    assert "Nothing of it was sent to Zoho Books." not in page


def test_names_and_numbers_are_no_markup(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, reference="<b>INV</b>")
    press_publish(item, bob)
    clear(as_published(item, '"><script>x'), bob)
    visitor = at(bob, connected_bakery)

    for page in (
        visitor.opens("item", item.pk),
        visitor.opens("item_preview", item.pk, htmx=True),
        visitor.posts("items_publish", data={"item": item.pk}, htmx=True),
    ):
        assert "<script>x" not in page.content.decode()
        assert "<b>INV" not in page.content.decode()
