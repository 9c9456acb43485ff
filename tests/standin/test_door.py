"""Who is let in to the Books API, and how answers look."""

from __future__ import annotations

import json

import pytest
import requests

from tests.standin.callers import Books, Consent
from tests.zoho_standin import Running

ALICE = "alice@harbourbakery.example"
HARBOUR = "Harbour Bakery Ltd"


def test_without_a_token(running: Running) -> None:
    answer = requests.get(f"{running.eu}/books/v3/organizations", timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (401, 14)


def test_with_a_dead_token(books: Books) -> None:
    books.token = "1000.dead.dead"

    assert books.get("/bills").outcome == (401, 57)


def test_bearer_is_accepted_too(books: Books) -> None:
    headers = {"Authorization": f"Bearer {books.token}"}

    assert books.call("GET", "/bills", headers=headers).outcome == (200, 0)


def test_a_token_of_the_other_data_centre(books: Books, running: Running) -> None:
    books.origin = running.us

    assert books.get("/bills").outcome == (401, 57)


@pytest.mark.parametrize("number", ["20081234502", "60001234501", "99999999", ""])
def test_an_organisation_of_somebody_else(books: Books, number: str) -> None:
    books.organization_id = number
    answer = books.get("/bills")

    assert answer.outcome == (400, 6041)
    assert answer.body["message"] == (
        f"This user is not associated with the CompanyID/CompanyName:{number}."
    )


def test_an_organisation_that_was_switched_off(books: Books) -> None:
    books.standin.change("organisation", organization=HARBOUR, active=False)

    assert books.get("/bills").outcome == (400, 6041)


def test_scopes_are_per_operation(consent: Consent) -> None:
    books = consent.books(ALICE, HARBOUR, "ZohoBooks.bills.READ")

    assert books.get("/bills").outcome == (200, 0)
    assert books.post("/bills", books.bill()).outcome == (401, 57)
    assert books.get("/expenses").outcome == (401, 57)
    assert books.stored("bills") == []


def test_all_of_a_group_is_enough(consent: Consent) -> None:
    books = consent.books(ALICE, HARBOUR, "ZohoBooks.bills.ALL")

    assert books.post("/bills", books.bill()).outcome == (201, 0)


def test_unknown_addresses_and_methods(books: Books) -> None:
    assert books.get("/nonsense").outcome == (404, 5)
    assert books.call("DELETE", "/chartofaccounts").outcome == (405, 37)


def test_an_answer_has_zohos_headers(books: Books) -> None:
    headers = books.get("/bills").headers

    assert headers["Server"] == "ZGS"
    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert headers["X-Rate-Limit-Limit"] == "2000"
    assert headers["X-Rate-Limit-Remaining"] == "1999"
    assert headers["X-Rate-Limit-Reset"] == str(12 * 3600)


def test_organisations_come_without_limit_headers_and_paging(books: Books) -> None:
    answer = books.get("/organizations")

    assert "X-Rate-Limit-Limit" not in answer.headers
    assert [row["name"] for row in answer.body["organizations"]] == [HARBOUR]
    assert "page_context" not in answer.body


def test_an_accountant_sees_three_organisations(consent: Consent) -> None:
    books = consent.books("anna@ledgerly.example", "Ledgerly Practice")
    listed = books.get("/organizations").body["organizations"]

    assert [row["name"] for row in listed] == [
        "Harbour Bakery Ltd",
        "Garage Charlie Ltd",
        "Ledgerly Practice",
    ]


def test_somebody_without_an_organisation(consent: Consent) -> None:
    books = consent.books("nobody@empty.example", HARBOUR)

    assert books.get("/organizations").body["organizations"] == []


def test_a_user_who_is_no_administrator_is_told_so(consent: Consent) -> None:
    books = consent.books("bob@harbourbakery.example", HARBOUR)

    assert books.get("/users/me").body["user"]["user_role"] == "staff"


def test_an_unknown_query_is_refused_or_ignored(books: Books) -> None:
    assert books.get("/bills", vendor="City Power").outcome == (400, 2)

    books.standin.strict_queries = False
    assert books.get("/bills", vendor="City Power").outcome == (200, 0)
    assert books.standin.calls[-1]["unknown_queries"] == ["vendor"]


@pytest.mark.parametrize(
    "sent",
    [
        {"data": "not json", "headers": {"Content-Type": "application/json"}},
        {"data": {"vendor_id": "1"}},
        {"json": ["a", "list"]},
    ],
)
def test_what_is_no_json_object(books: Books, sent: dict[str, object]) -> None:
    assert books.call("POST", "/bills", **sent).outcome == (400, 1038)


def test_jsonstring_in_a_form_is_accepted(books: Books) -> None:
    form = {"JSONString": json.dumps(books.bill())}

    assert books.call("POST", "/bills", data=form).outcome == (201, 0)


def test_jsonstring_with_a_file_stores_both(books: Books) -> None:
    answer = books.call(
        "POST",
        "/bills",
        data={"JSONString": json.dumps(books.bill())},
        files={"attachment": ("invoice.pdf", b"%PDF-1.4", "application/pdf")},
    )

    assert answer.outcome == (201, 0)
    assert answer.body["bill"]["attachment_name"] == "invoice.pdf"


def test_one_connection_serves_many_calls(books: Books) -> None:
    assert all("Connection" not in books.get("/bills").headers for _ in range(3))
