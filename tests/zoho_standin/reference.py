"""The lists that documents are coded with, and the organisations themselves."""

from __future__ import annotations

from collections.abc import Mapping

from tests.zoho_standin.answers import (
    NOT_ENABLED,
    Answer,
    Record,
    Refused,
    created,
    gone,
    invalid,
    missing,
    no_such_url,
    success,
)
from tests.zoho_standin.calls import Call, Route
from tests.zoho_standin.listing import Listing, Predicate, Row, answer_list
from tests.zoho_standin.records import account_record, account_row, bank_account_row
from tests.zoho_standin.schemas import ACCOUNT
from tests.zoho_standin.world import Organisation, Table

BANK_TYPES = ("bank", "credit_card", "cash")
_TYPE_ORDER = [
    "other_asset",
    "other_current_asset",
    "cash",
    "bank",
    "fixed_asset",
    "accounts_receivable",
    "other_current_liability",
    "credit_card",
    "long_term_liability",
    "accounts_payable",
    "other_liability",
    "equity",
    "income",
    "other_income",
    "expense",
    "cost_of_goods_sold",
    "other_expense",
    "stock",
]


def _anything(_: Record) -> bool:
    return True


def status_is(wanted: str) -> Predicate:
    return lambda row: row["status"] == wanted


STATUS_FILTERS: Mapping[str, Predicate] = {
    "Status.All": _anything,
    "Status.Active": status_is("active"),
    "Status.Inactive": status_is("inactive"),
}


def _kind(*words: str) -> Predicate:
    return lambda row: (
        row["is_active"] and any(word in row["account_type"] for word in words)
    )


ACCOUNTS = Listing(
    "chartofaccounts",
    "List Chart Of Accounts",
    sort="account_type",
    columns=("account_name", "account_code"),
    filters={
        "AccountType.Active": lambda row: row["is_active"],
        "AccountType.All": _anything,
        "AccountType.Inactive": lambda row: not row["is_active"],
        "AccountType.Asset": _kind("asset", "cash", "bank", "stock", "receivable"),
        "AccountType.Liability": _kind("liability", "credit_card", "payable"),
        "AccountType.Equity": _kind("equity"),
        "AccountType.Income": _kind("income"),
        "AccountType.Expense": _kind("expense", "cost_of_goods_sold"),
    },
    text=("account_name", "account_code"),
    exact=("account_id",),
    search=("account_name", "account_code"),
    since=True,
    per_page=5000,
    ignored=("showbalance", "customview_id"),
)
BANK_ACCOUNTS = Listing(
    "bankaccounts",
    "Bank Accounts",
    sort="account_name",
    columns=("account_type", "account_code"),
    filters={
        "Status.All": _anything,
        "Status.Active": lambda row: row["is_active"],
        "Status.Inactive": lambda row: not row["is_active"],
    },
)
TAXES = Listing(
    "taxes",
    "Taxes",
    sort="tax_name",
    filters={"Taxes.Active": lambda row: row["status"] == "Active"},
    filterable=False,
    sortable=False,
)
CURRENCIES = Listing(
    "currencies",
    "Currencies",
    sort="currency_code",
    filters={
        "Currencies.All": _anything,
        "Currencies.ExcludeBaseCurrency": lambda row: not row["is_base_currency"],
    },
    sortable=False,
)
ITEMS = Listing(
    "items",
    "Items",
    sort="name",
    columns=("rate", "tax_name"),
    filters=STATUS_FILTERS,
    text=("name", "description"),
    amounts=("rate",),
    exact=("tax_id", "tax_name", "account_id"),
    search=("name", "description"),
)
PROJECTS = Listing(
    "projects",
    "Projects",
    sort="project_name",
    columns=("customer_name", "rate", "created_time"),
    filters=STATUS_FILTERS,
    exact=("customer_id",),
)
USERS = Listing(
    "users",
    "Users",
    sort="name",
    columns=("email", "user_role", "status"),
    filters={
        **STATUS_FILTERS,
        "Status.Invited": status_is("invited"),
        "Status.Deleted": status_is("deleted"),
    },
)


def list_organisations(call: Call) -> Answer:
    found = call.standin.world.organisations_of(call.user)
    return success(organizations=[_organisation_row(each) for each in found])


def one_organisation(call: Call) -> Answer:
    profile = call.organisation.profile
    row = _organisation_row(call.organisation)
    details: Record = {"address": {}, "custom_fields": [], "sales_tax_type": ""}
    if call.organisation.edition == "in":
        details |= {"version": profile["version"], "tax_group_enabled": True}
    return success(organization=row | details)


