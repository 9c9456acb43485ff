"""What could not be saved stays where it was typed, and nothing is published past it."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dext_sync.businesses.models import Business, User
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import entry, fill, holds, in_one_theme, is_saved, is_signed_in
from tests.factories import PASSWORD
from tests.publishing.factories import ready_item
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser

SETS_PATIENCE = "(fields, patience) => fields.setAttribute('hx-request', patience)"


def opens_an_item(page: Page, site: Site, bakery: Business, alice: User) -> None:
    connected_to(site.zoho, bakery)
    ready_item(bakery, alice)
    is_signed_in(page, site)
    page.get_by_role("link", name="Acme Paper Ltd").click()


def test_publish_does_not_go_past_a_field_that_is_not_saved(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    opens_an_item(page, site, bakery, alice)
    total = page.get_by_label("Total", exact=True)
    total.fill("1e9")
    total.press("Tab")
    expect(entry(page, "Total").get_by_text("Enter an amount")).to_be_visible()

    page.get_by_role("button", name="Publish", exact=True).click()

    expect(total).to_be_focused()
    expect(total).to_have_value("1e9")
    expect(page.get_by_text("Ready to publish.")).to_be_visible()
    fill(page, "Total", "120.00")
    page.get_by_role("button", name="Publish", exact=True).press("Enter")
    expect(page.get_by_text("Published as")).to_be_visible()
    ahead = page.locator("#item-actions").get_by_role("link", name="Open in Zoho Books")
    expect(ahead).to_be_focused()


def test_publish_waits_for_what_is_being_saved(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    opens_an_item(page, site, bakery, alice)
    let_through = holds_back(page, "**/fields/description/")
    description = page.get_by_label("Description", exact=True)
    description.fill("Typed last")

    page.get_by_role("button", name="Publish", exact=True).click()
    let_through()

    expect(page.get_by_text("Published as")).to_be_visible()
    expect(page.get_by_text("Typed last")).to_be_visible()


@in_one_theme
def test_publish_saves_what_was_typed_before_the_page_listened(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    opens_an_item(page, site, bakery, alice)
    description = page.get_by_label("Description", exact=True)
    description.evaluate("field => { field.value = 'Typed early' }")

    page.get_by_role("button", name="Publish", exact=True).click()

    expect(page.get_by_text("Published as")).to_be_visible()
    (line,) = site.zoho.bills[0]["line_items"]
    assert line["description"] == "Typed early"


@in_one_theme
def test_a_save_that_is_never_answered_does_not_hold_publish_back_unsaid(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    opens_an_item(page, site, bakery, alice)
    page.route("**/fields/description/", lambda _route: None)
    fields = page.locator("#item-fields")
    patience = fields.get_attribute("hx-request")
    assert json.loads(patience or "{}") == {"timeout": 30000}
    fields.evaluate(SETS_PATIENCE, '{"timeout": 500}')
    description = page.get_by_label("Description", exact=True)
    description.fill("Typed last")

    page.get_by_role("button", name="Publish", exact=True).click()

    expect(entry(page, "Description").get_by_text("Not saved")).to_be_visible()
    page.unroute("**/fields/description/")
    fields.evaluate(SETS_PATIENCE, patience)
    description.press("Enter")
    is_saved(page, "Description")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published as")).to_be_visible()


def test_publish_in_a_row_means_the_category_that_the_row_shows(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    ready_item(bakery, alice)
    is_signed_in(page, site)
    category = page.get_by_role("combobox", name="Category of Invoice INV-104")
    publish = page.get_by_role("button", name="Publish Invoice INV-104")
    category.fill("Travel")
    page.route("**/fields/category/", lambda route: route.abort())
    page.get_by_role("option", name="Travel Expense").click()
    expect(page.get_by_text("nobody knows whether your change arrived")).to_be_visible()

    publish.click()  # saves what was typed once more, and in vain
    expect(page.locator(".row__category.htmx-request")).to_have_count(0)
    publish.click()

    expect(category).to_be_focused()
    page.unroute("**/fields/category/")
    let_through = holds_back(page, "**/fields/category/")
    category.fill("Travel")
    page.get_by_role("option", name="Travel Expense").click()
    publish.click()
    let_through()
    opened = page.get_by_role("link", name="Open Invoice INV-104 in Zoho Books")
    expect(opened).to_be_visible()
    (line,) = site.zoho.bills[0]["line_items"]
    assert line["account_name"] == "Travel Expense"


def holds_back(page: Page, address: str) -> Callable[[], None]:
    """A request there waits until it is let through, and nothing is published before."""
    held = holds(page, address)

    def let_through() -> None:
        route = held()
        assert published == []
        route.continue_()

    published: list[str] = []
    page.on(
        "request", lambda sent: published.extend(re.findall("/publish/$", sent.url))
    )
    return let_through


@in_one_theme
def test_what_is_typed_on_while_it_is_being_saved_stays(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    opens_an_item(page, site, bakery, alice)
    held = holds(page, "**/fields/description/")
    description = page.get_by_label("Description", exact=True)
    description.fill("Flour")
    description.press("Tab")
    saving = held()
    description.press("End")
    description.press_sequentially(" for bread")

    saving.continue_()

    expect(page.locator("[data-saves].htmx-request")).to_have_count(0)
    expect(description).to_have_value("Flour for bread")
    page.unroute("**/fields/description/")
    description.press("Tab")
    is_saved(page, "Description")
    page.reload()
    expect(description).to_have_value("Flour for bread")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_way_back_in_is_in_sight_where_the_save_failed(
    page: Page, site: Site, bakery: Business, alice: User, width: int
) -> None:
    opens_an_item(page, site, bakery, alice)
    page.set_viewport_size({"width": width, "height": 700})
    page.context.clear_cookies(name="sessionid")
    description = page.get_by_label("Description", exact=True)
    description.scroll_into_view_if_needed()
    page.mouse.wheel(0, 2000)
    description.fill("Typed too late")
    description.press("Tab")

    link = page.get_by_role("link", name="Sign in again in another tab")
    expect(link).to_be_in_viewport()
    is_accessible(page)


@in_one_theme
def test_a_gateway_knows_nothing_of_what_was_being_saved(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    opens_an_item(page, site, bakery, alice)
    page.route("**/fields/reference/", lambda route: route.fulfill(status=502))
    reference = page.get_by_label("Reference")
    reference.fill("INV-9")
    reference.press("Tab")

    expect(page.get_by_text("nobody knows whether your change arrived")).to_be_visible()
    expect(page.get_by_text("Not saved: there was no answer.")).to_be_visible()
    expect(reference).to_have_value("INV-9")


def test_whoever_was_signed_out_keeps_what_they_typed(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    opens_an_item(page, site, bakery, alice)
    page.context.clear_cookies(name="sessionid")
    description = page.get_by_label("Description", exact=True)
    description.fill("Typed too late")
    description.press("Tab")
    expect(entry(page, "Description").get_by_text("signed out")).to_be_visible()
    is_accessible(page)

    with page.expect_popup() as opened:
        page.get_by_role("link", name="Sign in again in another tab").click()
    other = opened.value
    other.get_by_label("Email").fill("alice@example.com")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_label("Description", exact=True)).to_be_visible()
    expect(description).to_have_value("Typed too late")
    description.press("Enter")

    expect(page.get_by_text("signed out")).to_have_count(0)
    is_saved(page, "Description")


def test_a_page_that_asks_again_does_not_take_it_to_the_sign_in(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    page.clock.install()
    opens_an_item(page, site, bakery, alice)
    description = page.get_by_label("Description", exact=True)
    page.context.clear_cookies(name="sessionid")
    description.fill("Typed too late")
    with page.expect_response("**/state/**"):
        page.clock.fast_forward(16_000)
    description.press("Tab")
    expect(entry(page, "Description").get_by_text("signed out")).to_be_visible()
    with page.expect_response("**/state/**"):
        page.clock.fast_forward(16_000)

    expect(description).to_have_value("Typed too late")
    is_accessible(page)
