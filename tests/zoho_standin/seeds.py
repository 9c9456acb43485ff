"""The world on the first day: people, their organisations and their lists."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from decimal import Decimal
from functools import cache

from tests.zoho_standin import seed_rows as rows
from tests.zoho_standin.answers import Record
from tests.zoho_standin.editions import SEEDED_TAXES
from tests.zoho_standin.records import (
    account_record,
    contact_record,
    currency_record,
    tax_record,
)
from tests.zoho_standin.world import CentreName, Organisation, User, World

_copying = threading.Lock()
_CREATED = 1_767_600_000.0  # 5 January 2026, in the morning

_USERS = (
    User("alice@harbourbakery.example", "Alice Harbour", 20081234101, "eu"),
    User("anna@ledgerly.example", "Anna Ledger", 20081234102, "eu"),
    User("charlie@garage.example", "Charlie Garage", 20081234103, "eu"),
    User("nobody@empty.example", "Nora Nobody", 20081234104, "eu"),
    User("sam@sunnyside.example", "Sam Sunny", 60001234105, "us"),
    User("priya@spiceroute.example", "Priya Route", 60001234106, "us"),
    User("bob@harbourbakery.example", "Bob Books", 20081234107, "eu"),
)


class FirstDay(MutableMapping[str, Organisation]):
    """Organisations as they were, each copied when it is first asked for: most tests
    know one of them."""

    def __init__(self, pickled: Mapping[str, bytes]) -> None:
        self._pickled = pickled
        self._copies: dict[str, Organisation | None] = dict.fromkeys(pickled)

    def __getitem__(self, number: str) -> Organisation:
        with _copying:  # two threads must not get a copy each
            copy = self._copies[number]
            if copy is None:
                copy = pickle.loads(self._pickled[number])  # noqa: S301 -- our own bytes
                self._copies[number] = copy
            return copy

    def __setitem__(self, number: str, organisation: Organisation) -> None:
        self._copies[number] = organisation

    def __delitem__(self, number: str) -> None:
        del self._copies[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._copies)

    def __len__(self) -> int:
        return len(self._copies)


def new_world() -> World:
    users, organisations, last_number = _first_day_pickled()
    people: dict[str, User] = pickle.loads(users)  # noqa: S301 -- our own bytes
    return World(people, FirstDay(organisations), last_number)


@cache
def _first_day_pickled() -> tuple[bytes, dict[str, bytes], int]:
    """Built once: a copy by pickle takes a tenth of a deepcopy."""
    world = _first_day()
    organisations = {
        number: pickle.dumps(each) for number, each in world.organisations.items()
    }
    return pickle.dumps(world.users), organisations, world.last_number


def _first_day() -> World:
    world = World(users={user.email: user for user in _USERS})
    alice, anna, charlie, _, sam, priya, bob = _USERS
    _add(world, "20081234501", "Harbour Bakery Ltd", "uk", [alice, anna])
    _add(world, "20081234502", "Garage Charlie Ltd", "uk", [charlie, anna])
    practice = _add(world, "20081234503", "Ledgerly Practice", "uk", [anna])
    _add(world, "60001234501", "Sunnyside Diner Inc", "us", [sam])
    spices = _add(world, "60001234502", "Spice Route Pvt", "in", [priya])
    for organisation in (practice, spices):
        organisation.locations_enabled = True
        _add_locations(world, organisation)
    bakery = world.organisations["20081234501"]
    _add_tag(world, bakery)
    bakery.members[bob.email] = world.next_id(bakery.centre)
    bakery.roles[bob.email] = "staff"
    return world


def _add(
    world: World, number: str, name: str, edition: str, people: list[User]
) -> Organisation:
    centre = people[0].centre
    profile = _profile(number, name, edition, people[0])
    members = {user.email: world.next_id(centre) for user in people}
    organisation = Organisation(number, centre, edition, profile, members)
    world.organisations[number] = organisation
    _add_currencies(world, organisation)
    _add_accounts(world, organisation)
    _add_taxes(world, organisation)
    _add_contacts(world, organisation)
    _add_projects(world, organisation)
    _add_items(world, organisation)
    return organisation


def _profile(number: str, name: str, edition: str, owner: User) -> Record:
    return {
        "organization_id": number,
        "name": name,
        "contact_name": owner.name,
        "email": owner.email,
        "is_default_org": True,
        "language_code": "en",
        "account_created_date": "2026-01-05",
        "is_dst_active": edition != "in",
        "field_separator": ",",
        "industry_type": "",
        "industry_size": "",
        "company_id_label": "",
        "company_id_value": "",
        "tax_id_label": "",
        "tax_id_value": "",
        "currency_format": "###,##0.00",
        "price_precision": 2,
        "plan_type": 3,
        "plan_name": "Standard",
        "plan_period": "Month",
        "portal_name": "",
        **rows.PROFILES[edition],
    }


def _add_currencies(world: World, organisation: Organisation) -> None:
    base = organisation.profile["currency_code"]
    for code, name, symbol, precision in rows.CURRENCIES:
        number = world.next_id(organisation.centre)
        record = currency_record(number, code, name, symbol, precision)
        record["is_base_currency"] = code == base
        organisation.currencies[number] = record
        if code == base:
            organisation.profile["currency_id"] = number
            organisation.profile["currency_symbol"] = symbol


def _currency(organisation: Organisation, code: str) -> Record:
    return next(
        row for row in organisation.currencies.values() if row["currency_code"] == code
    )


def _add_accounts(world: World, organisation: Organisation) -> None:
    listed = [*rows.ACCOUNTS, *rows.EDITION_ACCOUNTS[organisation.edition]]
    for order, (name, kind) in enumerate(listed):
        _add_account(world, organisation, name, kind, order=order)
    for order, (name, kind, code, number) in enumerate(rows.BANK_ACCOUNTS):
        record = _add_account(world, organisation, name, kind, order=200 + order)
        currency = _currency(organisation, code) if code else organisation.base_currency
        record["currency_id"] = currency["currency_id"]
        record["currency_code"] = currency["currency_code"]
        record["account_number"] = number
    old = _add_account(world, organisation, "Old Marketing", "expense", order=300)
    old["is_active"] = False


def _add_account(
    world: World, organisation: Organisation, name: str, kind: str, *, order: int
) -> Record:
    number = world.next_id(organisation.centre)
    record = account_record(number, name, kind, organisation.stamp(_CREATED))
    record["order"] = order
    record["is_system_account"] = name in rows.SYSTEM_ACCOUNTS
    record["currency_id"] = organisation.profile["currency_id"]
    record["currency_code"] = organisation.profile["currency_code"]
    organisation.accounts[number] = record
    return record


def _add_taxes(world: World, organisation: Organisation) -> None:
    for seed in SEEDED_TAXES[organisation.edition]:
        number = world.next_id(organisation.centre)
        parts = [
            {
                "tax_id": world.next_id(organisation.centre),
                "tax_name": name,
                "tax_percentage": Decimal(percentage),
            }
            for name, percentage in seed.parts
        ]
        record = tax_record(number, seed, parts, organisation.stamp(_CREATED))
        organisation.taxes[number] = record
    if organisation.edition in ("us", "in"):
        number = world.next_id(organisation.centre)
        organisation.exemptions[number] = {
            "tax_exemption_id": number,
            "tax_exemption_code": "EXPORT",
            "description": "Goods that leave the country",
            "type": "item",
        }


def _add_contacts(world: World, organisation: Organisation) -> None:
    foreign = "USD" if organisation.edition == "uk" else "GBP"
    for name in rows.VENDORS:
        _add_contact(world, organisation, name, "vendor")
    _add_contact(world, organisation, "Boulangerie Martin SARL", "vendor", "EUR")
    _add_contact(world, organisation, "Overseas Machines Co", "vendor", foreign)
    closed = _add_contact(world, organisation, "Closed Mill Ltd", "vendor")
    closed["status"] = "inactive"
    for name in rows.CUSTOMERS:
        _add_contact(world, organisation, name, "customer")


def _add_contact(
    world: World, organisation: Organisation, name: str, kind: str, code: str = ""
) -> Record:
    number = world.next_id(organisation.centre)
    currency = _currency(organisation, code) if code else organisation.base_currency
    fields = {"contact_name": name, "company_name": name, "contact_type": kind}
    if organisation.edition == "in":
        registered = name not in rows.UNREGISTERED_IN_INDIA
        fields["gst_treatment"] = "business_gst" if registered else "business_none"
        fields["gst_no"] = "33AAAAA0000A1Z5" if registered else ""
        fields["place_of_contact"] = "KA" if name in rows.OTHER_STATE else "TN"
    if organisation.edition == "uk":
        fields["vat_treatment"] = "overseas" if code else "uk"
    record = contact_record(number, fields, currency, organisation.stamp(_CREATED))
    record["source"] = "import"
    organisation.contacts[number] = record
    return record


def _add_projects(world: World, organisation: Organisation) -> None:
    customers = [
        row
        for row in organisation.contacts.values()
        if row["contact_type"] == "customer"
    ]
    for place, name in enumerate(rows.PROJECTS):
        number = world.next_id(organisation.centre)
        customer = customers[place % len(customers)]
        organisation.projects[number] = {
            "project_id": number,
            "project_name": name,
            "customer_id": customer["contact_id"],
            "customer_name": customer["contact_name"],
            "description": "",
            "status": "inactive" if name == rows.PROJECTS[-1] else "active",
            "billing_type": "based_on_task_hours",
            "rate": Decimal("0.0"),
            "currency_code": organisation.profile["currency_code"],
            "created_time": organisation.stamp(_CREATED),
        }


def _add_items(world: World, organisation: Organisation) -> None:
    office = next(
        row
        for row in organisation.accounts.values()
        if row["account_name"] == "Cost of Goods Sold"
    )
    for name, unit, rate, purchased in rows.ITEMS:
        number = world.next_id(organisation.centre)
        organisation.items[number] = {
            "item_id": number,
            "name": name,
            "item_name": name,
            "sku": "",
            "unit": unit,
            "status": "active",
            "source": "user",
            "description": "",
            "rate": Decimal(rate),
            "account_id": "",
            "account_name": "",
            "tax_id": "",
            "tax_name": "",
            "tax_percentage": 0,
            "purchase_description": "",
            "purchase_rate": Decimal(rate) if purchased else Decimal("0.0"),
            "purchase_account_id": office["account_id"] if purchased else "",
            "purchase_account_name": office["account_name"] if purchased else "",
            "can_be_sold": True,
            "can_be_purchased": purchased,
            "item_type": "sales_and_purchases" if purchased else "sales",
            "product_type": "goods",
            "created_time": organisation.stamp(_CREATED),
            "last_modified_time": organisation.stamp(_CREATED),
            "tags": [],
            "custom_fields": [],
            "has_attachment": False,
        }


def _add_locations(world: World, organisation: Organisation) -> None:
    for place, (name, status, kind) in enumerate(rows.LOCATIONS):
        number = world.next_id(organisation.centre)
        organisation.locations[number] = {
            "location_id": number,
            "location_name": name,
            "type": kind,
            "is_primary": place == 0,
            "status": status,
            "email": "",
            "phone": "",
            "address": {"city": "", "state": "", "country": "", "attention": ""},
            "parent_location_id": "",
            "associated_series_ids": [],
            "auto_number_generation_id": "",
            "associated_users": [],
        }


def _add_tag(world: World, organisation: Organisation) -> None:
    centre: CentreName = organisation.centre
    number = world.next_id(centre)
    options = [
        {"option_id": world.next_id(centre), "option_name": name, "depth": 0}
        for name in ("Shop", "Bakery", "Delivery")
    ]
    organisation.tags[number] = {
        "tag_id": number,
        "tag_name": "Department",
        "tag_order": 1,
        "description": "",
        "is_mandatory": False,
        "is_active": True,
        "options": options,
    }
