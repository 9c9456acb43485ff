"""Expenses: what is required, and what they come to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.standin.callers import Books


def test_an_expense_is_recorded(books: Books) -> None:
    answer = books.post("/expenses", books.expense())
    expense = answer.body["expense"]

    assert answer.outcome == (201, 0)
    assert answer.body["message"] == "The expense has been recorded."
    assert answer.headers["Location"] == f"/api/v3/expenses/{expense['expense_id']}"
    assert expense["status"] == "nonbillable"
    assert expense["total"] == Decimal("12.50")
    assert expense["paid_through_account_name"] == "Petty Cash"
    assert books.get(f"/expenses/{expense['expense_id']}").body["expense"] == expense


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"account_id": ""}, (400, 4)),
        ({"date": ""}, (400, 4)),
        ({"paid_through_account_id": ""}, (400, 4)),
        ({"amount": 0}, (400, 5015)),
        ({"amount": -5}, (400, 5015)),
        ({"amount": "12.50"}, (400, 2)),
        ({"account_id": "208250000000999999"}, (400, 2)),
        ({"paid_through_account_id": "208250000000999999"}, (400, 2)),
        ({"vendor_id": "208250000000999999"}, (400, 2)),
        ({"currency_id": "208250000000999999"}, (400, 9004)),
        ({"due_date": "2026-12-20"}, (400, 2)),
        ({"is_billable": True}, (400, 2)),
        ({"reference_number": "1" * 101}, (400, 15)),
    ],
    ids=str,
)
def test_what_an_expense_is_refused_for(
    books: Books, changed: dict[str, Any], outcome: tuple[int, int]
) -> None:
    assert books.post("/expenses", books.expense(**changed)).outcome == outcome
    assert books.stored("expenses") == []


def test_it_cannot_be_paid_through_an_expense_account(books: Books) -> None:
    through = books.id("accounts", "Postage")
    body = books.expense(paid_through_account_id=through)

    assert books.post("/expenses", body).outcome == (400, 2)


@pytest.mark.parametrize(
    ("inclusive", "net", "total"), [(True, "10.42", "12.50"), (False, "12.50", "15.00")]
)
def test_tax_in_or_on_the_amount(
    books: Books, *, inclusive: bool, net: str, total: str
) -> None:
    tax = books.id("taxes", "Standard Rate")
    body = books.expense(tax_id=tax, is_inclusive_tax=inclusive)

    expense = books.post("/expenses", body).body["expense"]

    assert expense["amount"] == Decimal("12.50")
    assert expense["sub_total"] == Decimal(net)
    assert expense["total"] == Decimal(total)


def test_lines_make_it_itemised(books: Books) -> None:
    lines = [
        {"account_id": books.id("accounts", "Postage"), "amount": 10},
        {"account_id": books.id("accounts", "Travel Expense"), "amount": 2.5},
    ]
    body = books.expense(line_items=lines)
    del body["account_id"], body["amount"]

    expense = books.post("/expenses", body).body["expense"]

    assert expense["total"] == Decimal("12.50")
    assert [line["account_name"] for line in expense["line_items"]] == [
        "Postage",
        "Travel Expense",
    ]


def test_without_a_currency_it_takes_the_accounts(books: Books) -> None:
    euros = books.id("accounts", "Euro Account")
    body = books.expense(paid_through_account_id=euros)

    assert books.post("/expenses", body).body["expense"]["currency_code"] == "EUR"


def test_fifty_euro_from_a_pound_account_are_fifty_euro(books: Books) -> None:
    euro = books.id("currencies", "EUR")
    body = books.expense(amount=50, currency_id=euro, exchange_rate=0.85)

    expense = books.post("/expenses", body).body["expense"]

    assert expense["currency_code"] == "EUR"
    assert expense["total"] == Decimal("50.00")
    assert expense["bcy_total"] == Decimal("42.50")


def test_two_equal_expenses_are_two(books: Books) -> None:
    books.post("/expenses", books.expense())
    books.post("/expenses", books.expense())

    assert len(books.stored("expenses")) == 2


def test_an_update_of_one_field_keeps_the_rest(books: Books) -> None:
    made = books.post("/expenses", books.expense()).body["expense"]
    path = f"/expenses/{made['expense_id']}"

    changed = books.call("PUT", path, json={"description": "More stamps"})

    assert changed.body["message"] == "Expense information has been updated."
    assert changed.body["expense"]["description"] == "More stamps"
    assert changed.body["expense"]["total"] == Decimal("12.50")
    assert changed.body["expense"]["created_time"] == made["created_time"]


def test_a_billable_expense_is_unbilled(books: Books) -> None:
    customer = books.id("contacts", "Anchor Hotel")
    body = books.expense(is_billable=True, customer_id=customer)

    assert books.post("/expenses", body).body["expense"]["status"] == "unbilled"


def test_a_deleted_expense_is_gone(books: Books) -> None:
    number = books.post("/expenses", books.expense()).body["expense"]["expense_id"]

    answer = books.call("DELETE", f"/expenses/{number}")

    assert answer.body["message"] == "The expense has been deleted."
    assert books.get(f"/expenses/{number}").outcome == (404, 1002)
