"""Back, where the page before was the same with other words in its search."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from dext_sync.businesses.models import Business
from tests.browser.conftest import Site
from tests.browser.steps import in_one_theme, is_signed_in

pytestmark = pytest.mark.browser


@in_one_theme
def test_whoever_was_signed_out_meanwhile_comes_to_the_sign_in(
    page: Page, site: Site, bakery: Business
) -> None:
    is_signed_in(page, site)
    suppliers = reverse("suppliers", args=[bakery.slug, "suppliers"])
    page.goto(site.address + suppliers)
    page.get_by_label("Search").fill("acme")
    expect(page).to_have_url(f"{site.address}{suppliers}?q=acme")
    page.context.clear_cookies(name="sessionid")

    page.go_back()

    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
