"""Invoices: create, read, mark as sent, void, delete."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from tests.zoho_standin import purchases
from tests.zoho_standin.answers import (
    CURRENCY_MISMATCH,
    INACTIVE,
    NOT_EDITABLE,
    Answer,
    Record,
    Refused,
    created,
    gone,
    invalid,
    missing,
    money,
    success,
)
from tests.zoho_standin.calls import Call, Route
from tests.zoho_standin.editions import check_sale, check_treatment, sale_fields
from tests.zoho_standin.listing import Listing, Row, answer_list
from tests.zoho_standin.records import blank
from tests.zoho_standin.reference import status_is
from tests.zoho_standin.schemas import INVOICE
from tests.zoho_standin.totals import Line, totals
from tests.zoho_standin.uploads import keep_documents
from tests.zoho_standin.world import Organisation

_ZERO = Decimal("0.0")
_STATUSES = ("sent", "draft", "overdue", "paid", "void", "partially_paid", "viewed")
INVOICES = Listing(
    "invoices",
    "Invoices",
    sort="created_time",
    order="D",
    columns=("customer_name", "invoice_number", "date", "due_date", "total", "balance"),
    filters={
        "Status.All": lambda _: True,
        **{
            f"Status.{word.title().replace('_', '')}": status_is(word)
            for word in _STATUSES
        },
        "Status.Unpaid": lambda row: (
            row["balance"] > 0 and row["status"] not in ("void", "draft")
        ),
    },
    text=(
        "invoice_number",
        "reference_number",
        "customer_name",
        "email",
        "item_name",
        "item_description",
    ),
    exact=("status", "customer_id", "item_id", "recurring_invoice_id"),
    dates=("date", "due_date", "created_date"),
    amounts=("total", "balance"),
    search=("invoice_number", "reference_number", "customer_name"),
    since=True,
    ignored=("zcrm_potential_id", "response_option"),
)


def list_invoices(call: Call) -> Answer:
    rows = [_row(call, invoice) for invoice in call.organisation.invoices.values()]
    return answer_list(call, INVOICES, rows)


def _row(call: Call, invoice: Record) -> Row:
    kept = (
        "invoice_id customer_id customer_name invoice_number reference_number date"
        " due_date issued_date email created_time last_modified_time total balance"
        " payment_expected_date custom_fields custom_field_hash tags salesperson_name"
        " salesperson_id shipping_charge adjustment is_viewed_by_client"
        " client_viewed_time is_emailed color_code current_sub_status_id currency_id"
        " schedule_time currency_code currency_symbol template_type template_id"
        " invoice_url invoice_source sales_channel reminders_sent"
        " last_reminder_sent_date last_payment_date write_off_amount exchange_rate"
        " unprocessed_payment_amount zcrm_potential_id zcrm_potential_name"
        " ach_payment_initiated billing_address shipping_address"
    )
    status = _status(call, invoice)
    record = {
        **{name: invoice[name] for name in kept.split()},
        **blank(
            "company_name due_days project_name country phone created_by documents"
            " mail_first_viewed_time mail_last_viewed_time"
        ),
        "status": status,
        "current_sub_status": status,
        "updated_time": invoice["last_modified_time"],
        "transaction_type": "invoice",
        "is_viewed_in_mail": False,
        "has_attachment": bool(invoice["documents"]),
    }
    lines = invoice["line_items"]
    more = {
        "created_date": invoice["created_time"][:10],
        "item_name": [line["name"] for line in lines],
        "item_description": [line["description"] for line in lines],
        "item_id": [line["item_id"] for line in lines],
    }
    return Row(record, more)


def one_invoice(call: Call) -> Answer:
    invoice = _found(call)
    return success(invoice=_told(invoice) | {"status": _status(call, invoice)})


def _told(invoice: Record) -> Record:
    """Why an invoice has no tax is taken, and in no answer that anybody has seen."""
    return {key: row for key, row in invoice.items() if key != "tax_exemption_id"}


def _status(call: Call, invoice: Record) -> str:
    if invoice["status"] == "sent" and invoice["due_date"] < call.today():
        return "overdue"
    return str(invoice["status"])


def create_invoice(call: Call) -> Answer:
    """A draft, unless it is asked to be mailed: then somebody gets an e-mail."""
    number = call.new_id()
    invoice = _invoice(call, call.body, number)
    call.organisation.invoices[number] = invoice
    if "true" in (call.queries.get("send"), str(call.body.get("send")).lower()):
        invoice.update(status="sent", is_emailed=True)
    message = "The invoice has been created."
    return created(message, f"invoices/{number}", invoice=_told(invoice))


def _invoice(call: Call, body: Record, number: str) -> Record:
    purchases.required(body, "customer_id")
    organisation = call.organisation
    customer = _customer(organisation, body["customer_id"])
    lines = body.get("line_items") or []
    if not lines:
        raise missing("line_items")
    own_number = _number(call, body)
    check_treatment(organisation, body)
    currency = _currency(organisation, body, customer)
    day = body.get("date") or call.today()
    purchases.check_open_period(organisation, day, "sales")
    supply = sale_fields(organisation, body, customer)
    for line in lines:
        _check_line(call, line, customer)
        check_sale(organisation, supply, line)
    purchases.exemption(call, body, taxed=any(line.get("tax_id") for line in lines))
    purchases.check_location(call, body)
    purchases.check_tags(call, body, lines)
    due = body.get("due_date") or _due(day, customer)
    if due < day:
        raise invalid("due_date")
    rate = purchases.exchange_rate(call, body, currency)
    sums = _sums(call, body, lines, currency)
    head = _head(call, body, number, customer, currency)
    head |= {"invoice_number": own_number, "date": day, "due_date": due}
    return (
        head | supply | sums | {"exchange_rate": rate, "bcy_total": _base(sums, rate)}
    )


def _base(sums: Record, rate: Decimal) -> Decimal:
    return money(sums["total"] * rate)


def _customer(organisation: Organisation, number: str) -> Record:
    contact = organisation.contacts.get(number)
    if contact is None or contact["contact_type"] != "customer":
        raise invalid("customer_id")
    if contact["status"] != "active":
        message = f"The customer {contact['contact_name']} is inactive."
        raise Refused(400, INACTIVE, message)
    return contact


def _number(call: Call, body: Record) -> str:
    """Zoho's own next number, whatever was sent, unless it is told to leave that."""
    if call.queries.get("ignore_auto_number_generation") != "true":
        return _next_number(call.organisation)
    wanted = str(body.get("invoice_number") or "").strip()
    if not wanted:
        raise missing("invoice_number")
    if wanted.casefold() in _taken(call.organisation.invoices.values()):
        raise Refused(400, 1001, "Invoice Number already exist")
    return wanted


