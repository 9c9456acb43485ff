"""Around every call: the token, the budget, and what Zoho says about its limits."""

import pytest
import requests
import responses
from responses import matchers

from connections.zoho.client import ZohoBooks
from connections.zoho.errors import (
    ZohoForbidden,
    ZohoRateLimited,
    ZohoUnauthorized,
    ZohoUnavailable,
    ZohoUnexpected,
)
from connections.zoho.types import DailyLimit
from connections.zoho.writes import NewContact
from tests.connections.zoho.access import (
    API,
    FIRST,
    ORGANISATION,
    SECOND,
    BakeryAccess,
)

BILL = f"{API}/books/v3/bills/1"
FOUND = {"code": 0, "message": "success", "bill": {"bill_id": "1", "total": 1}}
REFUSED = {"code": 57, "message": "You are not authorized to perform this operation"}
DAY = {
    "X-Rate-Limit-Limit": "1000",
    "X-Rate-Limit-Remaining": "670",
    "X-Rate-Limit-Reset": "37577",
}


def _with(token: str) -> object:
    return matchers.header_matcher({"Authorization": f"Zoho-oauthtoken {token}"})


@pytest.mark.parametrize("code", [14, 57])
def test_a_refused_token_is_replaced_and_the_call_made_once_more(
    books: ZohoBooks, access: BakeryAccess, zoho: responses.RequestsMock, code: int
) -> None:
    zoho.get(BILL, status=401, json={**REFUSED, "code": code}, match=[_with(FIRST)])
    zoho.get(BILL, json=FOUND, match=[_with(SECOND)])

    assert books.bill("1").zoho_id == "1"

    assert access.refused == [FIRST]
    assert access.calls == 2


def test_a_write_is_repeated_after_a_refused_token_since_nothing_was_accepted(
    books: ZohoBooks, access: BakeryAccess, zoho: responses.RequestsMock
) -> None:
    url = f"{API}/books/v3/contacts"
    created = {"code": 0, "contact": {"contact_id": "7", "contact_name": "Millers"}}
    zoho.post(url, status=401, json=REFUSED, match=[_with(FIRST)])
    zoho.post(url, status=201, json=created, match=[_with(SECOND)])
    assert (
        books.create_contact(NewContact(name="Millers", kind="vendor")).zoho_id == "7"
    )


def test_a_second_refusal_means_a_missing_right(
    books: ZohoBooks, access: BakeryAccess, zoho: responses.RequestsMock
) -> None:
    zoho.get(BILL, status=401, json=REFUSED)

    with pytest.raises(ZohoForbidden) as refusal:
        books.bill("1")

    assert (refusal.value.status, refusal.value.code) == (401, 57)
    assert refusal.value.message == "You are not authorized to perform this operation"
    assert len(zoho.calls) == 2
    assert access.refused == [FIRST]


class DeadAccess(BakeryAccess):
    def token(self, refused: str | None = None) -> str:
        if refused:
            raise ZohoUnauthorized(
                "Zoho no longer accepts the permission that was given."
            )
        return super().token()


def test_a_grant_that_died_underway_asks_for_a_reconnect(
    zoho: responses.RequestsMock,
) -> None:
    zoho.get(BILL, status=401, json=REFUSED)
    books = ZohoBooks(api=API, organisation_id=ORGANISATION, access=DeadAccess())

    with pytest.raises(ZohoUnauthorized) as refusal:
        books.bill("1")

    assert (
        refusal.value.message == "Zoho no longer accepts the permission that was given."
    )
    assert len(zoho.calls) == 1


def test_without_budget_nothing_is_sent(
    books: ZohoBooks, access: BakeryAccess, zoho: responses.RequestsMock
) -> None:
    access.budget_spent = True

    with pytest.raises(ZohoRateLimited) as refusal:
        books.bill("1")

    assert refusal.value.retry_after == 9
    assert len(zoho.calls) == 0
    assert access.refusals == []


