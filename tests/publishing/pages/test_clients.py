"""Clients: all businesses of a person on one page, those first that need somebody."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connections.models import Connection, RefreshRun
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from publishing import counting
from publishing.models import Item
from tests.conftest import Browse
from tests.factories import make_business, make_member
from tests.publishing.factories import make_connection, make_item

CLIENTS = "/clients/"


def rows(page: str) -> dict[str, str]:
    """What each business's row says, by its name, from top to bottom."""
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    found = {}
    for row in body.split("</tr>")[:-1]:
        words = " ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split())
        name = re.search(r'<th scope="row"><a [^>]+>([^<]+)<', row)
        assert name is not None
        found[unescape(name[1])] = words
    return found


def open_clients(browse: Browse, person: User, **query: str) -> str:
    answer = browse(person).get(CLIENTS, query)
    assert answer.status_code == 200
    return answer.content.decode()


def breaks(business: Business) -> None:
    with acting_in(business.pk):
        Connection.unscoped.update(
            state=Connection.State.NEEDS_RECONNECTING,
            needs_reason=Connection.Broken.PERMISSION_GONE,
            needs_since=timezone.now() - timedelta(days=3),
        )


def stands(business: Business, owner: User, status: str, **fields: object) -> Item:
    item = make_item(business, owner, **fields)
    with acting_in(business.pk):
        Item.unscoped.filter(pk=item.pk).update(status=status)
    return item


def test_an_accountant_sees_how_each_of_her_businesses_stands(
    browse: Browse, anna: User, alice: User, bakery: Business, garage: Business
) -> None:
    connection = make_connection(bakery)
    with acting_in(bakery.pk):
        RefreshRun.unscoped.create(
            business=bakery,
            connection=connection,
            organisation_id=connection.organisation_id,
            finished_at=timezone.now(),
        )
    for status in ("to_review", "to_review", "ready", "publishing", "checking"):
        stands(bakery, alice, status)
    stands(bakery, alice, "failed", workspace=Item.Workspace.SALES)
    found = rows(open_clients(browse, anna))
    assert found["Harbour Bakery"].startswith(
        "Harbour Bakery Accountant Connected Harbour Bakery Ltd "
        "1 in Sales 2 in Costs 1 in Costs 2 in Costs "
    )
    assert "—" not in found["Harbour Bakery"]
    assert found["Garage Charlie"] == (
        "Garage Charlie Accountant Not connected Connect Garage Charlie 0 0 0 0 — "
        "Copy settings of Garage Charlie"
    )


def test_where_there_are_very_many_each_number_says_so_for_itself(
    browse: Browse,
    anna: User,
    alice: User,
    bakery: Business,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 2)
    for status in ("to_review", "to_review", "to_review", "publishing", "checking"):
        stands(bakery, alice, status)
    stands(bakery, alice, "to_review", workspace=Item.Workspace.SALES)

    told = rows(open_clients(browse, anna))["Harbour Bakery"]

    assert told.startswith(
        "Harbour Bakery Accountant Not connected Connect Harbour Bakery "
        "0 2+ in Costs 1 in Sales 0 2 in Costs "
    )


def test_each_number_leads_to_what_it_counts(
    browse: Browse, anna: User, alice: User, bakery: Business, garage: Business
) -> None:
    stands(bakery, alice, "failed", workspace=Item.Workspace.SALES)
    page = open_clients(browse, anna)
    assert 'href="/b/harbour-bakery/sales/?status=failed"' in page
    assert 'href="/b/harbour-bakery/costs/?status=failed"' not in page
    assert page.count("?status=") == 1


def test_what_needs_somebody_comes_first(
    browse: Browse, anna: User, alice: User, bakery: Business, garage: Business
) -> None:
    calm, broken, failed, asking = (
        make_business(name, owner=anna) for name in ("Aa", "Bb", "Cc", "Dd")
    )
    make_connection(broken)
    breaks(broken)
    stands(failed, anna, "failed")
    stands(asking, anna, "to_review")
    stands(garage, anna, "ready")
    assert list(rows(open_clients(browse, anna))) == [
        broken.name,
        failed.name,
        asking.name,
        garage.name,
        calm.name,
        bakery.name,
    ]


def test_a_broken_connection_says_why_since_when_and_what_mends_it(
    browse: Browse, anna: User, bakery: Business, garage: Business
) -> None:
    make_connection(bakery)
    breaks(bakery)
    page = open_clients(browse, anna)
    words = rows(page)["Harbour Bakery"]
    assert "Needs reconnecting Harbour Bakery Ltd" in words
    assert "Zoho no longer accepts the permission that was given. Since " in words
    assert 'href="/b/harbour-bakery/connections/zoho-books/"' in page


def test_a_standard_user_sees_own_items_and_no_way_to_the_connection(
    browse: Browse, bob: User, alice: User, bakery: Business, garage: Business
) -> None:
    make_member(garage, bob)
    make_connection(bakery)
    breaks(bakery)
    stands(bakery, alice, "failed")
    stands(bakery, bob, "ready")
    page = open_clients(browse, bob)
    assert rows(page)["Harbour Bakery"] == (
        "Harbour Bakery Standard Needs reconnecting 0 0 1 in Costs 0 —"
    )
    assert "/connections/" not in page[page.index("<tbody>") :]


def test_the_page_is_searched_by_name(
    browse: Browse, anna: User, bakery: Business, garage: Business
) -> None:
    assert list(rows(open_clients(browse, anna, q="CHARLIE"))) == ["Garage Charlie"]
    nobody = open_clients(browse, anna, q="<nobody>")
    assert "None of your businesses is called “&lt;nobody&gt;”." in nobody


def test_nothing_of_a_business_where_she_is_no_member(
    browse: Browse, anna: User, charlie: User, bakery: Business, garage: Business
) -> None:
    make_business("Charlie's Secret", owner=charlie)
    page = open_clients(browse, anna)
    assert "Secret" not in page
    assert list(rows(page)) == ["Garage Charlie", "Harbour Bakery"]


def test_whoever_has_one_business_has_no_such_page(
    browse: Browse, alice: User, bakery: Business
) -> None:
    answer = browse(alice).get(CLIENTS)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    inbox = browse(alice).get("/b/harbour-bakery/costs/").content.decode()
    assert f'href="{CLIENTS}"' not in inbox


def test_an_accountant_of_one_business_has_it(
    browse: Browse, anna: User, bakery: Business
) -> None:
    assert list(rows(open_clients(browse, anna))) == ["Harbour Bakery"]
    inbox = browse(anna).get("/b/harbour-bakery/costs/").content.decode()
    assert f'href="{CLIENTS}"' in inbox


def test_each_business_more_costs_four_questions(
    browse: Browse, anna: User, alice: User, bakery: Business, garage: Business
) -> None:
    """Entering it, its connection, its items, and leaving it."""
    more = [make_business(f"Client {number}", owner=alice) for number in range(4)]
    asked = {}
    for count, business in enumerate(more, start=3):
        make_member(business, anna, Role.ACCOUNTANT)
        make_connection(business, organisation_id=f"2008130{count}")
        stands(business, alice, "ready")
        with CaptureQueriesContext(database) as queries:
            assert len(rows(open_clients(browse, anna))) == count
        asked[count] = len(queries)
    assert asked[6] - asked[3] == 3 * 4
