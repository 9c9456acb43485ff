"""Invitations: to whom, how many, and who may take them."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from dext_sync.businesses import members
from dext_sync.businesses.models import (
    Business,
    Invitation,
    Membership,
    User,
)
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from tests.businesses.membership import (
    invite,
    link_in,
    role_of,
    signed_in_with_password,
    trail,
)
from tests.conftest import Browse
from tests.factories import PASSWORD, make_user


def test_an_invited_person_joins_with_the_link_in_the_letter(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(browse(alice), bakery, "nora@example.com", publishes="on")

    (letter,) = mailoutbox
    assert letter.to == ["nora@example.com"]
    assert letter.subject == "Alice invites you to Harbour Bakery"
    page = browse(nora).get(link_in(letter))
    assert "Alice invited you as Standard." in page.content.decode()
    answer = browse(nora).post(link_in(letter))

    assert answer["Location"] == "/b/harbour-bakery/"
    with acting_in(bakery.pk):
        member = Membership.unscoped.get(user=nora)
    assert (member.role, member.publishes, member.sees_all_documents) == (
        "standard",
        True,
        False,
    )
    assert "Alice invited nora@example.com as Standard" in trail(bakery)
    assert "Nora joined as Standard" in trail(bakery)


def test_a_letter_that_cannot_be_sent_leaves_the_one_before(
    bakery: Business, alice: User, browse: Browse, settings: Settings
) -> None:
    invite(browse(alice), bakery, "nora@example.com")
    before = trail(bakery)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    answer = browse(alice).post(
        f"/b/{bakery.slug}/users/invite/",
        {"email": "nora@example.com", "role": "standard", "publishes": "on"},
    )

    assert "The email could not be sent. Try again in a moment." in answer.text
    assert trail(bakery) == before
    with acting_in(bakery.pk):
        (only,) = members.open_invitations(bakery)
    assert not only.publishes


def test_the_token_is_kept_as_a_hash_only(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    invite(browse(alice), bakery, "nora@example.com")
    token = link_in(mailoutbox[0]).split("/")[2]
    with acting_in(bakery.pk):
        assert token not in Invitation.unscoped.get().token_hash


def test_an_invitation_works_once(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(browse(alice), bakery, "nora@example.com")
    browse(nora).post(link_in(mailoutbox[0]))
    with acting_in(bakery.pk):
        Membership.unscoped.filter(user=nora).delete()

    again = browse(nora).post(link_in(mailoutbox[0]))

    assert again.status_code == 410
    assert role_of(nora, bakery) is None


def test_the_letter_leads_whoever_has_joined_with_it_into_the_business(
    bakery: Business,
    alice: User,
    charlie: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(browse(alice), bakery, "nora@example.com")
    browse(nora).post(link_in(mailoutbox[0]))

    for again in (browse(nora).get, browse(nora).post):
        assert again(link_in(mailoutbox[0]))["Location"] == "/b/harbour-bakery/"
    for stranger in (browse(charlie), browse(alice), Client()):
        assert stranger.get(link_in(mailoutbox[0])).status_code == 410


def test_an_invitation_ends_after_seven_days(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(browse(alice), bakery, "nora@example.com")
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        late = browse(nora).post(link_in(mailoutbox[0]))
    assert late.status_code == 410
    assert role_of(nora, bakery) is None


def test_an_invitation_is_for_the_invited_address_alone(
    bakery: Business,
    alice: User,
    charlie: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    invite(browse(alice), bakery, "nora@example.com")
    answer = browse(charlie).post(link_in(mailoutbox[0]))
    assert answer.status_code == 403
    assert "Harbour" not in answer.content.decode()
    assert role_of(charlie, bakery) is None


def test_an_address_that_is_not_verified_is_not_enough(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    EmailAddress.objects.filter(user=nora).update(verified=False)
    invite(browse(alice), bakery, "nora@example.com")
    assert browse(nora).post(link_in(mailoutbox[0])).status_code == 403
    assert role_of(nora, bakery) is None


def test_an_invitation_can_be_taken_back(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(browse(alice), bakery, "nora@example.com")
    with acting_in(bakery.pk):
        number = Invitation.unscoped.get().pk
    browse(alice).post(f"/b/{bakery.slug}/users/invitations/{number}/revoke/")
    assert browse(nora).post(link_in(mailoutbox[0])).status_code == 410
    assert "Alice took back the invitation of nora@example.com" in trail(bakery)


def test_a_second_invitation_replaces_the_first(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(browse(alice), bakery, "nora@example.com")
    invite(browse(alice), bakery, "nora@example.com")
    first, second = mailoutbox
    assert browse(nora).get(link_in(first)).status_code == 410
    assert browse(nora).get(link_in(second)).status_code == 200


def test_the_answer_is_the_same_whether_the_person_has_an_account(
    bakery: Business, alice: User, charlie: User, browse: Browse
) -> None:
    pages = []
    for address in ("charlie@example.com", "nobody@example.com"):
        client = browse(alice)
        invite(client, bakery, address)
        page = client.get(f"/b/{bakery.slug}/users/").content.decode()
        (said,) = re.findall(r'banner--success">([^<]*)<', page)
        pages.append(said.replace(address, "…"))
    assert pages == ["An invitation is on its way to …."] * 2


def test_signing_in_leads_back_to_the_invitation(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(browse(alice), bakery, "nora@example.com")
    client = Client()
    page = client.get(link_in(mailoutbox[0])).content.decode()
    assert "Join Harbour Bakery" in page
    answer = client.post(
        "/accounts/login/", {"login": nora.email, "password": PASSWORD}
    )
    assert answer["Location"] == link_in(mailoutbox[0])


@pytest.mark.parametrize("role", ["admin", "accountant"])
def test_inviting_somebody_with_an_admins_rights_asks_for_the_password_again(
    role: str,
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    client = browse(alice)
    asked = client.post(
        f"/b/{bakery.slug}/users/invite/", {"email": "nora@example.com", "role": role}
    )
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert mailoutbox == []

    done = client.post(asked["Location"], {"password": PASSWORD})

    assert done["Location"] == f"/b/{bakery.slug}/users/"
    assert [letter.to for letter in mailoutbox] == [["nora@example.com"]]


def test_all_admins_hear_of_a_new_admin(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(signed_in_with_password(alice), bakery, nora.email, role="admin")
    browse(nora).post(link_in(mailoutbox.pop()))

    told = {letter.to[0]: letter.subject for letter in mailoutbox}
    assert told == dict.fromkeys(
        ("alice@example.com", "anna@example.com", "nora@example.com"),
        "Nora is an Admin of Harbour Bakery now",
    )


def test_all_admins_hear_of_a_new_accountant(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    invite(signed_in_with_password(alice), bakery, nora.email, role="accountant")
    browse(nora).post(link_in(mailoutbox.pop()))

    told = {letter.to[0]: letter.subject for letter in mailoutbox}
    assert told == dict.fromkeys(
        ("alice@example.com", "anna@example.com", "nora@example.com"),
        "Nora is an Accountant of Harbour Bakery now",
    )


@pytest.mark.parametrize(
    ("invited", "own"),
    [
        ("mike@example.com", "mıke@example.com"),
        ("mike@example.com", "mi\N{KELVIN SIGN}e@example.com"),
        ("sam@example.com", "ſam@example.com"),
    ],
)
def test_an_address_that_only_looks_like_the_invited_one_is_another(
    invited: str,
    own: str,
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    impostor = make_user("Impostor")
    EmailAddress.objects.filter(user=impostor).update(email=own)
    invite(browse(alice), bakery, invited)
    assert browse(impostor).post(link_in(mailoutbox[0])).status_code == 403
    assert role_of(impostor, bakery) is None


def test_capitals_in_an_address_make_no_other_person(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    EmailAddress.objects.filter(user=nora).update(email="Nora@Example.com")
    invite(browse(alice), bakery, "NORA@example.com")
    browse(nora).post(link_in(mailoutbox[0]))
    assert role_of(nora, bakery) == "standard"


# How many letters may go out.


def refused(client: Client, business: Business, email: str) -> str:
    """What the form says: nothing was sent."""
    page = client.post(
        f"/b/{business.slug}/users/invite/", {"email": email, "role": "standard"}
    )
    assert page.status_code == 200
    (said,) = re.findall(r"<li>([^<]*today[^<]*|[^<]*tomorrow[^<]*)</li>", page.text)
    return str(said)


def sent_before(
    business: Business, number: int, *, by: User, to: str = "", hours: int = 1
) -> None:
    """Invitations of this many hours ago, to one address or to one each."""
    at = timezone.now() - timedelta(hours=hours)
    with acting_in(business.pk):
        for count in range(number):
            Invitation.unscoped.create(
                business=business,
                email=to or f"stranger-{count}@example.com",
                role=Role.STANDARD,
                token_hash=f"{business.pk}-{to}-{by.pk}-{count}",
                invited_by=by,
                created_at=at,
                expires_at=at + timedelta(days=7),
            )


def test_an_address_gets_three_letters_a_day(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    for _letter in range(3):
        invite(browse(alice), bakery, "victim@example.com")
    assert refused(browse(alice), bakery, "VICTIM@example.com") == (
        "Three invitations went to this address within a day. Try again tomorrow."
    )
    assert len(mailoutbox) == 3
    invite(browse(alice), bakery, "nora@example.com")
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        invite(browse(alice), bakery, "victim@example.com")


def test_another_admin_sends_no_fourth_letter_to_an_address(
    bakery: Business,
    alice: User,
    anna: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    sent_before(bakery, 3, by=alice, to="victim@example.com")
    refused(browse(anna), bakery, "victim@example.com")
    assert mailoutbox == []


def test_another_business_of_the_same_person_sends_no_fourth_letter(
    bakery: Business,
    garage: Business,
    anna: User,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    sent_before(garage, 3, by=anna, to="victim@example.com")
    refused(browse(anna), bakery, "victim@example.com")
    assert mailoutbox == []
    # Whom others invite elsewhere is nobody's business here.
    invite(browse(alice), bakery, "victim@example.com")


def test_a_business_sends_fifty_invitations_a_day(
    bakery: Business,
    alice: User,
    anna: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    sent_before(bakery, 25, by=alice)
    sent_before(bakery, 24, by=anna)
    invite(browse(alice), bakery, "nora@example.com")
    assert refused(browse(alice), bakery, "olaf@example.com") == (
        "Fifty invitations went out from this business within a day. "
        "Try again tomorrow."
    )
    assert len(mailoutbox) == 1


def test_a_person_sends_fifty_invitations_a_day_from_all_their_businesses(
    bakery: Business,
    garage: Business,
    anna: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    sent_before(garage, 50, by=anna)
    sent_before(bakery, 3, by=anna, hours=25)
    assert refused(browse(anna), bakery, "nora@example.com") == (
        "You sent fifty invitations within a day. Try again tomorrow."
    )
    assert mailoutbox == []
