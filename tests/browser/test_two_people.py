"""Two people at one item: what one of them types, or has open, the other takes from
nobody."""

import pytest
from playwright.sync_api import Page, Route, expect

from connections.models import Account
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, coding
from publishing.models import Item
from tests.browser.conftest import Site, is_accessible
from tests.browser.steps import (
    entry,
    holds,
    in_one_theme,
    is_saved,
    is_signed_in,
    open_item,
)
from tests.browser.test_resting import SOON
from tests.publishing.factories import TODAY, ready_item
from tests.publishing.factories import entry as entry_of
from tests.publishing.steps import item_now
from tests.publishing.test_locked_periods import business_locks
from tests.publishing.zoho import connected_to

pytestmark = pytest.mark.browser

NOTES_WHAT_SCROLLS = """
window.scrolls = [];
addEventListener("keydown", (event) => {
  if (event.key === " " && !event.defaultPrevented) scrolls.push(event.target.className);
});
"""


@pytest.fixture
def item(site: Site, bakery: Business, alice: User) -> Item:
    connected_to(site.zoho, bakery)
    return ready_item(bakery, alice)


def archived(item: Item, by: User) -> None:
    with acting_in(item.business_id):
        archiving.archive(item_now(item), by)


def changed(item: Item, **values: object) -> None:
    """By somebody else; what follows from it is not this page's concern."""
    with acting_in(item.business_id):
        Item.unscoped.filter(pk=item.pk).update(**values)


def reference_being_saved(page: Page) -> Route:
    """INV-9 was typed, and its saving is held on its way."""
    held = holds(page, "**/fields/reference/")
    reference = page.get_by_label("Reference")
    reference.fill("INV-9")
    reference.press("Tab")
    return held()


def test_what_is_typed_when_somebody_archives_it_stays_to_be_copied(
    page: Page, site: Site, item: Item, alice: User
) -> None:
    open_item(page, site, item)
    total = page.get_by_label("Total", exact=True)
    total.fill("1e9")
    total.press("Tab")
    expect(entry(page, "Total").get_by_text("Enter an amount")).to_be_visible()
    page.get_by_label("Description", exact=True).fill("Flour for <Christmas>")

    archived(item, alice)
    page.clock.fast_forward(SOON)

    left = page.get_by_role("status").filter(has_text="archived meanwhile")
    expect(left).to_contain_text("could not be saved")
    expect(left).to_contain_text("Description Flour for <Christmas>")
    expect(left).to_contain_text("Total 1e9")
    expect(left).not_to_contain_text("Reference")
    expect(page.get_by_text("Put away without publishing.")).to_be_visible()
    expect(page.get_by_label("Description", exact=True)).to_have_count(0)
    expect(page.get_by_text("archived meanwhile")).to_be_in_viewport()
    expect(page.locator("#item-unsaved > *")).to_be_focused()
    is_accessible(page)
    left.get_by_role("button", name="I have it").press("Enter")
    expect(left).to_have_count(0)
    expect(page.get_by_text("Put away without publishing.")).to_be_focused()


@in_one_theme
def test_so_does_what_was_being_saved_too_late(
    page: Page, site: Site, item: Item, alice: User
) -> None:
    open_item(page, site, item)
    archived(item, alice)
    reference = page.get_by_label("Reference")
    reference.fill("INV-9")

    reference.press("Tab")

    left = page.get_by_role("status").filter(has_text="archived meanwhile")
    expect(left).to_contain_text("Reference INV-9")
    assert item_now(item).reference != "INV-9"


@in_one_theme
def test_what_was_saved_before_it_was_archived_is_not_called_lost(
    page: Page, site: Site, item: Item, alice: User
) -> None:
    open_item(page, site, item)
    saving = reference_being_saved(page)
    answer = saving.fetch()
    archived(item, alice)
    page.clock.fast_forward(SOON)
    expect(page.get_by_text("Put away without publishing.")).to_be_visible()

    with page.expect_event("requestfinished"):
        saving.fulfill(response=answer)

    page.clock.fast_forward(SOON)
    expect(page.get_by_text("Put away without publishing.")).to_be_visible()
    expect(page.get_by_text("could not be saved")).to_have_count(0)
    assert item_now(item).reference == "INV-9"


