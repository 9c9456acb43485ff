"""Bills: create, read, change, void, delete."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.zoho_standin import purchases
from tests.zoho_standin.answers import (
    CURRENCY_MISMATCH,
    HAS_PAYMENTS,
    NOT_EDITABLE,
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
from tests.zoho_standin.editions import check_supply, check_treatment, supply_fields
from tests.zoho_standin.listing import Listing, Row, answer_list
from tests.zoho_standin.records import blank
from tests.zoho_standin.reference import status_is
from tests.zoho_standin.schemas import BILL
from tests.zoho_standin.totals import Line, totals
from tests.zoho_standin.uploads import keep_documents, store_files

_ZERO = Decimal("0.0")
_WORDS = {
    "Paid": "paid",
    "Open": "open",
    "Overdue": "overdue",
    "Void": "void",
    "PartiallyPaid": "partially_paid",
    "Draft": "draft",
    "Pending": "pending_approval",
}
BILLS = Listing(
    "bills",
    "Bills",
    sort="created_time",
    order="D",
    columns=(
        "vendor_name",
        "bill_number",
        "date",
        "due_date",
        "total",
        "balance",
        "last_modified_time",
    ),
    filters={
        "Status.All": lambda _: True,
        **{f"Status.{word}": status_is(status) for word, status in _WORDS.items()},
        "Status.Unpaid": lambda row: row["balance"] > 0 and row["status"] != "void",
        "Status.WithAttachment": lambda row: row["has_attachment"],
        "Status.WithoutAttachment": lambda row: not row["has_attachment"],
    },
    text=(
        "bill_number",
        "reference_number",
        "description",
        "vendor_name",
        "item_name",
        "item_description",
    ),
    exact=(
        "status",
        "vendor_id",
        "project_id",
        "customer_id",
        "item_id",
        "recurring_bill_id",
        "purchaseorder_id",
    ),
    dates=("date", "due_date", "created_date"),
    amounts=("total",),
    search=("bill_number", "reference_number", "vendor_name"),
    since=True,
    ignored=("location_ids",),
)


def list_bills(call: Call) -> Answer:
    rows = [_row(call, bill) for bill in call.organisation.bills.values()]
    if wanted := call.queries.get("location_ids"):
        known = wanted.split(",")
        rows = [row for row in rows if set(known) & set(row.more["location_ids"])]
    return answer_list(call, BILLS, rows)


def _row(call: Call, bill: Record) -> Row:
    kept = (
        "bill_id vendor_id vendor_name color_code current_sub_status_id bill_number"
        " reference_number date due_date currency_id currency_code price_precision"
        " exchange_rate total balance unprocessed_payment_amount created_time"
        " last_modified_time attachment_name tags is_uber_bill is_tally_bill"
        " entity_type client_viewed_time is_viewed_by_client"
        " is_bill_reconciliation_violated"
    )
    status = _status(call, bill)
    record = {
        **{name: bill[name] for name in kept.split()},
        **blank("due_days created_time_formatted last_modified_time_formatted"),
        "status": status,
        "current_sub_status": status,
        "tds_total": _ZERO,
        "created_by": "",
        "last_modified_by": "",
        "is_opening_balance": bill["bill_id"],
        "has_attachment": bool(bill["documents"]),
        "balance_due": bill["balance"],
    }
    lines = bill["line_items"]
    more = {
        "created_date": bill["created_time"][:10],
        "description": [line["description"] for line in lines] + [bill["notes"]],
        "item_name": [line["name"] for line in lines],
        "item_description": [line["description"] for line in lines],
        "project_id": [line["project_id"] for line in lines],
        "customer_id": [line["customer_id"] for line in lines],
        "item_id": [line["item_id"] for line in lines],
        "location_ids": [bill["location_id"], *(row["location_id"] for row in lines)],
    }
    return Row(record, more)


def one_bill(call: Call) -> Answer:
    bill = _found(call)
    return success(bill=bill | {"status": _status(call, bill)})


def _status(call: Call, bill: Record) -> str:
    if bill["status"] == "open" and bill["due_date"] < call.today():
        return "overdue"
    return str(bill["status"])


def create_bill(call: Call) -> Answer:
    number = call.new_id()
    bill = _bill(call, call.body, number)
    bill |= {"created_time": call.stamp(), "created_by_id": call.author_id}
    store_files(call, bill, "attachment")
    call.organisation.bills[number] = bill
    message = "The bill has been created."
    return created(message, f"bills/{number}", bill=bill)


def update_bill(call: Call) -> Answer:
    """What is left out stays, but lines are replaced as a whole."""
    bill = _found(call)
    purchases.check_open_period(call.organisation, bill["date"])
    if bill["status"] == "void":
        raise Refused(400, NOT_EDITABLE, "A void bill cannot be edited.")
    known = {name: bill[name] for name in BILL if bill.get(name) not in (None, "", [])}
    known.pop("documents", None)
    sent = known | {"line_items": _sent_lines(bill)} | call.body
    changed = _bill(call, sent, bill["bill_id"])
    for name in ("created_time", "created_by_id", "documents", "attachment_name"):
        changed[name] = bill[name]
    changed["payment_made"] = bill["payment_made"]
    changed["balance"] = changed["total"] - bill["payment_made"]
    bill.update(changed)
    store_files(call, bill, "attachment")
    return success("Bill information has been updated.", bill=bill)


def _sent_lines(bill: Record) -> list[Record]:
    known = BILL["line_items"].inner or {}
    return [
        {name: line[name] for name in known if line.get(name) not in (None, "")}
        | {"rate": line["rate"], "quantity": line["quantity"]}
        for line in bill["line_items"]
    ]


def _bill(call: Call, body: Record, number: str) -> Record:
    purchases.required(body, "vendor_id", "bill_number")
    organisation = call.organisation
    vendor = purchases.vendor(call, body["vendor_id"])
    _check_number(call, body, number)
    check_treatment(organisation, body)
    currency = _currency(call, body, vendor)
    day = body.get("date") or call.today()
    purchases.check_open_period(organisation, day)
    lines = body.get("line_items") or []
    if not lines:
        raise invalid("line_items")
    supply = supply_fields(organisation, body | {"line_items": lines}, vendor)
    for line in lines:
        _check_line(call, line)
        check_supply(organisation, supply, vendor, line)
    purchases.check_location(call, body)
    purchases.check_tags(call, body, lines)
    _check_documents(body)
    rate = purchases.exchange_rate(call, body, currency)
    head = _head(call, body, number, vendor, currency)
    head |= {"date": day, "due_date": body.get("due_date") or _due(day, vendor)}
    head |= {"exchange_rate": rate} | supply | _sums(call, body, lines, currency)
    return head


def _check_number(call: Call, body: Record, number: str) -> None:
    """Unique per vendor, without regard to case and outer spaces."""
    wanted = body["bill_number"].strip().casefold()
    if not wanted:
        raise Refused(400, 4, "Invalid value passed for bill_number")
    for other in call.organisation.bills.values():
        same = other["bill_number"].strip().casefold() == wanted
        if (
            same
            and other["vendor_id"] == body["vendor_id"]
            and other["bill_id"] != number
        ):
            message = (
                "A bill with this number has already been created for this vendor."
                " Please check and try again."
            )
            raise Refused(400, 13011, message)


def _currency(call: Call, body: Record, vendor: Record) -> Record:
    """A bill takes its vendor's currency."""
    wanted = body.get("currency_id") or vendor["currency_id"]
    found = purchases.currency(call.organisation, wanted)
    if wanted != vendor["currency_id"]:
        message = "The currency of the bill differs from the vendor's currency."
        raise Refused(400, CURRENCY_MISMATCH, message)
    return found


