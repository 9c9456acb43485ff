"""Sales in a browser: a draft invoice reaches Zoho, and a list is walked by its keys."""

import re
from pathlib import Path

import pytest
from django.db.models import F
from playwright.sync_api import Locator, Page, expect

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import tasks
from publishing.models import Step
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import fill, go_to, is_signed_in, pick, publish, upload
from tests.publishing.factories import make_pdf, ready_item
from tests.publishing.zoho import connected_to
from tests.workers import until

pytestmark = pytest.mark.browser


def publish_a_draft(page: Page, folder: Path) -> None:
    upload(page, folder, "hb-2041.pdf", make_pdf("Sale"), workspace="Sales")
    fill(page, "Date", "2026-11-20")
    pick(page, "Customer", "Anchor Hotel")
    fill(page, "Reference", "HB-2041")
    fill(page, "Total", "468.00")
    fill(page, "Description", "Sourdough, wedding reception")
    pick(page, "Tax rate", "Standard Rate")
    pick(page, "Category", "Sales")
    expect(page.get_by_text("Ready to publish.")).to_be_visible()
    page.get_by_role("link", name="Preview").click()
    expect(page.get_by_role("heading", name="A draft invoice")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Close").click()
    publish(page)
    expect(page.get_by_text("Published as draft invoice HB-2041.")).to_be_visible()


def opens_in_zoho(page: Page) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open in Zoho Books").click()
    expect(opened.value.get_by_text("HB-2041").first).to_be_visible()
    expect(opened.value.get_by_role("link", name="hb-2041.pdf").first).to_be_visible()
    table = opened.value.locator(".wide").filter(has_text="HB-2041").first
    assert table.evaluate("it => it.scrollWidth <= it.clientWidth")
    opened.value.close()


def documents_are_verified(business: Business) -> None:
    """Now, and not when the timetable comes by; until then nothing is taken back."""
    with acting_in(business.pk):
        documents = Step.unscoped.filter(kind=Step.Kind.DOCUMENT)
        documents.update(settled_at=F("settled_at") - tasks.VERIFY_AFTER)
        tasks.sweep_verifications()
        until(lambda: not documents.filter(verified_at=None).exists())


def take_it_back_and_clear(page: Page) -> None:
    go_to(page, "Sales", "Archive")
    expect(page.get_by_role("link", name="Anchor Hotel")).to_be_visible()
    is_accessible(page)
    page.get_by_role("link", name="Anchor Hotel").click()
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Unarchive").click()
    expect(page.get_by_text("It is in Zoho Books already.")).to_be_visible()
    is_accessible(page)
    page.get_by_role("link", name="Clear publishing data").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Invoice HB-2041 stays in Zoho Books.")).to_be_visible()
    is_accessible(page)
    dialog.get_by_role("button", name="Clear publishing data").click()
    expect(page.get_by_text("Ready to publish.")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("publishing data cleared")).to_be_visible()
    is_accessible(page)


def test_a_sale_becomes_a_draft_in_zoho_and_is_taken_back(
    page: Page, site: Site, bakery: Business, tmp_path: Path
) -> None:
    connected_to(site.zoho, bakery)
    is_signed_in(page, site)
    publish_a_draft(page, tmp_path)
    opens_in_zoho(page)
    documents_are_verified(bakery)
    take_it_back_and_clear(page)

    (invoice,) = [
        row for row in site.zoho.invoices if row["invoice_number"] == "HB-2041"
    ]
    assert invoice["status"] == "draft"
    assert str(invoice["total"]) == "468.00"
    assert [row["file_name"] for row in invoice["documents"]] == ["hb-2041.pdf"]


def row(page: Page, reference: str) -> Locator:
    return page.get_by_role("row").filter(has_text=reference)


def narrows(page: Page) -> None:
    page.get_by_text("Filter", exact=True).click()
    is_accessible(page)
    page.get_by_label("Least total").fill("150")
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("link", name="Total from 150.00")).to_be_visible()
    expect(row(page, "INV-1")).to_be_hidden()
    is_accessible(page)
    page.get_by_role("link", name="Total from 150.00").click()
    expect(row(page, "INV-1")).to_be_visible()


def chooses_columns(page: Page) -> None:
    page.get_by_role("button", name="Columns").click()
    is_accessible(page)
    page.get_by_role("checkbox", name="Owner").uncheck()
    with page.expect_navigation():
        page.get_by_role("button", name="Show these columns").click()
    expect(page.get_by_role("columnheader", name="Owner")).to_be_hidden()


def walks_by_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    is_accessible(page)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search items")).to_be_focused()
    page.keyboard.type("jx")
    expect(page.get_by_label("Search items")).to_have_value("jx")
    page.get_by_label("Search items").fill("")
    page.get_by_role("heading", name="Costs inbox").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(row(page, "INV-3").get_by_role("link")).to_be_focused()
    page.keyboard.press("x")
    expect(row(page, "INV-3").get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/costs/\d+/"))
    page.go_back()
    expect(row(page, "INV-2").get_by_role("link")).to_be_focused()


def publishes_by_key(page: Page) -> None:
    page.keyboard.press("p")
    expect(row(page, "INV-2").get_by_text("Published", exact=True)).to_be_visible()
    page.keyboard.press("j")
    expect(row(page, "INV-1").get_by_role("link")).to_be_focused()


def publishes_by_the_button_of_the_row(page: Page) -> None:
    """It is switched off, and gone once it was pressed: the focus stays in the row."""
    row(page, "INV-1").get_by_role("button", name="Publish Invoice INV-1").focus()
    page.keyboard.press("Enter")
    expect(row(page, "INV-1").get_by_text("Published", exact=True)).to_be_visible()
    expect(row(page, "INV-1").get_by_role("link").first).to_be_focused()


def test_the_inbox_is_narrowed_and_walked_by_keys(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    for number in (1, 2, 3):
        ready_item(
            bakery,
            alice,
            document=None,
            reference=f"INV-{number}",
            total=120 * number,
            tax_amount=20 * number,
        )
    is_signed_in(page, site)
    narrows(page)
    chooses_columns(page)
    walks_by_keys(page)
    publishes_by_key(page)
    publishes_by_the_button_of_the_row(page)

    assert [bill["bill_number"] for bill in site.zoho.bills] == ["INV-2", "INV-1"]
