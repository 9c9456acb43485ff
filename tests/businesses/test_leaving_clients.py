"""An accountant ends all of their client access in one action."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.urls import reverse

from dext_sync.businesses import members
from dext_sync.businesses.access import memberships_of
from dext_sync.businesses.members import ClientsLeft
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_as, acting_in
from tests.businesses.membership import (
    invite,
    link_in,
    role_of,
    signed_in_with_password,
    trail,
)
from tests.conftest import Browse
from tests.factories import make_business, make_member, make_user

LEAVE = reverse("leave_clients")
PERSON = reverse("person")
BROKEN_OFF = "DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"
"""As PostgreSQL answers who has waited in a circle."""


def clients_shown(client: Client) -> dict[str, list[str]]:
    """What the form of the page brings."""
    page = client.get(LEAVE, follow=True).text
    return {"client": re.findall(r'name="client" value="(\d+)"', page)}


@pytest.fixture
def practice(anna: User) -> Business:
    """Anna's own."""
    return make_business("Ledgerly", owner=anna)


def test_the_page_says_first_what_ends_and_what_stays(
    bakery: Business, garage: Business, practice: Business, anna: User, browse: Browse
) -> None:
    client = browse(anna)
    assert f'href="{LEAVE}"' in client.get(PERSON).text
    page = client.get(LEAVE).text
    lost, kept = page.split("You keep access to:")
    assert "Garage Charlie</li>" in lost
    assert "Harbour Bakery</li>" in lost
    assert 'Ledgerly <span class="muted">· Owner</span>' in kept
    assert role_of(anna, bakery) == role_of(anna, garage) == "accountant"


def test_it_asks_for_the_password(
    bakery: Business, garage: Business, anna: User, browse: Browse
) -> None:
    asked = browse(anna).post(LEAVE)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert role_of(anna, bakery) == role_of(anna, garage) == "accountant"


def test_every_client_is_left_and_what_is_their_own_stays(
    bakery: Business, garage: Business, practice: Business, anna: User
) -> None:
    client = signed_in_with_password(anna)
    answer = client.post(LEAVE, clients_shown(client))
    assert answer["Location"] == PERSON
    page = client.get(PERSON).text
    assert "Your access to 2 businesses has ended." in page
    assert "Ledgerly" in page
    assert "Harbour Bakery" not in page
    assert LEAVE not in page
    assert client.get(f"/b/{bakery.slug}/").status_code == 404
    assert role_of(anna, practice) == "owner"
    assert "Anna left" in trail(bakery)
    assert "Anna left" in trail(garage)


def test_a_client_who_came_after_the_page_was_shown_is_kept(
    bakery: Business, anna: User
) -> None:
    client = signed_in_with_password(anna)
    shown = clients_shown(client)
    shop = make_business("Corner Shop", owner=make_user("Olaf"))
    make_member(shop, anna, Role.ACCOUNTANT)

    client.post(LEAVE, shown)

    assert role_of(anna, bakery) is None
    assert role_of(anna, shop) == "accountant"


def test_pressed_twice_does_no_harm(
    bakery: Business, practice: Business, anna: User
) -> None:
    client = signed_in_with_password(anna)
    shown = clients_shown(client)
    for _twice in range(2):
        assert client.post(LEAVE, shown)["Location"] == PERSON
    assert client.get(LEAVE)["Location"] == PERSON
    assert trail(bakery).count("Anna left") == 1
    assert role_of(anna, practice) == "owner"


def test_whoever_is_no_accountant_is_not_offered_it(
    bakery: Business, alice: User, bob: User
) -> None:
    for person in (alice, bob):
        client = signed_in_with_password(person)
        assert LEAVE not in client.get(PERSON).text
        with acting_in(bakery.pk):
            own = Membership.unscoped.get(user=person)
        client.post(LEAVE, {"client": own.pk})
    assert role_of(alice, bakery) == "owner"
    assert role_of(bob, bakery) == "standard"


def test_whoever_was_made_an_admin_meanwhile_stays(
    bakery: Business, garage: Business, anna: User
) -> None:
    with acting_as(anna.pk):
        as_shown = memberships_of(anna)
    with acting_in(bakery.pk):
        Membership.unscoped.filter(user=anna).update(role=Role.ADMIN)
    assert members.leave_clients(as_shown) == ClientsLeft((garage,), ())
    assert role_of(anna, bakery) == "admin"
    assert role_of(anna, garage) is None


def test_a_business_where_it_fails_does_not_hold_up_the_others_and_is_told(
    bakery: Business, garage: Business, anna: User, caplog: pytest.LogCaptureFixture
) -> None:
    client = signed_in_with_password(anna)
    failed: list[str] = []

    def first_is_broken_off(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith('DELETE FROM "businesses_membership"') and not failed:
            failed.append(sql)
            with connection.cursor() as cursor:
                cursor.execute(BROKEN_OFF)
        return execute(sql, *rest)

    with (
        caplog.at_level(logging.CRITICAL, logger=members.__name__),
        connection.execute_wrapper(first_is_broken_off),
    ):
        client.post(LEAVE, clients_shown(client))

    page = client.get(PERSON).text
    assert "Your access to 1 business has ended." in page
    assert "Your access to Garage Charlie could not be ended" in page
    assert role_of(anna, garage) == "accountant"
    assert "Anna left" not in trail(garage)
    assert role_of(anna, bakery) is None

    client.post(LEAVE, clients_shown(client))
    assert role_of(anna, garage) is None


def test_an_invitation_that_is_open_elsewhere_can_still_be_used(
    bakery: Business, anna: User, mailoutbox: list[EmailMessage]
) -> None:
    olaf = make_user("Olaf")
    shop = make_business("Corner Shop", owner=olaf)
    invite(signed_in_with_password(olaf), shop, anna.email, role="accountant")
    client = signed_in_with_password(anna)
    client.post(LEAVE, clients_shown(client))
    client.post(link_in(mailoutbox[0]))
    assert role_of(anna, bakery) is None
    assert role_of(anna, shop) == "accountant"
