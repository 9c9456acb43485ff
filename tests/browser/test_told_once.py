"""Nothing is told again, to whoever listens to the page, that did not change."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding
from publishing.models import Item
from tests.browser.conftest import Site
from tests.browser.steps import in_one_theme, is_saved, open_item
from tests.browser.test_resting import SOON
from tests.publishing.factories import make_item, ready_item
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser

LISTENS = """
window.told = [];
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) told.push(...[...addedNodes].map((it) => it.textContent.trim()));
}).observe(document.querySelector(".item__state"), { childList: true, subtree: true });
"""


@in_one_theme
def test_the_state_is_not_while_somebody_types_over_what_others_changed(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    item = ready_item(bakery, alice)
    open_item(page, site, item)
    page.evaluate(LISTENS)
    page.get_by_label("Reference").fill("Typed")
    description = page.get_by_label("Description", exact=True)

    for word in ("Rye", "Wheat"):
        with acting_in(bakery.pk):
            rows = Item.unscoped.filter(pk=item.pk)
            rows.update(reference="INV-9", description=word)
        page.clock.fast_forward(SOON)
        expect(description).to_have_value(word)

    assert page.evaluate("told") == []


@in_one_theme
def test_an_issue_names_the_amounts_that_others_have_entered_meanwhile(
    page: Page, site: Site, bakery: Business, alice: User, bob: User
) -> None:
    connected_to(site.zoho, bakery)
    item = ready_item(bakery, alice, tax_amount=Decimal("19.66"))
    open_item(page, site, item)
    expect(page.get_by_role("link", name="the document says 19.66.")).to_be_visible()
    with acting_in(bakery.pk):
        coding.change(item, "tax_amount", Decimal("18.00"), by=bob)

    page.clock.fast_forward(SOON)

    expect(page.get_by_label("Tax amount")).to_have_value("18.00")
    expect(page.get_by_role("link", name="the document says 18.00.")).to_be_visible()


@in_one_theme
def test_the_issues_are_not_with_every_field_that_is_saved(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    open_item(page, site, make_item(bakery, alice))
    issues = page.get_by_role("listitem").filter(has_text="The category is missing.")
    expect(issues).to_be_visible()
    page.evaluate(LISTENS)
    description = page.get_by_label("Description", exact=True)

    description.fill("Flour")
    description.press("Tab")

    is_saved(page, "Description")
    assert page.evaluate("told") == []
    total = page.get_by_label("Total", exact=True)
    total.fill("120.00")
    total.press("Tab")
    is_saved(page, "Total")
    (told,) = page.evaluate("told")
    assert "The category is missing." in told
    assert "total" not in told
