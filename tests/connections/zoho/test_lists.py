"""What Zoho Books sends is read leniently, and whole or not at all."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import responses
from responses import matchers

from connections.zoho.client import ZohoBooks, organisations
from connections.zoho.types import (
    AccountRow,
    BankAccountRow,
    ContactRow,
    CurrencyRow,
    LocationRow,
    Organisation,
    ProductRow,
    ProjectRow,
    PurchaseRow,
    TaxExemptionRow,
    TaxRateRow,
)
from tests.connections.zoho.access import API, ORGANISATION, BakeryAccess
from tests.connections.zoho.recorded import listed, paged

EASTERN = dt.timezone(dt.timedelta(hours=-4))
MOMENT = dt.datetime(2026, 6, 9, 13, 33, 42, tzinfo=EASTERN)


BAKERY = {
    "organization_id": 60001234567,
    "name": "Harbour Bakery Ltd",
    "currency_code": "GBP",
    "plan_name": "Professional",
    "time_zone": "Europe/London",
    "price_precision": 2,
    "country_code": "UK",
    "org_settings": {"is_org_active": True},
}
OUR_BAKERY = Organisation(
    organisation_id="60001234567",
    name="Harbour Bakery Ltd",
    country="GB",
    currency_code="GBP",
    plan_name="Professional",
    time_zone="Europe/London",
    price_precision=2,
    edition="uk",
    is_active=True,
)


def test_organisations_are_asked_for_without_an_organisation(
    zoho: responses.RequestsMock,
) -> None:
    switched_off = {**BAKERY, "org_settings": {"is_org_active": "false"}}
    zoho.get(
        f"{API}/books/v3/organizations",
        json={"code": 0, "message": "success", "organizations": [BAKERY, switched_off]},
        match=[matchers.query_param_matcher({})],
    )
    assert organisations(API, BakeryAccess()) == [
        OUR_BAKERY,
        replace(OUR_BAKERY, is_active=False),
    ]


@pytest.mark.parametrize(
    ("told", "edition", "country"),
    [
        ({"version": "india", "country_code": "US"}, "in", "US"),
        ({"version": "uk"}, "uk", "GB"),
        ({"version": "something new"}, "uk", "GB"),
        ({"country_code": "IN"}, "in", "IN"),
        ({"country_code": "US"}, "us", "US"),
        ({"country_code": "DE"}, "eu", "DE"),
        ({"country_code": "CA"}, "ca", "CA"),
        ({"country_code": "AU"}, "au", "AU"),
        ({"country_code": "AE"}, "gcc", "AE"),
        ({"country_code": "BR"}, "global", "BR"),
        ({"country_code": "", "address": {"country": "U.S.A"}}, "us", "US"),
        ({"country_code": None, "country_name": "United Kingdom"}, "uk", "GB"),
        ({"country_code": ""}, "global", ""),
    ],
)
def test_the_edition_is_zohos_own_word_or_the_countrys(
    books: ZohoBooks,
    zoho: responses.RequestsMock,
    told: dict[str, Any],
    edition: str,
    country: str,
) -> None:
    zoho.get(
        f"{API}/books/v3/organizations/{ORGANISATION}",
        json={"code": 0, "message": "success", "organization": {**BAKERY, **told}},
        match=[matchers.query_param_matcher({})],
    )
    found = books.organisation()
    assert (found.edition, found.country) == (edition, country)


def test_accounts_inactive_ones_included(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    row = {
        "account_id": "4600000000000000400",
        "account_name": "Office Supplies",
        "account_code": "",
        "account_type": "expense",
        "description": "Paper and pens",
        "is_active": False,
        "parent_account_id": "",
        "depth": 0,
    }
    query = {
        "page": "1",
        "filter_by": "AccountType.All",
        "sort_column": "account_name",
    }
    listed(zoho, "/chartofaccounts", "chartofaccounts", [row], query, more=True)

    page = books.accounts()

    assert page.has_more is True
    assert page.rows == (
        AccountRow(
            zoho_id="4600000000000000400",
            name="Office Supplies",
            code="",
            kind="expense",
            description="Paper and pens",
            parent_id="",
            depth=0,
            is_active=False,
        ),
    )


def test_suppliers(books: ZohoBooks, zoho: responses.RequestsMock) -> None:
    miller = {
        "contact_id": 4600000000000098001,
        "contact_name": "Millers Flour Ltd",
        "company_name": "Millers Flour Ltd",
        "contact_type": "vendor",
        "status": "inactive",
        "currency_id": "4600000000000000097",
        "currency_code": "GBP",
        "email": None,
        "last_modified_time": "2026-06-09T13:33:42-0400",
    }
    customer = {**miller, "contact_id": "2", "contact_type": "customer"}
    query = paged(
        contact_type="vendor", filter_by="Status.All", sort_column="created_time"
    )
    listed(zoho, "/contacts", "contacts", [miller, customer], query)

    assert books.contacts("vendor").rows == (
        ContactRow(
            zoho_id="4600000000000098001",
            name="Millers Flour Ltd",
            kind="vendor",
            status="inactive",
            currency_id="4600000000000000097",
            currency_code="GBP",
            email="",
            company_name="Millers Flour Ltd",
            last_modified=MOMENT,
            is_active=False,
        ),
    )


def test_bills_as_they_are_compared(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    bill = {
        "bill_id": 4600000000000118,
        "vendor_id": "4600000000000098001",
        "vendor_name": "Millers Flour Ltd",
        "bill_number": "MF-7",
        "reference_number": "PO-1",
        "date": "2026-06-09",
        "currency_code": "GBP",
        "total": 99.5,
        "status": "open",
        "last_modified_time": "2026-06-09T13:33:42-0400",
    }
    query = paged(
        filter_by="Status.All", sort_column="last_modified_time", sort_order="A"
    )
    listed(zoho, "/bills", "bills", [bill, {**bill, "status": "void"}], query)

    rows = books.bill_rows(sort="last_modified_time").rows

    assert rows[0] == PurchaseRow(
        zoho_id="4600000000000118",
        name="MF-7 · Millers Flour Ltd",
        kind="bill",
        vendor_id="4600000000000098001",
        vendor_name="Millers Flour Ltd",
        reference="MF-7",
        remark="PO-1",
        date=dt.date(2026, 6, 9),
        currency_code="GBP",
        total=Decimal("99.5"),
        status="open",
        last_modified=MOMENT,
        is_active=True,
    )
    assert not rows[1].is_active


def test_an_expense_may_lack_supplier_and_reference(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    expense = {
        "expense_id": "4600000000000119",
        "vendor_id": "",
        "vendor_name": "",
        "reference_number": "",
        "date": "2026-06-09",
        "currency_code": "GBP",
        "total": 12,
        "status": "nonbillable",
        "last_modified_time": "2026-06-09T13:33:42-0400",
    }
    query = paged(filter_by="Status.All", sort_column="created_time")
    listed(zoho, "/expenses", "expenses", [expense], query)

    (row,) = books.expense_rows().rows

    assert (row.kind, row.name, row.vendor_id, row.reference) == ("expense", "", "", "")
    assert (row.total, row.is_active) == (Decimal(12), True)


def test_bank_accounts(books: ZohoBooks, zoho: responses.RequestsMock) -> None:
    row = {
        "account_id": "4600000000000000361",
        "account_name": "Petty Cash",
        "account_code": 1010,
        "account_type": "cash",
        "currency_id": "4600000000000000097",
        "currency_code": "GBP",
        "is_active": True,
    }
    query = paged(filter_by="Status.All", sort_column="account_name")
    listed(zoho, "/bankaccounts", "bankaccounts", [row], query)

    assert books.bank_accounts().rows == (
        BankAccountRow(
            zoho_id="4600000000000000361",
            name="Petty Cash",
            code="1010",
            kind="cash",
            currency_id="4600000000000000097",
            currency_code="GBP",
            bank_name="",
            account_number="",
            is_active=True,
        ),
    )


def test_tax_rates_and_groups_of_them(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    standard = {
        "tax_id": "1",
        "tax_name": "Standard Rate",
        "tax_percentage": 20,
        "tax_type": "tax",
        "country_code": "UK",
        "status": "Active",
    }
    group = {
        "tax_id": "2",
        "tax_name": "GST18",
        "tax_percentage": "17.5",
        "tax_type": "tax_group",
        "tax_specification": "intra",
        "is_inactive": True,
    }
    nothing = {"tax_id": "3", "tax_name": "None", "tax_percentage": ""}
    listed(zoho, "/settings/taxes", "taxes", [standard, group, nothing], paged())

    first = TaxRateRow(
        zoho_id="1",
        name="Standard Rate",
        percentage=Decimal(20),
        kind="tax",
        specification="",
        is_group=False,
        is_active=True,
        country="UK",
    )
    assert books.taxes().rows == (
        first,
        TaxRateRow(
            zoho_id="2",
            name="GST18",
            percentage=Decimal("17.5"),
            kind="tax_group",
            specification="intra",
            is_group=True,
            is_active=False,
            country="",
        ),
        replace(
            first, zoho_id="3", name="None", percentage=Decimal(0), kind="", country=""
        ),
    )


def test_tax_exemptions_come_without_pages(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    row = {
        "tax_exemption_id": "4600000000000050001",
        "tax_exemption_code": "RESELLER",
        "description": "Buyer is a reseller",
        "type": "customer",
    }
    zoho.get(
        f"{API}/books/v3/settings/taxexemptions",
        json={"code": 0, "message": "success", "tax_exemptions": [row]},
        match=[matchers.query_param_matcher({"organization_id": ORGANISATION})],
    )
    page = books.tax_exemptions()
    assert page.has_more is False
    assert page.rows == (
        TaxExemptionRow(
            zoho_id="4600000000000050001",
            name="RESELLER",
            code="RESELLER",
            description="Buyer is a reseller",
            kind="customer",
            is_active=True,
        ),
    )


def test_projects(books: ZohoBooks, zoho: responses.RequestsMock) -> None:
    row = {
        "project_id": "4600000000000044019",
        "project_name": "Wedding cakes",
        "customer_id": "4600000000000095001",
        "customer_name": "Bowman and Co",
        "status": "active",
    }
    query = paged(filter_by="Status.All", sort_column="created_time")
    listed(zoho, "/projects", "projects", [row], query)

    assert books.projects().rows == (
        ProjectRow(
            zoho_id="4600000000000044019",
            name="Wedding cakes",
            customer_id="4600000000000095001",
            customer_name="Bowman and Co",
            status="active",
            is_active=True,
        ),
    )


def test_products_are_seen_from_the_buyers_side(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    row = {
        "item_id": "4600000000000051001",
        "name": "Flour",
        "sku": "FL-25",
        "item_type": "sales_and_purchases",
        "description": "For sale",
        "purchase_description": "25 kg sack",
        "rate": 40.0,
        "purchase_rate": "",
        "purchase_account_id": "4600000000000000400",
        "tax_id": "",
        "can_be_purchased": "true",
        "status": "active",
    }
    query = paged(filter_by="Status.All", sort_column="name")
    listed(zoho, "/items", "items", [row], query)

    assert books.products().rows == (
        ProductRow(
            zoho_id="4600000000000051001",
            name="Flour",
            code="FL-25",
            kind="sales_and_purchases",
            description="25 kg sack",
            account_id="4600000000000000400",
            rate=None,
            tax_id="",
            can_be_purchased=True,
            is_active=True,
        ),
    )


@pytest.mark.parametrize("in_a_list", [True, False])
def test_locations_even_where_one_stands_alone(
    books: ZohoBooks, zoho: responses.RequestsMock, *, in_a_list: bool
) -> None:
    row = {
        "location_id": "4600000000000038080",
        "location_name": "Quay Street",
        "type": "general",
        "is_primary": True,
        "status": "active",
    }
    zoho.get(
        f"{API}/books/v3/locations",
        json={"code": "0", "message": "ok", "locations": [row] if in_a_list else row},
        match=[matchers.query_param_matcher({"organization_id": ORGANISATION})],
    )
    assert books.locations().rows == (
        LocationRow(
            zoho_id="4600000000000038080",
            name="Quay Street",
            kind="general",
            parent_id="",
            is_primary=True,
            is_active=True,
        ),
    )


def test_currencies_without_a_rate_have_none(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    pound = {
        "currency_id": "4600000000000000097",
        "currency_code": "GBP",
        "currency_name": "Pound Sterling",
        "price_precision": 2,
        "is_base_currency": True,
        "exchange_rate": 0.0,
    }
    yen = {
        "currency_id": "98",
        "currency_code": "JPY",
        "currency_name": "",
        "price_precision": 0,
        "is_base_currency": False,
        "exchange_rate": 0.005268,
    }
    listed(zoho, "/settings/currencies", "currencies", [pound, yen], paged())

    assert books.currencies().rows == (
        CurrencyRow(
            zoho_id="4600000000000000097",
            code="GBP",
            name="Pound Sterling",
            precision=2,
            exchange_rate=None,
            is_base=True,
            is_active=True,
        ),
        CurrencyRow(
            zoho_id="98",
            code="JPY",
            name="JPY",
            precision=0,
            exchange_rate=Decimal("0.005268"),
            is_base=False,
            is_active=True,
        ),
    )
