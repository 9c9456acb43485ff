"""Auto-publish in a browser: switched on for a supplier, and watched until the item is
in Zoho."""

import pytest
from playwright.sync_api import Page, expect

from dext_sync.businesses.models import Business, User
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import fill, is_signed_in, pick
from tests.publishing.factories import make_item, make_supplier, ready_item
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser

HALF_A_MINUTE = 30_000
"""Milliseconds: an item rests, then the timetable comes by."""


def switch_it_on(page: Page) -> None:
    page.get_by_role("link", name="Suppliers").first.click()
    page.get_by_role("link", name="Acme Paper Ltd").first.click()
    expect(page.get_by_text("The last item would have been")).to_be_visible()
    is_accessible(page)
    page.get_by_role("link", name="Suppliers").first.click()
    switch = page.get_by_label("Auto-publish Acme Paper Ltd")
    switch.select_option(label="Always")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    is_accessible(page)


def fill_it_in(page: Page, address: str) -> None:
    page.goto(address)
    pick(page, "Supplier", "Acme Paper Ltd")
    fill(page, "Date", "2026-11-20")
    fill(page, "Reference", "BY-ITSELF-1")
    pick(page, "Category", "Office Supplies")
    fill(page, "Total", "48.00")
    pick(page, "Tax rate", "Standard Rate")


def test_a_suppliers_items_go_to_zoho_by_themselves(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    acme = make_supplier(bakery)
    ready_item(bakery, alice, supplier=acme, document=None)
    is_signed_in(page, site)
    switch_it_on(page)

    new = make_item(bakery, alice)
    fill_it_in(page, f"{site.address}/b/harbour-bakery/costs/{new.pk}/")

    expect(page.get_by_text("Published as")).to_be_visible(timeout=HALF_A_MINUTE)
    assert [bill["bill_number"] for bill in site.zoho.bills] == ["BY-ITSELF-1"]
    is_accessible(page)
    page.get_by_role("link", name="Auto-publish", exact=True).click()
    expect(page.get_by_role("rowheader", name="Invoice BY-ITSELF-1")).to_be_visible()
    expect(page.get_by_text("Auto-published: supplier rule “Always”")).to_be_visible()
    is_accessible(page)
    page.get_by_role("link", name="How it decides").click()
    expect(page.get_by_role("heading", name="What must be true")).to_be_visible()
    is_accessible(page)