def _organisation_row(organisation: Organisation) -> Record:
    hidden = ("version", "state_code")
    row = {key: v for key, v in organisation.profile.items() if key not in hidden}
    return row | {"org_settings": {"is_org_active": organisation.active}}


def list_accounts(call: Call) -> Answer:
    accounts = sorted(
        call.organisation.accounts.values(), key=lambda row: int(row["account_id"])
    )
    rows = [Row(account_row(each), {"account_type": _place(each)}) for each in accounts]
    return answer_list(call, ACCOUNTS, rows)


def _place(account: Record) -> str:
    """Zoho sorts account types in an order of its own."""
    kind = account["account_type"]
    rank = _TYPE_ORDER.index(kind) if kind in _TYPE_ORDER else len(_TYPE_ORDER)
    return f"{rank:03}{account['order']:04}"


def one_account(call: Call) -> Answer:
    account = _found(call.organisation.accounts, call.ids[0], "Account")
    return success(chart_of_account=account_row(account) | {"closing_balance": 0})


def create_account(call: Call) -> Answer:
    for name in ("account_name", "account_type"):
        if not call.body.get(name):
            raise missing(name)
    if call.body["account_type"] not in _TYPE_ORDER:
        raise invalid("account_type")
    name = call.body["account_name"]
    taken = (row["account_name"] for row in call.organisation.accounts.values())
    if name.casefold() in (each.casefold() for each in taken):
        message = "An account with this name already exists."
        raise Refused(400, 11001, message)
    record = account_record(
        call.new_id(), name, call.body["account_type"], call.stamp()
    )
    base = call.organisation.base_currency
    record |= {"currency_id": base["currency_id"], "is_user_created": True}
    record |= {"currency_code": base["currency_code"]} | call.body
    call.organisation.accounts[record["account_id"]] = record
    location = f"chartofaccountdetails/{record['account_id']}"
    message = "The account has been created."
    return created(message, location, chart_of_account=account_row(record))


def list_bank_accounts(call: Call) -> Answer:
    accounts = call.organisation.accounts.values()
    banks = [each for each in accounts if each["account_type"] in BANK_TYPES]
    return answer_list(call, BANK_ACCOUNTS, [Row(bank_account_row(b)) for b in banks])


def one_bank_account(call: Call) -> Answer:
    account = _found(call.organisation.accounts, call.ids[0], "Account")
    if account["account_type"] not in BANK_TYPES:
        raise gone("Account")
    return success(bankaccount=bank_account_row(account))


def list_taxes(call: Call) -> Answer:
    rows = [Row(tax_row(each)) for each in call.organisation.taxes.values()]
    return answer_list(call, TAXES, rows)


def one_tax(call: Call) -> Answer:
    return success(tax=tax_row(_found(call.organisation.taxes, call.ids[0], "Tax")))


def one_tax_group(call: Call) -> Answer:
    tax = _found(call.organisation.taxes, call.ids[0], "Tax group")
    if tax["tax_type"] != "tax_group":
        raise gone("Tax group")
    group = {
        "tax_group_id": tax["tax_id"],
        "tax_group_name": tax["tax_name"],
        "tax_group_percentage": tax["tax_percentage"],
        "taxes": tax["parts"],
    }
    return success(tax_group=group)


def tax_row(tax: Record) -> Record:
    return {key: value for key, value in tax.items() if key != "parts"}


def list_exemptions(call: Call) -> Answer:
    if call.organisation.edition not in ("us", "ca", "au", "in"):
        raise no_such_url()
    return success(tax_exemptions=list(call.organisation.exemptions.values()))


def list_authorities(call: Call) -> Answer:
    if call.organisation.edition not in ("us", "ca", "mx"):
        raise no_such_url()
    return success(tax_authorities=list(call.organisation.authorities.values()))


def list_currencies(call: Call) -> Answer:
    rows = [Row(each) for each in call.organisation.currencies.values()]
    return answer_list(call, CURRENCIES, rows)


def one_currency(call: Call) -> Answer:
    return success(
        currency=_found(call.organisation.currencies, call.ids[0], "Currency")
    )


def list_exchange_rates(call: Call) -> Answer:
    currency = _found(call.organisation.currencies, call.ids[0], "Currency")
    rates = []
    if currency["exchange_rate"]:
        names = ("currency_id", "currency_code", "effective_date")
        rate = {name: currency[name] for name in names}
        rates.append(rate | {"rate": currency["exchange_rate"]})
    return success(exchange_rates=rates)


def list_items(call: Call) -> Answer:
    rows = [Row(each) for each in call.organisation.items.values()]
    return answer_list(call, ITEMS, rows)


