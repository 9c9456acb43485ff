"""What a request may not say of the site: where it begins."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.urls import clear_script_prefix
from gunicorn.config import Config

from dext_sync import web


@pytest.fixture(autouse=True)
def prefix() -> Iterator[None]:
    """The handler sets it for its thread, and tests share theirs."""
    yield
    clear_script_prefix()


@pytest.mark.django_db
def test_links_begin_where_the_site_does_whatever_a_header_names() -> None:
    """They go into mails to others, too."""
    page = opened("/accounts/login/", SCRIPT_NAME="/elsewhere")

    assert 'href="/accounts/password/reset/"' in page
    assert "elsewhere" not in page


def test_the_server_hands_no_such_header_on() -> None:
    server = Config()
    server.set("forwarder_headers", web.forwarder_headers)

    assert server.forwarder_headers == []


def opened(path: str, **environ: Any) -> str:
    setup_testing_defaults(environ)
    asked = {**environ, "PATH_INFO": path, "wsgi.input": BytesIO()}
    asked["HTTP_HOST"] = "localhost"
    answer = WSGIHandler()(asked, lambda *_said: lambda _written: None)
    return b"".join(answer).decode()
