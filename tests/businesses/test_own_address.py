"""Where this machine has several names: one of them for a browser, and its sessions."""

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django.fixtures import Settings

from dext_sync.businesses.models import Business, User
from tests.conftest import Browse

HOME = "http://localhost:8000"
PAGE = "/accounts/login/?next=/b/bakery/connections/"


@pytest.fixture(autouse=True)
def addresses(settings: Settings) -> None:
    settings.SITE_URL = HOME
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "books.example"]


@pytest.mark.parametrize("name", ["127.0.0.1:8000", "[::1]:8000"])
@pytest.mark.django_db
def test_another_name_of_this_machine_leads_to_its_address(
    client: Client, name: str
) -> None:
    answer = client.get(PAGE, headers={"host": name})

    assert answer.status_code == 302
    assert answer["Location"] == HOME + PAGE


@pytest.mark.parametrize(
    "name", ["localhost:8000", "127.0.0.1:9000", "127.0.0.1:99999", "books.example"]
)
@pytest.mark.django_db
def test_any_other_name_is_answered(client: Client, name: str) -> None:
    assert client.get(PAGE, headers={"host": name}).status_code == 200


@pytest.mark.django_db
def test_a_site_that_is_elsewhere_is_asked_by_its_proxy_under_any_name(
    client: Client, settings: Settings
) -> None:
    settings.SITE_URL = "http://books.example:8000"

    assert client.get(PAGE, headers={"host": "127.0.0.1:8000"}).status_code == 200


def test_nothing_that_was_sent_is_led_away(
    bakery: Business, alice: User, browse: Browse
) -> None:
    answer = browse(alice).post(
        f"/b/{bakery.slug}/emails/", {}, headers={"host": "127.0.0.1:8000"}
    )

    assert answer["Location"] == f"/b/{bakery.slug}/emails/"


@pytest.mark.django_db
def test_whoever_asks_how_the_process_is_gets_an_answer(client: Client) -> None:
    answer = client.get("/healthz", headers={"host": "127.0.0.1:8000"})

    assert answer.status_code == 200


# Whoever asks for a letter says in the request which host it came to, and may lie.

LIE = {"host": "books.example:9999"}


def addresses_in(letter: EmailMessage) -> list[str]:
    return [word for word in str(letter.body).split() if "://" in word]


@pytest.mark.parametrize("of", ["vera", "nobody here"])
def test_a_letter_about_a_new_password_leads_to_our_own_address(
    of: str, vera: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    email = vera.email if of == "vera" else "nobody@example.com"
    client.post("/accounts/password/reset/", {"email": email}, headers=LIE)

    (letter,) = mailoutbox
    (address,) = addresses_in(letter)
    assert address.startswith(f"{HOME}/accounts/")


@pytest.mark.parametrize("who", ["new", "known"])
def test_a_letter_to_who_signs_up_leads_to_our_own_address(
    who: str, vera: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    new = {
        "name": "Nora",
        "email": vera.email if who == "known" else "nora@example.com",
        "password1": "a long enough one",
    }
    client.post("/accounts/signup/", new, headers=LIE)

    (letter,) = mailoutbox
    (address,) = addresses_in(letter)
    assert address.startswith(f"{HOME}/accounts/")
