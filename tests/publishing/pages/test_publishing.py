"""Publish from the page, the row and a selection; what the page says afterwards."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication, PublishAttempt, Step
from tests.publishing.factories import (
    make_item,
    paid_receipt,
    ready_item,
)
from tests.publishing.pages.conftest import (
    At,
    now,
    published,
    settle,
    text,
)
from tests.publishing.steps import publications


def test_publish_sends_the_item_on_its_way(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = text(at(bob, bakery).posts("item_publish", item.pk, htmx=True))
    assert publications(bakery) == [item.pk]
    assert "On its way to Zoho Books." in answer
    assert "Publishing…" in answer
    assert 'hx-trigger="every 50ms"' in answer
    assert 'id="item-fields" hx-swap-oob="true"' in answer
    assert "<select" not in answer


def test_two_clicks_make_one_publication(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_publish", item.pk)
    visitor.posts("item_publish", item.pk)
    assert publications(bakery) == [item.pk]


def test_what_is_not_ready_is_not_sent_and_says_why(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, reference="")
    answer = text(at(bob, connected_bakery).posts("item_publish", item.pk, htmx=True))
    assert "Not published. An invoice needs its number" in answer
    assert publications(connected_bakery) == []


def test_an_item_on_its_way_cannot_be_changed(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_publish", item.pk)
    answer = visitor.posts(
        "item_field", item.pk, "total", data={"value": "1"}, htmx=True
    )
    assert "is being published. It was not changed." in text(answer)
    assert now(item).total == Decimal(120)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (Item.Status.PUBLISHED, "This item is in Zoho Books by now."),
        (Item.Status.ARCHIVED, "This item is archived by now."),
    ],
)
def test_a_page_left_open_is_told_what_has_become_of_its_item(
    at: At, bob: User, bakery: Business, item: Item, status: str, told: str
) -> None:
    with acting_in(bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(status=status)

    answer = at(bob, bakery).posts(
        "item_field", item.pk, "total", data={"value": "1"}, htmx=True
    )

    assert f"{told} It was not changed." in text(answer)
    assert now(item).total == Decimal(120)


# The state panel


def test_the_panel_is_silent_while_nothing_changes(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_publish", item.pk)
    page = visitor.opens("item", item.pk).content.decode()
    address = page.split('id="item-state"')[1].split('hx-get="')[1].split('"')[0]
    address = address.replace("&amp;", "&")
    assert visitor.client.get(address).status_code == 204
    settle(item, Item.Status.PUBLISHED, Publication.State.PUBLISHED)
    answer = text(visitor.client.get(address))  # type: ignore[arg-type]
    assert "Published as bill INV-104." in answer
    assert 'hx-trigger="every' not in answer


def test_published_leads_to_the_record_in_zoho(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    published(visitor, item)
    page = text(visitor.opens("item", item.pk))
    assert (
        'href="https://books.zoho.eu/app/20081234501#/bills/460000000099"'
        ' target="_blank" rel="noopener"' in page
    )
    assert "Open in Zoho Books" in page
    assert "<select" not in page
    assert 'id="publish"' not in page


def test_published_items_are_read_only(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    published(visitor, item)
    visitor.posts("item_field", item.pk, "total", data={"value": "1"})
    visitor.posts("item_publish", item.pk)
    assert (now(item).total, now(item).status) == (Decimal(120), Item.Status.PUBLISHED)
    assert publications(bakery) == [item.pk]


def test_a_missing_document_offers_to_attach_it_again(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    published(visitor, item, document_missing=True)
    page = text(visitor.opens("item", item.pk))
    assert "its document is missing there" in page
    assert "Attach again" in page


@pytest.mark.parametrize(
    ("settled", "warns"),
    [
        ({}, False),
        ({"document_missing": True}, True),
        ({"problem_code": "second_record", "problem": "Two of them."}, True),
    ],
)
def test_what_is_to_be_looked_at_although_published_does_not_look_done(
    at: At, bob: User, bakery: Business, item: Item, settled: Any, *, warns: bool
) -> None:
    visitor = at(bob, bakery)
    published(visitor, item, **settled)

    page = text(visitor.opens("item", item.pk))

    assert ('class="state state--published state--warning"' in page) is warns


def test_a_failure_says_zohos_words_and_offers_to_publish_again(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_publish", item.pk)
    with acting_in(bakery.pk):
        publication = Publication.unscoped.get()
        PublishAttempt.unscoped.create(
            business=bakery,
            publication=publication,
            step=publication.steps.get(kind=Step.Kind.RECORD),
            outcome=PublishAttempt.Outcome.REFUSED,
            message="The bill number exists already.",
        )
        Publication.unscoped.update(
            state=Publication.State.FAILED,
            finished_at=timezone.now(),
            problem_code="rejected:reference",
            problem="Zoho Books did not take it.",
        )
        Item.unscoped.update(status=Item.Status.FAILED)
    page = text(visitor.opens("item", item.pk))
    assert "Publishing failed." in page
    assert "<q>The bill number exists already.</q>" in page
    assert 'data-focuses="id_reference">Zoho Books did not take it.</a>' in page
    assert "Publish again" in page
    visitor.posts("item_publish", item.pk)
    assert publications(bakery) == [item.pk, item.pk]
    assert now(item).status == Item.Status.PUBLISHING


def test_published_offers_the_next_item_of_the_view(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    other = ready_item(bakery, bob, reference="INV-105")
    make_item(bakery, bob)
    visitor = at(bob, bakery)
    published(visitor, item)
    panel = text(visitor.opens("item_state", item.pk, status="ready", editable="1"))
    assert (
        f'<a class="button button--primary" href="/b/{bakery.slug}/costs/{other.pk}/'
        '?status=ready">Next item' in panel
    )


def test_then_the_other_way_to_the_next_one_goes(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    """One is enough; while it is on its way the one above the document stays."""
    ready_item(bakery, bob, reference="INV-105")
    visitor = at(bob, bakery)
    page = text(visitor.opens("item", item.pk, sort="added"))
    sent = text(visitor.posts("item_publish", item.pk, htmx=True))
    settle(item, Item.Status.PUBLISHED, Publication.State.PUBLISHED)

    panel = text(visitor.opens("item_state", item.pk, editable="1"))

    assert re.search(r'<span id="item-next"><a [^>]*rel="next"', page)
    assert "item-next" not in sent
    assert '<span id="item-next" hx-swap-oob="true" hidden></span>' in panel


def test_old_messages_go_when_the_item_has_gone_on(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    published(visitor, item)

    panel = text(visitor.opens("item_state", item.pk, htmx=True))

    assert (
        '<div id="messages" class="messages" role="status" hx-swap-oob="true"></div>'
        in panel
    )


def test_the_history_of_what_was_just_published_keeps_the_place_in_the_inbox(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    before = text(visitor.opens("item", item.pk, status="ready"))
    history = f"/b/{bakery.slug}/costs/{item.pk}/history/?from=inbox&amp;status=ready"
    assert history in before
    published(visitor, item)

    asked: dict[str, Any] = {"from": "inbox", "status": "ready"}
    page = text(visitor.opens("item_history", item.pk, **asked))

    assert f'costs/?status=ready#item-{item.pk}">' in page


def test_an_expense_without_a_number_is_published_as_an_expense(
    at: At, bob: User, connected_bakery: Business
) -> None:
    receipt = paid_receipt(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    published(visitor, receipt)
    page = text(visitor.opens("item", receipt.pk))
    assert "Published as an expense." in page
    assert "<b>Expense</b> in Zoho Books" in page


def test_who_may_not_publish_is_told_why_there_is_no_button(
    at: At, vera: User, connected_bakery: Business
) -> None:
    for item in (ready_item(connected_bakery, vera), make_item(connected_bakery, vera)):
        page = text(at(vera, connected_bakery).opens("item", item.pk))
        assert "You may edit this item, not publish it" in page
        assert 'id="publish"' not in page


# Counts


def count_in(page: str) -> str:
    """The number beside Inbox in the sidebar."""
    return (
        page.split('id="inbox-count-costs"')[1].split(">")[1].split("<", maxsplit=1)[0]
    )


def test_the_counts_come_with_every_answer_that_moves_an_item(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    ready_item(bakery, bob, reference="INV-105")
    visitor = at(bob, bakery)
    row = text(visitor.posts("item_publish", item.pk, data={"in": "row"}, htmx=True))
    assert (count_in(row), 'Ready <span class="tabs__count">1<' in row) == ("2", True)
    settle(item, Item.Status.PUBLISHED, Publication.State.PUBLISHED)
    settled = text(visitor.opens("items_rows", item=item.pk, seen="earlier"))
    assert (count_in(settled), 'All <span class="tabs__count">1<' in settled) == (
        "1",
        True,
    )
    assert count_in(text(visitor.opens("item_state", item.pk))) == "1"


def test_on_their_way_becomes_what_is_true(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    other = ready_item(bakery, bob, reference="INV-105")
    visitor = at(bob, bakery)
    both = {"item": [item.pk, other.pk], "confirmed": "1"}
    visitor.posts("items_publish", data=both)
    page = text(visitor.opens("costs_inbox"))
    assert "2 items are on their way to Zoho Books." in page
    assert visitor.opens("items_journey", seen="2-0-0").status_code == 204
    settle(item, Item.Status.PUBLISHED, Publication.State.PUBLISHED)
    answer = text(visitor.opens("items_journey", seen="2-0-0"))
    assert "1 item is on its way to Zoho Books. 1 item was published." in answer
    assert count_in(answer) == "1"
    with acting_in(bakery.pk):
        Item.unscoped.filter(pk=other.pk).update(status=Item.Status.FAILED)
    answer = text(visitor.opens("items_journey", seen="1-1-0"))
    assert "1 item was published. 1 item was not published" in answer
    assert "every 2s" not in answer
    assert "published" not in text(visitor.opens("items_journey"))


# Selections
