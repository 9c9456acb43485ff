"""Copying settings and rules to another business: preview, ticks, Copy."""

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from connections import general
from connections.models import Account, Connection, Project, TaxRate
from dext_sync.businesses.models import AuditEntry, Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from publishing import methods, ruling, suppliers, word_rules
from publishing.models import (
    CategoryRule,
    Item,
    MethodRule,
    PaymentMethod,
    Supplier,
    SupplierRule,
)
from tests.conftest import Browse
from tests.factories import make_business, make_member
from tests.publishing.factories import (
    entry,
    make_connection,
    make_entry,
    make_lists,
    make_supplier,
    write_entries,
)

TO_GARAGE = "/clients/copy/harbour-bakery/garage-charlie/"


@pytest.fixture
def clients(connected_bakery: Business, garage: Business) -> tuple[Business, Business]:
    """Both connected; the garage has other ids for the same names."""
    connection = make_connection(garage, organisation_id="20081234502")
    write_entries(
        connection,
        [Account(name="Travel", account_type="expense", code="6200", zoho_id="travel")],
    )
    make_lists(connection)
    return connected_bakery, garage


def says(business: Business, name: str, by: User, **values: Any) -> Supplier:
    supplier = make_supplier(business, name)
    with acting_in(business.pk):
        ruling.set_supplier_rule(supplier, values, by=by)
    return supplier


def rule_of(business: Business, name: str) -> SupplierRule | None:
    with acting_in(business.pk):
        rules = SupplierRule.unscoped.filter(
            business=business, supplier__key=suppliers.key_of(name)
        )
        return rules.select_related("category", "tax_rate", "supplier").first()


