"""The connection's page: what waits for Zoho Books, whose it is, and until when."""

import html
import re
from datetime import timedelta

from django.utils import timezone

from connections.models import Connection
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Publication
from publishing.problems import Wait
from tests.publishing.crowd import AUTOMATIC, waiting
from tests.publishing.pages.conftest import At, text

LATER = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
"""Another day, also where the tests go on past midnight."""


def wait(publications: list[Publication], reason: str) -> None:
    with acting_in(publications[0].business_id):
        ids = [publication.pk for publication in publications]
        Publication.unscoped.filter(pk__in=ids).update(
            waiting_reason=reason, due_at=LATER
        )


def said(at: At, alice: User, bakery: Business) -> list[str]:
    page = page_of(at, alice, bakery)
    block = page[page.index('id="waiting"') :]
    block = block[block.index(">") + 1 : block.index("</dd>")]
    lines = re.sub(r"<(?!/div)[^>]*>", "", block).split("</div>")
    return [" ".join(html.unescape(line).split()) for line in lines if line.strip()]


def page_of(at: At, alice: User, bakery: Business) -> str:
    with acting_in(bakery.pk):
        connection = Connection.unscoped.get(business=bakery)
    return text(at(alice, bakery).opens("connection", connection.pk))


def test_nothing_waits(at: At, alice: User, connected_bakery: Business) -> None:
    assert said(at, alice, connected_bakery) == ["Nothing"]


def test_what_people_publish_is_told_before_what_is_automatic(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    wait(waiting(connected_bakery, bob, 3, priority=AUTOMATIC, name="A"), "day")
    wait(waiting(connected_bakery, bob, 2, name="B"), "minute")
    waiting(connected_bakery, bob, 1, name="C")
    then = timezone.localtime(LATER, connected_bakery.zone)
    goes_on = f"It goes on by itself at {then.day} {then:%b, %H:%M}."

    assert said(at, alice, connected_bakery) == [
        "1 item that people publish on the way to Zoho Books",
        f"2 items that people publish {Wait.MINUTE.sentence} {goes_on}",
        f"3 items published automatically {Wait.DAY.sentence} {goes_on}",
    ]


def test_what_a_person_must_mend_has_no_hour(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    wait(waiting(connected_bakery, bob, 1), "connection")

    assert said(at, alice, connected_bakery) == [
        f"1 item that people publish {Wait.CONNECTION.sentence}"
    ]


def test_it_looks_again_only_while_something_waits(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    assert "every 5s" not in page_of(at, alice, connected_bakery)

    waiting(connected_bakery, bob, 1)

    assert "every 5s" in page_of(at, alice, connected_bakery)
