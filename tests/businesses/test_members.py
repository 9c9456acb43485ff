"""Who belongs to a business, and who may change that."""

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage

from dext_sync.businesses import members
from dext_sync.businesses.members import Refused, Rights
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
    member_url,
    role_of,
    signed_in_with_password,
    trail,
)
from tests.conftest import Browse
from tests.factories import make_member, make_user

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
    assert bobs_browser.get(f"/b/{bakery.slug}/emails/").status_code == 200
    browse(alice).post(member_url(bakery, bob, "remove"))
    assert bobs_browser.get(f"/b/{bakery.slug}/emails/").status_code == 404
    assert "Alice removed Bob" in trail(bakery)


def test_a_member_may_leave(bakery: Business, vera: User, browse: Browse) -> None:
    answer = browse(vera).post(f"/you/leave/{bakery.slug}/")
    assert answer["Location"] == "/"
    assert role_of(vera, bakery) is None
    assert "Vera left" in trail(bakery)


def test_the_owner_cannot_leave_although_an_accountant_stays(
    bakery: Business, alice: User, browse: Browse
) -> None:
    browse(alice).post(f"/you/leave/{bakery.slug}/")
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
            browse(dora).post(f"/you/leave/{bakery.slug}/")
        case _:
            browse(alice).post(member_url(bakery, dora), {"role": "standard"})

    assert browse(nora).post(link_in(to_nora)).status_code == 410
    assert role_of(nora, bakery) is None
    who = "Dora" if how == "left" else "Alice"
    assert f"{who} took back the invitation of nora@example.com" in trail(bakery)
    assert browse(make_user("Olaf")).get(link_in(to_olaf)).status_code == 200


@pytest.mark.parametrize("how", ["removed", "left"])
def test_whoever_is_gone_comes_back_with_no_older_letter(
    how: str,
    bakery: Business,
    alice: User,
    vera: User,
    browse: Browse,
    mailoutbox: list[EmailMessage],
) -> None:
    """It went to another address of theirs, while they belonged here already."""
    own = "vera@elsewhere.example"
    EmailAddress.objects.create(user=vera, email=own, verified=True)
    invite(signed_in_with_password(alice), bakery, own, role="admin")
    invite(browse(alice), bakery, "olaf@example.com")
    to_vera, to_olaf = mailoutbox[:2]

    if how == "removed":
        browse(alice).post(member_url(bakery, vera, "remove"))
    else:
        browse(vera).post(f"/you/leave/{bakery.slug}/")

    assert browse(vera).post(link_in(to_vera)).status_code == 410
    assert browse(vera).get("/")["Location"] == "/businesses/new/"
    assert role_of(vera, bakery) is None
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
