"""What Zoho Books leaves out of a list, or writes in another way, changes no sense."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import responses

from connections.zoho.client import ZohoBooks
from tests.connections.zoho.access import API, ORGANISATION
from tests.connections.zoho.recorded import listed, paged

SUPPLIERS = paged(
    contact_type="vendor", filter_by="Status.All", sort_column="created_time"
)
CURRENCY = {"currency_id": "97", "currency_code": "GBP", "price_precision": 2}
BILL = {"bill_id": "117", "bill_number": "B-1", "date": "2026-06-09", "total": 10.5}


def sent(
    zoho: responses.RequestsMock, path: str, name: str, rows: list[Any], **more: Any
) -> None:
    zoho.get(f"{API}/books/v3{path}", json={"code": 0, name: rows, **more})


def contact(number: int, **told: Any) -> dict[str, Any]:
    told = {"contact_type": "vendor", **told}
    return {"contact_id": str(number), "contact_name": f"Supplier {number}", **told}


@pytest.mark.parametrize(
    ("told", "places"),
    [(0, 0), (3, 3), ("2", 2), ("", 2), (-1, 2), (99999, 2), (1e20, 2), (None, 2)],
)
def test_a_precision_that_no_currency_has_says_nothing(
    books: ZohoBooks, zoho: responses.RequestsMock, told: Any, places: int
) -> None:
    rows = [{**CURRENCY, "price_precision": told}]
    sent(zoho, "/settings/currencies", "currencies", rows)
    bakery = {"organization_id": ORGANISATION, "price_precision": told}
    zoho.get(
        f"{API}/books/v3/organizations/{ORGANISATION}",
        json={"code": 0, "organization": bakery},
    )

    assert books.currencies().rows[0].precision == places
    assert books.organisation().price_precision == places


@pytest.mark.parametrize("kind", [None, "", "Vendor", "VENDOR"])
def test_a_supplier_whose_kind_is_not_told_or_written_otherwise_is_one(
    books: ZohoBooks, zoho: responses.RequestsMock, kind: str | None
) -> None:
    customer = contact(2, contact_type="Customer")
    rows = [contact(1, contact_type=kind), customer]
    listed(zoho, "/contacts", "contacts", rows, SUPPLIERS)

    assert [(row.zoho_id, row.kind) for row in books.contacts("vendor").rows] == [
        ("1", "vendor")
    ]


@pytest.mark.parametrize("unfit", ["\x00", "\ud83d"])
def test_a_name_is_without_what_no_table_takes(
    books: ZohoBooks, zoho: responses.RequestsMock, unfit: str
) -> None:
    """Somebody cut it off in the middle of an emoji."""
    row = contact(1, contact_name=f"Acme{unfit}")
    sent(zoho, "/contacts", "contacts", [row])

    assert books.contacts("vendor").rows[0].name == "Acme"


@pytest.mark.parametrize("told", [1, "true", True])
def test_there_is_more_however_it_is_written(
    books: ZohoBooks, zoho: responses.RequestsMock, told: Any
) -> None:
    context = {"has_more_page": told}
    sent(zoho, "/contacts", "contacts", [contact(1)], page_context=context)

    assert books.contacts("vendor").has_more is True


@pytest.mark.parametrize(
    ("rows", "more"), [(200, True), (400, True), (199, False), (0, False)]
)
def test_where_zoho_does_not_say_whether_there_is_more_a_full_page_is_not_the_last(
    books: ZohoBooks, zoho: responses.RequestsMock, *, rows: int, more: bool
) -> None:
    sent(zoho, "/contacts", "contacts", [contact(number) for number in range(rows)])

    assert books.contacts("vendor").has_more is more


def test_a_full_page_of_which_zoho_says_that_it_is_the_last_is_the_last(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    rows = [contact(number) for number in range(200)]
    listed(zoho, "/contacts", "contacts", rows, SUPPLIERS)

    assert books.contacts("vendor").has_more is False


def test_a_list_that_has_no_pages_ends_with_its_one_answer(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    shops = [
        {"location_id": str(number), "location_name": "Shop"} for number in range(200)
    ]
    sent(zoho, "/locations", "locations", shops)

    assert books.locations().has_more is False


@pytest.mark.parametrize(
    "told",
    ["2026-06-09", "2026-06-09T00:00:00+0530", "2026-06-09 00:00", " 2026-06-09"],
)
def test_a_day_is_one_with_a_time_behind_it_as_well(
    books: ZohoBooks, zoho: responses.RequestsMock, told: str
) -> None:
    sent(zoho, "/bills", "bills", [{**BILL, "date": told}])

    assert books.bills().rows[0].date == dt.date(2026, 6, 9)


@pytest.mark.parametrize("told", ["20%", "20.0 %", "20", 20.0])
def test_a_percentage_is_one_with_its_sign_as_well(
    books: ZohoBooks, zoho: responses.RequestsMock, told: Any
) -> None:
    standard = {"tax_id": "1", "tax_name": "Standard", "tax_percentage": told}
    sent(zoho, "/settings/taxes", "taxes", [standard])

    (row,) = books.taxes().rows
    assert (row.percentage, row.is_active) == (Decimal(20), True)


@pytest.mark.parametrize(
    "told", [{"tax_percentage": None}, {}, {"tax_percentage": "a fifth"}]
)
def test_a_tax_of_which_nobody_knows_how_much_it_is_is_for_no_record(
    books: ZohoBooks, zoho: responses.RequestsMock, told: dict[str, Any]
) -> None:
    standard = {"tax_id": "1", "tax_name": "Standard", "status": "Active", **told}
    zero = {"tax_id": "2", "tax_name": "Zero", "tax_percentage": 0}
    sent(zoho, "/settings/taxes", "taxes", [standard, zero])

    assert [row.is_active for row in books.taxes().rows] == [False, True]
