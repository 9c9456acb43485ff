"""How often an item's page asks what is true of it now, and what that costs."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connections.models import Account
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding
from publishing.models import Item, Publication, Step
from publishing.progress import GLANCE
from tests.publishing.factories import make_item, ready_item
from tests.publishing.pages.conftest import At, Visitor, published, settle, text


def test_a_page_asks_often_only_while_somebody_watches_it(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_publish", item.pk, htmx=True)
    with acting_in(bakery.pk):
        Publication.unscoped.update(requested_at=timezone.now() - timedelta(seconds=6))

    for page in (visitor.opens("costs_inbox"), visitor.opens("item", item.pk)):
        assert re.findall(r'hx-trigger="every (\d+m?s)"', text(page)) == ["2s"]


def test_a_page_that_asks_again_looks_for_the_item_alone(
    at: At, bob: User, connected_bakery: Business
) -> None:
    ready_item(connected_bakery, bob, reference="INV-90")  # would be the next one
    visitor = at(bob, connected_bakery)
    item = being_checked(visitor, connected_bakery, bob)
    asks = asked_again(text(visitor.opens("item_state", item.pk)))

    with CaptureQueriesContext(database) as asked:
        answer = visitor.opens("item_state", item.pk, **asks)

    assert answer.status_code == 204
    of_items = [each for each in asked if 'FROM "publishing_item"' in each["sql"]]
    assert len(of_items) == 1


def test_a_step_that_is_done_changes_the_state_and_nothing_else_on_the_page(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    from_list = {"view": "status=ready"}
    pressed = visitor.posts("item_publish", item.pk, data=from_list, htmx=True)
    asks = asked_again(text(pressed))
    with acting_in(bakery.pk):
        Step.unscoped.filter(position=0).update(state=Step.State.SENDING)
        Publication.unscoped.update(requested_at=timezone.now() - GLANCE)
    sending = text(visitor.opens("item_state", item.pk, **asks))
    settle(item, Item.Status.PUBLISHED, Publication.State.PUBLISHED)
    arrived = text(visitor.opens("item_state", item.pk, **asked_again(sending)))

    assert asks["status"] == "ready"  # the list that Bob came from
    assert "Sending the bill to Zoho Books." in sending
    assert "hx-swap-oob" not in sending
    assert "Published as bill INV-104." in arrived
    assert 'id="inbox-count-costs" hx-swap-oob="true"' in arrived


@time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False)
def test_what_is_over_in_a_moment_is_not_drawn_step_by_step(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    asks = asked_again(text(visitor.posts("item_publish", item.pk, htmx=True)))
    with acting_in(bakery.pk):
        Step.unscoped.filter(position=0).update(state=Step.State.SENDING)
    sending = visitor.opens("item_state", item.pk, **asks)
    settle(item, Item.Status.PUBLISHED, Publication.State.PUBLISHED)
    arrived = text(visitor.opens("item_state", item.pk, **asks))

    assert sending.status_code == 204
    assert "Published as bill INV-104." in arrived


def test_while_only_the_document_is_checked_nothing_turns(
    at: At, bob: User, connected_bakery: Business
) -> None:
    visitor = at(bob, connected_bakery)
    item = being_checked(visitor, connected_bakery, bob)
    page = text(visitor.opens("item", item.pk))
    assert "Published as bill INV-104.</p> <p>Checking the document…</p>" in page
    assert "state__spinner" not in page
    assert 'hx-trigger="every 2s"' in page


def test_once_the_document_is_seen_the_item_can_be_taken_back(
    at: At, bob: User, connected_bakery: Business
) -> None:
    visitor = at(bob, connected_bakery)
    item = being_checked(visitor, connected_bakery, bob)
    asks = asked_again(text(visitor.opens("item", item.pk)))
    with acting_in(connected_bakery.pk):
        seen = Step.unscoped.filter(kind=Step.Kind.DOCUMENT)
        seen.update(verified_at=timezone.now())

    after = text(visitor.opens("item_state", item.pk, **asks))

    assert "Unarchive" in after


def asked_again(page: str) -> dict[str, Any]:
    """What the page asks with next."""
    (query,) = re.findall(r'hx-get="[^"]+/state/\?([^"]+)"', page)
    return dict(parse_qsl(unescape(query)))


def being_checked(visitor: Visitor, business: Business, owner: User) -> Item:
    """Published, and its document not yet seen in Zoho."""
    item = ready_item(business, owner, file_name="a.pdf")
    published(visitor, item)
    with acting_in(business.pk):
        Step.unscoped.filter(kind=Step.Kind.DOCUMENT).update(state=Step.State.DONE)
    return item


def test_what_others_change_is_drawn_on_the_page_of_an_item_that_rests(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    item = make_item(connected_bakery, bob)
    hers, his = at(alice, connected_bakery), at(bob, connected_bakery)
    page = text(hers.opens("item", item.pk))
    asks = {**asked_again(page), "values": values_of(page)}

    same = hers.opens("item_state", item.pk, **asks)
    his.posts("item_field", item.pk, "description", data={"value": "Flour"})
    other = text(hers.opens("item_state", item.pk, **asks))
    again = {**asked_again(other), "values": values_of(other)}

    assert 'hx-trigger="every 15s"' in page
    assert same.status_code == 204
    assert 'id="field-description" hx-swap-oob="true"' in other
    assert 'value="Flour"' in other
    assert hers.opens("item_state", item.pk, **again).status_code == 204


def test_what_a_review_found_is_told_beside_the_fields(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    page = text(visitor.opens("item", item.pk))
    with acting_in(connected_bakery.pk):
        Account.unscoped.update(is_active=False)
        coding.review(Item.unscoped.get(pk=item.pk))

    asks = {**asked_again(page), "values": values_of(page)}
    told = text(visitor.opens("item_state", item.pk, **asks))

    assert "Please resolve these issues" in told
    (category,) = re.findall(r'<div class="entry[^>]+id="field-category".+', told)
    assert "entry__reason" in category.partition('id="field-description"')[0]


def values_of(page: str) -> str:
    (values,) = re.findall(r'id="item-values" name="values" value="(\w+)"', page)
    return str(values)


def test_the_history_shows_no_fields_so_what_others_changed_is_still_told_by_publish(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    page = text(visitor.opens("item_history", item.pk))
    (shown,) = re.findall(r'name="values" value="(\w+)"', page)
    asks = {**asked_again(page), "values": shown, "newest": newest_of(page)}
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(reference="INV-999")
    same = visitor.opens("item_state", item.pk, **asks)
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(status=Item.Status.TO_REVIEW)
    other = text(visitor.opens("item_state", item.pk, **asks))

    assert same.status_code == 204
    assert re.findall(r'name="values" value="(\w+)"', other) == [shown]
    assert 'id="field-' not in other
    assert asked_again(other)["tab"] == "history"


def test_the_open_history_tells_what_leaves_the_state_as_it_is(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    item = make_item(connected_bakery, bob)
    his = at(bob, connected_bakery)
    page = text(his.opens("item_history", item.pk))
    asks = {**asked_again(page), "newest": newest_of(page)}
    same = his.opens("item_state", item.pk, **asks)
    hers = at(alice, connected_bakery)
    hers.posts("item_field", item.pk, "description", data={"value": "Flour"})

    told = text(his.opens("item_state", item.pk, **asks))

    assert same.status_code == 204
    history = told[told.index('id="item-history" hx-swap-oob="true"') :]
    assert "from — to Flour" in history
    again = {**asked_again(told), "newest": newest_of(told)}
    assert his.opens("item_state", item.pk, **again).status_code == 204


def test_the_open_history_tells_that_publish_was_pressed_and_goes_on(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    place = [connected_bakery.slug, "costs", item.pk]
    page = f"http://testserver{reverse('item_history', args=place)}?from=inbox"
    headers = {"HX-Request": "true", "HX-Current-URL": page}

    pressed = visitor.client.post(reverse("item_publish", args=place), headers=headers)

    told = " ".join(pressed.text.split())
    history = told[told.index('id="item-history" hx-swap-oob="true"') :]
    assert "<b>Bob</b> pressed Publish" in history
    assert 'id="item-fields"' not in told
    asks = {**asked_again(told), "newest": newest_of(told)}
    assert asks["tab"] == "history"
    assert visitor.opens("item_state", item.pk, **asks).status_code == 204


def newest_of(page: str) -> str:
    (newest,) = re.findall(r'name="newest" value="([\w-]*)"', page)
    return str(newest)


def test_the_open_history_tells_that_somebody_has_archived_it(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    item = make_item(connected_bakery, bob)
    visitor = at(bob, connected_bakery)
    page = text(visitor.opens("item_history", item.pk))
    at(alice, connected_bakery).posts("item_archive", item.pk)

    told = text(visitor.opens("item_state", item.pk, **asked_again(page)))

    history = told[told.index('id="item-history" hx-swap-oob="true"') :]
    assert "<b>Alice</b> archived" in history
