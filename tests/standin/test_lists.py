"""Lists: paging, sorting, filters and defaults as recorded."""

from __future__ import annotations

import pytest

from tests.standin.callers import Books, Clock
from tests.zoho_standin.answers import Record


def test_the_page_context_of_a_list(books: Books) -> None:
    assert books.get("/bills").body["page_context"] == {
        "page": 1,
        "per_page": 200,
        "has_more_page": False,
        "report_name": "Bills",
        "applied_filter": "Status.All",
        "custom_fields": [],
        "sort_column": "created_time",
        "sort_order": "D",
    }


@pytest.mark.parametrize(
    ("path", "key", "column", "order", "applied", "per_page"),
    [
        ("/contacts", "contacts", "contact_name", "A", "Status.All", 200),
        ("/expenses", "expenses", "created_time", "D", "Status.All", 200),
        ("/items", "items", "name", "A", "Status.All", 200),
        (
            "/chartofaccounts",
            "chartofaccounts",
            "account_type",
            "A",
            "AccountType.Active",
            5000,
        ),
        ("/settings/taxes", "taxes", "tax_name", "A", "Taxes.Active", 200),
        ("/bankaccounts", "bankaccounts", "account_name", "A", "Status.All", 200),
    ],
)
def test_defaults_as_recorded(
    books: Books,
    path: str,
    key: str,
    column: str,
    order: str,
    applied: str,
    per_page: int,
) -> None:
    body = books.get(path).body
    context = body["page_context"]

    assert key in body
    assert (context["sort_column"], context["sort_order"]) == (column, order)
    assert (context["applied_filter"], context["per_page"]) == (applied, per_page)


def test_every_list_has_something(books: Books) -> None:
    assert len(books.get("/chartofaccounts").body["chartofaccounts"]) == 53
    assert len(books.get("/contacts", contact_type="vendor").body["contacts"]) == 41
    assert len(books.get("/contacts", contact_type="customer").body["contacts"]) == 15
    assert len(books.get("/settings/currencies").body["currencies"]) == 12
    assert _names(books, "/projects", "projects", "project_name") == [
        "Old Oven",
        "Shop Refit",
        "Summer Fair",
        "Website",
        "Wedding Cakes 2026",
    ]
    assert _names(books, "/bankaccounts", "bankaccounts", "account_name") == [
        "Business Current Account",
        "Company Card",
        "Euro Account",
        "Petty Cash",
        "Undeposited Funds",
    ]


def test_accounts_come_in_zohos_order_of_types(books: Books) -> None:
    names = _names(books, "/chartofaccounts", "chartofaccounts", "account_name")

    assert names[0] == "Advance Tax"
    assert names.index("Sales") < names.index("Office Supplies")
    assert names.index("Office Supplies") < names.index("Cost of Goods Sold")
    assert names[-1] == "Inventory Asset"


def test_inactive_accounts_are_missing_unless_asked_for(books: Books) -> None:
    every = {"filter_by": "AccountType.All"}

    assert "Old Marketing" not in _names(
        books, "/chartofaccounts", "chartofaccounts", "account_name"
    )
    assert "Old Marketing" in _names(
        books, "/chartofaccounts", "chartofaccounts", "account_name", **every
    )


def test_pages(books: Books) -> None:
    first = books.get("/contacts", per_page="40").body
    last = books.get("/contacts", per_page="40", page="2").body

    assert (len(first["contacts"]), first["page_context"]["has_more_page"]) == (
        40,
        True,
    )
    assert (len(last["contacts"]), last["page_context"]["has_more_page"]) == (16, False)


def test_ten_thousand_contacts_come_in_pages(books: Books) -> None:
    organization = books.organization_id
    books.standin.change("vendors", organization=organization, count=10_000)
    asked = {"contact_type": "vendor", "contact_name_startswith": "Vendor 0"}

    pages = [books.get("/contacts", page=str(page), **asked) for page in (1, 50, 51)]

    assert [len(page.body["contacts"]) for page in pages] == [200, 199, 0]
    assert pages[1].body["contacts"][-1]["contact_name"] == "Vendor 09999"


