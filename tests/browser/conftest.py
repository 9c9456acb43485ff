"""A person in Chromium, before the whole application: web, worker, timetable, Zoho."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.fixtures import Settings

from connections import budget
from dext_sync.businesses.models import Business, User
from dext_sync.local.processes import Family
from dext_sync.local.program import Program
from dext_sync.local.suite import chromium
from tests.businesses.membership import SUPPORT
from tests.factories import PASSWORD
from tests.local.surroundings import free_port
from tests.publishing.zoho import Zoho
from tests.workers import Workers, until, workers
from tests.zoho_standin import StandIn, serve

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
A_WHILE = 20_000
"""Milliseconds that a page may take on a busy machine."""
expect.set_options(timeout=A_WHILE)
NOTHING_UNTIL_ITS_SCRIPTS_RUN = """
const unseen = new CSSStyleSheet();
unseen.replaceSync(":root { visibility: hidden !important }");
document.adoptedStyleSheets = [unseen];
document.addEventListener("DOMContentLoaded", () => { document.adoptedStyleSheets = []; });
"""
"""Playwright is quicker than any person, and types into what listens to nobody yet."""

# Playwright keeps an event loop in this thread, and Django asks before it queries there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@dataclass(frozen=True)
class Site:
    address: str
    zoho: Zoho


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("BROWSER TESTS ARE NOT RUN: there is no Chromium on the PATH.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def site(
    committed_db: None, bakery: Business, settings: Settings, tmp_path: Path
) -> Iterator[Site]:
    """The bakery's people at a running application, its documents in a folder."""
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    budget.forget()
    User.objects.update(password=_hashed())
    standin = StandIn()
    with serve(standin) as running, workers(running, tmp_path) as staff:
        address = f"http://localhost:{free_port()}"
        staff.environment |= {"SITE_URL": address, "SUPPORT_EMAILS": SUPPORT}
        staff.begin()
        _open_web(staff.family, staff, address)
        yield Site(address, Zoho(standin))


@cache
def _hashed() -> str:
    """The tests' own hasher is quick and unknown to the application."""
    return PBKDF2PasswordHasher().encode(PASSWORD, "salt")


def _open_web(family: Family, staff: Workers, address: str) -> None:
    port = address.rpartition(":")[2]
    command = [
        *(sys.executable, "-m", "gunicorn", "dext_sync.wsgi:application"),
        *("--bind", f"127.0.0.1:{port}", "--threads", "4", "--workers", "1"),
    ]
    log = staff.folder / "web.log"
    family.start(Program("web", command, log, environment=staff.environment))
    until(lambda: _answers(address), seconds=60)


def _answers(address: str) -> bool:
    direct = build_opener(ProxyHandler({}))
    try:
        with direct.open(f"{address}/accounts/login/", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.fixture(params=["light", "dark"])
def page(
    request: pytest.FixtureRequest, browser: Browser, tmp_path: Path
) -> Iterator[Page]:
    """A window in either theme that fails the test on any error of a script.

    The last thing it showed stays in the test's folder.
    """
    context = browser.new_context(
        color_scheme=request.param,
        locale="en-GB",
        viewport={"width": 1440, "height": 900},
    )
    context.set_default_timeout(A_WHILE)
    context.add_init_script(NOTHING_UNTIL_ITS_SCRIPTS_RUN)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.screenshot(path=tmp_path / "last.png")
    context.close()
    assert errors == []


def is_accessible(page: Page) -> None:
    """No violation that axe knows of, in words if there is one."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
