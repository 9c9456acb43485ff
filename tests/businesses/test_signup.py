"""Coming in: sign-up, sign-in, second factors, a business of one's own."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import allauth
import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from dext_sync.businesses import audit
from dext_sync.businesses.models import AuditEntry, Business, Membership, User
from dext_sync.businesses.secrets import decrypt
from dext_sync.businesses.tenancy import acting_as, acting_in
from dext_sync.local import bootstrap
from tests.businesses.membership import code_for
from tests.conftest import Browse
from tests.factories import PASSWORD

# The first is a link to another one; codes by mail are off.
NOT_OURS = ("email_confirmation_signup", "login_code", "password_reset_code")
NEW = {"name": "Nora", "email": "nora@example.com", "password1": "a long enough one"}


def link_in(letter: EmailMessage) -> str:
    found = re.search(r"http://\S+", str(letter.body))
    assert found is not None
    return found.group().removeprefix(settings.SITE_URL)


def actions(business: Business) -> list[str]:
    with acting_in(business.pk):
        return [
            f"{entry.actor_name} {audit.sentence(entry)}"
            for entry in AuditEntry.unscoped.order_by("at")
        ]


# Sign-up.


@pytest.mark.django_db
def test_from_sign_up_to_a_business(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    sent = client.post("/accounts/signup/", NEW)
    assert sent["Location"] == "/accounts/confirm-email/"
    (letter,) = mailoutbox
    confirmed = client.post(link_in(letter))
    assert confirmed["Location"] == "/"
    assert client.get("/")["Location"] == "/businesses/new/"

    created = client.post(
        "/businesses/new/",
        {"name": "Nora’s Café", "country": "IE", "tax_registered": "on"},
    )

    nora = User.objects.get(email="nora@example.com")
    assert nora.name == "Nora"
    with acting_as(nora.pk):
        business = Business.objects.get()
        member = Membership.unscoped.get()
    assert (business.currency, business.time_zone) == ("EUR", "Europe/Dublin")
    assert business.tax_registered
    assert member.role == "owner"
    assert created["Location"] == f"/b/{business.slug}/"
    assert actions(business)[-1] == "Nora created the business Nora’s Café"


@pytest.mark.django_db
def test_without_a_verified_address_nobody_comes_in(client: Client) -> None:
    client.post("/accounts/signup/", NEW)
    client.post(
        "/accounts/login/", {"login": NEW["email"], "password": NEW["password1"]}
    )
    assert client.get("/")["Location"].startswith("/accounts/login/")


def test_signing_up_with_a_known_address_looks_the_same(
    alice: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    answer = client.post("/accounts/signup/", {**NEW, "email": alice.email})
    assert answer["Location"] == "/accounts/confirm-email/"
    assert User.objects.count() == 1
    assert [letter.to for letter in mailoutbox] == [[alice.email]]


@pytest.mark.django_db
def test_a_weak_password_is_refused_and_what_was_typed_is_kept(client: Client) -> None:
    page = client.post("/accounts/signup/", {**NEW, "password1": "password"})
    text = page.content.decode()
    assert 'value="nora@example.com"' in text
    assert 'href="#id_password1"' in text
    assert User.objects.count() == 0


def test_a_forgotten_password_is_set_anew(
    bakery: Business, alice: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    client.post("/accounts/password/reset/", {"email": alice.email})
    form = client.get(link_in(mailoutbox[0]), follow=True)
    client.post(
        form.redirect_chain[-1][0],
        {"password1": "another long one", "password2": "another long one"},
    )
    alice.refresh_from_db()
    assert alice.check_password("another long one")
    assert mailoutbox[1].subject == "Your password was reset"
    said = str(mailoutbox[1].body)
    assert "through the link in our email" in said
    assert re.search(r"- Time: \d+ [A-Z][a-z]{2} \d{4}, \d\d:\d\d UTC\n", said)
    assert actions(bakery)[-1] == "Alice set a new password through a link in an email"


def test_every_letter_of_allauths_is_in_our_words() -> None:
    ours = bootstrap.ROOT / "templates"
    theirs = Path(allauth.__file__).parent / "templates"
    letters = {
        str(found.relative_to(theirs))
        for app in ("account", "mfa")
        for found in (theirs / app / "email").glob("*_subject.txt")
    }
    assert {name for name in letters if not (ours / name).exists()} == {
        f"account/email/{name}_subject.txt" for name in NOT_OURS
    }


def test_the_persons_page_says_whether_there_is_a_second_factor(
    alice: User, browse: Browse
) -> None:
    client = browse(alice)
    assert "Off: the password alone is enough" in client.get("/you/").text
    Authenticator.objects.create(user=alice, type="totp", data={})
    assert "Off: the password" not in client.get("/you/").text


def test_asking_for_a_new_password_tells_nothing_about_accounts(
    alice: User, client: Client
) -> None:
    answers = {
        client.post("/accounts/password/reset/", {"email": address})["Location"]
        for address in (alice.email, "nobody@example.com")
    }
    assert answers == {"/accounts/password/reset/done/"}


# A business of one's own.


def test_a_country_with_several_time_zones_asks_for_one(
    alice: User, browse: Browse
) -> None:
    page = browse(alice).post("/businesses/new/", {"name": "Bakery", "country": "US"})
    text = page.content.decode()
    assert "This country has several time zones: choose yours." in text
    assert 'value="Bakery"' in text
    with acting_as(alice.pk):
        assert not Business.objects.exists()


def test_two_businesses_of_one_name_have_different_addresses(
    alice: User, bob: User, browse: Browse
) -> None:
    facts = {"name": "Corner Shop", "country": "GB"}
    first = browse(alice).post("/businesses/new/", facts)["Location"]
    second = browse(bob).post("/businesses/new/", facts)["Location"]
    assert first != second


def test_the_profile_is_changed_and_the_trail_says_how(
    bakery: Business, alice: User, browse: Browse
) -> None:
    browse(alice).post(
        f"/b/{bakery.slug}/profile/",
        {
            "name": "Harbour Bakery Ltd",
            "country": "GB",
            "currency": "GBP",
            "time_zone": "Europe/London",
        },
    )
    with acting_in(bakery.pk):
        bakery.refresh_from_db()
    assert bakery.name == "Harbour Bakery Ltd"
    assert not bakery.tax_registered
    assert actions(bakery)[-1] == (
        "Alice changed the business profile: Business name: Harbour Bakery → "
        "Harbour Bakery Ltd, Registered for tax (VAT, GST or sales tax): True → False"
    )


# Names go into letters to strangers.

LINES = "Bakery\r\n\r\nYou won:\u2028 a   cake "


def test_the_name_of_a_business_is_one_line(
    bakery: Business, alice: User, browse: Browse
) -> None:
    browse(alice).post("/businesses/new/", {"name": LINES, "country": "GB"})
    browse(alice).post(f"/b/{bakery.slug}/profile/", {"name": LINES, "country": "GB"})
    with acting_as(alice.pk):
        names = set(Business.objects.values_list("name", flat=True))
    assert names == {"Bakery You won: a cake"}


@pytest.mark.parametrize("name", ["Win https://evil.example", "ftp://evil.example"])
def test_the_name_of_a_business_is_no_address(
    name: str, bakery: Business, alice: User, browse: Browse
) -> None:
    for page in ("/businesses/new/", f"/b/{bakery.slug}/profile/"):
        answer = browse(alice).post(page, {"name": name, "country": "GB"})
        assert "A name holds no web address." in answer.text
    with acting_as(alice.pk):
        assert Business.objects.get().name == "Harbour Bakery"


def test_the_name_of_a_person_is_one_line_and_no_address(
    alice: User, browse: Browse
) -> None:
    client = browse(alice)
    client.post("/you/", {"name": "Alice\r\n\r\nof  the bakery"})
    answer = client.post("/you/", {"name": "Alice http://evil.example"})
    assert "A name holds no web address." in answer.text
    alice.refresh_from_db()
    assert alice.name == "Alice of the bakery"


@pytest.mark.parametrize("sign", ["\u202e", "\u2067", "\u200b", "\ufeff", "\x1b"])
def test_a_name_holds_nothing_that_changes_how_others_read_it(
    sign: str, alice: User, browse: Browse
) -> None:
    """Turned round, invisible: in a letter or the trail it would pass for another's."""
    browse(alice).post("/you/", {"name": f"A{sign}lice {sign}"})
    alice.refresh_from_db()
    assert alice.name == "Alice"