def _check_line(call: Call, line: Record) -> None:
    item = call.organisation.items.get(line.get("item_id") or "")
    if line.get("item_id") and item is None:
        raise invalid("item_id")
    if not line.get("account_id"):
        brought = item["purchase_account_id"] if item else ""
        if not brought:
            raise Refused(400, 13009, "The account field cannot be empty")
        line["account_id"] = brought
    purchases.account(call, line["account_id"])
    for name in ("tax_id", "reverse_charge_tax_id"):
        if line.get(name):
            purchases.tax(call, line[name], name)
    for name in ("acquisition_vat_id", "reverse_charge_vat_id"):
        if line.get(name):
            purchases.tax(call, line[name], name)
    taxed = any(line.get(name) for name in ("tax_id", "reverse_charge_tax_id"))
    purchases.exemption(call, line, taxed=taxed)
    if "rate" not in line and item is None:
        raise invalid("rate")
    purchases.check_belongings(call, line)


def _check_documents(body: Record) -> None:
    if body.get("documents"):
        raise invalid("document_id")


def _due(day: str, vendor: Record) -> str:
    terms = int(vendor["payment_terms"] or 0)
    return (date.fromisoformat(day) + timedelta(days=terms)).isoformat()


def _head(
    call: Call, body: Record, number: str, vendor: Record, currency: Record
) -> Record:
    stamp = call.stamp()
    return {
        **blank(
            "contact_category color_code current_sub_status_id tds_calculation_type"
            " payment_expected_date scanned_po_number scanned_po_id recurring_bill_id"
            " due_by_days subject_content client_viewed_time bill_order_type"
            " submitted_date submitted_by submitted_by_name submitted_by_email"
            " submitter_id approver_id discount_account_id discount_account_name"
            " last_modified_id reference_id attachment_name template_id page_width"
            " page_height orientation adjustment_account_id adjustment_account_name"
        ),
        "bill_id": number,
        "vendor_id": vendor["contact_id"],
        "vendor_name": vendor["contact_name"],
        "source": "Api",
        "status": "open",
        "current_sub_status": "open",
        "sub_statuses": [],
        "bill_number": body["bill_number"].strip(),
        "reference_number": body.get("reference_number") or "",
        "payment_terms": body.get("payment_terms", vendor["payment_terms"]),
        "payment_terms_label": body.get("payment_terms_label")
        or vendor["payment_terms_label"],
        "due_in_days": 0,
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "currency_symbol": currency["currency_symbol"],
        "currency_name_formatted": currency["currency_name_formatted"],
        "price_precision": currency["price_precision"],
        "documents": [],
        "custom_fields": body.get("custom_fields") or [],
        "custom_field_hash": {},
        "is_viewed_by_client": False,
        "is_uber_bill": False,
        "is_tally_bill": False,
        "is_bill_reconciliation_violated": False,
        "is_approval_required": False,
        "can_send_in_mail": False,
        "billing_address": vendor["billing_address"],
        "payments": [],
        "vendor_credits": [],
        "purchaseorders": [],
        "approvers_list": [],
        "notes": body.get("notes") or "",
        "terms": body.get("terms") or "",
        "tags": body.get("tags") or [],
        "location_id": body.get("location_id") or "",
        "entity_type": "bill",
        "template_name": "Standard Template",
        "template_type": "standard",
        "tax_override_preference": "no_override",
        "computation_type": "basic",
        "unprocessed_payment_amount": _ZERO,
        "vendor_credits_applied": _ZERO,
        "created_time": stamp,
        "last_modified_time": stamp,
    }


