"""Reconnecting, and changing to another organisation, by the words on the screen."""

import pytest
from playwright.sync_api import Page, expect

from connections.models import Account
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import ruling
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import sign_in
from tests.factories import PASSWORD
from tests.publishing.factories import entry, make_supplier, ready_item
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser

ZOHO_USER = "anna@ledgerly.example"
"""Of three organisations."""


def go_to_zoho(page: Page) -> None:
    page.get_by_label("Where do you sign in to Zoho?").select_option("eu")
    page.get_by_role("button", name="Connect software").click()


def sign_in_there(page: Page) -> None:
    """Zoho remembers it the next time."""
    page.get_by_label("Email").fill(ZOHO_USER)
    page.get_by_label("Password").fill("zoho-demo")
    page.get_by_role("button", name="Sign in").click()


def accept(page: Page) -> None:
    page.get_by_role("button", name="Accept").click()


def reconnect(page: Page) -> None:
    page.get_by_role("link", name="Connections").click()
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name="Reconnect").click()
    go_to_zoho(page)
    sign_in_there(page)
    accept(page)
    expect(page.get_by_label("Harbour Bakery Ltd")).to_be_checked()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_text("Harbour Bakery Ltd is connected again.")).to_be_visible()
    is_accessible(page)


def change_organisation(page: Page) -> None:
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("button", name="Manage", exact=True).click()
    page.get_by_role("link", name="Change organisation").click()
    expect(page.get_by_label("Where do you sign in to Zoho?")).to_be_visible()
    is_accessible(page)
    go_to_zoho(page)
    accept(page)
    page.get_by_label("Ledgerly Practice").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("button", name="Keep the old one")).to_be_visible()
    is_accessible(page)
    page.get_by_role("link", name="Change organisation").click()
    expect(page.get_by_text("From now on")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Change organisation").click()
    confirm_password(page)
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_text("Ledgerly Practice is connected")).to_be_visible()


def confirm_password(page: Page) -> None:
    """What asked for it is done after that; it is not asked where it was just typed."""
    password = page.get_by_label("Password")
    expect(password.or_(page.get_by_role("button", name="Finish"))).to_be_visible()
    if password.is_visible():
        password.fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()


def merge_lists(page: Page) -> None:
    expect(page.get_by_text("Refresh in progress.")).to_be_hidden()
    page.get_by_role("link", name="Connections").click()
    page.get_by_role("link", name="Merge lists").click()
    expect(page.get_by_label("Takes the place of Postage")).to_have_value("Postage")
    is_accessible(page)
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_text("1 open item, 1 rule")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Merge lists").click()
    expect(page.get_by_text("Lists merged:")).to_be_visible()
    is_accessible(page)


def test_the_connection_is_made_anew_and_changed_to_another_organisation(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    acme = make_supplier(bakery)
    with acting_in(bakery.pk):
        rule = {"category": entry(Account, bakery, "Postage")}
        ruling.set_supplier_rule(acme, rule, by=alice)
    ready_item(bakery, alice, supplier=acme, document=None)
    sign_in(page, site)
    reconnect(page)
    change_organisation(page)
    merge_lists(page)
    page.get_by_role("link", name="Inbox").first.click()
    expect(page.get_by_text("Ready").first).to_be_visible()
