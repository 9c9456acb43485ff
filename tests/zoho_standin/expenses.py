"""Expenses: paid by definition, through an account of the business."""

from __future__ import annotations

from decimal import Decimal

from tests.zoho_standin import purchases
from tests.zoho_standin.answers import (
    Answer,
    Record,
    Refused,
    created,
    gone,
    invalid,
    money,
    success,
)
from tests.zoho_standin.calls import Call, Route
from tests.zoho_standin.editions import check_treatment
from tests.zoho_standin.listing import Listing, Row, answer_list
from tests.zoho_standin.records import blank
from tests.zoho_standin.reference import status_is
from tests.zoho_standin.schemas import EXPENSE
from tests.zoho_standin.totals import Line, totals
from tests.zoho_standin.uploads import keep_documents, store_files

_ZERO = Decimal("0.0")
_PAYS = ("cash", "bank", "credit_card", "equity", "other_current_liability")
_WORDS = ("nonbillable", "reimbursed", "invoiced", "unbilled")
EXPENSES = Listing(
    "expenses",
    "Expenses",
    sort="created_time",
    order="D",
    columns=(
        "date",
        "account_name",
        "total",
        "bcy_total",
        "reference_number",
        "customer_name",
    ),
    filters={
        "Status.All": lambda _: True,
        "Status.Billable": lambda row: row["is_billable"],
        **{f"Status.{word.title()}": status_is(word) for word in _WORDS},
    },
    text=(
        "description",
        "reference_number",
        "account_name",
        "customer_name",
        "vendor_name",
    ),
    exact=(
        "status",
        "customer_id",
        "vendor_id",
        "recurring_expense_id",
        "paid_through_account_id",
        "project_id",
    ),
    dates=("date",),
    amounts=("amount",),
    search=("account_name", "description", "customer_name", "vendor_name"),
)


def list_expenses(call: Call) -> Answer:
    rows = [_row(expense) for expense in call.organisation.expenses.values()]
    return answer_list(call, EXPENSES, rows)


def _row(expense: Record) -> Row:
    kept = (
        "expense_id date user_name paid_through_account_name account_name description"
        " currency_id currency_code bcy_total total is_billable reference_number"
        " customer_id is_personal customer_name vendor_id vendor_name status"
        " created_time last_modified_time expense_receipt_name exchange_rate"
        " mileage_rate mileage_unit mileage_type expense_type report_id start_reading"
        " end_reading report_name report_number tags"
    )
    record = {
        **{name: expense[name] for name in kept.split()},
        "bcy_total_without_tax": money(expense["sub_total"] * expense["exchange_rate"]),
        "total_without_tax": expense["sub_total"],
        "distance": _ZERO,
        "has_attachment": bool(expense["documents"]),
        "custom_fields_list": "",
    }
    names = ("amount", "paid_through_account_id", "project_id")
    return Row(record, {name: expense[name] for name in names})


def one_expense(call: Call) -> Answer:
    return success(expense=_found(call))


def create_expense(call: Call) -> Answer:
    number = call.new_id()
    expense = _expense(call, call.body, number)
    store_files(call, expense, "receipt")
    call.organisation.expenses[number] = expense
    message = "The expense has been recorded."
    return created(message, f"expenses/{number}", expense=expense)


def update_expense(call: Call) -> Answer:
    expense = _found(call)
    purchases.check_open_period(call.organisation, expense["date"])
    known = {n: expense[n] for n in EXPENSE if expense.get(n) not in (None, "")}
    lines = known.pop("line_items")
    if len(lines) > 1 and "line_items" not in call.body:
        known["line_items"] = _sent_lines(lines)
    changed = _expense(call, known | call.body, expense["expense_id"])
    for name in (
        "created_time",
        "created_by_id",
        "documents",
        "expense_receipt_name",
        "expense_receipt_type",
    ):
        changed[name] = expense[name]
    expense.update(changed)
    store_files(call, expense, "receipt")
    return success("Expense information has been updated.", expense=expense)