def _next_number(organisation: Organisation) -> str:
    taken = _taken(organisation.invoices.values())
    own = [re.fullmatch(r"inv-(\d{6})", number) for number in taken]
    last = max((int(found[1]) for found in own if found), default=0)
    return f"INV-{last + 1:06}"


def _taken(invoices: Iterable[Record]) -> set[str]:
    return {invoice["invoice_number"].strip().casefold() for invoice in invoices}


def _currency(organisation: Organisation, body: Record, customer: Record) -> Record:
    """An invoice takes its customer's currency."""
    wanted = body.get("currency_id") or customer["currency_id"]
    found = purchases.currency(organisation, wanted)
    if wanted != customer["currency_id"]:
        message = "The currency of the invoice differs from the customer's currency."
        raise Refused(400, CURRENCY_MISMATCH, message)
    return found


def _check_line(call: Call, line: Record, customer: Record) -> None:
    item = call.organisation.items.get(line.get("item_id") or "")
    if line.get("item_id") and item is None:
        raise invalid("item_id")
    if item is None and not str(line.get("name") or "").strip():
        raise missing("name")
    if "rate" not in line and item is None:
        raise invalid("rate")
    if Decimal(line.get("quantity", 1)) <= 0:
        raise invalid("quantity")
    if not line.get("account_id"):
        line["account_id"] = (item or {}).get("account_id") or _sales(call.organisation)
    purchases.account(call, line["account_id"])
    if line.get("tax_id"):
        purchases.tax(call, line["tax_id"])
    purchases.check_belongings(call, line | {"customer_id": customer["contact_id"]})


def _sales(organisation: Organisation) -> str:
    accounts = organisation.accounts.items()
    return next(number for number, row in accounts if row["account_name"] == "Sales")


def _due(day: str, customer: Record) -> str:
    terms = int(customer["payment_terms"] or 0)
    return (date.fromisoformat(day) + timedelta(days=terms)).isoformat()


