"""Support looks into a business while an Admin lets it, and changes nothing."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.db import DatabaseError, IntegrityError, connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from dext_sync.businesses import frame, support
from dext_sync.businesses.access import memberships_of
from dext_sync.businesses.models import (
    Business,
    Membership,
    SupportAccess,
    User,
    Visit,
)
from dext_sync.businesses.tenancy import acting_as, acting_in, outside
from tests.businesses.access_table import Row
from tests.businesses.membership import signed_in_with_password, support_person, trail
from tests.businesses.test_access import DOORS, Answers, address_of, wrong
from tests.conftest import Browse
from tests.factories import make_business
from tests.locks import beside

USERS = "/b/harbour-bakery/users/"
INBOX = "/b/harbour-bakery/costs/"
GRANT, END = f"{USERS}support/", f"{USERS}support/end/"
GRANTED = "Alice let support look in"
STATE = "Not connected"
"""Of the bakery to Zoho."""


@pytest.fixture
def sam(database: None, settings: Settings) -> User:
    return support_person(settings)


@pytest.fixture
def open_bakery(bakery: Business, alice: User, sam: User) -> Business:
    with acting_in(bakery.pk):
        support.grant(bakery, by=alice)
    return bakery


# Letting in


def test_an_admin_grants_it_for_a_day_and_all_admins_are_told(
    bakery: Business, alice: User, sam: User, mailoutbox: list[EmailMessage]
) -> None:
    client = signed_in_with_password(alice)

    page = client.post(GRANT, follow=True).content.decode()

    assert "Support may look in for 24 hours now." in page
    assert GRANTED in page
    assert "End access now" in page
    with acting_in(bakery.pk):
        access = SupportAccess.unscoped.get()
    assert access.ends_at - access.granted_at <= timedelta(hours=24)
    assert access.ends_at > timezone.now() + timedelta(hours=23, minutes=59)
    assert [letter.to for letter in mailoutbox] == [
        ["alice@example.com"],
        ["anna@example.com"],
    ]
    assert "http://localhost:8000/b/harbour-bakery/users/" in str(mailoutbox[0].body)
    assert "Alice let support look, read-only, until" in " ".join(trail(bakery))


def test_the_password_is_asked_for_again(
    bakery: Business, alice: User, sam: User, browse: Browse
) -> None:
    asked = browse(alice).post(GRANT)

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    with acting_in(bakery.pk):
        assert support.current(bakery) is None


def test_a_second_click_neither_prolongs_nor_doubles_it(
    open_bakery: Business, alice: User
) -> None:
    with acting_in(open_bakery.pk):
        before = support.current(open_bakery)
        again = support.grant(open_bakery, by=alice)

    assert again == before
    assert sum("let support look" in told for told in trail(open_bakery)) == 1


def test_nobody_but_who_manages_grants_or_ends_it(
    open_bakery: Business, bob: User, charlie: User
) -> None:
    for person, status in ((bob, 403), (charlie, 404)):
        client = signed_in_with_password(person)
        assert [client.post(to).status_code for to in (GRANT, END)] == [status] * 2
    with acting_in(open_bakery.pk):
        assert support.current(open_bakery) is not None


def test_where_nobody_is_support_nothing_of_it_is_there(
    bakery: Business, alice: User
) -> None:
    client = signed_in_with_password(alice)

    assert "Support access" not in client.get(USERS).content.decode()
    assert client.post(GRANT).status_code == 404


# Who is let in


def test_support_sees_what_an_admin_sees_and_is_told_about_it(
    open_bakery: Business, sam: User, browse: Browse
) -> None:
    page = browse(sam).get(USERS).content.decode()

    assert "You look into Harbour Bakery as support" in page
    assert 'data-read-only="/b/harbour-bakery/"' in page
    assert "vera@example.com" in page


def test_the_first_page_and_the_switcher_lead_there(
    open_bakery: Business, sam: User, browse: Browse
) -> None:
    client = browse(sam)

    assert client.get("/").content.count(b'href="/b/harbour-bakery/"') == 2
    inside = client.get(INBOX).content.decode()
    assert 'href="/b/harbour-bakery/" aria-current="true"' in inside


def test_support_whom_nobody_lets_in_is_told_how(
    bakery: Business, sam: User, browse: Browse
) -> None:
    assert b"No business has let support in" in browse(sam).get("/").content


@pytest.mark.parametrize("lacks", ["access", "address", "verified", "setting"])
def test_a_stranger_it_is_who_lacks_anything(
    lacks: str,
    bakery: Business,
    open_bakery: Business,
    sam: User,
    alice: User,
    browse: Browse,
    settings: Settings,
) -> None:
    assert browse(sam).get(INBOX).status_code == 200
    match lacks:
        case "access":
            with acting_in(bakery.pk):
                support.end(bakery, by=alice)
        case "address":
            settings.SUPPORT_EMAILS = ["sam@support.example.com"]
        case "verified":
            EmailAddress.objects.filter(user=sam).update(verified=False)
        case _:
            settings.SUPPORT_EMAILS = []

    assert browse(sam).get(INBOX).status_code == 404
    assert b"harbour-bakery" not in browse(sam).get("/", follow=True).content


def test_it_ends_by_itself(open_bakery: Business, sam: User, browse: Browse) -> None:
    client = browse(sam)
    with acting_in(open_bakery.pk):
        SupportAccess.unscoped.update(ends_at=timezone.now())

    assert client.get(INBOX).status_code == 404


def test_an_admin_sees_it_closed_after_a_day(
    open_bakery: Business, alice: User, browse: Browse
) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        page = browse(alice).get(USERS).content.decode()

    assert GRANTED not in page
    assert "Grant read-only access for 24 hours" in page


def test_an_admin_ends_it(open_bakery: Business, alice: User, browse: Browse) -> None:
    page = browse(alice).post(END, follow=True).content.decode()

    assert "Support has no access any more." in page
    assert trail(open_bakery)[-1] == "Alice ended the access of support"


def test_a_password_alone_is_not_enough(
    open_bakery: Business, sam: User, browse: Browse
) -> None:
    Authenticator.objects.filter(user=sam).delete()

    answer = browse(sam).get(INBOX)

    assert answer.status_code == 403
    assert "support needs more than a password" in answer.content.decode()
    assert "looked in" not in " ".join(trail(open_bakery))


def test_a_member_stays_one(
    open_bakery: Business, vera: User, settings: Settings, browse: Browse
) -> None:
    settings.SUPPORT_EMAILS = [vera.email]

    assert browse(vera).get(USERS).status_code == 403
    assert b"as support" not in browse(vera).get(INBOX).content


def test_another_business_stays_closed(
    open_bakery: Business, garage: Business, sam: User, browse: Browse
) -> None:
    client = browse(sam)

    pages = [
        client.get(f"/b/garage-charlie/{page}") for page in ("", "costs/", "users/")
    ]
    assert [page.status_code for page in pages] == [404] * 3
    assert b"Garage" not in client.get("/").content


# What a look leaves


def test_activity_tells_of_each_hour_in_which_somebody_looked(
    open_bakery: Business, sam: User, browse: Browse
) -> None:
    client = browse(sam)
    first = timezone.now()
    for minutes in (0, 59, 61, 90):
        with time_machine.travel(first + timedelta(minutes=minutes)):
            client.get(INBOX)

    told = [line for line in trail(open_bakery) if "looked in" in line]
    assert told == ["Sam looked in as support (sam@support.example)"] * 2


def test_nothing_is_shown_before_it_is_told(
    open_bakery: Business, sam: User, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither beside its name on the first page, nor around the page of an error."""
    client = browse(sam)
    client.raise_request_exception = False
    first_page = client.get("/").content.decode()

    def breaks(_visit: Visit) -> None:
        raise DatabaseError("Nothing can be written.")

    monkeypatch.setattr(support, "note", breaks)
    broken = client.get(INBOX)

    assert "Harbour Bakery" in first_page
    assert STATE not in first_page
    assert "looked in" not in " ".join(trail(open_bakery))
    assert broken.status_code == 500
    assert STATE not in broken.content.decode()
    monkeypatch.undo()
    assert STATE in client.get(INBOX).content.decode()


