"""What is picked while its list is drawn anew."""

import pytest
from playwright.sync_api import Locator, Page, expect

from dext_sync.businesses.models import Business, User
from tests.browser.conftest import Site
from tests.browser.steps import entry, sign_in
from tests.publishing.factories import ready_item
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser


def category_of_an_item(
    page: Page, site: Site, bakery: Business, alice: User
) -> Locator:
    connected_to(site.zoho, bakery)
    item = ready_item(bakery, alice, document=None)
    sign_in(page, site)
    page.goto(f"{site.address}/b/{bakery.slug}/costs/{item.pk}/")
    return page.get_by_role("combobox", name="Category", exact=True)


def test_enter_takes_the_first_however_quickly_it_comes(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    field = category_of_an_item(page, site, bakery, alice)
    field.click()
    expect(page.get_by_role("listbox", name="Category")).to_be_visible()
    page.keyboard.type("it")
    page.keyboard.press("Enter")

    expect(field).to_have_value("IT and Internet Expenses")
    expect(entry(page, "Category").get_by_text("Saved")).to_be_visible()


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

    expect(entry(page, "Category").get_by_text("Saved")).to_be_visible()
    expect(field).to_have_value("Postage")