def _sums(call: Call, body: Record, lines: list[Record], currency: Record) -> Record:
    precision = currency["price_precision"]
    inclusive = bool(body.get("is_inclusive_tax"))
    per_line = bool(body.get("is_item_level_tax_calc"))
    rows = [_line(call, line, place) for place, line in enumerate(lines, 1)]
    counted = [Line(row["rate"] * row["quantity"], _tax(call, row)) for row in rows]
    sums = totals(counted, precision, inclusive=inclusive, per_line=per_line)
    for row, net, taxes in zip(rows, sums.lines, sums.line_taxes, strict=True):
        row |= {"item_total": net, "line_item_taxes": taxes}
    adjustment = money(Decimal(body.get("adjustment") or 0), precision)
    total = money(sums.sub_total + sums.tax_total + adjustment, precision)
    if total < 0:
        raise invalid("Total")
    with_tax = sums.sub_total + sums.tax_total if inclusive else _ZERO
    return {
        "line_items": rows,
        "is_inclusive_tax": inclusive,
        "is_item_level_tax_calc": per_line,
        "tax_rounding": "item_level" if per_line else "entity_level",
        "adjustment": adjustment,
        "adjustment_description": body.get("adjustment_description") or "",
        "discount": _ZERO,
        "discount_amount": _ZERO,
        "discount_total": _ZERO,
        "discount_type": "entity_level",
        "is_discount_before_tax": True,
        "sub_total": sums.sub_total,
        "sub_total_inclusive_of_tax": with_tax,
        "tax_total": sums.tax_total,
        "taxes": sums.taxes,
        "total": total,
        "payment_made": _ZERO,
        "balance": total,
    }


def _tax(call: Call, row: Record) -> Record | None:
    """Reverse charge is owed to the state and adds nothing to the bill."""
    return call.organisation.taxes.get(row["tax_id"]) if row["tax_id"] else None


