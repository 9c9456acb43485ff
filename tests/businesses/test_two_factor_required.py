"""A business that requires two-factor sign-in, and who is let in there."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.mail import EmailMessage
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dext_sync.businesses import members
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.businesses.access_table import Row
from tests.businesses.membership import (
    invite,
    link_in,
    signed_in_with_password,
    trail,
)
from tests.businesses.test_access import DOORS, visit_all, wrong
from tests.conftest import Browse
from tests.factories import make_user

STOPS = "Harbour Bakery requires two-factor sign-in"
INBOX = "/b/harbour-bakery/costs/"
USERS = "/b/harbour-bakery/users/"
RULE = f"{USERS}two-factor/"
LEAVE = "/you/leave/harbour-bakery/"


def has_two_factor(user: User) -> None:
    TOTP.activate(user, generate_totp_secret())


def is_required(business: Business) -> bool:
    with acting_in(business.pk):
        return Business.objects.get(pk=business.pk).requires_two_factor


@pytest.fixture
def strict_bakery(bakery: Business, alice: User) -> Business:
    has_two_factor(alice)
    with acting_in(bakery.pk):
        members.require_two_factor(bakery, required=True, by=alice)
    return bakery


# The rule.


def test_an_admin_who_has_it_requires_it_of_everybody(
    bakery: Business, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    has_two_factor(alice)
    client = signed_in_with_password(alice)

    page = client.post(RULE, {"required": "on"}, follow=True).content.decode()

    assert is_required(bakery)
    assert "Stop requiring it" in page
    assert "Alice required two-factor sign-in of every user" in trail(bakery)
    assert [(letter.to, letter.subject) for letter in mailoutbox] == [
        ([address], "Harbour Bakery requires two-factor sign-in now")
        for address in ("alice@example.com", "anna@example.com")
    ]


def test_and_ends_it(
    strict_bakery: Business, alice: User, vera: User, browse: Browse
) -> None:
    signed_in_with_password(alice).post(RULE)

    assert not is_required(strict_bakery)
    assert trail(strict_bakery)[-1] == (
        "Alice no longer required two-factor sign-in of every user"
    )
    assert browse(vera).get(INBOX).status_code == 200


def test_what_is_so_already_is_not_told_again(
    strict_bakery: Business, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    before = trail(strict_bakery), len(mailoutbox)

    signed_in_with_password(alice).post(RULE, {"required": "on"})

    assert (trail(strict_bakery), len(mailoutbox)) == before


def test_nobody_requires_what_they_have_not_themselves(
    bakery: Business, alice: User
) -> None:
    client = signed_in_with_password(alice)

    page = client.post(RULE, {"required": "on"}, follow=True).content.decode()

    assert not is_required(bakery)
    assert "Set up two-factor sign-in for yourself first." in page
    assert f'href="{reverse("mfa_index")}"' in page
    assert 'name="required"' not in page


@pytest.mark.parametrize("typed", [{"required": "on"}, {}])
def test_the_password_is_asked_for_again(
    typed: dict[str, str],
    bakery: Business,
    alice: User,
    browse: Browse,
) -> None:
    has_two_factor(alice)

    asked = browse(alice).post(RULE, typed)

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not is_required(bakery)


def test_the_users_page_tells_who_has_it(
    bakery: Business, alice: User, bob: User, browse: Browse
) -> None:
    has_two_factor(bob)

    page = browse(alice).get(USERS).content.decode()

    told = [part.split("</td>")[0] for part in page.split('data-label="Two-factor">')]
    assert told[1:] == ["Off", "Off", "On", "Off"]


# The door.


def test_whoever_has_not_set_it_up_is_stopped_everywhere(
    strict_bakery: Business, anna: User, browse: Browse
) -> None:
    answers = visit_all(browse(anna), DOORS, strict_bakery)

    def is_stopped(answer: object, _row: Row) -> bool:
        return STOPS in getattr(answer, "text", "")

    assert wrong(answers, is_stopped) == {}
    assert {answer.status_code for answer in answers.values()} == {403}
    assert {answer["Cache-Control"] for answer in answers.values()} == {
        "private, no-store"
    }


def test_whoever_has_it_is_let_in(strict_bakery: Business, alice: User) -> None:
    assert signed_in_with_password(alice).get(INBOX).status_code == 200


def test_a_stranger_does_not_learn_of_it(
    strict_bakery: Business, charlie: User, browse: Browse
) -> None:
    assert browse(charlie).get(INBOX).status_code == 404


def test_only_the_name_is_told(
    strict_bakery: Business, vera: User, browse: Browse
) -> None:
    page = browse(vera).get(f"{INBOX}?status=failed").content.decode()

    assert STOPS in page
    assert "Not connected" not in page
    assert INBOX not in page


def test_a_part_of_a_page_brings_the_whole_page(
    strict_bakery: Business, vera: User, browse: Browse
) -> None:
    answer = browse(vera).get(
        INBOX,
        headers={
            "hx-request": "true",
            "hx-current-url": f"http://testserver{INBOX}?status=failed",
        },
    )

    assert answer["HX-Redirect"] == f"{INBOX}?status=failed"
    assert b"Harbour" not in answer.content


def test_what_was_typed_on_a_page_that_is_open_stays_there(
    strict_bakery: Business, vera: User
) -> None:
    client = signed_in_with_password(vera)
    answer = client.post(f"{INBOX}selection/publish/", headers={"HX-Request": "true"})

    assert answer.status_code == 403
    assert "HX-Redirect" not in answer
    assert not answer.content


def test_setting_it_up_leads_back_to_what_was_opened(
    strict_bakery: Business, vera: User
) -> None:
    client = signed_in_with_password(vera)
    client.get(f"{INBOX}?status=failed")
    assert "Back to Harbour Bakery" not in client.get(reverse("mfa_index")).text

    has_two_factor(vera)

    back = f'href="{INBOX}?status=failed">Back to Harbour Bakery'
    assert back in client.get(reverse("mfa_index")).text
    assert client.get(INBOX).status_code == 200
    assert "Back to Harbour Bakery" not in client.get(reverse("mfa_index")).text


def test_a_picture_of_a_page_that_was_open_is_not_led_back_to(
    strict_bakery: Business, vera: User, browse: Browse
) -> None:
    client = browse(vera)
    client.get(f"{INBOX}?status=failed")
    client.get(
        f"{INBOX}1/document/pages/1/", headers={"accept": "image/avif,*/*;q=0.8"}
    )

    has_two_factor(vera)

    back = f'href="{INBOX}?status=failed">Back to Harbour Bakery'
    assert back in client.get(reverse("mfa_index")).text


def test_whoever_switches_it_off_is_stopped_at_the_next_request(
    strict_bakery: Business, vera: User, browse: Browse
) -> None:
    has_two_factor(vera)
    client = browse(vera)
    assert client.get(INBOX).status_code == 200

    Authenticator.objects.filter(user=vera).delete()

    assert client.get(INBOX).status_code == 403


def test_recovery_codes_alone_are_no_second_factor(
    strict_bakery: Business, alice: User, vera: User, browse: Browse
) -> None:
    """They are left where some are made while the last factor is switched off; whoever
    signs in is not asked for them then."""
    Authenticator.objects.create(
        user=vera, type=Authenticator.Type.RECOVERY_CODES, data={}
    )

    assert browse(vera).get(INBOX).status_code == 403
    page = signed_in_with_password(alice).get(USERS).text
    told = [part.split("</td>")[0] for part in page.split('data-label="Two-factor">')]
    assert told[1:] == ["On", "Off", "Off", "Off"]


def test_whoever_would_switch_it_off_is_told_what_closes(
    strict_bakery: Business, garage: Business, anna: User
) -> None:
    has_two_factor(anna)

    page = signed_in_with_password(anna).get(reverse("mfa_deactivate_totp")).text

    assert "Harbour Bakery requires two-factor sign-in: without a second" in page
    assert "Garage Charlie requires" not in page


def test_other_businesses_stay_open_and_all_are_listed(
    strict_bakery: Business, garage: Business, anna: User, browse: Browse
) -> None:
    client = browse(anna)

    assert client.get("/b/garage-charlie/costs/").status_code == 200
    for page in ("/", "/clients/"):
        text = client.get(page).text
        assert "Opens once you have two-factor sign-in" in text
        assert 'href="/b/harbour-bakery/">Harbour Bakery' in text
        assert 'href="/b/garage-charlie/">Garage Charlie' in text


def test_settings_are_copied_neither_from_it_nor_to_it(
    strict_bakery: Business, garage: Business, anna: User, browse: Browse
) -> None:
    client = browse(anna)

    for path in (
        "harbour-bakery/",
        "harbour-bakery/garage-charlie/",
        "garage-charlie/harbour-bakery/",
    ):
        assert STOPS in client.get(f"/clients/copy/{path}").text
    assert (
        "/harbour-bakery/"
        not in (client.get("/clients/copy/garage-charlie/").text.split('id="main"')[1])
    )


def test_an_invitation_is_accepted_and_leads_to_the_same_page(
    strict_bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(signed_in_with_password(alice), strict_bakery, nora.email)

    page = browse(nora).post(link_in(mailoutbox[-1]), follow=True)

    assert STOPS in page.content.decode()
    assert "Nora joined as Standard" in trail(strict_bakery)


def test_whoever_is_stopped_may_leave(
    strict_bakery: Business, vera: User, browse: Browse
) -> None:
    client = browse(vera)
    assert f'href="{LEAVE}"' in client.get(INBOX).text
    page = client.get(LEAVE).text
    assert "Leave Harbour Bakery?" in page
    assert "Not connected" not in page
    assert INBOX not in page

    client.post(LEAVE)

    assert "Vera left" in trail(strict_bakery)
    assert client.get(INBOX).status_code == 404
    has_two_factor(vera)
    assert "Back to Harbour Bakery" not in client.get(reverse("mfa_index")).text


def test_nobody_leaves_where_they_do_not_belong(
    strict_bakery: Business, charlie: User, browse: Browse
) -> None:
    assert browse(charlie).get(LEAVE).status_code == 404
    assert browse(charlie).post(LEAVE).status_code == 404


def asked_of_factors(client: Client) -> int:
    with CaptureQueriesContext(database) as queries:
        client.get("/b/harbour-bakery/emails/")
    return sum("mfa_authenticator" in each["sql"] for each in queries)


def test_the_door_asks_once_more_only_where_it_is_required(
    bakery: Business, alice: User, browse: Browse
) -> None:
    has_two_factor(alice)
    client = browse(alice)
    assert asked_of_factors(client) == 0

    with acting_in(bakery.pk):
        members.require_two_factor(bakery, required=True, by=alice)

    assert asked_of_factors(client) == 1