def test_many_that_are_open_make_no_page_slow(
    open_bakery: Business, alice: User, sam: User, browse: Browse
) -> None:
    client = browse(sam)
    client.get(INBOX)

    def asked_for_a_page() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(INBOX).status_code == 200
        return len(asked)

    def open_up(numbers: Iterable[int]) -> None:
        for number in numbers:
            business = make_business(f"Shop {number}", owner=alice)
            with acting_in(business.pk):
                support.grant(business, by=alice)

    open_up(range(frame.BESIDE))
    before = asked_for_a_page()
    open_up(range(frame.BESIDE, frame.BESIDE + 5))

    assert asked_for_a_page() == before
    assert client.get("/").content.decode().count('<th scope="row">') == 16


def test_of_two_first_looks_at_once_one_is_told(
    committed_db: None, open_bakery: Business, sam: User
) -> None:
    with acting_as(sam.pk):
        visit = support.visit(sam, "harbour-bakery")
    assert visit is not None

    def look() -> None:
        with acting_in(open_bakery.pk):
            support.note(visit)

    with beside("FOR NO KEY UPDATE", look):
        look()

    assert sum("looked in" in line for line in trail(open_bakery)) == 1


def test_a_visit_is_no_membership(open_bakery: Business, sam: User) -> None:
    with acting_as(sam.pk):
        assert memberships_of(sam) == []
        visit = support.visit(sam, "harbour-bakery")
    assert visit is not None
    with acting_in(open_bakery.pk):
        assert Membership.unscoped.count() == 4
        with pytest.raises(TypeError):
            visit.save()
        with pytest.raises(IntegrityError, match="known_role"):
            Membership.unscoped.bulk_create([visit])


