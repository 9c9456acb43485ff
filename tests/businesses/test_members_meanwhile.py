"""What a member does while another takes their rights away."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import connection

from dext_sync.businesses import members, support
from dext_sync.businesses.members import Done, Refused, Rights
from dext_sync.businesses.models import (
    Business,
    Invitation,
    Membership,
    SupportAccess,
    User,
)
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from tests.businesses.membership import role_of, trail
from tests.locks import beside

STANDARD = Rights(Role.STANDARD, sees_all_documents=False, publishes=False)
TAKEN_AWAY = pytest.mark.parametrize(
    ("how", "statement"),
    [
        ("changed", 'UPDATE "businesses_membership"'),
        ("removed", 'DELETE FROM "businesses_membership"'),
    ],
)

pytestmark = pytest.mark.usefixtures("committed_db")


class BrokenOff(Exception):
    pass


def take_away(how: str, business: Business, person: User, *, by: User) -> object:
    with acting_in(business.pk):
        member = Membership.unscoped.get(user=person)
        if how == "removed":
            return members.remove(member, by=by)
        return members.change(member, STANDARD, by=by)


@TAKEN_AWAY
def test_whose_rights_are_being_taken_away_leaves_no_invitation(
    how: str,
    statement: str,
    bakery: Business,
    alice: User,
    anna: User,
    mailoutbox: list[EmailMessage],
) -> None:
    invited: list[object] = []

    def invites() -> None:
        with acting_in(bakery.pk):
            invited.append(
                members.invite(bakery, "nora@example.com", STANDARD, by=anna)
            )

    with beside(statement, invites):
        taken_away = take_away(how, bakery, anna, by=alice)

    assert taken_away == Done()
    assert invited == [Refused("You may not invite people to this business any more.")]
    assert role_of(anna, bakery) != "accountant"
    assert mailoutbox == []
    with acting_in(bakery.pk):
        assert not Invitation.unscoped.exists()


@TAKEN_AWAY
def test_whose_rights_are_being_taken_away_lets_no_support_in(
    how: str, statement: str, bakery: Business, alice: User, anna: User
) -> None:
    refused: list[object] = []

    def grants() -> None:
        with acting_in(bakery.pk):
            try:
                support.grant(bakery, by=anna)
            except PermissionDenied as denied:
                refused.append(denied)

    with beside(statement, grants):
        taken_away = take_away(how, bakery, anna, by=alice)

    assert taken_away == Done()
    assert len(refused) == 1
    with acting_in(bakery.pk):
        assert not SupportAccess.unscoped.exists()


@TAKEN_AWAY
def test_what_cannot_be_written_down_does_not_happen(
    how: str,
    statement: str,
    bakery: Business,
    alice: User,
    anna: User,
) -> None:
    before = trail(bakery)
    sent: list[str] = []

    def breaks_off(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        sent.append(sql)
        if sql.startswith('INSERT INTO "businesses_auditentry"'):
            raise BrokenOff
        return execute(sql, *rest)

    with connection.execute_wrapper(breaks_off), pytest.raises(BrokenOff):
        take_away(how, bakery, anna, by=alice)

    assert any(each.startswith(statement) for each in sent)
    assert role_of(anna, bakery) == "accountant"
    assert trail(bakery) == before
