"""The connection breaks while its page is open, under somebody's hands."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from connections import books
from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import in_one_theme, is_signed_in
from tests.publishing.crowd import waiting
from tests.publishing.pages.test_waiting import wait
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser

SOON = 6_000
"""Milliseconds in which the page has asked again while something waits."""


@pytest.fixture
def connection(page: Page, site: Site, bakery: Business, alice: User) -> Connection:
    """Its page is open, and something waits."""
    connection = connected_to(site.zoho, bakery)
    wait(waiting(bakery, alice, 1), "day")
    page.clock.install()
    is_signed_in(page, site)
    page.goto(site.address + reverse("connection", args=[bakery.slug, connection.pk]))
    return connection


def breaks(connection: Connection) -> None:
    with acting_in(connection.business_id):
        books.broke(connection, Connection.Broken.ORGANISATION_REFUSED)


def test_it_says_so_and_offers_the_way_back_without_a_reload(
    page: Page, connection: Connection
) -> None:
    manage = page.get_by_role("button", name="Manage", exact=True)
    refresh = page.get_by_role("button", name="Refresh integration data")
    manage.click()
    expect(refresh).to_be_visible()
    breaks(connection)

    page.clock.fast_forward(SOON)

    expect(page.get_by_text("(Harbour Bakery Ltd) needs reconnecting.")).to_be_visible()
    expect(refresh).to_be_visible()  # the menu that is open is left alone
    page.route("**/connections/*/", lambda route: route.abort())  # it was the last
    page.keyboard.press("Escape")
    expect(refresh).to_have_count(0)
    expect(manage).to_be_focused()
    expect(page.get_by_role("link", name="Reconnect").first).to_have_class(
        "button button--primary"
    )
    is_accessible(page)


@in_one_theme
def test_the_focus_comes_back_from_a_dialog_to_what_was_drawn_anew(
    page: Page, connection: Connection
) -> None:
    reconnect = page.get_by_role("link", name="Reconnect").first
    reconnect.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    breaks(connection)
    with page.expect_response("**/connections/*/"):
        page.clock.fast_forward(SOON)
    expect(page.get_by_text("(Harbour Bakery Ltd) needs reconnecting.")).to_be_visible()

    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(reconnect).to_be_focused()