def _head(
    call: Call, body: Record, number: str, customer: Record, currency: Record
) -> Record:
    stamp = call.stamp()
    return {
        **blank(
            "channel_invoice_id account_identifier issued_date email invoice_source"
            " offline_created_date_with_time recurring_invoice_id payment_terms_id"
            " zcrm_potential_id zcrm_potential_name discount_account_id"
            " discount_account_name account_id account_name adjustment_account_id"
            " adjustment_account_name contact_category payment_expected_date"
            " last_payment_date attachment_name merchant_id merchant_name"
            " salesorder_id salesorder_number salesperson_id last_reminder_sent_date"
            " next_reminder_date_formatted client_viewed_time submitter_id approver_id"
            " submitted_date submitted_by submitted_by_name submitted_by_email"
            " template_id page_width page_height orientation is_backorder sales_channel"
            " color_code current_sub_status_id estimate_id schedule_time"
            " subject_content last_modified_by_id"
        ),
        "invoice_id": number,
        "customer_id": customer["contact_id"],
        "customer_name": customer["contact_name"],
        "status": "draft",
        "current_sub_status": "draft",
        "sub_statuses": [],
        "reference_number": body.get("reference_number") or "",
        "payment_terms": body.get("payment_terms", customer["payment_terms"]),
        "payment_terms_label": body.get("payment_terms_label")
        or customer["payment_terms_label"],
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "currency_symbol": currency["currency_symbol"],
        "currency_name_formatted": currency["currency_name_formatted"],
        "price_precision": currency["price_precision"],
        "documents": [],
        "custom_fields": body.get("custom_fields") or [],
        "custom_field_hash": {},
        "tags": body.get("tags") or [],
        "salesperson_name": body.get("salesperson_name") or "",
        "location_id": body.get("location_id") or "",
        "notes": body.get("notes") or "",
        "terms": body.get("terms") or "",
        "billing_address": customer["billing_address"],
        "shipping_address": customer["shipping_address"],
        "contact_persons": body.get("contact_persons") or [],
        **{name: body[name] for name in ("tax_exemption_id",) if body.get(name)},
        "is_emailed": False,
        "is_viewed_by_client": False,
        "can_send_in_mail": False,
        "ach_payment_initiated": False,
        "reminders_sent": 0,
        "write_off_amount": _ZERO,
        "credits_applied": _ZERO,
        "unprocessed_payment_amount": _ZERO,
        "template_name": "Standard Template",
        "template_type": "standard",
        "invoice_url": f"https://zohosecurepay.example/{number}",
        "created_date": call.today(),
        "created_time": stamp,
        "created_by_id": call.author_id,
        "last_modified_time": stamp,
    }


def _sums(call: Call, body: Record, lines: list[Record], currency: Record) -> Record:
    precision = currency["price_precision"]
    inclusive = bool(body.get("is_inclusive_tax"))
    rows = [_line(call, line, place) for place, line in enumerate(lines, 1)]
    taxes = call.organisation.taxes
    counted = [
        Line(row["rate"] * row["quantity"], taxes.get(row["tax_id"])) for row in rows
    ]
    sums = totals(counted, precision, inclusive=inclusive, per_line=False)
    for row, net, parts in zip(rows, sums.lines, sums.line_taxes, strict=True):
        row |= {"item_total": net, "line_item_taxes": parts}
    adjustment = money(Decimal(body.get("adjustment") or 0), precision)
    total = money(sums.sub_total + sums.tax_total + adjustment, precision)
    if total < 0:
        raise invalid("Total")
    with_tax = sums.sub_total + sums.tax_total if inclusive else _ZERO
    return {
        "line_items": rows,
        "is_inclusive_tax": inclusive,
        "tax_rounding": "entity_level",
        "adjustment": adjustment,
        "adjustment_description": body.get("adjustment_description") or "",
        "discount": _ZERO,
        "discount_total": _ZERO,
        "discount_type": "entity_level",
        "is_discount_before_tax": True,
        "shipping_charge": _ZERO,
        "sub_total": sums.sub_total,
        "sub_total_inclusive_of_tax": with_tax,
        "tax_total": sums.tax_total,
        "taxes": sums.taxes,
        "total": total,
        "payment_made": _ZERO,
        "balance": total,
    }


