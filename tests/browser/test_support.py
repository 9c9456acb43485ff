"""An Admin lets support look; what could change something is switched off there."""

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect
from pytest_django import Settings

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import is_signed_in
from tests.businesses.membership import code_for, support_person
from tests.factories import PASSWORD
from tests.publishing.factories import make_connection, make_item, make_lists

pytestmark = pytest.mark.browser


@pytest.fixture
def sam(committed_db: None, settings: Settings) -> User:
    return support_person(settings)


def test_support_reads_everything_and_changes_nothing(
    page: Page, sam: User, site: Site, bakery: Business, alice: User
) -> None:
    with acting_in(bakery.pk):
        make_lists(make_connection(bakery))
    item = make_item(bakery, alice, reference="INV-104")
    make_item(bakery, alice, reference="INV-105")
    is_signed_in(page, site)
    grants(page, site)

    page.context.clear_cookies()
    signs_in(page, site, sam)
    page.get_by_role("link", name="Harbour Bakery").click()
    expect(page.get_by_text("You look into Harbour Bakery as support")).to_be_visible()
    is_accessible(page)
    page.get_by_label("Search").fill("INV-104")
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_role("link", name="INV-105")).to_have_count(0)
    page.goto(f"{site.address}/b/harbour-bakery/costs/{item.pk}/")
    expect(page.get_by_label("Total", exact=True)).to_be_disabled()
    is_accessible(page)
    page.goto(f"{site.address}/b/harbour-bakery/lists/categories/")
    page.get_by_role("searchbox").press_sequentially("Post")
    expect(page.get_by_role("switch")).to_have_count(1)
    expect(page.get_by_role("switch")).to_be_disabled()
    page.goto(f"{site.address}/b/harbour-bakery/users/")
    expect(page.get_by_role("button", name="End access now")).to_be_disabled()

    his = page.context.cookies()
    page.context.clear_cookies()
    is_signed_in(page, site)
    page.goto(f"{site.address}/b/harbour-bakery/users/")
    page.get_by_role("button", name="End access now").click()
    expect(page.get_by_text("Support has no access any more.")).to_be_visible()

    page.context.clear_cookies()
    page.context.add_cookies(his)  # type: ignore[arg-type]
    answer = page.goto(f"{site.address}/b/harbour-bakery/users/")
    assert answer is not None
    assert answer.status == 404


def signs_in(page: Page, site: Site, person: User) -> None:
    """With the password, then the code that the app shows."""
    app = Authenticator.objects.get(user=person, type=Authenticator.Type.TOTP)
    secret = get_adapter().decrypt(app.data["secret"])
    page.goto(site.address)
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill(code_for(secret))
    page.get_by_role("button", name="Sign in").click()


def grants(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/b/harbour-bakery/users/")
    page.get_by_role("button", name="Grant read-only access for 24 hours").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Support may look in for 24 hours now.")).to_be_visible()
    is_accessible(page)
