"""The first path, by the words on the screen: connect, refresh, publish with documents."""

from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import (
    choose,
    fill,
    go_to,
    is_saved,
    pick,
    publish,
    sign_in,
    upload,
)
from tests.publishing.factories import make_pdf, make_png
from tests.publishing.zoho import ALICE, Zoho

pytestmark = pytest.mark.browser


def connect(page: Page, zoho: Zoho) -> None:
    page.get_by_role("link", name="Connections").click()
    expect(page.get_by_role("heading", name="Connections", level=1)).to_be_visible()
    is_accessible(page)
    page.get_by_role("link", name="Connect", exact=True).click()
    expect(
        page.get_by_role("heading", name="Connect accounting software")
    ).to_be_visible()
    is_accessible(page)
    page.get_by_role("link", name="Connect").last.click()
    page.get_by_label("Where do you sign in to Zoho?").select_option("eu")
    is_accessible(page)
    page.get_by_role("button", name="Connect software").click()
    page.get_by_label("Email").fill(ALICE)
    page.get_by_label("Password").fill("zoho-demo")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_label("Harbour Bakery Ltd")).to_be_checked()
    is_accessible(page)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("button", name="Finish")).to_be_visible()
    is_accessible(page)
    with being_read(zoho):
        page.get_by_role("button", name="Finish").click()
        expect(page.get_by_text("Harbour Bakery Ltd is connected.")).to_be_visible()
    expect(page.get_by_text("41 added")).to_be_visible()
    is_accessible(page)


def being_read(zoho: Zoho) -> AbstractContextManager[None]:
    """The lists are not all there before somebody has seen that they are under way."""
    return zoho.held_up(method="GET", path="/chartofaccounts")


def refresh(page: Page, zoho: Zoho) -> None:
    page.get_by_role("link", name="Manage").click()
    menu = page.get_by_role("button", name="Manage", exact=True)
    expect(menu).to_be_visible()
    is_accessible(page)
    menu.click()
    with being_read(zoho):
        page.get_by_role("button", name="Refresh integration data").click()
        expect(
            page.get_by_text(
                "Refresh in progress. This should only take a couple of minutes. "
                "No data will be lost."
            )
        ).to_be_visible()
        is_accessible(page)
    expect(page.get_by_text("Refresh in progress.")).to_be_hidden()
    page.get_by_role("link", name="Lists", exact=True).first.click()
    expect(page.get_by_role("heading", name="Lists", level=1)).to_be_visible()
    is_accessible(page)
    page.get_by_role("main").get_by_role("link", name="Suppliers").click()
    expect(page.get_by_role("rowheader", name="Acme Paper Ltd")).to_be_visible()
    is_accessible(page)


def publish_a_bill(page: Page, folder: Path) -> None:
    upload(page, folder, "acme.pdf", make_pdf("Acme"))
    fill(page, "Date", "2026-11-20")
    pick(page, "Supplier", "Acme Paper Ltd")
    fill(page, "Reference", "INV-104")
    fill(page, "Total", "120.00")
    pick(page, "Tax rate", "Standard Rate")
    pick(page, "Category", "Office Supplies")
    expect(page.get_by_text("Ready to publish.")).to_be_visible()
    page.get_by_role("link", name="Preview").click()
    expect(page.get_by_role("heading", name="What Publish would send")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Close").click()
    publish(page)


def add_payment_method(page: Page) -> None:
    page.get_by_role("link", name="Payment methods").click()
    adding = page.get_by_role("link", name="Add payment method")
    expect(adding).to_be_visible()
    is_accessible(page)
    adding.click()
    expect(page.get_by_label("Name")).to_be_visible()
    is_accessible(page)
    page.get_by_label("Name").fill("Company card")
    page.get_by_label("Account in Zoho Books").select_option(label="Petty Cash")
    page.get_by_role("button", name="Add payment method").click()
    expect(page.get_by_text("Company card").first).to_be_visible()
    is_accessible(page)


def publish_an_expense_of_a_new_supplier(page: Page, folder: Path) -> None:
    upload(page, folder, "till.png", make_png())
    payment = page.get_by_role("heading", name="Payment", exact=True)
    expect(payment).to_be_hidden()
    choose(page, "Type", "Receipt")
    expect(payment).to_be_visible()
    fill(page, "Date", "2026-11-21")
    pick(page, "Supplier", "Harbour Flowers")
    page.get_by_role("button", name="Create it in Zoho Books").click()
    expect(page.get_by_text("Harbour Flowers is not in Zoho Books")).to_be_hidden()
    # The button is gone: whoever works with the keyboard goes on at the field.
    supplier = page.get_by_role("combobox", name="Supplier", exact=True)
    expect(supplier).to_be_focused()
    fill(page, "Total", "24.00")
    pick(page, "Tax rate", "Standard Rate")
    pick(page, "Category", "Office Supplies")
    page.get_by_label("Paid", exact=True).check()
    is_saved(page, "Paid")
    pick(page, "Payment method", "Company card")
    publish(page)


def opens_in_zoho(page: Page) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open in Zoho Books").click()
    expect(opened.value.get_by_text("INV-104").first).to_be_visible()
    expect(opened.value.get_by_role("link", name="acme.pdf").first).to_be_visible()
    opened.value.close()


def test_a_bill_and_an_expense_reach_zoho_with_their_documents(
    page: Page, site: Site, tmp_path: Path
) -> None:
    sign_in(page, site)
    connect(page, site.zoho)
    refresh(page, site.zoho)
    publish_a_bill(page, tmp_path)
    opens_in_zoho(page)
    add_payment_method(page)
    publish_an_expense_of_a_new_supplier(page, tmp_path)

    (bill,) = site.zoho.bills
    (expense,) = site.zoho.expenses
    (contact,) = site.zoho.contacts("Harbour Flowers")
    assert bill["bill_number"] == "INV-104"
    assert str(bill["total"]) == "120.00"
    assert [row["file_name"] for row in bill["documents"]] == ["acme.pdf"]
    assert expense["vendor_id"] == contact["contact_id"]
    assert [row["file_name"] for row in expense["documents"]] == ["till.png"]

    go_to(page, "Costs", "Archive")
    expect(page.get_by_text("Published").first).to_be_visible()
    is_accessible(page)
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_text("published", exact=False).first).to_be_visible()
    is_accessible(page)