def _line(call: Call, line: Record, place: int) -> Record:
    organisation = call.organisation
    account = organisation.accounts[line["account_id"]]
    item = organisation.items.get(line.get("item_id") or "", {})
    tax = organisation.taxes.get(line.get("tax_id") or "", {})
    rate = Decimal(line["rate"] if "rate" in line else item["rate"])
    return {
        **blank(
            "internal_name discount_account_id discount_account_name header_id"
            " header_name pricebook_id bill_id bill_item_id expense_id item_type"
            " expense_receipt_name salesorder_item_id"
        ),
        "line_item_id": call.new_id(),
        "item_id": line.get("item_id") or "",
        "item_order": line.get("item_order") or place,
        "name": line.get("name") or item.get("name", ""),
        "description": line.get("description") or "",
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "unit": line.get("unit") or item.get("unit", ""),
        "quantity": Decimal(line.get("quantity", 1)) + _ZERO,
        "rate": rate + _ZERO,
        "bcy_rate": rate + _ZERO,
        "discount": _ZERO,
        "discounts": [],
        "tax_id": line.get("tax_id") or "",
        "tax_name": tax.get("tax_name", ""),
        "tax_type": tax.get("tax_type", "tax"),
        "tax_percentage": tax.get("tax_percentage", 0),
        "hsn_or_sac": line.get("hsn_or_sac") or "",
        "line_item_category": line.get("line_item_category") or "line_item",
        "tags": line.get("tags") or [],
        "documents": [],
        "time_entry_ids": [],
        **{
            name: value
            for name, value in purchases.named(call, line).items()
            if not name.startswith("customer_")
        },
    }


def mark_sent(call: Call) -> Answer:
    """Out of the drafts; nobody is mailed."""
    invoice = _open(call)
    if invoice["status"] in ("pending_approval", "rejected"):
        raise invalid("status")
    if invoice["status"] in ("draft", "approved"):
        invoice.update(status="sent", last_modified_time=call.stamp())
    return success("Invoice status has been changed to Sent.")


def void_invoice(call: Call) -> Answer:
    invoice = _open(call)
    invoice.update(status="void", balance=_ZERO, last_modified_time=call.stamp())
    return success("Invoice status has been changed to Void.")


def mark_draft(call: Call) -> Answer:
    invoice = _found(call)
    if invoice["status"] != "void":
        raise invalid("status")
    invoice.update(status="draft", balance=invoice["total"])
    invoice["last_modified_time"] = call.stamp()
    return success("Status of invoice changed from void to draft")


def delete_invoice(call: Call) -> Answer:
    invoice = _found(call)
    purchases.check_open_period(call.organisation, invoice["date"], "sales")
    if invoice["payment_made"]:
        message = "Payments are recorded for the invoice, it cannot be deleted."
        raise Refused(400, 4001, message)
    keep_documents(call, invoice, [])
    del call.organisation.invoices[invoice["invoice_id"]]
    return success("The invoice has been deleted.")


def _open(call: Call) -> Record:
    invoice = _found(call)
    purchases.check_open_period(call.organisation, invoice["date"], "sales")
    if invoice["status"] == "void":
        raise Refused(400, NOT_EDITABLE, "A void invoice cannot be changed.")
    return invoice


def _found(call: Call) -> Record:
    invoice = call.organisation.invoices.get(call.ids[0])
    if invoice is None:
        raise gone("Invoice")
    return invoice


_CREATE_QUERIES = frozenset(
    {"send", "ignore_auto_number_generation", "is_quick_create", "batch_payments"}
)

ROUTES = (
    # The description declares no order for this list.
    Route(
        "GET",
        "/invoices",
        "invoices.READ",
        list_invoices,
        INVOICES.queries - {"sort_order"},
    ),
    Route(
        "POST",
        "/invoices",
        "invoices.CREATE",
        create_invoice,
        _CREATE_QUERIES,
        schema=INVOICE,
    ),
    Route("GET", "/invoices/{id}", "invoices.READ", one_invoice),
    Route("DELETE", "/invoices/{id}", "invoices.DELETE", delete_invoice),
    Route("POST", "/invoices/{id}/status/sent", "invoices.CREATE", mark_sent),
    Route("POST", "/invoices/{id}/status/void", "invoices.CREATE", void_invoice),
    Route("POST", "/invoices/{id}/status/draft", "invoices.CREATE", mark_draft),
)
