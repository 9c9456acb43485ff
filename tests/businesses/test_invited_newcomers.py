"""From an invitation through a new account into the business, in whichever browser."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from dext_sync.businesses import members
from dext_sync.businesses.members import Done, Rights
from dext_sync.businesses.models import Business, Invitation, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from tests.conftest import Browse
from tests.factories import make_user

NORA = "nora@example.com"
NEW = {"name": "Nora", "email": NORA, "password1": "a long enough one"}
SIGN_IN = {"login": NORA, "password": NEW["password1"]}
STANDARD = Rights(Role.STANDARD, sees_all_documents=False, publishes=True)


def invite(business: Business, by: User, email: str = NORA) -> None:
    with acting_in(business.pk):
        assert members.invite(business, email, STANDARD, by=by) == Done()


def link_in(letter: EmailMessage) -> str:
    found = re.search(r"http://[^/\s]+(/\S+)", str(letter.body))
    assert found is not None
    return found.group(1)


def address_of_offer(business: Business) -> str:
    with acting_in(business.pk):
        invitation = Invitation.unscoped.get(accepted_at=None)
    return f"/invitations/{business.pk}/{invitation.pk}/"


def role_of(email: str, business: Business) -> str | None:
    with acting_in(business.pk):
        member = Membership.unscoped.filter(user__email=email).first()
        return member.role if member else None


def test_sign_up_and_confirming_in_one_browser_lead_back_to_the_invitation(
    bakery: Business, alice: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    invite(bakery, alice)
    invitation = link_in(mailoutbox[0])
    client.get(invitation)
    client.post("/accounts/signup/", NEW)
    confirmed = client.post(link_in(mailoutbox[1]))

    assert confirmed["Location"] == invitation
    assert client.get("/")["Location"] == invitation
    assert "Join Harbour Bakery" in client.get(invitation).text
    joined = client.post(invitation)
    assert joined["Location"] == "/b/harbour-bakery/"
    assert role_of(NORA, bakery) == "standard"


def test_the_invited_address_stands_in_the_form(
    bakery: Business, alice: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    """Another one would wait for a letter that goes elsewhere."""
    invite(bakery, alice, "nora+bakery@example.com")
    page = client.get(link_in(mailoutbox[0])).text
    sign_up = re.search(r'href="(/accounts/signup/[^"]*)"', page)
    assert sign_up is not None
    assert 'value="nora+bakery@example.com"' in client.get(sign_up.group(1)).text


def test_confirming_in_another_browser_offers_the_invitation_after_signing_in(
    bakery: Business, alice: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    invite(bakery, alice)
    client.get(link_in(mailoutbox[0]))
    client.post("/accounts/signup/", NEW)

    other = Client()
    other.post(link_in(mailoutbox[1]))
    assert other.post("/accounts/login/", SIGN_IN)["Location"] == "/"
    offer = address_of_offer(bakery)
    assert other.get("/")["Location"] == offer
    assert "Join Harbour Bakery" in other.get(offer).text
    assert other.post(offer)["Location"] == "/b/harbour-bakery/"
    assert role_of(NORA, bakery) == "standard"
    assert other.get("/")["Location"] == "/b/harbour-bakery/"
    assert other.post(offer).status_code == 410


def test_of_several_invitations_one_chooses(
    bakery: Business,
    garage: Business,
    alice: User,
    charlie: User,
    browse: Browse,
) -> None:
    nora = make_user("Nora")
    invite(bakery, alice)
    invite(garage, charlie)
    browser = browse(nora)
    page = browser.get("/", follow=True)
    assert page.redirect_chain == [("/businesses/new/", 302)]
    for business in (bakery, garage):
        assert f'href="{address_of_offer(business)}"' in page.text


def test_the_same_address_in_capitals_is_the_same_person(
    bakery: Business, alice: User, browse: Browse
) -> None:
    nora = make_user("Nora")
    invite(bakery, alice, "Nora@Example.com")
    assert browse(nora).get("/")["Location"] == address_of_offer(bakery)


@pytest.mark.parametrize("address", ["nora@example.com.evil", "n\u0131na@example.com"])
def test_another_address_is_offered_nothing(
    address: str, bakery: Business, alice: User, browse: Browse
) -> None:
    invite(bakery, alice, "nina@example.com")
    stranger = make_user("Nora", email=address)
    browser = browse(stranger)
    assert browser.get("/")["Location"] == "/businesses/new/"
    assert "Harbour Bakery" not in browser.get("/businesses/new/").text
    assert browser.post(address_of_offer(bakery)).status_code == 410
    assert role_of(address, bakery) is None


def test_whoever_belongs_nowhere_is_told_of_the_letter(
    bakery: Business, alice: User, browse: Browse
) -> None:
    nora = make_user("Nora")

    assert (
        "open the link in the email instead"
        in browse(nora).get("/businesses/new/").text
    )
    assert (
        "open the link in the email" not in browse(alice).get("/businesses/new/").text
    )


def test_an_unverified_address_is_offered_nothing(
    bakery: Business, alice: User, browse: Browse
) -> None:
    invite(bakery, alice)
    nora = User.objects.create_user(NORA, "a long enough one", name="Nora")
    assert browse(nora).get("/")["Location"] == "/businesses/new/"
    assert browse(nora).post(address_of_offer(bakery)).status_code == 410
    assert role_of(NORA, bakery) is None


def test_a_closed_invitation_is_not_offered(
    bakery: Business, alice: User, browse: Browse
) -> None:
    invite(bakery, alice)
    nora = make_user("Nora")
    offer = address_of_offer(bakery)
    with acting_in(bakery.pk):
        invitation = Invitation.unscoped.select_related("business").get()
        assert members.revoke(invitation, by=alice)
    assert browse(nora).get("/")["Location"] == "/businesses/new/"
    assert browse(nora).post(offer).status_code == 410
    assert role_of(NORA, bakery) is None


def test_an_old_invitation_is_not_offered(
    bakery: Business, alice: User, browse: Browse
) -> None:
    invite(bakery, alice)
    nora = make_user("Nora")
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert browse(nora).get("/")["Location"] == "/businesses/new/"
