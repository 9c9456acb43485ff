"""Customers and vendors: one table, one namespace of names."""

from __future__ import annotations

from tests.zoho_standin.answers import (
    Answer,
    Record,
    Refused,
    created,
    gone,
    invalid,
    missing,
    success,
)
from tests.zoho_standin.calls import Call, Route
from tests.zoho_standin.editions import check_treatment
from tests.zoho_standin.listing import Listing, Row, answer_list
from tests.zoho_standin.records import address, contact_record, contact_row
from tests.zoho_standin.reference import STATUS_FILTERS
from tests.zoho_standin.schemas import CONTACT
from tests.zoho_standin.world import Organisation

_NEVER = dict.fromkeys(
    (
        "Status.Duplicate",
        "Status.PortalEnabled",
        "Status.CreditLimitExceed",
        "Status.Crm",
        "Invoice.OverDue",
        "Invoice.Unpaid",
    ),
    lambda _: False,
)
CONTACTS = Listing(
    "contacts",
    "Contacts",
    sort="contact_name",
    columns=(
        "first_name",
        "last_name",
        "email",
        "outstanding_receivable_amount",
        "created_time",
        "last_modified_time",
    ),
    filters={**STATUS_FILTERS, "Status.PortalDisabled": lambda _: True, **_NEVER},
    text=(
        "contact_name",
        "company_name",
        "first_name",
        "last_name",
        "address",
        "email",
        "phone",
    ),
    exact=("contact_type", "zcrm_contact_id", "zcrm_account_id", "zcrm_vendor_id"),
    search=("contact_name", "notes"),
)


def list_contacts(call: Call) -> Answer:
    if call.queries.get("contact_type", "vendor") not in ("customer", "vendor"):
        raise invalid("contact_type")
    contacts = call.organisation.contacts.values()
    asked = any(name.startswith("address") for name in call.queries)
    rows = [
        Row(each, {"address": _places(each)} if asked else {}, contact_row)
        for each in contacts
    ]
    return answer_list(call, CONTACTS, rows)


def _places(contact: Record) -> list[str]:
    return [str(value) for value in contact["billing_address"].values() if value]


def one_contact(call: Call) -> Answer:
    return success(contact=_found(call))


def create_contact(call: Call) -> Answer:
    body = call.body
    if not str(body.get("contact_name", "")).strip():
        raise missing("contact_name")
    _check(call, body, None)
    number = call.new_id()
    currency = _currency(call.organisation, body.get("currency_id", ""))
    sent = {name: value for name, value in body.items() if value != ""}
    record = contact_record(number, sent, currency, call.stamp())
    record["created_by_id"] = call.author_id
    call.organisation.contacts[number] = record
    message = "The contact has been added."
    return created(message, f"contacts/{number}", contact=record)


def update_contact(call: Call) -> Answer:
    contact = _found(call)
    _check(call, call.body, contact)
    changed = dict(call.body)
    if wanted := changed.get("currency_id"):
        if wanted != contact["currency_id"] and _transactions(call, contact):
            raise invalid("currency_id")
        currency = _currency(call.organisation, wanted)
        names = ("currency_code", "currency_symbol", "price_precision")
        changed |= {name: currency[name] for name in names}
    for name in ("billing_address", "shipping_address"):
        if name in changed:
            changed[name] = address() | changed[name]
    contact.update(changed)
    contact["last_modified_time"] = call.stamp()
    return success("Contact information has been saved.", contact=contact)


def _check(call: Call, body: Record, contact: Record | None) -> None:
    kind = body.get("contact_type")
    if kind and kind not in ("customer", "vendor"):
        raise invalid("contact_type")
    check_treatment(call.organisation, body)
    name = body.get("contact_name")
    if name is not None:
        _check_name(call.organisation, name, contact)


def _check_name(organisation: Organisation, name: str, contact: Record | None) -> None:
    if not name.strip():
        raise Refused(400, 3013, "Enter a valid Contact Name")
    folded = " ".join(name.split()).casefold()
    for other in organisation.contacts.values():
        same = " ".join(other["contact_name"].split()).casefold() == folded
        if same and other is not contact:
            message = (
                f'The customer "{name}" already exists.'
                " Please specify a different name."
            )
            raise Refused(400, 3062, message)


def _currency(organisation: Organisation, number: str) -> Record:
    if not number:
        return organisation.base_currency
    if number not in organisation.currencies:
        raise Refused(400, 9004, "Currency does not exist.")
    return organisation.currencies[number]


def delete_contact(call: Call) -> Answer:
    contact = _found(call)
    if _transactions(call, contact):
        message = "The contact has transactions and cannot be deleted."
        raise Refused(400, 3000, message)
    del call.organisation.contacts[contact["contact_id"]]
    kind = "customer" if contact["contact_type"] == "customer" else "contact"
    return success(f"The {kind} has been deleted.")


def _transactions(call: Call, contact: Record) -> bool:
    number = contact["contact_id"]
    stored = [
        *call.organisation.bills.values(),
        *call.organisation.expenses.values(),
        *call.organisation.invoices.values(),
    ]
    return any(
        number in (row.get("vendor_id"), row.get("customer_id")) for row in stored
    )


def mark_active(call: Call) -> Answer:
    _mark(call, "active")
    return success("The contact has been marked as active.")


def mark_inactive(call: Call) -> Answer:
    _mark(call, "inactive")
    return success("The contact has been marked as inactive.")


def _mark(call: Call, status: str) -> None:
    _found(call).update(status=status, last_modified_time=call.stamp())


def _found(call: Call) -> Record:
    contact = call.organisation.contacts.get(call.ids[0])
    if contact is None:
        raise gone("Contact")
    return contact


ROUTES = (
    Route("GET", "/contacts", "contacts.READ", list_contacts, CONTACTS.queries),
    Route("POST", "/contacts", "contacts.CREATE", create_contact, schema=CONTACT),
    Route("GET", "/contacts/{id}", "contacts.READ", one_contact),
    Route("PUT", "/contacts/{id}", "contacts.UPDATE", update_contact, schema=CONTACT),
    Route("DELETE", "/contacts/{id}", "contacts.DELETE", delete_contact),
    Route("POST", "/contacts/{id}/active", "contacts.CREATE", mark_active),
    Route("POST", "/contacts/{id}/inactive", "contacts.CREATE", mark_inactive),
)
