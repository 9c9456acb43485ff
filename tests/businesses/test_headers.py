"""What every answer tells the browser, whatever kind of answer it is."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from pytest_django import Settings

from dext_sync.businesses.models import Business, User
from publishing.models import Item
from tests.conftest import Browse
from tests.publishing.factories import make_document, make_item

POLICY = {
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def explode(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [path("explode/", explode), path("", include("dext_sync.urls"))]
handler403 = "dext_sync.businesses.views.frame.permission_denied"
handler404 = "dext_sync.businesses.views.frame.page_not_found"
handler500 = "dext_sync.businesses.views.frame.server_error"


def told(answer: Any) -> dict[str, str]:
    return {name: answer.get(name, "") for name in ALWAYS}


def policy(answer: Any) -> set[str]:
    return set(answer.get("Content-Security-Policy", "").split("; "))


@pytest.fixture
def item(bakery: Business, alice: User, settings: Settings, tmp_path: Path) -> Item:
    settings.DOCUMENTS_DIR = tmp_path
    document = make_document(bakery)
    return make_item(bakery, owner=alice, document=document)


Open = Callable[[Client, Business, Item], Any]
SIGNED_IN: dict[str, tuple[int, Open]] = {
    "a page": (200, lambda browser, at, _: browser.get(f"/b/{at.slug}/activity/")),
    "an item": (200, lambda browser, at, item: browser.get(item_page(at, item))),
    "a fragment": (
        200,
        lambda browser, at, item: browser.get(
            f"{item_page(at, item)}history/", headers={"hx-request": "true"}
        ),
    ),
    "a picture of a document": (
        200,
        lambda browser, at, item: browser.get(
            reverse("document_page", args=[at.slug, "costs", item.pk, 1])
        ),
    ),
    "the file of a document": (
        200,
        lambda browser, at, item: browser.get(
            reverse("document_file", args=[at.slug, "costs", item.pk])
        ),
    ),
    "a page that is missing": (404, lambda browser, at, _: browser.get("/nothing/")),
    "a fault of ours": (500, lambda browser, at, _: browser.get("/explode/")),
    "a form that is too old": (
        403,
        lambda browser, at, _: strict(browser).post(f"/b/{at.slug}/profile/"),
    ),
}
SIGNED_OUT = {
    "/accounts/login/": 200,
    "/accounts/signup/": 200,
    "/you/": 302,
    "/connections/zoho/callback": 400,
    "/invitations/no-such-token/": 410,
    "/nothing/": 404,
    "/explode/": 500,
    "/healthz": 200,
    "/readyz": 200,
    "/metrics": 404,
}


def item_page(business: Business, item: Item) -> str:
    return reverse("item", args=[business.slug, "costs", item.pk])


def strict(browser: Client) -> Client:
    strictly = Client(enforce_csrf_checks=True)
    strictly.cookies = browser.cookies
    return strictly


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("kind", SIGNED_IN)
def test_whoever_is_signed_in_gets_every_header(
    kind: str, bakery: Business, alice: User, item: Item, browse: Browse
) -> None:
    browser = browse(alice)
    browser.raise_request_exception = False
    status, opened = SIGNED_IN[kind]
    answer = opened(browser, bakery, item)
    assert answer.status_code == status
    assert told(answer) == ALWAYS
    assert policy(answer) == POLICY


@pytest.mark.urls(__name__)
@pytest.mark.django_db
@pytest.mark.parametrize("address", SIGNED_OUT)
def test_whoever_is_signed_out_gets_every_header(address: str) -> None:
    answer = Client(raise_request_exception=False).get(address)
    assert answer.status_code == SIGNED_OUT[address]
    assert told(answer) == ALWAYS
    assert policy(answer) == POLICY


def test_a_page_that_is_not_for_the_role_has_them_too(
    bakery: Business, vera: User, browse: Browse
) -> None:
    answer = browse(vera).get(f"/b/{bakery.slug}/users/")
    assert answer.status_code == 403
    assert (told(answer), policy(answer)) == (ALWAYS, POLICY)


def test_static_files_have_them_too(settings: Settings) -> None:
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True
    answer = Client().head("/static/img/mark.svg")
    assert answer.status_code == 200
    assert (told(answer), policy(answer)) == (ALWAYS, POLICY)


# Where the site is a real one.

ASK = """
import django, json
django.setup()
from django.conf import settings
from django.test import Client
browser = Client(headers={"host": "dext-sync.example"})
plain = browser.get("/accounts/login/")
page = browser.get("/accounts/login/", secure=True)
probe = browser.get("/healthz")
print(json.dumps({
    "plain": [plain.status_code, plain["Location"]],
    "probe": probe.status_code,
    "strict": page["Strict-Transport-Security"],
    "cookie": [page.cookies["csrftoken"]["secure"], settings.SESSION_COOKIE_SECURE],
    "hidden": settings.SESSION_COOKIE_HTTPONLY,
    "same site": [settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE],
}))
"""


def test_over_https_browsers_are_told_to_stay_there() -> None:
    """A process of its own: the settings are read once."""
    done = subprocess.run(  # noqa: S603  (our own Python, our own words)
        [sys.executable, "-c", ASK],
        env=os.environ | {"SITE_URL": "https://dext-sync.example", "DEBUG": "False"},
        cwd=ours.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {
        "plain": [301, "https://dext-sync.example/accounts/login/"],
        "probe": 200,
        "strict": "max-age=31536000; includeSubDomains; preload",
        "cookie": [True, True],
        "hidden": True,
        "same site": ["Lax", "Lax"],
    }
