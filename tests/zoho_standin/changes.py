"""What people do in Zoho Books meanwhile: rename, switch off, delete, type, lock."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.zoho_standin import bills, contacts, expenses, invoices
from tests.zoho_standin.answers import Record, dumps, loads
from tests.zoho_standin.calls import Call
from tests.zoho_standin.records import contact_record
from tests.zoho_standin.world import CentreName, Organisation, Table, User

if TYPE_CHECKING:
    from tests.zoho_standin.standin import StandIn

TABLES = (
    "accounts",
    "taxes",
    "contacts",
    "items",
    "projects",
    "currencies",
    "locations",
    "bills",
    "expenses",
    "invoices",
    "exemptions",
    "tags",
)


def organisation(
    standin: StandIn, organization: str, *, active: bool | None = None, **profile: Any
) -> Record:
    """Switch an organisation off or on, or change its name, plan, time zone…"""
    found = standin.organisation(organization)
    if active is not None:
        found.active = active
    unknown = set(profile) - set(found.profile)
    if unknown:
        raise KeyError(unknown.pop())
    found.profile.update(profile)
    return found.profile


def settings(
    standin: StandIn,
    organization: str,
    *,
    locations_enabled: bool | None = None,
    locked_until: str | None = None,
    locked_module: str = "all",
    calls_today: int | None = None,
) -> Record:
    found = standin.organisation(organization)
    if locations_enabled is not None:
        found.locations_enabled = locations_enabled
    if locked_until is not None:
        found.lock(locked_module, locked_until)
    if calls_today is not None:
        found.calls_day = found.today(standin.clock()).isoformat()
        found.calls_today = calls_today
    return {"locks": found.locks, "calls_today": found.calls_today}


def update(
    standin: StandIn, organization: str, table: str, record: str, **fields: Any
) -> Record:
    """Set fields of one record: an account inactive, a contact renamed…

    `record` is an id or a name.
    """
    found = standin.organisation(organization)
    row = _record(_table(found, table), record)
    unknown = set(fields) - set(row)
    if unknown:
        raise KeyError(unknown.pop())
    row.update(fields)
    if "last_modified_time" in row:
        row["last_modified_time"] = found.stamp(standin.clock())
    return row


def inactive(standin: StandIn, organization: str, table: str, record: str) -> Record:
    """The table's own way of being switched off."""
    row = _record(_table(standin.organisation(organization), table), record)
    if "is_active" in row:
        return update(standin, organization, table, record, is_active=False)
    if table == "taxes":
        fields = {"status": "Inactive", "is_inactive": True}
        return update(standin, organization, table, record, **fields)
    return update(standin, organization, table, record, status="inactive")


def remove(standin: StandIn, organization: str, table: str, record: str) -> Record:
    rows = _table(standin.organisation(organization), table)
    row = _record(rows, record)
    for number in [number for number, each in rows.items() if each is row]:
        del rows[number]
    return row


def add(
    standin: StandIn, organization: str, table: str, like: str, **fields: Any
) -> Record:
    """A new record like another one, with an id of its own and other fields."""
    found = standin.organisation(organization)
    rows = _table(found, table)
    pattern = _record(rows, like)
    old = next(number for number, each in rows.items() if each is pattern)
    number = standin.world.next_id(found.centre)
    row = {key: number if value == old else value for key, value in pattern.items()}
    rows[number] = row | fields
    return rows[number]


def bill(standin: StandIn, organization: str, **body: Any) -> Record:
    """A bill that a person types; names are accepted where ids are wanted."""
    answer = bills.create_bill(_by_hand(standin, organization, body))
    typed: Record = answer.body["bill"]
    typed["source"] = "Client"
    return typed


def expense(standin: StandIn, organization: str, **body: Any) -> Record:
    answer = expenses.create_expense(_by_hand(standin, organization, body))
    typed: Record = answer.body["expense"]
    return typed


def invoice(standin: StandIn, organization: str, **body: Any) -> Record:
    """An invoice that a person types, under the number that they give it."""
    call = _by_hand(standin, organization, body)
    if "invoice_number" in body:
        call.queries["ignore_auto_number_generation"] = "true"
    typed: Record = invoices.create_invoice(call).body["invoice"]
    return typed


def contact(standin: StandIn, organization: str, **body: Any) -> Record:
    answer = contacts.create_contact(_by_hand(standin, organization, body))
    typed: Record = answer.body["contact"]
    typed["source"] = "user"
    return typed


def pay_bill(
    standin: StandIn, organization: str, record: str, amount: str | None = None
) -> Record:
    """A payment that a person records in Zoho."""
    found = standin.organisation(organization)
    row = _record(found.bills, record)
    paid = Decimal(amount) if amount else row["balance"]
    payment = {
        "payment_id": standin.world.next_id(found.centre),
        "bill_payment_id": standin.world.next_id(found.centre),
        "date": found.today(standin.clock()).isoformat(),
        "amount": paid,
    }
    row["payments"] = [*row["payments"], payment]
    row["payment_made"] += paid
    row["balance"] -= paid
    row["status"] = "partially_paid" if row["balance"] else "paid"
    row["last_modified_time"] = found.stamp(standin.clock())
    return row


def revoke(standin: StandIn, email: str) -> Record:
    """The user withdraws the consent: all tokens of theirs die."""
    user = standin.user(email)
    tokens = standin.tokens[user.centre]
    tokens.consents.pop(user.email, None)
    return {"revoked": tokens.revoke_all(user.email)}


