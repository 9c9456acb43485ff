"""A passkey or a security key that is not used, or refused by its owner, is said."""

import pytest
from playwright.sync_api import Page, expect

from dext_sync.businesses.models import Business, User
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import sign_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser

NOBODY_TOUCHES_IT = (
    "navigator.credentials.create = () => Promise.reject(new Error('Nobody'))"
)


def test_a_key_that_gives_no_answer_is_not_passed_over(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    page.add_init_script(NOBODY_TOUCHES_IT)
    sign_in(page, site)
    page.goto(f"{site.address}/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()

    page.get_by_role("button", name="Add key").click()

    expect(page.get_by_text("The key gave no answer.")).to_be_visible()
    is_accessible(page)
