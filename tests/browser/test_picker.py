"""What is picked while its list is drawn anew."""

import pytest
from playwright.sync_api import Locator, Page, expect

from dext_sync.businesses.models import Business, User
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import in_one_theme, is_saved, is_signed_in, publish
from tests.factories import make_business
from tests.publishing.factories import ready_item
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser


def category_of_an_item(
    page: Page, site: Site, bakery: Business, alice: User
) -> Locator:
    connected_to(site.zoho, bakery)
    item = ready_item(bakery, alice, document=None)
    is_signed_in(page, site)
    page.goto(f"{site.address}/b/{bakery.slug}/costs/{item.pk}/")
    return page.get_by_role("combobox", name="Category", exact=True)


@in_one_theme
def test_enter_takes_the_first_however_quickly_it_comes(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    field = category_of_an_item(page, site, bakery, alice)
    field.click()
    expect(page.get_by_role("listbox", name="Category")).to_be_visible()
    page.keyboard.type("it")
    page.keyboard.press("Enter")

    expect(field).to_have_value("IT and Internet Expenses")
    is_saved(page, "Category")


@in_one_theme
def test_an_option_that_is_replaced_while_it_is_pressed_is_picked(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    field = category_of_an_item(page, site, bakery, alice)
    field.click()
    field.fill("Postage")
    options = page.get_by_role("listbox", name="Category").get_by_role("option")
    expect(options).to_have_count(1)

    options.first.hover()
    page.mouse.down()
    page.get_by_role("listbox", name="Category").evaluate(
        "list => { list.innerHTML = list.innerHTML }"
    )
    page.mouse.up()

    is_saved(page, "Category")
    expect(field).to_have_value("Postage")


def test_reasons_for_no_tax_stand_apart_from_the_rates_and_are_picked_alike(
    page: Page, site: Site, alice: User
) -> None:
    is_signed_in(page, site)
    spices = make_business("Spice Route", owner=alice, country="IN", currency="INR")
    connected_to(site.zoho, spices, "Spice Route Pvt")
    item = ready_item(spices, alice, currency="INR", tax_rate=None, tax_amount=None)
    page.goto(f"{site.address}/b/{spices.slug}/costs/{item.pk}/")
    field = page.get_by_role("combobox", name="Tax rate", exact=True)

    field.click()
    apart = page.get_by_role("listbox", name="Tax rate").get_by_role("group")
    expect(apart.get_by_role("option")).to_have_count(1)
    is_accessible(page)
    page.keyboard.type("exp")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")

    is_saved(page, "Tax rate")
    expect(field).to_have_value("EXPORT")
    expect(page.get_by_label("Tax amount")).to_have_value("0.00")
    publish(page)
