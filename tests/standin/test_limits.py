"""Zoho's budget: minute, day, at once, user."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest

from tests.standin.callers import Books, Clock, Consent


def test_a_hundred_calls_a_minute(books: Books, clock: Clock) -> None:
    for _ in range(100):
        assert books.get("/users/me").outcome == (200, 0)

    refused = books.get("/users/me")
    assert refused.outcome == (429, 44)
    assert "Retry-After" not in refused.headers

    clock.move(seconds=60)
    assert books.get("/users/me").outcome == (200, 0)


def test_the_minute_belongs_to_the_organisation(books: Books, consent: Consent) -> None:
    books.standin.limits.change({"per_minute": 1})
    anna = consent.books("anna@ledgerly.example", "Harbour Bakery Ltd")
    practice = consent.books("anna@ledgerly.example", "Ledgerly Practice")

    assert anna.get("/bills").outcome == (200, 0)
    assert books.get("/bills").outcome == (429, 44)
    assert practice.get("/bills").outcome == (200, 0)


def test_refused_data_counts_and_refused_calls_do_not(books: Books) -> None:
    books.post("/bills", {})
    assert books.get("/bills").headers["X-Rate-Limit-Remaining"] == "1998"

    books.standin.limits.change({"per_minute": 2})
    refused = books.get("/bills")
    assert refused.outcome == (429, 44)
    assert refused.headers["X-Rate-Limit-Remaining"] == "1998"


def test_the_day_ends_at_the_organisations_midnight(
    diner: Books, consent: Consent, clock: Clock
) -> None:
    diner.standin.limits.change({"per_day": 1})
    first = diner.get("/bills")
    assert first.headers["X-Rate-Limit-Limit"] == "1"
    assert first.headers["X-Rate-Limit-Reset"] == str(17 * 3600)

    refused = diner.get("/bills")
    assert refused.outcome == (429, 45)
    assert "maximum call rate limit of 1." in refused.body["message"]
    assert refused.headers["X-Rate-Limit-Remaining"] == "0"

    clock.move(seconds=17 * 3600)
    tomorrow = consent.books("sam@sunnyside.example", "Sunnyside Diner Inc")
    assert tomorrow.get("/bills").headers["X-Rate-Limit-Remaining"] == "0"


@pytest.mark.parametrize(
    ("plan", "limit"),
    [
        ("Free", "1000"),
        ("Standard", "2000"),
        ("Professional", "5000"),
        ("Elite", "10000"),
    ],
)
def test_the_day_depends_on_the_plan(books: Books, plan: str, limit: str) -> None:
    books.standin.change(
        "organisation", organization=books.organization_id, plan_name=plan
    )

    assert books.get("/bills").headers["X-Rate-Limit-Limit"] == limit


@pytest.mark.parametrize(("plan", "limit"), [("Free", 5), ("Standard", 10)])
def test_calls_at_once(books: Books, plan: str, limit: int) -> None:
    books.standin.change(
        "organisation", organization=books.organization_id, plan_name=plan
    )
    books.standin.fault("slow", times=limit, seconds=3600)

    with ThreadPoolExecutor(limit + 2) as pool:
        calls = [pool.submit(books.get, "/bills") for _ in range(limit + 2)]
        refused = as_completed(calls)
        assert [next(refused).result().status for _ in range(2)] == [429, 429]
        books.standin.hurry()
        answers = [call.result() for call in calls]

    assert sorted(answer.outcome for answer in answers) == (
        [(200, 0)] * limit + [(429, 1070)] * 2
    )


def test_too_many_calls_of_a_user_block_the_user_for_an_hour(
    books: Books, clock: Clock
) -> None:
    books.standin.limits.change({"per_user": 3})
    for _ in range(3):
        assert books.get("/organizations").status == 200

    refused = books.get("/organizations")
    assert refused.outcome == (429, 43)
    assert refused.headers["Retry-After"] == "3600"

    clock.move(seconds=61)
    blocked = books.get("/bills")
    assert blocked.outcome == (429, 43)
    assert "X-Rate-Limit-Limit" not in blocked.headers


def test_limits_can_be_switched_off(books: Books) -> None:
    books.standin.limits.change({"per_minute": None, "per_user": None})

    assert {books.get("/users/me").status for _ in range(150)} == {200}


def test_a_hundred_at_once_are_counted_exactly(books: Books) -> None:
    books.standin.limits.change({"at_once": None, "per_minute": 50})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: books.get("/users/me"), range(80)))

    assert sorted(answer.status for answer in answers) == [200] * 50 + [429] * 30