def test_whoever_looks_sends_nothing_that_is_heeded(
    committed_db: None, open_bakery: Business, sam: User, browse: Browse
) -> None:
    client = browse(sam)
    client.get(INBOX)
    before = trail(open_bakery)

    def is_refused(answer: HttpResponseBase, _row: Row) -> bool:
        return answer.status_code == 403

    ways = cycle([client.post, client.put, client.patch, client.delete])
    answers: Answers = {
        name: send(address_of(name, open_bakery))
        for name, send in zip(DOORS, ways, strict=False)
    }
    assert wrong(answers, is_refused) == {}
    assert trail(open_bakery) == before


# The database


def is_read_only() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone()[0] == "on")


def test_the_database_changes_nothing_in_a_look(
    committed_db: None, bakery: Business, garage: Business
) -> None:
    with acting_in(bakery.pk, read_only=True):
        with pytest.raises(DatabaseError, match="read-only transaction"):
            Business.objects.update(name="Other")
        with acting_in(bakery.pk):
            assert is_read_only()
        with outside(), acting_in(garage.pk):
            assert is_read_only()
        assert is_read_only()
    with acting_in(bakery.pk):
        assert not is_read_only()


def test_the_door_tells_the_database(
    committed_db: None,
    open_bakery: Business,
    sam: User,
    browse: Browse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where its own check is gone."""
    monkeypatch.setattr("dext_sync.businesses.access.QUESTIONS", ("GET", "POST"))
    client = Client(raise_request_exception=False)
    client.cookies = browse(sam).cookies

    assert client.post(END).status_code == 500
    with acting_in(open_bakery.pk):
        assert support.current(open_bakery) is not None


@pytest.mark.parametrize(("method", "page"), [("GET", "/"), ("POST", END)])
def test_what_is_shown_around_a_look_is_drawn_without_changing_anything(
    method: str, page: str, open_bakery: Business, sam: User, browse: Browse
) -> None:
    """The list of what is open, and the page that refuses, stand outside of the door."""
    client = browse(sam)
    client.get(INBOX)
    entered: list[str | None] = []

    def watch(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if "default_transaction_read_only" in sql and params[0]:
            entered.append(params[-1])
        return execute(sql, params, *rest)

    with connection.execute_wrapper(watch):
        client.generic(method, page)

    # Only what tells Activity of the look may write.
    assert entered.count(None) == (method == "POST")
    assert entered[-1] == "on"


def test_the_question_past_row_level_security_tells_ids_of_open_ones_only(
    open_bakery: Business, garage: Business, charlie: User
) -> None:
    with acting_in(garage.pk):
        support.grant(garage, by=charlie)
        support.end(garage, by=charlie)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM open_support_accesses('', now())")
        found = cursor.fetchall()

    with acting_in(open_bakery.pk):
        access = support.current(open_bakery)
    assert access is not None
    assert found == [(open_bakery.pk, access.pk)]
