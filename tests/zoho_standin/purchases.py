"""The checks that bills and expenses share."""

from __future__ import annotations

from decimal import Decimal

from tests.zoho_standin.answers import (
    INACTIVE,
    LOCKED_PERIOD,
    MANDATORY_TAG,
    Record,
    Refused,
    invalid,
    missing,
)
from tests.zoho_standin.calls import Call
from tests.zoho_standin.world import Organisation

_NEVER_CODED = ("accounts_receivable", "accounts_payable")


def vendor(call: Call, number: str) -> Record:
    contact = call.organisation.contacts.get(number)
    if contact is None or contact["contact_type"] != "vendor":
        raise invalid("vendor_id")
    if contact["status"] != "active":
        message = f"The vendor {contact['contact_name']} is inactive."
        raise Refused(400, INACTIVE, message)
    return contact


def account(call: Call, number: str, name: str = "account_id") -> Record:
    found = call.organisation.accounts.get(number)
    if found is None:
        raise invalid(name)
    if not found["is_active"]:
        message = f"The account {found['account_name']} is inactive."
        raise Refused(400, INACTIVE, message)
    if found["account_type"] in _NEVER_CODED:
        raise invalid(name)
    return found


def tax(call: Call, number: str, name: str = "tax_id") -> Record:
    found = call.organisation.taxes.get(number)
    if found is None:
        raise invalid(name)
    if found["status"] != "Active":
        message = f"The tax {found['tax_name']} is inactive."
        raise Refused(400, INACTIVE, message)
    return found


def exemption(call: Call, row: Record, *, taxed: bool) -> None:
    """Of a line, or of an invoice as a whole. What Zoho makes of a tax beside it is not
    known, so nobody may rely on that."""
    number = row.get("tax_exemption_id")
    if number and (taxed or number not in call.organisation.exemptions):
        raise invalid("tax_exemption_id")


def currency(organisation: Organisation, number: str) -> Record:
    if number not in organisation.currencies:
        raise Refused(400, 9004, "Currency does not exist.")
    return organisation.currencies[number]


def exchange_rate(call: Call, body: Record, spent: Record) -> Decimal:
    """1 for the organisation's own currency, whatever was sent."""
    if spent["is_base_currency"]:
        return Decimal("1.0")
    rate = Decimal(body.get("exchange_rate") or spent["exchange_rate"] or 1)
    if rate <= 0:
        raise invalid("exchange_rate")
    return rate + Decimal("0.0")


def check_location(call: Call, body: Record) -> None:
    """That of a whole record: some are for lines alone."""
    number = body.get("location_id")
    check_belongings(call, {"location_id": number})
    if number and call.organisation.locations[number]["type"] == "line_item_only":
        raise invalid("location_id")


def check_belongings(call: Call, row: Record) -> None:
    """Customer, project, location and billable of a line or document."""
    organisation = call.organisation
    customer, project = row.get("customer_id"), row.get("project_id")
    if customer and not _is_customer(organisation, customer):
        raise invalid("customer_id")
    if project:
        _check_project(organisation, project, customer)
    if row.get("is_billable") and not customer:
        raise invalid("customer_id")
    if location := row.get("location_id"):
        found = organisation.locations.get(location)
        if not organisation.locations_enabled or found is None:
            raise invalid("location_id")
        if found["status"] != "active":
            message = f"The location {found['location_name']} is inactive."
            raise Refused(400, INACTIVE, message)


def _is_customer(organisation: Organisation, number: str) -> bool:
    contact = organisation.contacts.get(number)
    return contact is not None and contact["contact_type"] == "customer"


def _check_project(
    organisation: Organisation, number: str, customer: str | None
) -> None:
    project = organisation.projects.get(number)
    if project is None or project["customer_id"] != customer:
        raise invalid("project_id")
    if project["status"] != "active":
        message = f"The project {project['project_name']} is inactive."
        raise Refused(400, INACTIVE, message)


def named(call: Call, row: Record) -> Record:
    """The names that go with the ids of a line or document."""
    organisation = call.organisation
    customer = organisation.contacts.get(row.get("customer_id") or "", {})
    project = organisation.projects.get(row.get("project_id") or "", {})
    location = organisation.locations.get(row.get("location_id") or "", {})
    return {
        "customer_id": row.get("customer_id") or "",
        "customer_name": customer.get("contact_name", ""),
        "project_id": row.get("project_id") or "",
        "project_name": project.get("project_name", ""),
        "location_id": row.get("location_id") or "",
        "location_name": location.get("location_name", ""),
    }


def check_tags(call: Call, document: Record, lines: list[Record]) -> None:
    """A mandatory tag is wanted on the document, or on each line."""
    for tag in call.organisation.tags.values():
        if not (tag["is_mandatory"] and tag["is_active"]):
            continue
        if _has(document, tag) or (lines and all(_has(line, tag) for line in lines)):
            continue
        raise mandatory_tag(tag["tag_name"])
    for row in (document, *lines):
        for used in row.get("tags") or []:
            _check_tag(call.organisation, used)


def mandatory_tag(name: str) -> Refused:
    message = f"Please select a value for the mandatory reporting tag {name}."
    return Refused(400, MANDATORY_TAG, message)


def _has(row: Record, tag: Record) -> bool:
    return any(used.get("tag_id") == tag["tag_id"] for used in row.get("tags") or [])


def _check_tag(organisation: Organisation, used: Record) -> None:
    tag = organisation.tags.get(used.get("tag_id", ""))
    if tag is None:
        raise invalid("tag_id")
    if used.get("tag_option_id") not in [row["option_id"] for row in tag["options"]]:
        raise invalid("tag_option_id")


def check_open_period(
    organisation: Organisation, day: str, module: str = "purchase"
) -> None:
    until = organisation.closed_until(module)
    if until and day <= until:
        raise locked_period(until)


def locked_period(until: str) -> Refused:
    message = (
        f"Transactions dated on or before {until or 'this date'} have been locked"
        " and cannot be created, edited or deleted."
    )
    return Refused(400, LOCKED_PERIOD, message)


def required(body: Record, *names: str) -> None:
    for name in names:
        if body.get(name) in (None, ""):
            raise missing(name)