@in_one_theme
def test_whoever_was_at_a_field_that_is_closed_goes_on_at_the_state(
    page: Page, site: Site, item: Item, alice: User
) -> None:
    open_item(page, site, item)
    saving = reference_being_saved(page)
    archived(item, alice)

    saving.fulfill(response=saving.fetch())

    expect(page.get_by_text("could not be saved")).to_be_visible()
    page.get_by_role("button", name="I have it").press("Enter")
    expect(page.get_by_text("Put away without publishing.")).to_be_focused()


@in_one_theme
def test_so_does_whoever_typed_nothing(
    page: Page, site: Site, item: Item, alice: User
) -> None:
    open_item(page, site, item)
    page.get_by_label("Reference").focus()
    archived(item, alice)

    page.clock.fast_forward(SOON)

    expect(page.get_by_text("Put away without publishing.")).to_be_focused()


def test_both_save_one_field_and_the_later_one_is_asked(
    page: Page, site: Site, item: Item, bob: User
) -> None:
    open_item(page, site, item)
    with acting_in(item.business_id):
        coding.change(item, "description", "Rye", by=bob)
    description = page.get_by_label("Description", exact=True)
    description.fill("Wheat")
    description.press("Tab")

    told = page.get_by_role("alert").filter(has_text="Bob has changed this to “Rye”")
    expect(told).to_be_visible()
    expect(description).to_have_value("Wheat")
    is_accessible(page)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(description).to_be_focused()
    page.get_by_role("button", name="Keep theirs Description").press("Enter")

    expect(description).to_have_value("Rye")
    expect(description).to_be_focused()
    expect(told).to_have_count(0)


@in_one_theme
def test_theirs_is_kept_also_by_whoever_has_typed_on(
    page: Page, site: Site, item: Item, bob: User
) -> None:
    open_item(page, site, item)
    with acting_in(item.business_id):
        coding.change(item, "description", "Rye", by=bob)
    description = page.get_by_label("Description", exact=True)
    description.fill("Wheat")
    description.press("Tab")
    keep = page.get_by_role("button", name="Keep theirs Description")
    expect(keep).to_be_visible()
    description.fill("Spelt")

    keep.click()

    expect(keep).to_have_count(0)
    expect(description).to_have_value("Rye")
    assert item_now(item).description == "Rye"


def test_a_row_asks_whose_category_it_is(
    page: Page, site: Site, item: Item, bob: User
) -> None:
    is_signed_in(page, site)
    postage = entry_of(Account, item.business, "Postage")
    with acting_in(item.business_id):
        coding.change(item, "category", postage, by=bob)
    category = page.get_by_role("combobox", name="Category of Invoice INV-104")
    category.fill("Travel")
    page.get_by_role("option", name="Travel Expense").click()

    told = page.get_by_role("alert").filter(has_text="Bob has changed this")
    expect(told).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Publish Invoice INV-104").click()
    expect(category).to_be_focused()
    page.get_by_role("button", name="Keep theirs Category of Invoice INV-104").press(
        "Enter"
    )

    expect(told).to_have_count(0)
    expect(category).to_have_value("Postage")
    expect(category).to_be_focused()


def test_an_open_preview_shows_what_was_changed_meanwhile(
    page: Page, site: Site, item: Item
) -> None:
    open_item(page, site, item)
    page.get_by_role("link", name="Preview").click()
    preview = page.get_by_role("dialog", name="What Publish would send")
    expect(preview).to_contain_text("INV-104")
    close = preview.get_by_role("button", name="Close")
    close.focus()
    changed(item, reference="INV-9")

    page.clock.fast_forward(SOON)
    expect(page.get_by_label("Reference")).to_have_value("INV-9")
    page.clock.fast_forward(1_000)

    expect(preview).to_contain_text("INV-9")
    expect(close).to_be_focused()
    is_accessible(page)
    close.press("Enter")
    expect(page.get_by_role("link", name="Preview")).to_be_focused()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    changed(item, reference="INV-8")
    page.clock.fast_forward(SOON)
    expect(page.get_by_label("Reference")).to_have_value("INV-8")
    page.clock.fast_forward(1_000)
    expect(preview).to_be_hidden()
    assert not [each for each in asked if "/preview/" in each]


