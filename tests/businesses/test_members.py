"""Who belongs to a business, and who may change that."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from dext_sync.businesses import audit, members
from dext_sync.businesses.members import Refused, Rights
from dext_sync.businesses.models import (
    AuditEntry,
    Business,
    Invitation,
    Membership,
    User,
)
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from tests.conftest import Browse
from tests.factories import PASSWORD, make_member, make_user


def signed_in_with_password(user: User) -> Client:
    """Not only signed in: the password was just asked for."""
    client = Client()
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def invite(client: Client, business: Business, email: str, **rights: str) -> None:
    answer = client.post(
        f"/b/{business.slug}/users/invite/",
        {"email": email, "role": "standard", **rights},
    )
    assert answer["Location"] == f"/b/{business.slug}/users/"


def link_in(letter: EmailMessage) -> str:
    found = re.search(r"/invitations/[\w-]+/", str(letter.body))
    assert found is not None
    return found.group()


def role_of(user: User, business: Business) -> str | None:
    with acting_in(business.pk):
        member = Membership.unscoped.filter(user=user).first()
    return member.role if member else None


def trail(business: Business) -> list[str]:
    with acting_in(business.pk):
        return [
            f"{entry.actor_name} {audit.sentence(entry)}"
            for entry in AuditEntry.unscoped.order_by("at")
        ]


def member_url(business: Business, user: User, *rest: str) -> str:
    with acting_in(business.pk):
        number = Membership.unscoped.get(user=user).pk
    return "/".join([f"/b/{business.slug}/users/{number}", *rest, ""])


# Inviting.


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


# Changing.


def test_an_admin_changes_a_role(
    bakery: Business, alice: User, vera: User, browse: Browse
) -> None:
    browse(alice).post(
        member_url(bakery, vera), {"role": "standard", "sees_all_documents": "on"}
    )
    with acting_in(bakery.pk):
        member = Membership.unscoped.get(user=vera)
    assert member.may_see_all_documents
    assert not member.may_publish
    assert "Alice changed Vera: Standard → Standard, all documents" in trail(bakery)


def test_making_somebody_an_admin_asks_for_the_password_and_tells_the_admins(
    bakery: Business,
    alice: User,
    vera: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    address = member_url(bakery, vera)
    asked = browse(alice).post(address, {"role": "admin"})
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert role_of(vera, bakery) == "standard"

    signed_in_with_password(alice).post(address, {"role": "admin"})

    assert role_of(vera, bakery) == "admin"
    assert {letter.to[0] for letter in mailoutbox} == {
        "alice@example.com",
        "anna@example.com",
        "vera@example.com",
    }


@pytest.mark.parametrize("path", [[], ["remove"]])
def test_the_owner_cannot_be_demoted_or_removed_by_others(
    path: list[str], bakery: Business, alice: User, browse: Browse
) -> None:
    dora = make_user("Dora")
    make_member(bakery, dora, Role.ADMIN)
    client = browse(dora)
    client.post(member_url(bakery, alice, *path), {"role": "standard"})
    assert role_of(alice, bakery) == "owner"
    page = client.get(f"/b/{bakery.slug}/users/").content.decode()
    assert "banner--error" in page


def test_a_member_of_another_business_cannot_be_touched(
    bakery: Business, garage: Business, alice: User, charlie: User, browse: Browse
) -> None:
    with acting_in(garage.pk):
        number = Membership.unscoped.get(user=charlie).pk
    for path in ("", "remove/", "hand-over/"):
        answer = browse(alice).get(f"/b/{bakery.slug}/users/{number}/{path}")
        assert answer.status_code == 404
    assert role_of(charlie, garage) == "owner"


# Leaving.


def test_a_removed_member_loses_access_at_the_next_request(
    bakery: Business, alice: User, bob: User, browse: Browse
) -> None:
    bobs_browser = browse(bob)
    assert bobs_browser.get(f"/b/{bakery.slug}/leave/").status_code == 200
    browse(alice).post(member_url(bakery, bob, "remove"))
    assert bobs_browser.get(f"/b/{bakery.slug}/leave/").status_code == 404
    assert "Alice removed Bob" in trail(bakery)


def test_a_member_may_leave(bakery: Business, vera: User, browse: Browse) -> None:
    answer = browse(vera).post(f"/b/{bakery.slug}/leave/")
    assert answer["Location"] == "/"
    assert role_of(vera, bakery) is None
    assert "Vera left" in trail(bakery)


def test_the_owner_cannot_leave_although_an_accountant_stays(
    bakery: Business, alice: User, browse: Browse
) -> None:
    browse(alice).post(f"/b/{bakery.slug}/leave/")
    assert role_of(alice, bakery) == "owner"


# What somebody who manages no more leaves behind.


def admin_who_invited_nora(bakery: Business) -> User:
    """Dora is an Admin and keeps a way back in somebody else's name."""
    dora = make_user("Dora")
    make_member(bakery, dora, Role.ADMIN)
    client = signed_in_with_password(dora)
    invite(client, bakery, "nora@example.com", role="accountant")
    return dora