def _sent_lines(lines: list[Record]) -> list[Record]:
    names = ("line_item_id", "account_id", "description", "amount", "tax_id", "tags")
    return [
        {name: line[name] for name in names if line[name] not in (None, "")}
        for line in lines
    ]


def _expense(call: Call, body: Record, number: str) -> Record:
    organisation = call.organisation
    lines = _lines(body)
    purchases.required(body, "date", "paid_through_account_id")
    for line in lines:
        _check_line(call, line)
    paid_through = _paid_through(call, body["paid_through_account_id"])
    vendor = purchases.vendor(call, body["vendor_id"]) if body.get("vendor_id") else {}
    check_treatment(organisation, body)
    purchases.check_belongings(call, body)
    purchases.check_location(call, body)
    purchases.check_open_period(organisation, body["date"])
    purchases.check_tags(call, body, lines if body.get("line_items") else [])
    wanted = body.get("currency_id") or paid_through["currency_id"]
    currency = purchases.currency(organisation, wanted)
    rate = purchases.exchange_rate(call, body, currency)
    record = _record(call, body, number)
    record |= {
        "vendor_id": vendor.get("contact_id", ""),
        "vendor_name": vendor.get("contact_name", ""),
        "paid_through_account_id": paid_through["account_id"],
        "paid_through_account_name": paid_through["account_name"],
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "exchange_rate": rate,
        "payment_mode": "Cash" if paid_through["account_type"] == "cash" else "",
    }
    return record | _sums(call, body, lines, currency, rate)


def _lines(body: Record) -> list[Record]:
    """The lines of an itemised expense, else the head as its only line."""
    if body.get("line_items"):
        return list(body["line_items"])
    names = ("account_id", "amount", "tax_id", "description", "tags")
    return [{name: body[name] for name in names if name in body}]


def _check_line(call: Call, line: Record) -> None:
    purchases.required(line, "account_id")
    purchases.account(call, line["account_id"])
    amount = line.get("amount")
    if amount in (None, "") or Decimal(str(amount)) <= 0:
        raise Refused(400, 5015, "Enter a valid expense amount")
    for name in ("tax_id", "reverse_charge_tax_id"):
        if line.get(name):
            purchases.tax(call, line[name], name)
    purchases.exemption(call, line, taxed=bool(line.get("tax_id")))


def _paid_through(call: Call, number: str) -> Record:
    account = purchases.account(call, number, "paid_through_account_id")
    if account["account_type"] not in _PAYS:
        raise invalid("paid_through_account_id")
    return account


def _record(call: Call, body: Record, number: str) -> Record:
    stamp = call.stamp()
    billable = bool(body.get("is_billable"))
    return {
        **blank(
            "expense_receipt_name expense_receipt_type employee_id employee_name"
            " employee_email vehicle_id vehicle_name mileage_unit start_reading"
            " end_reading invoice_id invoice_number report_id report_name report_number"
            " user_id user_name user_email approver_id approver_name approver_email"
            " report_status trip_id trip_number location merchant_id merchant_name"
            " template_id template_name template_type page_width page_height orientation"
            " tax_override_preference zcrm_potential_id zcrm_potential_name"
        ),
        "expense_id": number,
        "expense_item_id": call.new_id(),
        "transaction_type": "expense",
        "transaction_type_formatted": "Expense",
        "date": body["date"],
        "reference_number": body.get("reference_number") or "",
        "description": body.get("description") or "",
        "is_billable": billable,
        "is_personal": False,
        "is_reimbursable": False,
        "status": "unbilled" if billable else "nonbillable",
        "documents": [],
        "markup_percent": _ZERO,
        "mileage_rate": _ZERO,
        "mileage_type": "non_mileage",
        "expense_type": "non_mileage",
        "vat_treatment": body.get("vat_treatment") or "",
        "product_type": body.get("product_type") or "",
        "tags": body.get("tags") or [],
        "custom_fields": body.get("custom_fields") or [],
        "custom_field_hash": {},
        "is_recurring_applicable": False,
        "is_surcharge_applicable": False,
        "fcy_surcharge_amount": _ZERO,
        "bcy_surcharge_amount": _ZERO,
        "imported_transactions": [],
        "created_time": stamp,
        "created_by_id": call.author_id,
        "last_modified_by_id": call.author_id,
        "last_modified_time": stamp,
        **purchases.named(call, body),
    }