def test_what_is_typed_while_publish_is_refused_stays_where_it_is(
    page: Page, site: Site, item: Item, bakery: Business
) -> None:
    open_item(page, site, item)
    held = holds(page, "**/publish/")
    page.get_by_role("button", name="Publish", exact=True).click()
    description = page.get_by_label("Description", exact=True)
    publishing = held()
    description.fill("Flour")
    business_locks(bakery, TODAY)

    publishing.continue_()

    expect(page.get_by_text("Please resolve these issues")).to_be_visible()
    expect(description).to_have_value("Flour")
    expect(description).to_be_focused()
    description.press("Tab")
    is_saved(page, "Description")
    assert item_now(item).description == "Flour"


def test_half_a_name_that_is_typed_meanwhile_is_not_saved(
    page: Page, site: Site, item: Item, bakery: Business
) -> None:
    """It would be the name of a new supplier."""
    open_item(page, site, item)
    held = holds(page, "**/publish/")
    page.get_by_role("button", name="Publish", exact=True).click()
    publishing = held()
    supplier = page.get_by_role("combobox", name="Supplier", exact=True)
    supplier.click()
    page.keyboard.type("City")
    saved: list[str] = []
    page.on("request", lambda sent: saved.append(f"{sent.method} {sent.url}"))
    business_locks(bakery, TODAY)

    publishing.continue_()

    expect(page.get_by_text("Please resolve these issues")).to_be_visible()
    expect(supplier).to_be_focused()
    page.keyboard.type(" Power")
    expect(supplier).to_have_value("City Power")
    assert not [each for each in saved if each.endswith("/fields/supplier/")]
    page.keyboard.press("Enter")
    is_saved(page, "Supplier")


@in_one_theme
def test_whoever_types_on_presses_no_key_of_the_page(
    page: Page, site: Site, item: Item, alice: User
) -> None:
    """Who types “jam” does not mean the next item, nor would “p” there be Publish."""
    ready_item(item.business, alice, reference="INV-9")
    open_item(page, site, item)
    beside = page.locator("a[rel='next'], a[rel='prev']")
    expect(beside).to_have_count(1)
    beside.evaluate("it => it.addEventListener('click', () => { it.id = 'pressed' })")
    page.get_by_label("Description", exact=True).fill("Flour for ")
    archived(item, alice)
    page.clock.fast_forward(SOON)
    left = page.get_by_text("archived meanwhile")
    expect(left).to_be_visible()

    page.evaluate(NOTES_WHAT_SCROLLS)
    page.keyboard.type("jk? and so on")

    expect(page.locator("#pressed")).to_have_count(0)
    expect(page.locator("#keys")).to_be_hidden()
    expect(left).to_be_visible()
    assert page.evaluate("scrolls") == []


@in_one_theme
def test_an_open_list_is_drawn_anew_once_it_is_closed(
    page: Page, site: Site, item: Item, bakery: Business
) -> None:
    open_item(page, site, item)
    category = page.get_by_role("combobox", name="Category", exact=True)
    category.click()
    options = page.get_by_role("option", name="Postage")
    expect(options).to_be_visible()
    with acting_in(bakery.pk):
        changed(item, description="Rye", category=entry_of(Account, bakery, "Postage"))

    page.clock.fast_forward(SOON)

    expect(page.get_by_label("Description", exact=True)).to_have_value("Rye")
    expect(options).to_be_visible()
    category.press("Escape")
    expect(category).to_have_value("Postage")


@in_one_theme
def test_an_open_menu_is_drawn_anew_once_it_is_closed(
    page: Page, site: Site, item: Item, alice: User
) -> None:
    open_item(page, site, item)
    more = page.get_by_role("button", name="More")
    more.click()
    archives = page.get_by_role("button", name="Archive without publishing")
    expect(archives).to_be_visible()
    archived(item, alice)

    page.clock.fast_forward(SOON)

    expect(page.get_by_text("Put away without publishing.")).to_be_visible()
    expect(archives).to_be_visible()
    page.keyboard.press("Escape")
    expect(archives).to_have_count(0)
    expect(more).to_be_focused()
    more.click()
    expect(page.get_by_role("button", name="Unarchive")).to_be_visible()
