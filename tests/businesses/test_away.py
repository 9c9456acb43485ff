"""A server of ours is away: people are told so, and nobody is let in on trust."""

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from dext_sync.businesses.models import Business, User
from tests.conftest import Browse
from tests.factories import PASSWORD


def lose_the_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("server closed the connection unexpectedly")


urlpatterns = [path("lose/", lose_the_database), path("", include("dext_sync.urls"))]
handler500 = "dext_sync.businesses.views.frame.server_error"


@pytest.fixture
def without_redis(settings: Settings) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": nowhere},
    }


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


def test_without_redis_nobody_signs_in_and_the_page_says_why(
    alice: User, browser: Client, without_redis: None
) -> None:
    answer = browser.post(
        "/accounts/login/", {"login": alice.email, "password": PASSWORD}
    )
    page = answer.content.decode()
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "A part of dext_sync is away for a moment" in page
    assert "Traceback" not in page
    assert "RedisError" not in page
    assert browser.get("/you/").status_code == 302


def test_without_redis_whoever_is_signed_in_works_on(
    alice: User, bakery: Business, browse: Browse, without_redis: None
) -> None:
    client = browse(alice)
    assert client.get(f"/b/{bakery.slug}/costs/").status_code == 200
    assert client.get(f"/b/{bakery.slug}/activity/").status_code == 200


@pytest.mark.urls(__name__)
def test_a_lost_database_is_said_in_the_same_words(
    alice: User, browser: Client
) -> None:
    browser.force_login(alice)
    answer = browser.get("/lose/")
    assert answer.status_code == 503
    assert "try again in a minute" in answer.content.decode()