def one_item(call: Call) -> Answer:
    return success(item=_found(call.organisation.items, call.ids[0], "Item"))


def list_projects(call: Call) -> Answer:
    rows = [Row(each) for each in call.organisation.projects.values()]
    return answer_list(call, PROJECTS, rows)


def one_project(call: Call) -> Answer:
    return success(project=_found(call.organisation.projects, call.ids[0], "Project"))


def list_locations(call: Call) -> Answer:
    if not call.organisation.locations_enabled:
        message = "Locations have not been enabled for this organization."
        raise Refused(400, NOT_ENABLED, message)
    return success(locations=list(call.organisation.locations.values()))


def list_tags(call: Call) -> Answer:
    tags = [_tag_row(each) for each in call.organisation.tags.values()]
    return success(reporting_tags=tags)


def tag_options(call: Call) -> Answer:
    tag = _found(call.organisation.tags, call.ids[0], "Reporting tag")
    return success(results=tag["options"])


def _tag_row(tag: Record) -> Record:
    return {key: value for key, value in tag.items() if key != "options"}


def list_users(call: Call) -> Answer:
    rows = [Row(_user_row(call, email)) for email in call.organisation.members]
    return answer_list(call, USERS, rows)


def me(call: Call) -> Answer:
    """The same person in other fields: their addresses are a list here."""
    row = _user_row(call, call.user.email)
    del row["is_current_user"]
    addresses = [{"email": row.pop("email"), "is_selected": True}]
    return success(user=row | {"email_ids": addresses})


def _user_row(call: Call, email: str) -> Record:
    user = call.standin.user(email)
    return {
        "user_id": call.organisation.members[email],
        "role_id": "",
        "name": user.name,
        "email": email,
        "user_role": call.organisation.roles.get(email, "admin"),
        "user_type": "zoho",
        "status": "active",
        "is_current_user": email == call.user.email,
        "photo_url": "",
    }


def _found(table: Table, number: str, resource: str) -> Record:
    record = table.get(number)
    if record is None:
        raise gone(resource)
    return record


_RATES = frozenset({"from_date", "is_current_date", "sort_column"})

ROUTES = (
    Route(
        "GET",
        "/organizations",
        "settings.READ",
        list_organisations,
        in_organisation=False,
    ),
    Route("GET", "/organizations/{id}", "settings.READ", one_organisation),
    Route(
        "GET", "/chartofaccounts", "accountants.READ", list_accounts, ACCOUNTS.queries
    ),
    Route(
        "POST",
        "/chartofaccounts",
        "accountants.CREATE",
        create_account,
        schema=ACCOUNT,
    ),
    Route("GET", "/chartofaccounts/{id}", "accountants.READ", one_account),
    Route(
        "GET",
        "/bankaccounts",
        "banking.READ",
        list_bank_accounts,
        BANK_ACCOUNTS.queries,
    ),
    Route("GET", "/bankaccounts/{id}", "banking.READ", one_bank_account),
    Route("GET", "/settings/taxes", "settings.READ", list_taxes, TAXES.queries),
    Route("GET", "/settings/taxes/{id}", "settings.READ", one_tax),
    Route("GET", "/settings/taxgroups/{id}", "settings.READ", one_tax_group),
    Route("GET", "/settings/taxexemptions", "settings.READ", list_exemptions),
    Route("GET", "/settings/taxauthorities", "settings.READ", list_authorities),
    Route(
        "GET",
        "/settings/currencies",
        "settings.READ",
        list_currencies,
        CURRENCIES.queries,
    ),
    Route("GET", "/settings/currencies/{id}", "settings.READ", one_currency),
    Route(
        "GET",
        "/settings/currencies/{id}/exchangerates",
        "settings.READ",
        list_exchange_rates,
        _RATES,
    ),
    Route("GET", "/items", "settings.READ", list_items, ITEMS.queries),
    Route("GET", "/items/{id}", "settings.READ", one_item),
    Route("GET", "/projects", "projects.READ", list_projects, PROJECTS.queries),
    Route("GET", "/projects/{id}", "projects.READ", one_project),
    Route("GET", "/locations", "settings.READ", list_locations),
    Route("GET", "/reportingtags", "settings.READ", list_tags),
    Route(
        "GET",
        "/reportingtags/{id}/options/all",
        "settings.READ",
        tag_options,
        frozenset({"show_untagged"}),
    ),
    Route("GET", "/users", "settings.READ", list_users, USERS.queries),
    Route("GET", "/users/me", "settings.READ", me),
)