def opens(client: Client, address: str = TO_GARAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def words(page: str) -> str:
    body = page[page.index('<main class="page"') :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def ticks(page: str) -> dict[str, str]:
    """The places by their names."""
    found = re.findall(
        r'name="place" value="(\d+)"[^>]* aria-label="Copy ([^"]+)"', page
    )
    return {unescape(name): place for place, name in found}


def ticked(page: str) -> list[str]:
    found = re.findall(
        r'name="place" value="\d+" checked aria-label="Copy ([^"]+)"', page
    )
    return [unescape(name) for name in found]


def copies(client: Client, page: str, *names: str) -> HttpResponse:
    shown = re.search(r'name="shown" value="(\w+)"', page)
    assert shown is not None
    data = {"shown": shown[1], "place": [ticks(page)[name] for name in names]}
    answer: Any = client.post(TO_GARAGE, data, follow=True)
    found: HttpResponse = answer
    return found


def actions(business: Business) -> list[tuple[str, dict[str, Any]]]:
    with acting_in(business.pk):
        said = AuditEntry.unscoped.filter(action__startswith="settings.copied")
        return [(each.action, each.data) for each in said]


def everything(business: Business) -> list[Any]:
    """Whatever a copy might write there."""
    with acting_in(business.pk):
        return [
            list(model.unscoped.filter(business=business).order_by("pk").values())
            for model in (
                Connection,
                Supplier,
                SupplierRule,
                MethodRule,
                CategoryRule,
                AuditEntry,
            )
        ]


def test_the_preview_shows_what_each_rule_would_become_and_writes_nothing(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    fit_out = make_entry(Project, connection_of(bakery), "Fit-out")
    says(
        bakery,
        "Quick Couriers",
        anna,
        category=entry(Account, bakery, "Postage"),
        project=fit_out,
        due_days=14,
    )
    before = everything(garage)
    page = opens(browse(anna))
    assert (
        "Quick Couriers new there, as a name; nothing is created in Zoho Books "
        "Category: Postage Due after: 14 days "
        "Project “Fit-out” is skipped: nothing there has this code or name."
    ) in words(page)
    assert "Quick Couriers" in ticked(page)
    assert everything(garage) == before


def connection_of(business: Business) -> Connection:
    with acting_in(business.pk):
        return Connection.unscoped.select_related("business").get(business=business)


def test_a_copied_rule_stands_on_the_targets_own_entries(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    says(
        bakery,
        "Quick Couriers",
        anna,
        category=entry(Account, bakery, "Postage"),
        tax_rate=entry(TaxRate, bakery, "Standard Rate"),
        auto_publish="always",
    )
    client = browse(anna)
    said = words(copies(client, opens(client), "Quick Couriers").content.decode())
    assert "Copied to Garage Charlie: 1 supplier rule." in said
    copied = rule_of(garage, "Quick Couriers")
    assert copied is not None
    assert copied.category == entry(Account, garage, "Postage")
    assert copied.category != entry(Account, bakery, "Postage")
    assert copied.tax_rate == entry(TaxRate, garage, "Standard Rate")
    assert copied.auto_publish == "always"
    assert copied.auto_publish_since is not None
    assert copied.supplier.contact_id is None
    assert copied.supplier.create_agreed_at is None
    assert copied.changed_by_id == anna.pk
    assert "Nothing to copy" in said


def test_both_activities_say_it_and_neither_names_the_other_business(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    says(bakery, "Quick Couriers", anna, due_days=14)
    client = browse(anna)
    copies(client, opens(client), "Quick Couriers")
    what = {"what": "1 supplier rule"}
    assert actions(bakery) == [("settings.copied_out", what)]
    assert actions(garage) == [("settings.copied_in", what)]
    activity = client.get("/b/garage-charlie/activity/").content.decode()
    assert "copied to here from another business of theirs: 1 supplier rule" in activity
    body = activity[activity.index('<main class="page"') :]
    assert "Harbour Bakery" not in body


def test_what_would_replace_something_shows_both_and_is_not_ticked(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    says(bakery, "Acme Paper Ltd", anna, category=entry(Account, bakery, "Postage"))
    says(garage, "ACME Paper, Ltd.", anna, category=entry(Account, garage, "Travel"))
    client = browse(anna)
    page = opens(client)
    assert "Acme Paper Ltd Category: Travel → Postage" in words(page)
    assert "Acme Paper Ltd" not in ticked(page)
    copies(client, page, "Acme Paper Ltd")
    changed = rule_of(garage, "Acme Paper Ltd")
    assert changed is not None
    assert changed.category == entry(Account, garage, "Postage")
    with acting_in(garage.pk):
        assert Supplier.unscoped.filter(key="acmepaperltd").count() == 1


def test_only_what_is_ticked_is_copied(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    says(bakery, "Quick Couriers", anna, due_days=14)
    says(bakery, "Slow Couriers", anna, due_days=30)
    client = browse(anna)
    copies(client, opens(client), "Slow Couriers")
    assert rule_of(garage, "Quick Couriers") is None
    slow = rule_of(garage, "Slow Couriers")
    assert slow is not None
    assert slow.due_days == 30
    assert "Slow Couriers" not in ticks(opens(client))


def test_what_the_rule_is_silent_about_empties_nothing_there(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    says(bakery, "Acme Paper Ltd", anna, due_days=14)
    says(garage, "Acme Paper Ltd", anna, description="Paper")
    client = browse(anna)
    copies(client, opens(client), "Acme Paper Ltd")
    rule = rule_of(garage, "Acme Paper Ltd")
    assert rule is not None
    assert (rule.due_days, rule.description) == (14, "Paper")


def test_settings_of_the_connection_are_copied_with_their_own_tax(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    with acting_in(bakery.pk):
        connection = connection_of(bakery)
        general.change(connection, "warns_of_new_suppliers", value=False, by=anna)
        general.change(connection, "new_invoices", "sent", by=anna)
        rate = entry(TaxRate, bakery, "Standard Rate")
        general.change(connection, "cost_tax", rate, by=anna)
    client = browse(anna)
    page = opens(client)
    assert "Warn me when creating a new supplier on → off" in words(page)
    assert "Default tax for costs none → Standard Rate · 20 %" in words(page)
    assert ticked(page) == ["Default tax for costs"]
    names = list(ticks(page))
    assert "Copied to Garage Charlie: 3 settings." in words(
        copies(client, page, *names).content.decode()
    )
    now = connection_of(garage)
    assert (now.warns_of_new_suppliers, now.new_invoices) == (False, "sent")
    assert now.cost_tax_id == entry(TaxRate, garage, "Standard Rate").pk


def test_a_tax_that_is_another_percentage_there_is_skipped(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    with acting_in(garage.pk):
        TaxRate.unscoped.filter(name="Standard Rate").update(percentage=Decimal(19))
    says(bakery, "Acme", anna, tax_rate=entry(TaxRate, bakery, "Standard Rate"))
    page = opens(browse(anna))
    assert (
        "Tax rate “Standard Rate · 20 %” is skipped: what has this name there is "
        "another percentage."
    ) in words(page)
    assert ticks(page) == {}


def test_a_payment_method_is_found_by_name_and_digits(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    for digits in ("4242", "1111"):
        with acting_in(bakery.pk):
            method = methods.add(bakery, "Visa", by=anna, last_four=digits)
            ruling.set_method_rule(method, {"publish_to": "expenses"}, by=anna)
    with acting_in(garage.pk):
        theirs = methods.add(garage, "visa", by=anna, last_four="4242")
    client = browse(anna)
    page = opens(client)
    assert ticked(page) == ["Visa •4242"]
    assert (
        "Visa •1111 Skipped: there is no payment method of this name and digits."
    ) in words(page)
    copies(client, page, "Visa •4242")
    with acting_in(garage.pk):
        assert MethodRule.unscoped.get(business=garage).method_id == theirs.pk
        assert PaymentMethod.unscoped.filter(business=garage).count() == 1


def test_category_rules_keep_their_order_and_come_after_those_there(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    adds(bakery, "royal mail", "Postage", anna)
    adds(bakery, "paper", "Office Supplies", anna)
    adds(bakery, "train", "Postage", anna)
    adds(garage, "oil", "Travel", anna)
    adds(garage, "train", "Travel", anna)
    client = browse(anna)
    page = opens(client)
    both = "(description or reference)"
    assert f"train {both} Category: Travel → Postage" in words(page)
    assert ticked(page) == [f"royal mail {both}", f"paper {both}"]
    copies(client, page, *ticks(page))
    with acting_in(garage.pk):
        rules = word_rules.rules_of(garage, Item.Workspace.COSTS)
        assert [(rule.words, rule.category.name) for rule in rules] == [
            ("oil", "Travel"),
            ("train", "Postage"),
            ("royal mail", "Postage"),
            ("paper", "Office Supplies"),
        ]
        assert {rule.category.business_id for rule in rules} == {garage.pk}


def adds(business: Business, sought: str, category: str, by: User) -> None:
    account = entry(Account, business, category)
    with acting_in(business.pk):
        word_rules.add(business, "costs", sought, account, searched_in="both", by=by)


def test_what_has_changed_meanwhile_is_shown_anew_and_nothing_is_copied(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    says(bakery, "Acme Paper Ltd", anna, due_days=14)
    client = browse(anna)
    page = opens(client)
    says(garage, "Acme Paper Ltd", anna, due_days=7)
    before = everything(garage)
    said = words(copies(client, page, "Acme Paper Ltd").content.decode())
    assert "Something has changed meanwhile. Nothing was copied: look again." in said
    assert "Due after: 7 days → 14 days" in said
    assert everything(garage) == before
    assert actions(bakery) == []


def test_nothing_ticked_copies_nothing(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    says(bakery, "Acme Paper Ltd", anna, due_days=14)
    before = everything(garage)
    client = browse(anna)
    said = words(copies(client, opens(client)).content.decode())
    assert "Nothing was ticked, so nothing was copied." in said
    assert everything(garage) == before
    assert actions(bakery) == []


def test_what_is_the_same_there_is_counted_and_not_offered(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    for business in clients:
        says(business, "Acme Paper Ltd", anna, due_days=14)
    page = opens(browse(anna))
    settings = len(general.SETTINGS)
    assert f"{settings + 1} more are the same there already." in words(page)
    assert "Nothing to copy" in page


def test_where_zoho_is_not_connected_settings_and_entries_are_skipped(
    connected_bakery: Business, garage: Business, browse: Browse, anna: User
) -> None:
    category = entry(Account, connected_bakery, "Postage")
    says(connected_bakery, "Acme", anna, category=category, due_days=14)
    page = opens(browse(anna))
    assert "Publish costs to Skipped: Zoho Books is not connected there." in words(page)
    assert ticked(page) == ["Acme"]


def test_what_is_not_connected_can_be_connected_first(
    connected_bakery: Business, garage: Business, browse: Browse, anna: User
) -> None:
    says(connected_bakery, "Acme", anna, due_days=14)

    page = opens(browse(anna))

    assert (
        "Garage Charlie is not connected to Zoho Books, so it has no lists yet: only "
        "what needs none of them can be copied. Connect Garage Charlie" in words(page)
    )
    assert 'href="/b/garage-charlie/connections/"' in page


def test_nothing_is_said_of_connecting_where_it_is_connected(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    assert "not connected" not in words(opens(browse(anna)))


def test_only_businesses_that_she_manages_are_offered(
    browse: Browse, bob: User, bakery: Business, garage: Business
) -> None:
    make_member(garage, bob)
    own = make_business("Bob's Own", owner=bob)
    page = opens(browse(bob), f"/clients/copy/{own.slug}/")
    assert "No other business to copy to" in page
    assert "Garage Charlie" not in page[page.index('<main class="page"') :]


# Attackers


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_in_one_of_both_finds_no_such_page(
    method: str,
    clients: tuple[Business, Business],
    browse: Browse,
    alice: User,
    anna: User,
    charlie: User,
) -> None:
    bakery, garage = clients
    says(bakery, "Acme Paper Ltd", anna, due_days=14)
    before = everything(garage)
    for person in (alice, charlie):
        answer = getattr(browse(person), method)(TO_GARAGE, {"place": "0"})
        assert answer.status_code == 404
        assert b"Acme" not in answer.content
    assert everything(garage) == before


@pytest.mark.parametrize("place", ["source", "target"])
def test_a_standard_user_of_one_of_both_is_refused(
    place: str, clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    says(bakery, "Acme Paper Ltd", anna, due_days=14)
    lowered = bakery if place == "source" else garage
    client = browse(anna)
    page = opens(client)
    with acting_in(lowered.pk):
        Membership.unscoped.filter(user=anna).update(role=Role.STANDARD)
    before = everything(garage)
    assert client.get(TO_GARAGE).status_code == 403
    assert copies(client, page, "Acme Paper Ltd").status_code == 403
    assert everything(garage) == before


def test_a_business_is_not_copied_to_itself(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    address = "/clients/copy/harbour-bakery/harbour-bakery/"
    assert browse(anna).get(address).status_code == 404


def test_nonsense_in_the_form_copies_nothing(
    clients: tuple[Business, Business], browse: Browse, anna: User
) -> None:
    bakery, garage = clients
    says(bakery, "Acme Paper Ltd", anna, due_days=14)
    client = browse(anna)
    shown = re.search(r'name="shown" value="(\w+)"', opens(client))
    assert shown is not None
    before = everything(garage)
    for places in (["99999"], ["-1"], ["x"], ["٣"]):
        client.post(TO_GARAGE, {"shown": shown[1], "place": places})
    client.post(TO_GARAGE, {"place": ["0"]})
    assert everything(garage) == before
