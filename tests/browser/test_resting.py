"""The page of an item that rests says what is so now, without a reload."""

import pytest
from playwright.sync_api import Page, Route, expect

from connections import events
from connections.models import ConnectionEvent
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import entry, is_saved, sign_in
from tests.publishing.factories import make_item
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
    page.clock.install()
    sign_in(page, site)
    page.goto(f"{site.address}/b/{bakery.slug}/costs/{item.pk}/")
    expect(page.get_by_text("The business is not connected")).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/fields/description/", hold)
    description, due = page.get_by_label("Description"), page.get_by_label("Due date")
    description.fill("Flour")
    due.focus()  # saves it
    due.press("1")
    expect(page.locator("[data-saves].htmx-request")).to_have_count(1)

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
    held[0].continue_()
    is_saved(page, "Description")
    expect(description).to_have_value("Flour")