def test_a_page_is_not_longer_than_200(books: Books) -> None:
    context = books.get("/contacts", per_page="1000").body["page_context"]

    assert context["per_page"] == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": "0"},
        {"page": "one"},
        {"per_page": "-1"},
        {"sort_column": "colour"},
        {"sort_order": "up"},
        {"filter_by": "Status.Green"},
        {"last_modified_time": "2026-11-22"},
        {"last_modified_time": "2026-11-22T12:00:00 0000"},
        {"date_start": "22.11.2026"},
        {"total_less_than": "much"},
    ],
    ids=str,
)
def test_wrong_queries_are_refused(books: Books, wrong: dict[str, str]) -> None:
    assert books.get("/bills", **wrong).outcome == (400, 2)


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, ["C-3", "B-2", "A-1"]),
        ({"sort_order": "A"}, ["A-1", "B-2", "C-3"]),
        ({"sort_column": "bill_number"}, ["A-1", "B-2", "C-3"]),
        ({"sort_column": "total", "sort_order": "D"}, ["B-2", "C-3", "A-1"]),
        ({"bill_number": "b-2"}, ["B-2"]),
        ({"bill_number_startswith": "C"}, ["C-3"]),
        ({"bill_number_contains": "-"}, ["C-3", "B-2", "A-1"]),
        ({"reference_number": "mark-1"}, ["A-1"]),
        ({"reference_number_startswith": "mark"}, ["B-2", "A-1"]),
        ({"vendor_name_contains": "water"}, ["C-3"]),
        ({"description_contains": "gas"}, ["B-2"]),
        ({"search_text": "MARK-2"}, ["B-2"]),
        ({"search_text": "electricity"}, []),
        ({"date": "2026-11-02"}, ["B-2"]),
        ({"date_start": "2026-11-02"}, ["C-3", "B-2"]),
        ({"date_end": "2026-11-02"}, ["B-2", "A-1"]),
        ({"date_before": "2026-11-02"}, ["A-1"]),
        ({"date_after": "2026-11-02"}, ["C-3"]),
        ({"total": "200"}, ["C-3"]),
        ({"total_greater_equals": "200"}, ["C-3", "B-2"]),
        ({"total_less_than": "200"}, ["A-1"]),
        ({"status": "open"}, ["C-3", "B-2", "A-1"]),
        ({"filter_by": "Status.Paid"}, []),
        ({"filter_by": "Status.WithoutAttachment"}, ["C-3", "B-2", "A-1"]),
        ({"last_modified_time": "2026-11-22T12:00:10+0000"}, ["C-3", "B-2"]),
        ({"last_modified_time": "2026-11-22T13:00:20+0100"}, ["C-3"]),
    ],
    ids=str,
)
def test_filters_of_bills(
    three_bills: Books, asked: dict[str, str], numbers: list[str]
) -> None:
    found = three_bills.get("/bills", **asked).body["bills"]

    assert [row["bill_number"] for row in found] == numbers


@pytest.fixture
def three_bills(books: Books, clock: Clock) -> Books:
    """A-1, B-2 and C-3, ten seconds apart."""
    for number, vendor, rate, words, mark in (
        ("A-1", "City Power", 100, "Electricity", "MARK-1"),
        ("B-2", "Northern Gas", 300, "Gas", "MARK-2"),
        ("C-3", "City Water", 200, "Water", ""),
    ):
        body = books.bill(
            bill_number=number,
            vendor_id=books.id("contacts", vendor),
            date=f"2026-11-0{number[-1]}",
            reference_number=mark,
            line={"rate": rate, "description": words},
        )
        assert books.post("/bills", body).outcome == (201, 0)
        clock.move(seconds=10)
    return books


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"reference_number": "R-1001"}, True),
        ({"reference_number": "R-1002"}, False),
        ({"description_contains": "stamp"}, True),
        ({"search_text": "stamps"}, True),
        ({"search_text": "R-1001"}, False),
        ({"date": "2026-11-20"}, True),
        ({"amount": "12.5"}, True),
        ({"account_name": "Postage"}, True),
        ({"status": "nonbillable"}, True),
        ({"filter_by": "Status.Billable"}, False),
    ],
    ids=str,
)
def test_filters_of_expenses(
    books: Books, *, asked: dict[str, str], found: bool
) -> None:
    books.post("/expenses", books.expense())

    assert bool(books.get("/expenses", **asked).body["expenses"]) is found


