"""What is written to Zoho Books: every field, and amounts to the digit."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
import responses
import simplejson
from responses import matchers

from connections.zoho.client import ZohoBooks
from connections.zoho.wire import encoded
from connections.zoho.writes import File, NewBill, NewBillLine, NewContact, NewExpense
from tests.connections.zoho.access import API, FIRST, ORGANISATION

ONLY_THE_ORGANISATION = matchers.query_param_matcher({"organization_id": ORGANISATION})
FULL_BILL = NewBill(
    vendor_id="4600000000000098001",
    bill_number="INV-7788",
    reference_number="DXT-1",
    date=dt.date(2026, 6, 9),
    due_date=dt.date(2026, 7, 9),
    currency_id="4600000000000000097",
    exchange_rate=Decimal("1.1850"),
    is_inclusive_tax=False,
    adjustment=Decimal("-0.01"),
    adjustment_description="Rounding",
    location_id="4600000000000038080",
    notes="From Dext",
    lines=(
        NewBillLine(
            account_id="4600000000000000400",
            rate=Decimal("10.10"),
            quantity=Decimal(3),
            name="Flour",
            description="25 kg sacks",
            tax_id="4600000000000027005",
            item_id="4600000000000051001",
            project_id="4600000000000044019",
            customer_id="4600000000000095001",
            is_billable=True,
            location_id="4600000000000038080",
        ),
        NewBillLine(account_id="4600000000000000401", rate=Decimal("0.1")),
    ),
)


def _body(zoho: responses.RequestsMock) -> str:
    body = zoho.calls[0].request.body
    assert isinstance(body, bytes)
    return body.decode()


def test_a_bill_with_all_its_fields(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    zoho.post(
        f"{API}/books/v3/bills",
        status=201,
        json={
            "code": 0,
            "message": "The bill has been created.",
            "bill": {
                "bill_id": "4600000000000117048",
                "total": 36.48,
                "tax_total": 6.08,
            },
        },
        match=[
            ONLY_THE_ORGANISATION,
            matchers.header_matcher(
                {
                    "Authorization": f"Zoho-oauthtoken {FIRST}",
                    "Content-Type": "application/json",
                }
            ),
        ],
    )

    bill = books.create_bill(FULL_BILL)

    assert (bill.zoho_id, bill.total, bill.tax_total) == (
        "4600000000000117048",
        Decimal("36.48"),
        Decimal("6.08"),
    )
    assert simplejson.loads(_body(zoho), use_decimal=True) == {
        "vendor_id": "4600000000000098001",
        "bill_number": "INV-7788",
        "reference_number": "DXT-1",
        "date": "2026-06-09",
        "due_date": "2026-07-09",
        "currency_id": "4600000000000000097",
        "exchange_rate": Decimal("1.1850"),
        "is_inclusive_tax": False,
        "adjustment": Decimal("-0.01"),
        "adjustment_description": "Rounding",
        "location_id": "4600000000000038080",
        "notes": "From Dext",
        "line_items": [
            {
                "account_id": "4600000000000000400",
                "rate": Decimal("10.10"),
                "quantity": 3,
                "name": "Flour",
                "description": "25 kg sacks",
                "tax_id": "4600000000000027005",
                "item_id": "4600000000000051001",
                "project_id": "4600000000000044019",
                "customer_id": "4600000000000095001",
                "is_billable": True,
                "location_id": "4600000000000038080",
            },
            {
                "account_id": "4600000000000000401",
                "rate": Decimal("0.1"),
                "quantity": 1,
            },
        ],
    }
    assert '"rate": 10.10,' in _body(zoho)
    assert '"rate": 0.1,' in _body(zoho)
    assert '"exchange_rate": 1.1850,' in _body(zoho)


def test_a_bill_without_what_it_does_not_need() -> None:
    line = NewBillLine(account_id="3", rate=Decimal(0))
    bill = NewBill(
        vendor_id="1",
        bill_number="2",
        date=dt.date(2026, 6, 9),
        lines=(line,),
        notes="",
    )
    assert bill.fields() == {
        "vendor_id": "1",
        "bill_number": "2",
        "date": "2026-06-09",
        "line_items": [{"account_id": "3", "rate": Decimal(0), "quantity": Decimal(1)}],
    }


def test_an_expense_with_all_its_fields(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    zoho.post(
        f"{API}/books/v3/expenses",
        status=201,
        json={
            "code": 0,
            "message": "The expense has been recorded.",
            "expense": {"expense_id": "4600000000000118003", "total": 25},
        },
        match=[ONLY_THE_ORGANISATION],
    )
    expense = books.create_expense(
        NewExpense(
            account_id="4600000000000000400",
            date=dt.date(2026, 6, 9),
            amount=Decimal("25.00"),
            paid_through_account_id="4600000000000000361",
            vendor_id="4600000000000098001",
            currency_id="4600000000000000097",
            exchange_rate=Decimal(1),
            tax_id="4600000000000027005",
            is_inclusive_tax=True,
            reference_number="R-1001",
            description="Printer paper",
            project_id="4600000000000044019",
            customer_id="4600000000000095001",
            is_billable=False,
            location_id="4600000000000038080",
        )
    )
    assert (expense.zoho_id, expense.total) == ("4600000000000118003", Decimal(25))
    assert _body(zoho) == (
        '{"account_id": "4600000000000000400", "date": "2026-06-09", "amount": 25.00, '
        '"paid_through_account_id": "4600000000000000361", '
        '"vendor_id": "4600000000000098001", "currency_id": "4600000000000000097", '
        '"exchange_rate": 1, "tax_id": "4600000000000027005", '
        '"is_inclusive_tax": true, "reference_number": "R-1001", '
        '"description": "Printer paper", "project_id": "4600000000000044019", '
        '"customer_id": "4600000000000095001", "is_billable": false, '
        '"location_id": "4600000000000038080"}'
    )


def test_a_supplier_is_created_as_a_vendor(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    zoho.post(
        f"{API}/books/v3/contacts",
        status=201,
        json={
            "code": 0,
            "message": "The contact has been added.",
            "contact": {"contact_id": "4600000000000098001", "contact_type": "vendor"},
        },
        match=[
            ONLY_THE_ORGANISATION,
            matchers.json_params_matcher(
                {
                    "contact_name": "Millers Flour Ltd",
                    "contact_type": "vendor",
                    "currency_id": "4600000000000000097",
                    "vat_treatment": "uk",
                }
            ),
        ],
    )
    contact = books.create_contact(
        NewContact(
            name="Millers Flour Ltd",
            kind="vendor",
            currency_id="4600000000000000097",
            vat_treatment="uk",
        )
    )
    assert contact.zoho_id == "4600000000000098001"


def test_a_contacts_tax_fields_have_zohos_names() -> None:
    contact = NewContact(
        name="a",
        kind="customer",
        company_name="b",
        vat_treatment="c",
        vat_reg_no="d",
        country_code="e",
        gst_treatment="f",
        gst_no="g",
        place_of_contact="h",
        tax_treatment="i",
        tax_reg_no="j",
    )
    assert contact.fields() == {
        "contact_name": "a",
        "contact_type": "customer",
        "company_name": "b",
        "vat_treatment": "c",
        "vat_reg_no": "d",
        "country_code": "e",
        "gst_treatment": "f",
        "gst_no": "g",
        "place_of_contact": "h",
        "tax_treatment": "i",
        "tax_reg_no": "j",
    }


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.1", "0.1"),
        ("10.10", "10.10"),
        ("1E+3", "1000"),
        ("0.00000012", "0.00000012"),
        ("-0.01", "-0.01"),
        ("12345678901234567890.12", "12345678901234567890.12"),
    ],
)
def test_amounts_travel_as_the_numbers_they_are(amount: str, text: str) -> None:
    assert encoded({"amount": Decimal(amount)}) == f'{{"amount": {text}}}'.encode()


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity"), object()])
def test_what_is_no_number_is_not_sent(amount: object) -> None:
    with pytest.raises(TypeError):
        encoded({"amount": amount})


Attach = Callable[[ZohoBooks, str, File], None]


@pytest.mark.parametrize(
    ("path", "part", "attach"),
    [
        ("/bills/46/attachment", "attachment", ZohoBooks.attach_to_bill),
        ("/expenses/46/receipt", "receipt", ZohoBooks.attach_receipt),
    ],
)
def test_a_document_travels_as_a_named_part(
    books: ZohoBooks,
    zoho: responses.RequestsMock,
    path: str,
    part: str,
    attach: Attach,
) -> None:
    zoho.post(
        f"{API}/books/v3{path}",
        status=201,
        json={"code": 0, "message": "The document has been attached."},
        match=[
            ONLY_THE_ORGANISATION,
            matchers.multipart_matcher(
                {part: ("Cafe 7.pdf", b"%PDF-1.7 ...", "application/pdf")}
            ),
            matchers.request_kwargs_matcher({"timeout": (5.0, 100.0)}),
        ],
    )
    attach(books, "46", File("Café 7☕.pdf", "application/pdf", b"%PDF-1.7 ..."))
    assert len(zoho.calls) == 1


def test_other_calls_have_half_a_minute(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    zoho.get(
        f"{API}/books/v3/bills/1",
        json={"code": 0, "bill": {"bill_id": "1", "total": 1}},
        match=[matchers.request_kwargs_matcher({"timeout": 30})],
    )
    assert books.bill("1").zoho_id == "1"


def test_an_id_cannot_leave_its_place_in_the_address(
    books: ZohoBooks, zoho: responses.RequestsMock
) -> None:
    zoho.get(
        f"{API}/books/v3/bills/..%2Forganizations%3Fx",
        json={"code": 0, "bill": {"bill_id": "1", "total": 1}},
    )
    assert books.bill("../organizations?x").zoho_id == "1"


@pytest.mark.parametrize(
    ("name", "content_type", "expected"),
    [
        ("invoice.pdf", "application/pdf", "invoice.pdf"),
        ("Invoice.PDF", "application/pdf", "Invoice.pdf"),
        ("photo.jpeg", "image/jpeg", "photo.jpeg"),
        ("photo.heic", "image/jpeg", "photo.jpg"),
        ("scan", "image/png", "scan.png"),
        ("müller & söhne.pdf", "application/pdf", "muller _ sohne.pdf"),
        ('a"b\r\nc.pdf', "application/pdf", "a_b_c.pdf"),
        ("../../etc/passwd", "application/pdf", "passwd.pdf"),
        (r"C:\docs\bill.pdf", "application/pdf", "bill.pdf"),
        ("請求書.pdf", "application/pdf", "document.pdf"),
        ("x" * 200 + ".pdf", "application/pdf", "x" * 91 + ".pdf"),
        ("sheet.xlsx", "application/vnd.ms-excel", "sheet.xlsx"),
    ],
)
def test_a_files_name_is_one_that_zoho_takes(
    name: str, content_type: str, expected: str
) -> None:
    assert File(name, content_type, b"").wire_name == expected