def expire_access(standin: StandIn, email: str) -> Record:
    """Access tokens die, refresh tokens live."""
    tokens = standin.tokens[standin.user(email).centre].access_tokens
    own = [secret for secret, row in tokens.items() if row.email == email]
    for secret in own:
        del tokens[secret]
    return {"expired": len(own)}


def member(
    standin: StandIn,
    organization: str,
    email: str,
    *,
    belongs: bool = True,
    role: str = "admin",
) -> Record:
    """A Zoho user joins an organisation, gets another role there, or leaves it."""
    found = standin.organisation(organization)
    standin.user(email)
    if belongs:
        found.members.setdefault(email, standin.world.next_id(found.centre))
        found.roles[email] = role
    else:
        found.members.pop(email, None)
        found.roles.pop(email, None)
    return found.members


def user(standin: StandIn, email: str, name: str, centre: CentreName) -> Record:
    """A new Zoho user without an organisation."""
    number = int(standin.world.next_id(centre)) % 10**11
    standin.world.users[email] = User(email, name, number, centre)
    return {"email": email, "zuid": number}


def client(standin: StandIn, centre: CentreName, *, enabled: bool) -> Record:
    """Our client is switched on or off for a data centre (multi-DC)."""
    if enabled:
        standin.client_centres.add(centre)
    else:
        standin.client_centres.discard(centre)
    return {"centres": sorted(standin.client_centres)}


def vendors(standin: StandIn, organization: str, count: int) -> Record:
    """Many more vendors: "Vendor 00001" and so on."""
    found = standin.organisation(organization)
    stamp = found.stamp(standin.clock())
    for number in range(1, count + 1):
        name = f"Vendor {number:05}"
        row = contact_record(
            standin.world.next_id(found.centre),
            {"contact_name": name, "contact_type": "vendor"},
            found.base_currency,
            stamp,
        )
        found.contacts[row["contact_id"]] = row
    return {"contacts": len(found.contacts)}


def many(
    standin: StandIn,
    organization: str,
    table: str,
    like: str,
    count: int,
    age: float = 3600,
) -> Record:
    """So many copies of one record, "Acme 00001" and so on, made `age` seconds ago."""
    found = standin.organisation(organization)
    rows = _table(found, table)
    pattern = _record(rows, like)
    old = next(number for number, each in rows.items() if each is pattern)
    stamp = found.stamp(standin.clock() - age)
    for place in range(1, count + 1):
        number = standin.world.next_id(found.centre)
        told = {old: number, like: f"{like} {place:05}"}
        row = {
            key: told.get(value, value) if isinstance(value, str) else value
            for key, value in pattern.items()
        }
        times = {"created_time", "last_modified_time"} & set(row)
        rows[number] = row | dict.fromkeys(times, stamp)
    return {table: len(rows)}


CHANGES: dict[str, Callable[..., Record]] = {
    "organisation": organisation,
    "settings": settings,
    "update": update,
    "inactive": inactive,
    "remove": remove,
    "add": add,
    "bill": bill,
    "expense": expense,
    "invoice": invoice,
    "contact": contact,
    "pay_bill": pay_bill,
    "revoke": revoke,
    "expire_access": expire_access,
    "member": member,
    "user": user,
    "client": client,
    "vendors": vendors,
    "many": many,
}


def _table(found: Organisation, table: str) -> Table:
    if table not in TABLES:
        raise KeyError(table)
    rows: Table = getattr(found, table)
    return rows


def _record(rows: Table, wanted: str) -> Record:
    if wanted in rows:
        return rows[wanted]
    for row in rows.values():
        names = [
            value
            for key, value in row.items()
            if key in _NAMES and isinstance(value, str)
        ]
        if wanted in names:
            return row
    raise KeyError(wanted)


_NAMES = (
    "account_name",
    "tax_name",
    "contact_name",
    "name",
    "project_name",
    "currency_code",
    "location_name",
    "bill_number",
    "invoice_number",
    "reference_number",
    "tax_exemption_code",
    "tag_name",
)
_BY_NAME = {
    "vendor": ("vendor_id", "contacts"),
    "customer": ("customer_id", "contacts"),
    "account": ("account_id", "accounts"),
    "paid_through": ("paid_through_account_id", "accounts"),
    "tax": ("tax_id", "taxes"),
    "currency": ("currency_id", "currencies"),
    "project": ("project_id", "projects"),
}


def _by_hand(standin: StandIn, organization: str, body: Record) -> Call:
    found = standin.organisation(organization)
    author = standin.user(next(iter(found.members)))
    return Call(
        standin=standin,
        centre=found.centre,
        user=author,
        method="POST",
        path="",
        queries={},
        body=_resolved(found, loads(dumps(body))),  # floats become decimals
        of=found,
    )


def _resolved(found: Organisation, body: Record) -> Record:
    """{"vendor": "City Power"} becomes {"vendor_id": "…"}; lines likewise."""
    resolved: Record = {}
    for key, value in body.items():
        if key in _BY_NAME:
            name, table = _BY_NAME[key]
            row = _record(_table(found, table), value)
            resolved[name] = next(
                n for n, r in _table(found, table).items() if r is row
            )
        elif key == "line_items":
            resolved[key] = [_resolved(found, line) for line in value]
        else:
            resolved[key] = value
    return resolved