def test_expenses_know_no_last_modified_time(books: Books) -> None:
    asked = {"last_modified_time": "2026-11-22T12:00:00+0000"}

    assert books.get("/expenses", **asked).outcome == (400, 2)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"contact_name": "city power"}, ["City Power"]),
        ({"contact_name_contains": "city"}, ["City Power", "City Water"]),
        ({"search_text": "anchor"}, ["Anchor Hotel"]),
        ({"search_text": "anchor", "contact_type": "vendor"}, []),
        ({"filter_by": "Status.Inactive"}, ["Closed Mill Ltd"]),
    ],
    ids=str,
)
def test_filters_of_contacts(
    books: Books, asked: dict[str, str], names: list[str]
) -> None:
    assert _names(books, "/contacts", "contacts", "contact_name", **asked) == names


def test_rows_of_bills_have_no_lines(three_bills: Books) -> None:
    rows: list[Record] = three_bills.get("/bills").body["bills"]

    assert all("line_items" not in row for row in rows)
    assert [row["has_attachment"] for row in rows] == [False, False, False]


def test_timestamps_are_in_the_organisations_time(diner: Books) -> None:
    made = diner.post("/bills", diner.bill()).body["bill"]

    assert made["created_time"] == "2026-11-22T07:00:00-0500"


def test_a_tax_that_was_deleted_is_missing(books: Books) -> None:
    names = ["Exempt", "Reduced Rate", "Standard Rate", "Zero Rate"]
    assert _names(books, "/settings/taxes", "taxes", "tax_name") == names

    books.standin.change(
        "remove",
        organization=books.organization_id,
        table="taxes",
        record="Reduced Rate",
    )
    names.remove("Reduced Rate")
    assert _names(books, "/settings/taxes", "taxes", "tax_name") == names


def test_locations_are_off_here_and_on_there(books: Books, spices: Books) -> None:
    assert books.get("/locations").status == 400
    listed = spices.get("/locations").body["locations"]
    assert [row["location_name"] for row in listed] == [
        "Head Office",
        "Quayside",
        "Annex",
        "Cold Store",
    ]


def test_reporting_tags_and_their_options(books: Books) -> None:
    tag = books.get("/reportingtags").body["reporting_tags"][0]
    options = books.get(f"/reportingtags/{tag['tag_id']}/options/all").body["results"]

    assert tag["tag_name"] == "Department"
    assert [row["option_name"] for row in options] == ["Shop", "Bakery", "Delivery"]


def test_who_i_am(books: Books) -> None:
    me = books.get("/users/me").body["user"]

    assert me["email_ids"][0]["email"] == "alice@harbourbakery.example"
    assert me["user_role"] == "admin"


def test_an_account_can_be_added_once(books: Books) -> None:
    body = {"account_name": "Yeast", "account_type": "expense"}
    answer = books.post("/chartofaccounts", body)
    number = answer.body["chart_of_account"]["account_id"]

    assert answer.headers["Location"] == f"/api/v3/chartofaccountdetails/{number}"
    assert books.post("/chartofaccounts", body).status == 400


def _names(books: Books, path: str, key: str, name: str, **asked: str) -> list[str]:
    return [row[name] for row in books.get(path, **asked).body[key]]