def _sums(
    call: Call, body: Record, lines: list[Record], currency: Record, rate: Decimal
) -> Record:
    taxes = call.organisation.taxes
    precision = currency["price_precision"]
    inclusive = bool(body.get("is_inclusive_tax"))
    counted = [
        Line(Decimal(line["amount"]), taxes.get(line.get("tax_id") or ""))
        for line in lines
    ]
    sums = totals(counted, precision, inclusive=inclusive, per_line=True)
    rows = [
        _line(call, line, place, net, parts)
        for place, (line, net, parts) in enumerate(
            zip(lines, sums.lines, sums.line_taxes, strict=True), 1
        )
    ]
    sent = sum((each.amount for each in counted), Decimal(0))
    total = money(sums.sub_total + sums.tax_total, precision)
    only = rows[0] if len(rows) == 1 else blank("account_id account_name")
    tax = taxes.get(only.get("tax_id", ""), {})
    return {
        "line_items": rows,
        "account_id": only["account_id"],
        "account_name": only["account_name"],
        "tax_id": tax.get("tax_id", ""),
        "tax_name": tax.get("tax_name", ""),
        "tax_percentage": tax.get("tax_percentage", 0),
        "taxes": sums.taxes,
        "is_inclusive_tax": inclusive,
        "amount": money(sent, precision),
        "tax_amount": sums.tax_total,
        "sub_total": sums.sub_total,
        "total": total,
        "bcy_total": money(total * rate),
    }


def _line(
    call: Call, line: Record, place: int, net: Decimal, parts: list[Record]
) -> Record:
    account = call.organisation.accounts[line["account_id"]]
    tax = call.organisation.taxes.get(line.get("tax_id") or "", {})
    return {
        "line_item_id": line.get("line_item_id") or call.new_id(),
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "description": line.get("description") or "",
        "tax_id": line.get("tax_id") or "",
        "tax_name": tax.get("tax_name", ""),
        "tax_type": tax.get("tax_type", ""),
        "tax_percentage": tax.get("tax_percentage", 0),
        "tax_amount": sum((part["tax_amount"] for part in parts), _ZERO),
        "item_total": net,
        "amount": Decimal(line["amount"]) + _ZERO,
        "item_order": place,
        "line_item_taxes": parts,
        "tags": line.get("tags") or [],
    }


def delete_expense(call: Call) -> Answer:
    expense = _found(call)
    purchases.check_open_period(call.organisation, expense["date"])
    keep_documents(call, expense, [])
    del call.organisation.expenses[expense["expense_id"]]
    return success("The expense has been deleted.")


def _found(call: Call) -> Record:
    expense = call.organisation.expenses.get(call.ids[0])
    if expense is None:
        raise gone("Expense")
    return expense


ROUTES = (
    Route("GET", "/expenses", "expenses.READ", list_expenses, EXPENSES.queries),
    Route(
        "POST",
        "/expenses",
        "expenses.CREATE",
        create_expense,
        schema=EXPENSE,
        takes_files=True,
    ),
    Route("GET", "/expenses/{id}", "expenses.READ", one_expense),
    Route(
        "PUT",
        "/expenses/{id}",
        "expenses.UPDATE",
        update_expense,
        frozenset({"delete_receipt"}),
        schema=EXPENSE,
        takes_files=True,
    ),
    Route("DELETE", "/expenses/{id}", "expenses.DELETE", delete_expense),
)
