"""Bills, expenses and contacts as they are read back and looked for."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import responses
from responses import matchers

from connections.zoho.client import ZohoBooks
from connections.zoho.errors import ZohoUnexpected
from connections.zoho.types import Bill, Expense
from tests.connections.zoho.access import API, ORGANISATION
from tests.connections.zoho.recorded import listed, paged

EASTERN = dt.timezone(dt.timedelta(hours=-4))
MOMENT = dt.datetime(2026, 6, 9, 13, 33, 42, tzinfo=EASTERN)

BILL_ROW = {
    "bill_id": "4600000000000117048",
    "vendor_id": "4600000000000098001",
    "bill_number": "INV-7788",
    "reference_number": "DXT-1",
    "date": "2026-06-09",
    "currency_code": "GBP",
    "total": 120.1,
    "status": "open",
    "has_attachment": False,
    "attachment_name": "",
    "created_time": "2026-06-09T13:33:42-0400",
}
OUR_BILL = Bill(
    zoho_id="4600000000000117048",
    vendor_id="4600000000000098001",
    bill_number="INV-7788",
    reference_number="DXT-1",
    date=dt.date(2026, 6, 9),
    currency_code="GBP",
    total=Decimal("120.1"),
    tax_total=None,
    status="open",
    has_attachment=False,
    created_at=MOMENT,
)


def test_bills_that_do_not_fit_are_left_out_since_zoho_ignores_unknown_filters(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    query = paged(
        bill_number="inv-7788",
        reference_number="DXT-1",
        vendor_id="4600000000000098001",
        filter_by="Status.All",
        sort_column="created_time",
        sort_order="D",
    )
    others = [
        {**BILL_ROW, "bill_id": "2", "bill_number": "INV-77880"},
        {**BILL_ROW, "bill_id": "3", "reference_number": ""},
        {**BILL_ROW, "bill_id": "4", "vendor_id": "4600000000000098002"},
    ]
    listed(zoho, "/bills", "bills", [BILL_ROW, *others], query, more=True)

    page = books.bills(
        bill_number="inv-7788 ",
        reference_number="DXT-1",
        vendor_id="4600000000000098001",
    )

    assert page.rows == (OUR_BILL,)
    assert page.has_more is True


@pytest.mark.parametrize(
    ("told", "attached"),
    [
        ({"documents": [], "attachment_name": ""}, False),
        ({"documents": [{"document_id": "1"}], "attachment_name": ""}, True),
        ({"documents": [], "attachment_name": "invoice.pdf"}, True),
        ({"has_attachment": True}, True),
    ],
)
def test_a_single_bill_tells_its_tax_and_its_document(
    books: ZohoBooks,
    zoho: responses.RequestsMock,
    told: dict[str, Any],
    attached: bool,  # noqa: FBT001 – a column of the table above
) -> None:
    zoho.get(
        f"{API}/books/v3/bills/4600000000000117048",
        json={"code": 0, "bill": {**BILL_ROW, "tax_total": 20.02, **told}},
        match=[matchers.query_param_matcher({"organization_id": ORGANISATION})],
    )
    assert books.bill("4600000000000117048") == replace(
        OUR_BILL, tax_total=Decimal("20.02"), has_attachment=attached
    )


def test_expenses_of_a_day_by_reference(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    row = {
        "expense_id": "4600000000000118003",
        "vendor_id": "",
        "date": "2026-06-09",
        "currency_code": "GBP",
        "total": 25.0,
        "total_without_tax": 20.83,
        "reference_number": "R-1001",
        "description": "Printer paper",
        "status": "nonbillable",
        "expense_receipt_name": "receipt.png",
        "created_time": "",
    }
    query = paged(
        date="2026-06-09",
        search_text="x" * 100,
        filter_by="Status.All",
        sort_column="created_time",
    )
    other_day = {**row, "expense_id": "2", "date": "2026-06-10"}
    listed(zoho, "/expenses", "expenses", [row, other_day], query)

    page = books.expenses(date=dt.date(2026, 6, 9), search_text="x" * 120)

    assert page.rows == (
        Expense(
            zoho_id="4600000000000118003",
            vendor_id="",
            date=dt.date(2026, 6, 9),
            currency_code="GBP",
            total=Decimal("25.0"),
            tax_total=Decimal("4.17"),
            reference_number="R-1001",
            description="Printer paper",
            paid_through_account_id="",
            status="nonbillable",
            has_attachment=True,
            created_at=None,
        ),
    )


def test_a_single_expense(books: ZohoBooks, zoho: responses.RequestsMock) -> None:
    zoho.get(
        f"{API}/books/v3/expenses/4600000000000118003",
        json={
            "code": 0,
            "expense": {
                "expense_id": "4600000000000118003",
                "total": "25.00",
                "tax_amount": 0,
                "paid_through_account_id": "4600000000000000361",
                "expense_receipt_name": "",
            },
        },
    )
    found = books.expense("4600000000000118003")
    assert found.total == Decimal("25.00")
    assert found.tax_total == Decimal(0)
    assert found.paid_through_account_id == "4600000000000000361"
    assert (found.date, found.created_at, found.has_attachment) == (None, None, False)


def _named(name: str, zoho_id: str = "1") -> dict[str, str]:
    return {"contact_id": zoho_id, "contact_name": name, "contact_type": "vendor"}


def test_contacts_are_found_by_their_exact_name_whatever_its_case(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    rows = [_named("MILLERS flour"), _named("Millers Flour Mill", "2")]
    query = paged(filter_by="Status.All", contact_name="Millers Flour")
    listed(zoho, "/contacts", "contacts", rows, query)
    found = books.contacts_named(" Millers Flour")
    assert [contact.zoho_id for contact in found] == ["1"]


def test_a_name_longer_than_zohos_search_is_found_by_its_beginning(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    name = "M" * 130
    query = paged(filter_by="Status.All", contact_name_startswith="M" * 100)
    listed(zoho, "/contacts", "contacts", [_named(name), _named("M" * 131)], query)
    assert [contact.name for contact in books.contacts_named(name)] == [name]


def test_a_search_that_zoho_ignored_does_not_prove_that_nobody_has_the_name(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    query = paged(filter_by="Status.All", contact_name="Millers")
    listed(zoho, "/contacts", "contacts", [_named("Someone")], query, more=True)
    with pytest.raises(ZohoUnexpected):
        books.contacts_named("Millers")


def test_a_search_among_all_words_may_bring_too_many_others(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    query = paged(filter_by="Status.All", search_text="Mill")
    listed(zoho, "/contacts", "contacts", [_named("Millers")], query, more=True)
    assert books.contacts_named("Mill", loosely=True) == []
