"""Settings and rules in a browser: said once, and filled in from then on."""

import pytest
from playwright.sync_api import Page, expect

from dext_sync.businesses.models import Business, User
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import entry, fill, is_signed_in, pick
from tests.publishing.factories import make_item, make_supplier
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser


def say_the_settings(page: Page) -> None:
    page.get_by_role("link", name="Connections").click()
    page.get_by_role("link", name="Manage").click()
    warns = page.get_by_label("Warn me when creating a new supplier")
    warns.uncheck()
    expect(page.get_by_text("Saved: Warn me")).to_be_visible()
    page.get_by_label("Default tax for costs").select_option(
        label="Standard Rate · 20 %"
    )
    expect(page.get_by_text("Saved: Default tax for costs")).to_be_visible()
    is_accessible(page)
    page.reload()
    expect(warns).not_to_be_checked()


def say_a_rule_from_an_item(page: Page, address: str) -> None:
    page.goto(address)
    pick(page, "Category", "Office Supplies")
    page.get_by_role("link", name="Set supplier rules").click()
    category = page.get_by_role("combobox", name="Category", exact=True)
    expect(category).to_have_value("Office Supplies")
    page.get_by_label("Due after").fill("14")
    is_accessible(page)
    page.get_by_role("button", name="Save and apply to inbox items").click()
    expect(page.get_by_role("heading", name="Apply the rule")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Change 1 item").click()
    expect(page.get_by_text("1 item was changed.")).to_be_visible()
    page.get_by_role("link", name="Suppliers").first.click()
    expect(page.get_by_text("Category: Office Supplies")).to_be_visible()
    is_accessible(page)


def finds_them_filled_in(page: Page, address: str) -> None:
    page.goto(address)
    pick(page, "Supplier", "Acme Paper Ltd")
    category = page.get_by_role("combobox", name="Category", exact=True)
    expect(category).to_have_value("Office Supplies")
    fill(page, "Total", "120.00")
    expect(page.get_by_label("Tax amount")).to_have_value("20.00")
    entry(page, "Category").get_by_role("link", name="Why? Category").click()
    expect(page.get_by_text("holds")).to_be_visible()
    expect(entry(page, "Category").get_by_text("rule of Acme").first).to_be_visible()
    is_accessible(page)


def try_a_category_rule(page: Page) -> None:
    page.get_by_role("link", name="Category rules").click()
    expect(page.get_by_label("Words")).to_be_visible()
    is_accessible(page)
    page.get_by_label("Words").fill("stamps")
    category = page.get_by_role("combobox", name="Category", exact=True)
    category.fill("Postage")
    page.get_by_role("option", name="Postage").first.click()
    page.get_by_role("button", name="Try it on past items").click()
    expect(page.get_by_text("It would have changed")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("rowheader", name="stamps")).to_be_visible()
    is_accessible(page)


def test_what_is_said_once_is_filled_in_from_then_on(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    acme = make_supplier(bakery)
    first = make_item(bakery, alice, supplier=acme, date="2026-11-20")
    second = make_item(bakery, alice)
    costs = f"{site.address}/b/harbour-bakery/costs"
    is_signed_in(page, site)
    say_the_settings(page)
    say_a_rule_from_an_item(page, f"{costs}/{first.pk}/")
    finds_them_filled_in(page, f"{costs}/{second.pk}/")
    try_a_category_rule(page)