def test_the_budget_is_held_while_the_call_is_under_way(
    books: ZohoBooks, access: BakeryAccess, zoho: responses.RequestsMock
) -> None:
    held: list[int] = []

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        held.append(access.under_way)
        return 200, {}, '{"code": 0, "bill": {"bill_id": "1", "total": 1}}'

    zoho.add_callback("GET", BILL, callback=answer)
    books.bill("1")
    assert held == [1]
    assert access.under_way == 0


@pytest.mark.parametrize("status", [200, 400])
def test_what_is_left_of_the_day_is_reported_whether_the_call_succeeds_or_not(
    books: ZohoBooks, access: BakeryAccess, zoho: responses.RequestsMock, status: int
) -> None:
    zoho.get(BILL, status=status, json=FOUND, headers=DAY)
    if status == 200:
        books.bill("1")
    else:
        with pytest.raises(ZohoUnexpected):
            books.bill("1")
    assert access.seen == [DailyLimit(limit=1000, remaining=670, resets_in=37577)]


@pytest.mark.parametrize(
    ("name", "said", "believed"),
    [
        ("Limit", "9" * 20, DailyLimit(2**31 - 1, 670, 37577)),
        ("Remaining", "9" * 20, DailyLimit(1000, 2**31 - 1, 37577)),
        ("Remaining", "-3", DailyLimit(1000, 0, 37577)),
        ("Reset", "9" * 20, DailyLimit(1000, 670, 90_000)),
        ("Reset", "-1", DailyLimit(1000, 670, 0)),
    ],
)
def test_numbers_that_no_day_has_become_such_as_one_may_have(
    books: ZohoBooks,
    access: BakeryAccess,
    zoho: responses.RequestsMock,
    name: str,
    said: str,
    believed: DailyLimit,
) -> None:
    zoho.get(BILL, json=FOUND, headers={**DAY, f"X-Rate-Limit-{name}": said})
    books.bill("1")
    assert access.seen == [believed]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {**DAY, "X-Rate-Limit-Reset": "soon"},
        {**DAY, "X-Rate-Limit-Limit": "-1", "X-Rate-Limit-Remaining": "-1"},
    ],
)
def test_an_answer_that_says_nothing_certain_about_the_day_reports_nothing(
    books: ZohoBooks,
    access: BakeryAccess,
    zoho: responses.RequestsMock,
    headers: dict[str, str],
) -> None:
    zoho.get(BILL, json=FOUND, headers=headers)
    books.bill("1")
    assert access.seen == []


def test_a_cookie_of_one_business_is_not_sent_with_anothers_call(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    zoho.get(BILL, json=FOUND, headers={"Set-Cookie": "zb=alice; Path=/"})
    books.bill("1")
    books.bill("1")
    assert "Cookie" not in zoho.calls[1].request.headers


# What came of each call is told, for the metrics.


def test_both_tries_around_a_refused_token_are_told(
    books: ZohoBooks, access: BakeryAccess, zoho: responses.RequestsMock
) -> None:
    zoho.get(BILL, status=401, json=REFUSED, match=[_with(FIRST)])
    zoho.get(BILL, json=FOUND, match=[_with(SECOND)])
    books.bill("1")
    assert access.came_back == [(401, 57), (200, 0)]


def test_a_call_without_an_answer_is_told(
    books: ZohoBooks, access: BakeryAccess, zoho: responses.RequestsMock
) -> None:
    zoho.get(BILL, body=requests.ConnectionError())
    with pytest.raises(ZohoUnavailable):
        books.bill("1")
    assert access.came_back == [(None, None)]


def test_a_call_that_our_own_budget_held_back_is_none(
    books: ZohoBooks, access: BakeryAccess
) -> None:
    access.budget_spent = True
    with pytest.raises(ZohoRateLimited):
        books.bill("1")
    assert access.came_back == []
