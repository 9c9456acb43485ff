"""The page of an item that rests says what is so now, without a reload."""

import pytest
from playwright.sync_api import Page, expect

from connections import events
from connections.models import ConnectionEvent
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import entry, holds, in_one_theme, is_saved, open_item
from tests.publishing.factories import make_item, ready_item
from tests.publishing.steps import item_now
from tests.publishing.zoho import connected_to
from tests.workers import until

pytestmark = pytest.mark.browser

SOON = 16_000
"""Milliseconds in which such a page has asked again."""


def test_it_hears_of_the_connection_and_leaves_alone_what_is_typed_or_being_saved(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    item = make_item(bakery, alice)
    open_item(page, site, item)
    expect(page.get_by_text("The business is not connected")).to_be_visible()
    held = holds(page, "**/fields/description/")
    description, due = page.get_by_label("Description"), page.get_by_label("Due date")
    description.fill("Flour")
    due.focus()  # saves it
    due.press("1")
    expect(page.locator("[data-saves].htmx-request")).to_have_count(1)
    saving = held()

    connection = connected_to(site.zoho, bakery)
    with acting_in(bakery.pk):
        events.note(connection, ConnectionEvent.Kind.CONNECTED)
        until(lambda: "no_connection" not in item_now(item).reasons)
        Item.unscoped.filter(pk=item.pk).update(reference="INV-9")
    page.clock.fast_forward(SOON)

    expect(page.get_by_text("The business is not connected")).to_be_hidden()
    expect(
        entry(page, "Category").get_by_text("The category is missing.")
    ).to_be_visible()
    expect(page.get_by_label("Reference")).to_have_value("INV-9")
    expect(description).to_have_value("Flour")
    expect(due).to_be_focused()
    assert due.evaluate("it => it.validity.badInput")
    is_accessible(page)
    saving.continue_()
    is_saved(page, "Description")
    expect(description).to_have_value("Flour")


@in_one_theme
def test_what_others_saved_while_it_was_typed_over_is_not_published_unseen(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    item = ready_item(bakery, alice)
    open_item(page, site, item)
    reference = page.get_by_label("Reference")
    shown = reference.input_value()
    reference.fill("Typed, and taken back")
    with acting_in(bakery.pk):
        Item.unscoped.filter(pk=item.pk).update(reference="INV-9", description="Rye")
    page.clock.fast_forward(SOON)
    expect(page.get_by_label("Description", exact=True)).to_have_value("Rye")
    expect(reference).to_have_value("Typed, and taken back")

    reference.fill(shown)
    page.get_by_role("button", name="Publish", exact=True).click()

    expect(reference).to_have_value("INV-9")
    with acting_in(bakery.pk):
        assert item_now(item).status == Item.Status.READY


@in_one_theme
def test_while_the_server_is_away_that_is_said_once_and_goes_by_itself(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    item = make_item(bakery, alice)
    open_item(page, site, item)
    page.route(
        "**/state/**", lambda route: route.fulfill(status=502, body="Bad gateway")
    )
    page.clock.fast_forward(SOON)
    away = page.get_by_text("There is no connection to the server.")
    expect(away).to_be_visible()
    first = away.element_handle()

    with page.expect_response("**/state/**"):
        page.clock.fast_forward(SOON)
    expect(away).to_have_count(1)
    assert first.is_visible()  # and was not said anew

    page.unroute("**/state/**")
    page.clock.fast_forward(SOON)
    expect(away).to_be_hidden()
