"""Too many tries from one place: counted in Redis, for all processes, by visitor."""

import runpy
from functools import partial

import pytest
import redis
from django.conf import settings as ours
from django.test import Client
from pytest_django import Settings

from dext_sync.businesses.models import User
from tests.factories import PASSWORD

RESET = "/accounts/password/reset/"
A_MINUTE_FULL = 20


def counted(redis_client: redis.Redis) -> list[str]:
    return [bytes(key).decode() for key in redis_client.scan_iter("web:*")]


def ask(client: Client, number: int, came_through: str) -> int:
    answer = client.post(
        RESET,
        {"email": f"nobody-{number}@example.com"},
        headers={"x-forwarded-for": came_through},
    )
    return answer.status_code


def trusted_proxies(monkeypatch: pytest.MonkeyPatch, **environment: str) -> int:
    """As a process that begins reads it from its environment."""
    for name in ("BEHIND_PROXY", "TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    read = runpy.run_path(str(ours.BASE_DIR / "dext_sync/settings.py"))
    return int(read["ALLAUTH_TRUSTED_PROXY_COUNT"])


def test_wrong_passwords_are_counted_where_all_processes_see_them(
    alice: User, client: Client, redis_client: redis.Redis
) -> None:
    assert counted(redis_client) == []
    client.post("/accounts/login/", {"login": alice.email, "password": "not it"})
    assert [key for key in counted(redis_client) if ":login_failed:" in key] != []


def test_the_right_password_does_not_help_after_five_wrong_ones(
    alice: User, client: Client
) -> None:
    for _try in range(5):
        client.post("/accounts/login/", {"login": alice.email, "password": "not it"})
    page = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert "Try again in five minutes" in page.content.decode()
    assert client.get("/you/").status_code == 302


def test_nor_does_it_help_to_call_us_by_another_port_for_each_try(
    alice: User, client: Client
) -> None:
    for port in range(8000, 8005):
        client.post(
            "/accounts/login/",
            {"login": alice.email, "password": "not it"},
            headers={"host": f"testserver:{port}"},
        )
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert client.get("/you/").status_code == 302


@pytest.mark.django_db
def test_behind_a_proxy_one_visitor_does_not_use_up_the_tries_of_another(
    client: Client, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    first = [ask(client, number, "203.0.113.7") for number in range(A_MINUTE_FULL + 1)]
    assert first == [302] * A_MINUTE_FULL + [429]
    assert ask(client, 50, "203.0.113.8") == 302
    # What a visitor writes there themselves does not count.
    assert ask(client, 51, "198.51.100.1, 203.0.113.7") == 429


@pytest.mark.django_db
def test_without_a_proxy_nobody_chooses_their_own_address(client: Client) -> None:
    answers = [
        ask(client, number, f"203.0.113.{number}")
        for number in range(A_MINUTE_FULL + 1)
    ]
    assert answers == [302] * A_MINUTE_FULL + [429]


def test_one_proxy_is_trusted_where_there_is_one_and_more_where_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = partial(trusted_proxies, monkeypatch)
    assert read() == 0
    assert read(BEHIND_PROXY="True") == 1
    assert read(BEHIND_PROXY="True", TRUSTED_PROXIES="2") == 2
