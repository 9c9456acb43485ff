"""What a person says about an item, and what it lacks afterwards."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from connections.models import Account, Connection, Contact, TaxRate
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, coding, methods, suppliers
from publishing.models import Item, PaymentMode, Supplier
from tests.publishing.factories import (
    entry,
    make_connection,
    make_contact,
    make_item,
    make_lists,
    make_method,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.steps import item_now, review


def change(item: Item, field: str, value: coding.Value, by: User) -> Item:
    with acting_in(item.business_id):
        return coding.change(item, field, value, by=by)


def sentences(item: Item) -> list[str]:
    with acting_in(item.business_id):
        return [audit.own_sentence(each) for each in audit.about(item.business, item)]


class TestChanging:
    def test_each_field_says_who_set_it(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = make_item(connected_bakery, bob)

        after = change(item, "total", Decimal("120.00"), bob)

        assert after.total == Decimal("120.00")
        source = after.sources["total"]
        assert (source["from"], source["name"], source["id"]) == (
            "person",
            "Bob",
            bob.pk,
        )
        assert dt.datetime.fromisoformat(source["at"]) <= timezone.now()
        assert sentences(item) == ["changed total from — to 120.00"]

    def test_the_last_missing_field_makes_it_ready(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob, category=None)
        assert item.reasons == ["no_category"]
        postage = entry(Account, connected_bakery, "Postage")

        after = change(item, "category", postage, bob)

        assert (after.status, after.reasons) == ("ready", [])

    def test_a_rate_of_exchange_does_not_become_that_of_another_currency(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = ready_item(
            connected_bakery,
            bob,
            currency="EUR",
            exchange_rate=Decimal("0.85"),
            rate_date=dt.date(2026, 11, 20),
        )

        after = change(item, "currency", "USD", bob)

        assert (after.exchange_rate, after.rate_date) == (None, None)
        told = "\n".join(sentences(item))
        assert "changed exchange rate from 0.85 to —" in told
        assert "changed date of the rate from 20 Nov 2026 to —" in told

    def test_the_same_value_again_is_no_change(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob)

        change(item, "reference", "INV-104", bob)

        assert sentences(item) == []

    def test_what_is_being_sent_or_published_is_not_changed(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob)
        for status in ("publishing", "checking", "published", "archived"):
            with acting_in(connected_bakery.pk):
                Item.unscoped.filter(pk=item.pk).update(status=status)
            with pytest.raises(coding.NotEditable):
                change(item, "total", Decimal(1), bob)

        assert item_now(item).total == Decimal("120.000")

    def test_only_the_fields_of_the_form_can_be_changed(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob)

        with pytest.raises(ValueError, match="status is not a field"):
            change(item, "status", "published", bob)


class TestTax:
    def test_a_rate_fills_the_amount_and_the_total_moves_it(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = make_item(connected_bakery, bob, total=Decimal("120.00"))
        standard = entry(TaxRate, connected_bakery, "Standard Rate")

        filled = change(item, "tax_rate", standard, bob)
        moved = change(item, "total", Decimal("60.00"), bob)
        emptied = change(item, "tax_rate", None, bob)

        assert filled.tax_amount == Decimal("20.00")
        assert moved.tax_amount == Decimal("10.00")
        assert emptied.tax_amount is None

    def test_an_amount_that_a_person_typed_stays_zero_included(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = make_item(connected_bakery, bob, total=Decimal("120.00"))
        change(item, "tax_amount", Decimal("0.00"), bob)

        after = change(
            item, "tax_rate", entry(TaxRate, connected_bakery, "Standard Rate"), bob
        )

        assert after.tax_amount == Decimal("0.00")
        assert "tax_disagrees" in after.reasons


class TestSuppliers:
    def test_one_supplier_for_all_spellings_of_a_name(self, bakery: Business) -> None:
        spelled = ["Acme Paper Ltd", "ACME  paper-ltd.", "acme paper ltd"]

        found = {make_supplier(bakery, name).pk for name in spelled}

        assert len(found) == 1

    def test_a_name_that_zoho_knows_finds_its_contact(
        self, connected_bakery: Business
    ) -> None:
        supplier = make_supplier(connected_bakery, "city power")

        with acting_in(connected_bakery.pk):
            assert supplier.contact is not None
            assert supplier.contact.name == "City Power"

    def test_two_vendors_of_one_name_are_a_persons_choice(
        self, connected_bakery: Business, bob: User
    ) -> None:
        with acting_in(connected_bakery.pk):
            connection = Connection.unscoped.get()
        make_contact(connection, "Twin Mills")
        second = make_contact(connection, "twin mills")

        supplier = make_supplier(connected_bakery, "Twin Mills")
        with acting_in(connected_bakery.pk):
            assert supplier.contact is None
            chosen = suppliers.of_contact(connected_bakery, second)
            assert chosen.contact == second

    def test_a_customers_name_cannot_be_created_as_a_supplier(
        self, connected_bakery: Business, bob: User
    ) -> None:
        with acting_in(connected_bakery.pk):
            connection = Connection.unscoped.get()
        make_contact(connection, "Anchor Hotel", kind=Contact.Kind.CUSTOMER)
        supplier = make_supplier(connected_bakery, "Anchor Hotel", agreed_by=bob)

        item = ready_item(connected_bakery, bob, supplier=supplier)

        assert item.reasons == ["supplier_name_taken"]

    def test_agreeing_once_is_for_all_items_of_the_supplier(
        self, connected_bakery: Business, bob: User
    ) -> None:
        new = make_supplier(connected_bakery, "New Mill")
        items = [
            ready_item(connected_bakery, bob, supplier=new, reference=f"N-{number}")
            for number in range(2)
        ]
        assert [item.reasons for item in items] == [["supplier_not_in_zoho"]] * 2

        with acting_in(connected_bakery.pk):
            suppliers.agree_to_create(new, bob)
            coding.review_supplier(new)

        assert [item_now(item).status for item in items] == ["ready", "ready"]

    def test_linking_makes_the_typed_name_an_alias(
        self, connected_bakery: Business, bob: User
    ) -> None:
        new = make_supplier(connected_bakery, "Acme Papers")
        item = ready_item(connected_bakery, bob, supplier=new)
        contact = entry(Contact, connected_bakery, "Acme Paper Ltd")

        with acting_in(connected_bakery.pk):
            suppliers.link(new, contact, bob)
            coding.review_supplier(new)
            again = suppliers.named(connected_bakery, "ACME PAPERS")

            assert again.contact == contact
        assert item_now(item).status == "ready"

    def test_creating_is_claimed_by_one(
        self, connected_bakery: Business, bob: User
    ) -> None:
        new = make_supplier(connected_bakery, "New Mill")
        with acting_in(connected_bakery.pk):
            assert suppliers.claim_creation(new.pk, 1)
            assert suppliers.claim_creation(new.pk, 1)
            assert not suppliers.claim_creation(new.pk, 2)
            suppliers.release_creation(1)
            assert suppliers.claim_creation(new.pk, 2)
            contact = Contact.unscoped.get(name="City Power")
            suppliers.became(new.pk, contact, created_by=7)
            assert not suppliers.claim_creation(new.pk, 3)


class TestArchiving:
    def test_what_is_archived_is_never_sent_and_comes_back_reviewed(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob)

        with acting_in(connected_bakery.pk):
            away = archiving.archive(item, bob)
        assert (away.status, away.reasons) == ("archived", [])
        assert away.archived_at is not None
        with acting_in(connected_bakery.pk):
            back = archiving.unarchive(item, bob, may_publish=True)

        assert (back.status, back.archived_at) == ("ready", None)
        assert sentences(item) == [
            "took Invoice INV-104 back from the archive",
            "archived Invoice INV-104 without publishing",
        ]

    def test_what_is_under_way_or_published_stays(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob)
        for status in ("publishing", "checking", "published"):
            with acting_in(connected_bakery.pk):
                Item.unscoped.filter(pk=item.pk).update(status=status)
                with pytest.raises(archiving.NotArchivable):
                    archiving.archive(item, bob)
                with pytest.raises(archiving.NotArchivable):
                    archiving.unarchive(item, bob, may_publish=True)
            assert item_now(item).status == status


class TestMethods:
    def test_zohos_usual_modes_are_there(self, bakery: Business) -> None:
        with acting_in(bakery.pk):
            methods.seed_modes(bakery)
            methods.seed_modes(bakery)

            assert list(PaymentMode.unscoped.values_list("name", flat=True)) == [
                "Bank Remittance",
                "Bank Transfer",
                "Cash",
                "Check",
                "Credit Card",
            ]

    def test_a_name_is_given_once_until_it_is_removed(
        self, bakery: Business, alice: User
    ) -> None:
        with acting_in(bakery.pk):
            first = methods.add(bakery, "Company Card", by=alice, last_four="4242")
            methods.add(bakery, "Company Card", by=alice, last_four="1111")
            with pytest.raises(methods.NameTaken):
                methods.add(bakery, "company card", by=alice, last_four="4242")
            methods.remove(first, by=alice)
            methods.add(bakery, "Company Card", by=alice, last_four="4242")

            assert len(methods.methods_of(bakery)) == 2

    def test_a_removed_method_is_missing_on_its_items(
        self, connected_bakery: Business, bob: User
    ) -> None:
        card = make_method(connected_bakery)
        item = paid_receipt(connected_bakery, bob, payment_method=card)

        with acting_in(connected_bakery.pk):
            methods.remove(card, by=bob)
        review(connected_bakery)

        assert item_now(item).reasons == ["no_payment_method"]


class TestReviewing:
    def test_a_category_that_left_zoho_is_told_and_not_emptied(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob)
        with acting_in(connected_bakery.pk):
            Account.unscoped.filter(name="Office Supplies").update(
                removed_at=timezone.now()
            )

        review(connected_bakery)

        after = item_now(item)
        assert (after.status, after.reasons) == ("to_review", ["category_gone"])
        assert after.category_id == item.category_id

    def test_suppliers_typed_before_connecting_find_their_contacts(
        self, bakery: Business, bob: User
    ) -> None:
        item = make_item(bakery, bob, supplier=make_supplier(bakery, "City Power"))
        assert "no_connection" in item.reasons
        make_lists(make_connection(bakery))
        review(bakery)

        with acting_in(bakery.pk):
            supplier = Supplier.unscoped.get(name="City Power")
            assert supplier.contact is not None
        assert "no_connection" not in item_now(item).reasons

    def test_a_broken_connection_holds_and_a_mended_one_lets_go(
        self, connected_bakery: Business, bob: User
    ) -> None:
        item = ready_item(connected_bakery, bob)
        for state, status in (
            ("needs_reconnecting", "to_review"),
            ("connected", "ready"),
        ):
            with acting_in(connected_bakery.pk):
                Connection.unscoped.update(state=state)
            review(connected_bakery)
            assert item_now(item).status == status