def _line(call: Call, line: Record, place: int) -> Record:
    organisation = call.organisation
    account = organisation.accounts[line["account_id"]]
    item = organisation.items.get(line.get("item_id") or "", {})
    tax = organisation.taxes.get(line.get("tax_id") or "", {})
    exemption = organisation.exemptions.get(line.get("tax_exemption_id") or "", {})
    rate = Decimal(line["rate"] if "rate" in line else item["purchase_rate"])
    return {
        **blank(
            "purchaseorder_id purchaseorder_item_id sales_rate pricebook_id header_id"
            " header_name discount_account_id discount_account_name item_type"
            " image_name image_type receipt_line_item_id invoice_id invoice_number"
        ),
        "line_item_id": line.get("line_item_id") or call.new_id(),
        "item_id": line.get("item_id") or "",
        "line_item_category": line.get("line_item_category") or "line_item",
        "name": line.get("name") or item.get("name", ""),
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "account_code": account["account_code"],
        "description": line.get("description") or "",
        "rate": rate + _ZERO,
        "bcy_rate": rate + _ZERO,
        "quantity": Decimal(line.get("quantity", 1)) + _ZERO,
        "unit": line.get("unit") or item.get("unit", ""),
        "discount": _ZERO,
        "discounts": [],
        "tax_id": line.get("tax_id") or "",
        "tax_name": tax.get("tax_name", ""),
        "tax_type": tax.get("tax_type", "tax"),
        "tax_percentage": tax.get("tax_percentage", 0),
        "tax_exemption_id": exemption.get("tax_exemption_id", ""),
        "tax_exemption_code": exemption.get("tax_exemption_code", ""),
        "reverse_charge_tax_id": line.get("reverse_charge_tax_id") or "",
        "acquisition_vat_id": line.get("acquisition_vat_id") or "",
        "reverse_charge_vat_id": line.get("reverse_charge_vat_id") or "",
        "product_type": line.get("product_type") or "",
        "hsn_or_sac": line.get("hsn_or_sac") or "",
        "item_order": line.get("item_order") or place,
        "is_billable": bool(line.get("is_billable")),
        "tags": line.get("tags") or [],
        "item_custom_fields": line.get("item_custom_fields") or [],
        **purchases.named(call, line),
    }


def delete_bill(call: Call) -> Answer:
    bill = _found(call)
    purchases.check_open_period(call.organisation, bill["date"])
    if bill["payment_made"]:
        message = "Payments have been made for this bill. Delete the payments first."
        raise Refused(400, HAS_PAYMENTS, message)
    keep_documents(call, bill, [])
    del call.organisation.bills[bill["bill_id"]]
    return success("The bill has been deleted.")


def void_bill(call: Call) -> Answer:
    bill = _found(call)
    purchases.check_open_period(call.organisation, bill["date"])
    if bill["payment_made"]:
        message = "Payments have been made for this bill. Delete the payments first."
        raise Refused(400, HAS_PAYMENTS, message)
    bill.update(status="void", balance=_ZERO, last_modified_time=call.stamp())
    return success("The bill has been marked as void.")


def reopen_bill(call: Call) -> Answer:
    bill = _found(call)
    if bill["status"] != "void":
        raise invalid("status")
    bill.update(status="open", balance=bill["total"], last_modified_time=call.stamp())
    return success("The status of the bill has been chaged to open.")


def list_payments(call: Call) -> Answer:
    return success(payments=_found(call)["payments"])


def _found(call: Call) -> Record:
    bill = call.organisation.bills.get(call.ids[0])
    if bill is None:
        raise gone("Bill")
    return bill


ROUTES = (
    Route("GET", "/bills", "bills.READ", list_bills, BILLS.queries),
    Route(
        "POST",
        "/bills",
        "bills.CREATE",
        create_bill,
        schema=BILL,
        takes_files=True,
    ),
    Route("GET", "/bills/{id}", "bills.READ", one_bill),
    Route(
        "PUT",
        "/bills/{id}",
        "bills.UPDATE",
        update_bill,
        schema=BILL,
        takes_files=True,
    ),
    Route("DELETE", "/bills/{id}", "bills.DELETE", delete_bill),
    Route("POST", "/bills/{id}/status/void", "bills.CREATE", void_bill),
    Route("POST", "/bills/{id}/status/open", "bills.CREATE", reopen_bill),
    Route("GET", "/bills/{id}/payments", "bills.READ", list_payments),
)
