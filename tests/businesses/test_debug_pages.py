"""What Django's page about an exception tells a developer, and what it does not."""

import sys

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from dext_sync.businesses.debug_pages import Reporter

TOKEN = "1000.0123456789abcdef.fedcba9876543210"


@pytest.fixture
def request_from_zoho(rf: RequestFactory) -> HttpRequest:
    return rf.get("/connections/zoho/callback", {"code": TOKEN, "state": "the-state"})


def report(request: HttpRequest) -> str:
    """The page, and the text that a log would get, of a crash amid secrets."""
    body = f"client_id=1000.US&client_secret=the-secret&code={TOKEN}"
    answer = {"access_token": TOKEN, "refresh_token": "the-refresh-token"}
    try:
        raise RuntimeError(f"{body} {answer}")
    except RuntimeError:
        reporter = Reporter(request, *sys.exc_info())
    return reporter.get_traceback_html() + reporter.get_traceback_text()


def test_it_is_the_one_that_django_uses(settings: Settings) -> None:
    assert (
        settings.DEFAULT_EXCEPTION_REPORTER
        == "dext_sync.businesses.debug_pages.Reporter"
    )


def test_nothing_secret_is_in_it(
    request_from_zoho: HttpRequest, settings: Settings
) -> None:
    settings.ZOHO_CLIENT_SECRET = "the-secret"
    secrets = [
        TOKEN,
        "the-state",
        "the-secret",
        "the-refresh-token",
        settings.SECRET_KEY,
        *settings.ENCRYPTION_KEYS,
    ]
    page = report(request_from_zoho)
    assert [secret for secret in secrets if secret in page] == []


def test_what_helps_a_developer_is(request_from_zoho: HttpRequest) -> None:
    page = report(request_from_zoho)
    assert "RuntimeError" in page
    assert "client_id=1000.US" in page
    assert "/connections/zoho/callback" in page