@pytest.mark.parametrize("how", ["removed", "made a Standard user", "left"])
def test_the_invitations_of_an_admin_end_with_their_rights(
    how: str,
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    dora = admin_who_invited_nora(bakery)
    invite(browse(alice), bakery, "olaf@example.com")
    to_nora, to_olaf = mailoutbox[:2]

    match how:
        case "removed":
            browse(alice).post(member_url(bakery, dora, "remove"))
        case "left":
            browse(dora).post(f"/b/{bakery.slug}/leave/")
        case _:
            browse(alice).post(member_url(bakery, dora), {"role": "standard"})

    assert browse(nora).post(link_in(to_nora)).status_code == 410
    assert role_of(nora, bakery) is None
    who = "Dora" if how == "left" else "Alice"
    assert f"{who} took back the invitation of nora@example.com" in trail(bakery)
    assert browse(make_user("Olaf")).get(link_in(to_olaf)).status_code == 200


def test_an_admin_who_becomes_the_accountant_goes_on_inviting(
    bakery: Business,
    alice: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    nora = make_user("Nora")
    dora = admin_who_invited_nora(bakery)
    change = signed_in_with_password(alice)
    change.post(member_url(bakery, dora), {"role": "accountant"})
    browse(nora).post(link_in(mailoutbox[0]))
    assert role_of(nora, bakery) == "accountant"


@pytest.mark.parametrize("role", [Role.STANDARD, None])
def test_an_invitation_is_not_written_by_somebody_who_just_lost_the_right(
    role: Role | None, bakery: Business, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    dora = make_user("Dora")
    if role is not None:
        make_member(bakery, dora, role)
    rights = Rights(Role.ACCOUNTANT, sees_all_documents=False, publishes=False)
    with acting_in(bakery.pk):
        outcome = members.invite(bakery, "nora@example.com", rights, by=dora)
        assert not Invitation.unscoped.exists()
    assert isinstance(outcome, Refused)
    assert mailoutbox == []


# Ownership.


def test_the_owner_hands_ownership_to_an_admin(bakery: Business, alice: User) -> None:
    dora = make_user("Dora")
    make_member(bakery, dora, Role.ADMIN)
    signed_in_with_password(alice).post(member_url(bakery, dora, "hand-over"))
    assert role_of(dora, bakery) == "owner"
    assert role_of(alice, bakery) == "admin"
    assert "Alice handed ownership to Dora" in trail(bakery)


@pytest.mark.parametrize("name", ["bob", "anna"])
def test_ownership_goes_to_an_admin_only(
    name: str, bakery: Business, alice: User, bob: User, anna: User
) -> None:
    other = {"bob": bob, "anna": anna}[name]
    signed_in_with_password(alice).post(member_url(bakery, other, "hand-over"))
    assert role_of(alice, bakery) == "owner"
    assert role_of(other, bakery) != "owner"


def test_only_the_owner_hands_ownership_over(bakery: Business, alice: User) -> None:
    dora = make_user("Dora")
    make_member(bakery, dora, Role.ADMIN)
    signed_in_with_password(dora).post(member_url(bakery, dora, "hand-over"))
    assert role_of(alice, bakery) == "owner"
    assert role_of(dora, bakery) == "admin"


def test_handing_over_asks_for_the_password(
    bakery: Business, alice: User, browse: Browse
) -> None:
    dora = make_user("Dora")
    make_member(bakery, dora, Role.ADMIN)
    asked = browse(alice).post(member_url(bakery, dora, "hand-over"))
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert role_of(alice, bakery) == "owner"


def test_ownership_does_not_go_to_somebody_who_was_demoted_meanwhile(
    bakery: Business, alice: User, bob: User
) -> None:
    with acting_in(bakery.pk):
        owner = Membership.unscoped.get(user=alice)
        admin = Membership.unscoped.get(user=bob)
        admin.role = Role.ADMIN  # as it was when the page was opened
        outcome = members.hand_over(owner, admin)
    assert isinstance(outcome, Refused)
    assert role_of(alice, bakery) == "owner"
    assert role_of(bob, bakery) == "standard"
    assert "Alice handed ownership to Bob" not in trail(bakery)


def test_the_new_owner_is_not_removed_by_a_page_opened_before(
    bakery: Business, alice: User, bob: User
) -> None:
    with acting_in(bakery.pk):
        Membership.unscoped.filter(user=bob).update(role=Role.ADMIN)
        before = Membership.unscoped.get(user=bob)
        owner = Membership.unscoped.get(user=alice)
        members.hand_over(owner, Membership.unscoped.get(user=bob))
        outcome = members.remove(before, by=alice)
    assert isinstance(outcome, Refused)
    assert role_of(bob, bakery) == "owner"