def test_a_name_in_letters_that_need_joining_stays_as_it_is(
    alice: User, browse: Browse
) -> None:
    browse(alice).post("/you/", {"name": "مهدی\u200cزاده שָׁלוֹם\u200f"})
    alice.refresh_from_db()
    assert alice.name == "مهدی\u200cزاده שָׁלוֹם\u200f"


@pytest.mark.django_db
def test_somebody_new_is_called_one_line_and_no_address(client: Client) -> None:
    answer = client.post("/accounts/signup/", {**NEW, "name": "http://evil.example"})
    assert "A name holds no web address." in answer.text
    assert not User.objects.exists()
    client.post("/accounts/signup/", {**NEW, "name": "Nora\n\nof the café"})
    assert User.objects.get().name == "Nora of the café"


# Where the first page leads.


def test_one_business_opens_at_once(
    bakery: Business, alice: User, browse: Browse
) -> None:
    assert browse(alice).get("/")["Location"] == "/b/harbour-bakery/"


def test_an_accountant_chooses_among_businesses(
    bakery: Business, garage: Business, anna: User, browse: Browse
) -> None:
    page = browse(anna).get("/").content.decode()
    assert page.index("Garage Charlie") < page.index("Harbour Bakery")


# Signing in.


def test_sign_in_failure_and_sign_out_show_in_each_business(
    bakery: Business, garage: Business, anna: User, client: Client
) -> None:
    wrong = {"login": anna.email, "password": "not it"}
    client.post("/accounts/login/", wrong)
    client.post("/accounts/login/", {"login": anna.email, "password": PASSWORD})
    client.post("/accounts/logout/")
    expected = ["Anna failed to sign in", "Anna signed in", "Anna signed out"]
    assert actions(bakery)[-3:] == expected
    assert actions(garage)[-3:] == expected


