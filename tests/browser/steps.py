"""What a person does on the pages, by the words on the screen."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, Route, expect

from dext_sync.businesses.models import User
from publishing.models import Item
from tests.browser.conftest import A_WHILE, Site, is_accessible
from tests.factories import PASSWORD, make_session

in_one_theme = pytest.mark.parametrize("page", ["light"], indirect=True)
"""For what a page does: its looks are looked at elsewhere, in both."""


def sign_in(page: Page, site: Site) -> None:
    page.goto(site.address)
    is_accessible(page)
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Costs inbox")).to_be_visible()
    is_accessible(page)


def is_signed_in(page: Page, site: Site) -> None:
    """As one who has signed in before and comes back."""
    alice = User.objects.get(email="alice@example.com")
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies(
        [{"name": name, "value": make_session(alice), "url": site.address}]
    )
    page.goto(site.address)
    expect(page.get_by_role("heading", name="Costs inbox")).to_be_visible()


def open_item(page: Page, site: Site, item: Item) -> None:
    """By somebody who is signed in, at a clock that can be put forward."""
    page.clock.install()
    is_signed_in(page, site)
    page.goto(f"{site.address}/b/{item.business.slug}/costs/{item.pk}/")


def holds(page: Page, address: str) -> Callable[[], Route]:
    """What is sent there waits. Answers the first of it, once it has come."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def first() -> Route:
        for _look in range(A_WHILE // 20):
            if held:
                break
            page.wait_for_timeout(20)  # Playwright tells of it meanwhile.
        return held.pop(0)

    page.route(address, hold)
    return first


def go_to(page: Page, workspace: str, place: str) -> None:
    """The Inbox or the Archive of Costs or Sales, in the sidebar."""
    sidebar = page.get_by_role("navigation", name=workspace, exact=True)
    sidebar.get_by_role("link", name=place).click()


def upload(
    page: Page, folder: Path, name: str, content: bytes, *, workspace: str = "Costs"
) -> None:
    document = folder / name
    document.write_bytes(content)
    go_to(page, workspace, "Inbox")
    page.get_by_label("Drop documents here, or choose them").set_input_files(document)
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_text("Please resolve these issues")).to_be_visible()
    is_accessible(page)


def entry(page: Page, label: str) -> Locator:
    """The field of this name with what is said under it."""
    return page.locator(".entry").filter(
        has=page.get_by_label(label, exact=True).or_(
            page.get_by_role("combobox", name=label, exact=True)
        )
    )


def is_saved(page: Page, label: str) -> None:
    expect(entry(page, label).get_by_text(f"Saved: {label}")).to_be_visible()


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")
    is_saved(page, label)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).select_option(label=option)
    is_saved(page, label)


def pick(page: Page, label: str, typed: str) -> None:
    field = page.get_by_role("combobox", name=label, exact=True)
    field.click()
    field.fill(typed)
    page.get_by_role("option", name=re.compile(typed)).first.click()
    is_saved(page, label)


def publish(page: Page) -> None:
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published as")).to_be_visible()
    is_accessible(page)
