"""A document that came twice, in a browser: both side by side, and what is said."""

import pytest
from playwright.sync_api import Page, expect

from dext_sync.businesses.models import Business, User
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import is_signed_in
from tests.publishing.factories import ready_item
from tests.publishing.twins import twins
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser


def opens(page: Page, reference: str) -> None:
    page.get_by_role("row").filter(has_text=reference).get_by_role(
        "link", name="Acme Paper Ltd"
    ).click()


def sees_both(page: Page) -> None:
    page.get_by_role("link", name="It may be a duplicate").click()
    expect(page.get_by_role("heading", name="Is it the same?")).to_be_focused()
    expect(page.get_by_text("The same reference.").first).to_be_visible()
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    is_accessible(page)


def says_different(page: Page) -> None:
    page.get_by_role("button", name="It is different from all of these").click()
    # The button is gone; Publish is not where a second Enter would land.
    expect(page.get_by_text("Ready to publish.")).to_be_focused()
    expect(page.get_by_role("heading", name="Is it the same?")).to_be_hidden()
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_enabled()
    is_accessible(page)


def says_same(page: Page) -> None:
    page.get_by_role("button", name="It is the same: archive this one").click()
    expect(page.get_by_text("Archived: it is the same as another.")).to_be_visible()
    sidebar = page.get_by_role("navigation", name="Costs", exact=True)
    sidebar.get_by_role("link", name="Archive").click()
    opens(page, "inv 7")
    expect(page.get_by_text("Archived as a duplicate")).to_be_visible()
    is_accessible(page)


def test_both_are_seen_and_answered_for(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    twins(bakery, alice)
    ready_item(bakery, alice, reference="INV.7")
    is_signed_in(page, site)
    is_accessible(page)
    opens(page, "INV.7")
    sees_both(page)
    says_different(page)
    page.get_by_role("link", name="Inbox").first.click()
    opens(page, "inv 7")
    says_same(page)
    page.get_by_role("main").get_by_role("link", name="Invoice INV-7").click()
    expect(page.get_by_text("Ready to publish.")).to_be_visible()