def test_a_session_ends_after_twelve_idle_hours(
    bakery: Business, alice: User, browse: Browse
) -> None:
    client = browse(alice)
    start = timezone.now()
    client.get("/you/")
    with time_machine.travel(start + timedelta(hours=11)):
        assert client.get("/you/").status_code == 200
    with time_machine.travel(start + timedelta(hours=22)):
        assert client.get("/you/").status_code == 200
    with time_machine.travel(start + timedelta(hours=34, minutes=6)):
        assert client.get("/you/").status_code == 302


def test_a_page_that_asks_for_its_parts_by_itself_keeps_nobody_signed_in(
    bakery: Business, alice: User, browse: Browse
) -> None:
    client = browse(alice)
    start = timezone.now()
    client.get("/you/")
    for hours in (6, 11):
        with time_machine.travel(start + timedelta(hours=hours)):
            part = client.get("/you/", headers={"HX-Request": "true"})
            assert part.status_code == 200
    with time_machine.travel(start + timedelta(hours=12, minutes=6)):
        assert client.get("/you/").status_code == 302


def test_a_session_ends_after_fourteen_days_however_busy(
    bakery: Business, alice: User, browse: Browse
) -> None:
    client = browse(alice)
    start = timezone.now()
    client.get("/you/")
    for hours in range(10, 14 * 24, 10):
        with time_machine.travel(start + timedelta(hours=hours)):
            assert client.get("/you/").status_code == 200
    with time_machine.travel(start + timedelta(days=14, minutes=1)):
        assert client.get("/you/").status_code == 302


# A second factor.


@pytest.fixture
def code_has_begun() -> Iterator[None]:
    """What is computed now holds for half a minute."""
    begun = timezone.now().timestamp() // 30 * 30
    with time_machine.travel(begun):
        yield


@pytest.mark.usefixtures("committed_db", "code_has_begun")
def test_the_second_factor_is_encrypted_asked_for_and_in_the_trail(
    bakery: Business, alice: User, client: Client
) -> None:
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    (secret,) = re.findall(r'value="([A-Z2-7]{32})"', page)
    client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)})

    stored = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert secret not in str(stored.data)
    assert decrypt(stored.data["secret"]) == secret
    assert actions(bakery)[-1] == "Alice switched two-factor sign-in on"
    other = Client()
    half = other.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert half["Location"] == "/accounts/2fa/authenticate/"
    assert other.get("/you/").status_code == 302
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        other.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
        assert other.get("/you/").status_code == 200


# What allauth's pages say.


@pytest.mark.django_db
def test_that_a_letter_is_on_its_way_is_said_once(client: Client) -> None:
    page = client.post("/accounts/signup/", NEW, follow=True).text
    assert "We sent you an email with a link." in page
    assert "is on its way there" not in page


def test_an_error_stands_at_its_field_and_the_summary_leads_there(
    client: Client, bakery: Business, alice: User
) -> None:
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    page = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "1234567890", "password2": "1234567890"},
    ).text
    assert '<a href="#id_password1">New password</a>' in page
    assert page.count("This password is entirely numeric.") == 1
    assert page.count("At least 10 characters, and none that many others use.") == 1


def test_a_changed_password_is_said_where_it_leads_to_signing_in(
    bakery: Business, client: Client, alice: User
) -> None:
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    page = client.post(
        "/accounts/password/change/",
        {
            "oldpassword": PASSWORD,
            "password1": "another long one",
            "password2": "another long one",
        },
        follow=True,
    )
    assert page.redirect_chain[-1][0].startswith("/accounts/login/")
    assert "Your password was changed." in page.text
    assert "Alice changed their password" in actions(bakery)
