"""What one works with stays in sight, and nothing jumps."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, ViewportSize, expect

from dext_sync.businesses.models import Business, User
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import in_one_theme, is_saved, is_signed_in
from tests.publishing.factories import make_item, make_pdf, make_png, ready_item
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser

DESK = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


def pictures(count: int) -> list[FilePayload]:
    return [file(f"{number}.png", make_png()) for number in range(1, count + 1)]


def file(name: str, content: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="", buffer=content)


def height(row: Locator) -> float:
    box = row.bounding_box()
    assert box is not None
    return box["height"]


def answering(status: int) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status)


def is_as_wide_as_its_window(page: Page) -> None:
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_the_list_keeps_its_columns_and_its_place(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    held, ready = make_item(bakery, alice), ready_item(bakery, alice)
    is_signed_in(page, site)

    expect(page.get_by_role("columnheader", name="Publish to")).to_be_visible()
    rows = [page.locator(f"#item-{item.pk}") for item in (held, ready)]
    assert [height(row) for row in rows] == [40, 40]
    is_as_wide_as_its_window(page)

    documents = page.get_by_label("Drop documents here, or choose them")
    documents.set_input_files(
        [
            *pictures(11),
            file('my "bill".pdf', make_pdf()),
            file('my "list".pdf', b"MZ"),
        ]
    )
    # How long thirteen documents take is not what is looked at here.
    expect(page.get_by_role("progressbar", name="Upload")).to_be_hidden(timeout=30_000)
    said = page.get_by_role("status", name="Uploads")
    expect(said.get_by_text("12 documents added")).to_be_visible()
    expect(said.get_by_text('“my "list".pdf” is not a PDF')).to_be_visible()
    expect(page.get_by_role("link", name='my "bill".pdf')).to_be_visible()
    is_accessible(page)
    documents.set_input_files(pictures(1))
    expect(said.get_by_role("link", name="1.png").first).to_be_visible()
    expect(said.get_by_text("12 documents added")).to_be_hidden()
    for left in range(said.get_by_role("listitem").count(), 0, -1):
        expect(said.get_by_role("listitem")).to_have_count(left)
        said.get_by_role("button", name="Dismiss").first.click()
    expect(documents).to_be_focused()

    # The list is drawn anew once an upload has ended.
    expect(page.get_by_role("link", name="All 15")).to_be_visible()
    page.get_by_label("Search items").fill("no such words")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Nothing fits this view")).to_be_visible()


@in_one_theme
def test_what_was_not_uploaded_tells_why(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    is_signed_in(page, site)
    documents = page.get_by_label("Drop documents here, or choose them")
    said = page.get_by_role("status", name="Uploads").get_by_role("listitem")
    answers = {
        401: "was not uploaded: you have been signed out.",
        403: "was not uploaded: you may not do that here",
        404: "was not uploaded: this business is not open to you any more.",
        413: "was not uploaded: it is too large.",
        503: "could not be uploaded: something broke on our side.",
        504: "may have arrived or not: there was no answer.",
    }

    for status, words in answers.items():
        page.route("**/upload/", answering(status))
        documents.set_input_files(pictures(1))
        expect(said).to_have_text(re.compile(f"^\\s*“1.png” {words}"))
        page.unroute("**/upload/")
    page.route("**/upload/", lambda route: route.abort())
    documents.set_input_files(pictures(1))
    expect(said).to_contain_text(
        "“1.png” may have arrived or not: there was no answer."
    )


@in_one_theme
def test_a_long_file_name_leaves_the_documents_tools_in_sight(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    ready_item(bakery, alice, file_name=f"{'scan of a bill ' * 12}.pdf")
    is_signed_in(page, site)

    page.get_by_role("link", name="Acme Paper Ltd").click()

    for name in ("Zoom in", "Rotate", "Download"):
        tool = page.get_by_role("link", name=name, exact=True)
        expect(tool).to_be_in_viewport(ratio=1)


def test_an_item_is_published_from_wherever_one_reads(
    page: Page, site: Site, bakery: Business, alice: User
) -> None:
    connected_to(site.zoho, bakery)
    ready_item(bakery, alice)
    is_signed_in(page, site)
    page.get_by_role("link", name="Acme Paper Ltd").click()
    button = page.get_by_role("button", name="Publish", exact=True)
    description = page.get_by_label("Description", exact=True)

    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        page.get_by_text("Uploaded by").scroll_into_view_if_needed()
        expect(button).to_be_in_viewport(ratio=1)
        is_as_wide_as_its_window(page)
        is_accessible(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("publish the item")
    is_accessible(page)
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    description.press_sequentially("pp")
    expect(button).to_be_enabled()
    description.press("Tab")
    is_saved(page, "Description")

    page.get_by_role("heading", name="Coding").click()
    page.keyboard.press("p")

    expect(page.get_by_text("Published as")).to_be_visible()
