"""What rules and defaults fill in on an item, and what they leave alone."""

import datetime as dt
from decimal import Decimal
from typing import Any

from pytest_django import DjangoAssertNumQueries

from connections import general
from connections.models import Account, Connection, TaxRate
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, filling, ruling, word_rules
from publishing.models import CategoryRule, Item, Supplier
from tests.publishing.factories import (
    entry,
    make_item,
    make_method,
    make_supplier,
    ready_item,
)
from tests.publishing.steps import item_now


def rule(supplier: Supplier, by: User, **values: Any) -> None:
    with acting_in(supplier.business_id):
        ruling.set_supplier_rule(supplier, values, by=by)


def set_default(business: Business, by: User, setting: str, value: object) -> None:
    with acting_in(business.pk):
        connection = Connection.objects.for_business(business).get()
        general.change(connection, setting, value, by=by)


def change(item: Item, field: str, value: Any, by: User) -> Item:
    with acting_in(item.business_id):
        return coding.change(item, field, value, by=by)


def review(item: Item) -> Item:
    with acting_in(item.business_id):
        return coding.review(item)


def origin(item: Item, field: str) -> str:
    return str(item.sources.get(field, {}).get("from", ""))


class TestSupplierRules:
    def test_choosing_the_supplier_fills_in_what_its_rule_says(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        acme = make_supplier(connected_bakery)
        postage = entry(Account, connected_bakery, "Postage")
        rule(acme, alice, category=postage, due_days=14, description="Paper")
        item = make_item(connected_bakery, bob, date=dt.date(2026, 11, 20))

        after = change(item, "supplier", acme, bob)

        assert (after.category, after.due_date) == (postage, dt.date(2026, 12, 4))
        assert after.description == "Paper"
        assert after.sources["category"]["name"] == "Acme Paper Ltd"
        assert origin(after, "category") == "supplier_rule"

    def test_another_supplier_takes_back_what_the_first_had_filled_in(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        acme, power = (
            make_supplier(connected_bakery),
            make_supplier(connected_bakery, "City Power"),
        )
        rule(acme, alice, category=entry(Account, connected_bakery, "Postage"))
        item = change(make_item(connected_bakery, bob), "supplier", acme, bob)

        after = change(item, "supplier", power, bob)

        assert after.category is None
        assert "category" not in after.sources

    def test_a_later_rule_leaves_what_a_person_set(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        acme = make_supplier(connected_bakery)
        office = entry(Account, connected_bakery, "Office Supplies")
        item = change(make_item(connected_bakery, bob), "category", office, bob)
        rule(acme, alice, category=entry(Account, connected_bakery, "Postage"))

        after = change(item, "supplier", acme, bob)

        assert after.category == office
        assert origin(after, "category") == "person"

    def test_what_a_person_emptied_stays_empty(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        acme = make_supplier(connected_bakery)
        rule(acme, alice, description="Paper")
        item = change(make_item(connected_bakery, bob), "supplier", acme, bob)

        emptied = change(item, "description", "", bob)
        after = change(emptied, "reference", "INV-1", bob)

        assert after.description == ""

    def test_the_tax_amount_follows_the_rate_of_a_rule(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        acme = make_supplier(connected_bakery)
        rule(acme, alice, tax_rate=entry(TaxRate, connected_bakery, "Standard Rate"))
        item = make_item(connected_bakery, bob, total=Decimal("120.00"))

        after = change(item, "supplier", acme, bob)

        assert after.tax_amount == Decimal("20.00")

    def test_a_typed_tax_amount_of_zero_stays(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        acme = make_supplier(connected_bakery)
        rule(acme, alice, tax_rate=entry(TaxRate, connected_bakery, "Standard Rate"))
        item = make_item(connected_bakery, bob, total=Decimal("120.00"))
        typed = change(item, "tax_amount", Decimal("0.00"), bob)

        after = change(typed, "supplier", acme, bob)

        assert after.tax_amount == Decimal("0.00")


def test_10_1_a_persons_tax_stays_after_a_refresh_and_a_new_default(
    connected_bakery: Business, alice: User, bob: User
) -> None:
    standard = entry(TaxRate, connected_bakery, "Standard Rate")
    zero = entry(TaxRate, connected_bakery, "Zero Rate")
    acme = make_supplier(connected_bakery)
    set_default(connected_bakery, alice, "cost_tax", zero)
    rule(acme, alice, tax_rate=standard)
    item = make_item(connected_bakery, bob, total=Decimal("120.00"))
    by_default = item.tax_rate
    by_rule = change(item, "supplier", acme, bob)

    by_bob = change(by_rule, "tax_rate", zero, bob)
    set_default(connected_bakery, alice, "cost_tax", standard)
    after = review(by_bob)

    assert (by_default, by_rule.tax_rate) == (zero, standard)
    assert (after.tax_rate, origin(after, "tax_rate")) == (zero, "person")


class TestDefaults:
    def test_the_history_calls_them_what_they_are(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        acme = make_supplier(connected_bakery)
        standard = entry(TaxRate, connected_bakery, "Standard Rate")
        set_default(connected_bakery, alice, "cost_tax", standard)
        rule(acme, alice, description="Paper")
        item = make_item(connected_bakery, bob)
        with acting_in(connected_bakery.pk):
            Item.unscoped.filter(pk=item.pk).update(tax_rate=None, sources={})

        change(item, "supplier", acme, bob)

        with acting_in(connected_bakery.pk):
            told = {
                audit.own_sentence(each)
                for each in audit.about(connected_bakery, item)
                if not each.actor_id
            }
        assert told == {
            "changed description by rule from — to Paper",
            "changed tax rate by default from — to Standard Rate",
        }

    def test_they_fill_what_is_empty_and_replace_nothing(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        standard = entry(TaxRate, connected_bakery, "Standard Rate")
        zero = entry(TaxRate, connected_bakery, "Zero Rate")
        empty = make_item(connected_bakery, bob, total=Decimal("120.00"))
        coded = make_item(connected_bakery, bob, tax_rate=zero)

        set_default(connected_bakery, alice, "cost_tax", standard)

        filled = review(empty)
        assert (filled.tax_rate, filled.tax_amount) == (standard, Decimal("20.00"))
        assert origin(filled, "tax_rate") == "default"
        assert review(coded).tax_rate == zero

    def test_a_tax_amount_that_was_typed_keeps_the_default_away(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        item = make_item(connected_bakery, bob, total=Decimal("120.00"))
        change(item, "tax_amount", Decimal("0.00"), bob)

        set_default(
            connected_bakery,
            alice,
            "cost_tax",
            entry(TaxRate, connected_bakery, "Standard Rate"),
        )

        assert review(item).tax_rate is None

    def test_without_tax_registration_there_is_none(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        set_default(
            connected_bakery,
            alice,
            "cost_tax",
            entry(TaxRate, connected_bakery, "Standard Rate"),
        )
        with acting_in(connected_bakery.pk):
            Business.objects.filter(pk=connected_bakery.pk).update(tax_registered=False)
            connected_bakery.refresh_from_db()

        assert make_item(connected_bakery, bob).tax_rate is None


class TestCategoryRules:
    def test_words_of_the_description_say_the_category(
        self, connected_bakery: Business, bob: User
    ) -> None:
        postage = entry(Account, connected_bakery, "Postage")
        with acting_in(connected_bakery.pk):
            CategoryRule.unscoped.create(
                business=connected_bakery,
                position=1,
                words="parcel stamps",
                category=postage,
            )

        after = change(
            make_item(connected_bakery, bob), "description", "Stamps for a parcel", bob
        )

        assert after.category == postage
        assert after.sources["category"]["name"] == "parcel stamps"

    def test_the_suppliers_rule_goes_before_them(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        postage = entry(Account, connected_bakery, "Postage")
        office = entry(Account, connected_bakery, "Office Supplies")
        acme = make_supplier(connected_bakery)
        rule(acme, alice, category=office)
        with acting_in(connected_bakery.pk):
            CategoryRule.unscoped.create(
                business=connected_bakery, position=1, words="paper", category=postage
            )
        item = make_item(connected_bakery, bob, description="paper")

        after = change(item, "supplier", acme, bob)

        assert after.category == office


class TestWhereItGoes:
    def test_the_rule_of_the_suppliers_payment_method_speaks_too(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        card, acme = make_method(connected_bakery), make_supplier(connected_bakery)
        with acting_in(connected_bakery.pk):
            ruling.set_method_rule(card, {"publish_to": "expenses"}, by=alice)
        rule(acme, alice, payment_method=card, paid=True)

        after = change(make_item(connected_bakery, bob), "supplier", acme, bob)

        assert (after.payment_method, after.paid) == (card, True)
        assert (after.publish_to, origin(after, "publish_to")) == (
            "expenses",
            "method_rule",
        )


class TestApplying:
    def test_it_shows_what_would_change_and_then_changes_that(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob)
        postage = entry(Account, connected_bakery, "Postage")
        assert item.supplier is not None
        rule(item.supplier, alice, category=postage)
        with acting_in(connected_bakery.pk):
            (shown,) = ruling.preview(ruling.waiting(item.supplier))
            untouched = item_now(item).category_id

            changed = ruling.apply(
                ruling.preview(ruling.waiting(item.supplier)), by=alice
            )

        assert [
            (each.field, each.before, each.after) for each in shown.changes or ()
        ] == [("Category", "Office Supplies", "Postage")]
        assert untouched != postage.pk
        assert (changed, item_now(item).category_id) == (1, postage.pk)

    def test_what_a_person_set_is_not_among_it(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        office = entry(Account, connected_bakery, "Office Supplies")
        item = change(ready_item(connected_bakery, bob), "category", None, bob)
        item = change(item, "category", office, bob)
        assert item.supplier is not None
        rule(item.supplier, alice, category=entry(Account, connected_bakery, "Postage"))

        with acting_in(connected_bakery.pk):
            shown = ruling.preview(ruling.waiting(item.supplier))
            changed = ruling.apply(
                ruling.preview(ruling.waiting(item.supplier)), by=alice
            )

        assert (shown, changed) == ([], 0)
        assert item_now(item).category_id == office.pk


def test_a_value_is_never_of_another_business(
    connected_bakery: Business, garage: Business, charlie: User
) -> None:
    acme = make_supplier(connected_bakery)

    with acting_in(garage.pk):
        found = filling.rule_of(acme)

    assert found is None


class TestWhatStaysAsItWas:
    def test_a_correction_does_not_let_a_newer_rule_hold(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob)
        assert item.supplier is not None
        rule(
            item.supplier,
            alice,
            category=entry(Account, connected_bakery, "Postage"),
            currency="EUR",
        )

        after = change(item, "reference", "INV-105", bob)

        office = entry(Account, connected_bakery, "Office Supplies")
        assert (after.category, after.currency) == (office, "GBP")

    def test_what_a_removed_rule_filled_in_stays(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        postage = entry(Account, connected_bakery, "Postage")
        with acting_in(connected_bakery.pk):
            said = word_rules.add(
                connected_bakery,
                "costs",
                "stamps",
                postage,
                searched_in="both",
                by=alice,
            )
        item = change(make_item(connected_bakery, bob), "description", "stamps", bob)
        with acting_in(connected_bakery.pk):
            word_rules.remove(said, by=alice)

        after = change(item, "reference", "INV-105", bob)

        assert after.category == postage

    def test_the_default_tax_stays_where_its_amount_is_typed(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        standard = entry(TaxRate, connected_bakery, "Standard Rate")
        set_default(connected_bakery, alice, "cost_tax", standard)
        item = make_item(connected_bakery, bob, total=Decimal("120.00"))
        typed = change(item, "tax_amount", Decimal("20.00"), bob)

        after = change(typed, "supplier", make_supplier(connected_bakery), bob)

        assert after.tax_rate == standard

    def test_a_foreign_currency_stays_where_nobody_wrote_down_who_said_it(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = make_item(connected_bakery, bob, currency="EUR")

        after = change(item, "supplier", make_supplier(connected_bakery), bob)

        assert after.currency == "EUR"

    def test_a_rate_of_exchange_goes_with_its_currency(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        acme = make_supplier(connected_bakery)
        power = make_supplier(connected_bakery, "City Power")
        rule(acme, alice, currency="EUR")
        rule(power, alice, currency="USD")
        item = change(make_item(connected_bakery, bob), "supplier", acme, bob)
        rated = change(item, "exchange_rate", Decimal("0.85"), bob)

        after = change(rated, "supplier", power, bob)

        assert (after.currency, after.exchange_rate) == ("USD", None)

    def test_what_a_rule_fills_in_is_told_in_the_history(
        self, connected_bakery: Business, alice: User, bob: User
    ) -> None:
        acme = make_supplier(connected_bakery)
        rule(acme, alice, description="Paper")
        item = make_item(connected_bakery, bob)

        change(item, "supplier", acme, bob)

        with acting_in(connected_bakery.pk):
            told = [
                audit.own_sentence(each) for each in audit.about(item.business, item)
            ]
        assert any("changed description by rule" in each for each in told)


def test_many_of_one_supplier_are_looked_at_without_a_query_each(
    connected_bakery: Business,
    alice: User,
    bob: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    acme = make_supplier(connected_bakery)
    rule(acme, alice, description="Paper")
    for number in range(8):
        make_item(connected_bakery, bob, supplier=acme, reference=f"INV-{number}")

    with acting_in(connected_bakery.pk), django_assert_max_num_queries(9):
        shown = ruling.preview(ruling.waiting(acme))

    assert len(shown) == 8
