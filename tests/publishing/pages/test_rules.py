"""Suppliers and customers with their rules, category rules, and why a value is what it
is."""

import re

from django.http import HttpResponse

from connections.models import Account, Contact
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding, filling
from publishing.models import CategoryRule, Item, Supplier
from tests.publishing.factories import (
    entry,
    make_connection,
    make_item,
    make_lists,
    make_method,
    make_supplier,
    ready_item,
)
from tests.publishing.pages.conftest import At
from tests.publishing.steps import begun, item_now


def words(answer: HttpResponse) -> str:
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(bare.split())


def of(supplier: Supplier) -> tuple[str, int]:
    return "suppliers", supplier.pk


class TestSuppliers:
    def test_the_list_says_contact_rule_and_what_waits(
        self, at: At, alice: User, bob: User, connected_bakery: Business
    ) -> None:
        item = ready_item(connected_bakery, bob)
        assert item.supplier is not None
        make_supplier(connected_bakery, "Nobody Ltd")
        visitor = at(alice, connected_bakery)
        postage = entry(Account, connected_bakery, "Postage")
        visitor.posts("supplier", *of(item.supplier), data={"category": postage.pk})

        shown = visitor.opens("suppliers", "suppliers")
        page = words(shown)
        found = words(visitor.opens("suppliers", "suppliers", q="nobody"))

        assert (
            "Acme Paper Ltd Acme Paper Ltd (opens a new tab) Category: Postage Not set Always Never Save Acme Paper Ltd 1"
            in page
        )
        assert (
            "Nobody Ltd Not in Zoho Books none Not set Always Never Save Nobody Ltd 0"
            in page
        )
        assert "Acme" not in found
        contact = entry(Contact, connected_bakery, "Acme Paper Ltd")
        address = f"/app/{contact.organisation_id}#/contacts/{contact.zoho_id}"
        assert f'{address}" target="_blank"' in shown.content.decode()

    def test_before_it_is_connected_nobody_is_missing_in_zoho(
        self, at: At, alice: User, bakery: Business
    ) -> None:
        nobody = make_supplier(bakery, "Nobody Ltd")
        visitor = at(alice, bakery)

        listed = words(visitor.opens("suppliers", "suppliers"))
        page = words(visitor.opens("supplier", *of(nobody)))

        assert "Nobody Ltd Not connected none" in listed
        assert "In Zoho Books Not connected" in page

    def test_a_rule_is_saved_and_shown(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        visitor = at(alice, connected_bakery)

        answer = visitor.posts(
            "supplier",
            *of(acme),
            data={"category_typed": "Postage", "due_days": "14", "paid": "no"},
        )

        assert answer.status_code == 302
        with acting_in(connected_bakery.pk):
            rule = filling.rule_of(acme)
        assert rule is not None
        assert (rule.category, rule.due_days, rule.paid) == (
            entry(Account, connected_bakery, "Postage"),
            14,
            False,
        )
        assert "due after 14 days" in words(visitor.opens("activity"))

    def test_a_name_that_fits_nothing_is_told_and_kept(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)

        answer = at(alice, connected_bakery).posts(
            "supplier", *of(acme), data={"category_typed": "Unicorns", "due_days": "14"}
        )

        assert answer.status_code == 422
        assert "Nothing is called “Unicorns”." in words(answer)
        assert 'value="Unicorns"' in answer.content.decode()
        with acting_in(connected_bakery.pk):
            assert filling.rule_of(acme) is None

    def test_from_an_item_its_coding_is_offered(
        self, at: At, alice: User, bob: User, connected_bakery: Business
    ) -> None:
        item = ready_item(connected_bakery, bob)
        assert item.supplier is not None
        visitor = at(alice, connected_bakery)
        link = f"/suppliers/{item.supplier.pk}/?item={item.pk}"

        on_item = visitor.opens("item", item.pk).content.decode()
        page = visitor.opens("supplier", *of(item.supplier), item=item.pk)

        assert link in on_item
        assert 'value="Office Supplies"' in page.content.decode()
        with acting_in(connected_bakery.pk):
            assert filling.rule_of(item.supplier) is None

    def test_applying_shows_first_what_would_change(
        self, at: At, alice: User, bob: User, connected_bakery: Business
    ) -> None:
        item = ready_item(connected_bakery, bob)
        assert item.supplier is not None
        visitor = at(alice, connected_bakery)
        data = {"category_typed": "Postage", "apply": "1"}
        saved = visitor.posts("supplier", *of(item.supplier), data=data)

        page = words(visitor.opens("supplier_apply", *of(item.supplier)))
        before = item_now(item).category_id
        visitor.posts("supplier_apply", *of(item.supplier))

        assert saved.headers["Location"].endswith("/apply/")
        assert "Category: Office Supplies → Postage" in page
        postage = entry(Account, connected_bakery, "Postage").pk
        assert before != postage
        assert item_now(item).category_id == postage

    def test_another_businesss_supplier_does_not_exist(
        self, at: At, charlie: User, connected_bakery: Business, garage: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        visitor = at(charlie, garage)

        answers = [
            visitor.opens("supplier", *of(acme)),
            visitor.posts("supplier", *of(acme), data={"due_days": "3"}),
            visitor.posts("supplier_merge", *of(acme), data={"value": str(acme.pk)}),
        ]

        assert [each.status_code for each in answers] == [404, 404, 404]

    def test_a_category_of_another_business_cannot_be_chosen(
        self, at: At, charlie: User, connected_bakery: Business, garage: Business
    ) -> None:
        make_lists(make_connection(garage, organisation_id="20081234599"))
        theirs = entry(Account, connected_bakery, "Postage")
        supplier = make_supplier(garage)

        answer = at(charlie, garage).posts(
            "supplier", *of(supplier), data={"category": theirs.pk}
        )

        assert answer.status_code == 422
        with acting_in(garage.pk):
            assert filling.rule_of(supplier) is None


class TestSpellings:
    def test_items_follow_and_come_back(
        self, at: At, alice: User, bob: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        other = make_supplier(connected_bakery, "ACME Papers")
        item = make_item(connected_bakery, bob, supplier=other)
        visitor = at(alice, connected_bakery)

        visitor.posts("supplier_merge", *of(acme), data={"value": str(other.pk)})
        merged = item_now(item).supplier_id
        visitor.posts("supplier_unmerge", *of(other))

        assert merged == acme.pk
        assert item_now(item).supplier_id == other.pk

    def test_what_comes_under_the_name_later_is_that_supplier_with_its_rule(
        self, at: At, alice: User, bob: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        other = make_supplier(connected_bakery, "ACME Papers")
        visitor = at(alice, connected_bakery)
        visitor.posts("supplier", *of(acme), data={"category_typed": "Postage"})
        visitor.posts("supplier_merge", *of(acme), data={"value": str(other.pk)})
        item = make_item(connected_bakery, bob)

        at(bob, connected_bakery).posts(
            "item_field", item.pk, "supplier", data={"typed": "acme papers"}
        )

        after = item_now(item)
        assert (after.supplier_id, after.spelled_as_id) == (acme.pk, other.pk)
        assert after.category_id == entry(Account, connected_bakery, "Postage").pk

    def test_picking_a_known_supplier_for_a_new_name_is_remembered(
        self, at: At, bob: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        assert acme.contact is not None
        new = make_supplier(connected_bakery, "Akme Paper")
        item = ready_item(connected_bakery, bob, supplier=new)

        at(bob, connected_bakery).posts(
            "supplier_decide",
            item.pk,
            data={"choice": "pick", "value": f"contact:{acme.contact.pk}"},
        )

        after = item_now(item)
        assert (after.supplier_id, after.status) == (acme.pk, Item.Status.READY)

    def test_what_is_on_its_way_to_zoho_keeps_the_name_that_goes_there(
        self, at: At, alice: User, bob: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        power = make_supplier(connected_bakery, "City Power")
        sent = ready_item(connected_bakery, bob, supplier=power)
        begun(sent, bob)

        at(alice, connected_bakery).posts(
            "supplier_merge", *of(acme), data={"value": str(power.pk)}
        )

        assert item_now(sent).supplier_id == power.pk

    def test_the_one_that_is_in_zoho_is_kept(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        new = make_supplier(connected_bakery, "New Mill")
        visitor = at(alice, connected_bakery)

        visitor.posts("supplier_merge", *of(new), data={"value": str(acme.pk)})
        page = words(visitor.opens("supplier", *of(new)))

        assert "make New Mill a spelling of Acme Paper Ltd instead" in page
        with acting_in(connected_bakery.pk):
            new.refresh_from_db()
        assert new.contact_id is None

    def test_of_two_contacts_it_is_said_where_the_items_go_from_now_on(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        power = make_supplier(connected_bakery, "City Power")
        visitor = at(alice, connected_bakery)

        visitor.posts("supplier_merge", *of(acme), data={"value": str(power.pk)})
        page = words(visitor.opens("supplier", *of(acme)))

        assert (
            "City Power has a contact of its own in Zoho Books: what is published from "
            "now on goes to Acme Paper Ltd. If they are two suppliers, take it back."
        ) in page

    def test_who_may_not_publish_merges_nothing(
        self, at: At, vera: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        assert acme.contact is not None
        new = make_supplier(connected_bakery, "Akme Paper")
        item = ready_item(connected_bakery, vera, supplier=new)

        at(vera, connected_bakery).posts(
            "supplier_decide",
            item.pk,
            data={"choice": "pick", "value": f"contact:{acme.contact.pk}"},
        )

        with acting_in(connected_bakery.pk):
            new.refresh_from_db()
        assert (new.merged_into_id, new.contact_id) == (None, acme.contact.pk)

    def test_a_customer_is_no_spelling_of_a_supplier(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        acme = make_supplier(connected_bakery)
        with acting_in(connected_bakery.pk):
            customer = Supplier.unscoped.create(
                business=connected_bakery,
                side=Supplier.Side.CUSTOMER,
                name="Anchor",
                key="anchor",
            )

        at(alice, connected_bakery).posts(
            "supplier_merge", *of(acme), data={"value": str(customer.pk)}
        )

        with acting_in(connected_bakery.pk):
            customer.refresh_from_db()
        assert customer.merged_into_id is None


def test_the_currency_that_was_typed_in_stays(
    at: At, bob: User, connected_bakery: Business
) -> None:
    at(bob, connected_bakery).posts(
        "item_new",
        data={
            "kind": "receipt",
            "supplier": "Acme Paper Ltd",
            "total": "50.00",
            "currency": "EUR",
        },
    )

    with acting_in(connected_bakery.pk):
        (item,) = Item.unscoped.all()
    assert item.currency == "EUR"
    assert item.sources["currency"]["name"] == "Bob"


class TestCategoryRules:
    def test_one_past_item_is_one_item(
        self, at: At, alice: User, bob: User, connected_bakery: Business
    ) -> None:
        make_item(connected_bakery, bob, description="Parcel to Leeds")
        data = {"words": "Parcel", "searched_in": "both", "category_typed": "Postage"}

        tried = at(alice, connected_bakery).posts("category_rules", data=data)

        assert "It would have changed 1 of 1 item." in words(tried)

    def test_one_is_tried_on_past_items_before_it_is_saved(
        self, at: At, alice: User, bob: User, connected_bakery: Business
    ) -> None:
        make_item(connected_bakery, bob, description="Parcel to Leeds")
        make_item(connected_bakery, bob, description="Flour")
        visitor = at(alice, connected_bakery)
        data = {
            "words": "Parcel",
            "searched_in": "both",
            "category_typed": "Postage",
        }

        tried = visitor.posts("category_rules", data=data)
        with acting_in(connected_bakery.pk):
            kept_before = CategoryRule.unscoped.count()
        visitor.posts("category_rules", data={**data, "save": "1"})

        assert "It would have changed 1 of 2 items." in words(tried)
        assert kept_before == 0
        with acting_in(connected_bakery.pk):
            (rule,) = CategoryRule.unscoped.all()
        assert (rule.words, rule.workspace) == ("parcel", "costs")

    def test_the_order_is_the_persons(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        visitor = at(alice, connected_bakery)
        for each in ("one", "two"):
            data = {"words": each, "searched_in": "both", "category_typed": "Postage"}
            visitor.posts("category_rules", data={**data, "save": "1"})
        with acting_in(connected_bakery.pk):
            second = CategoryRule.unscoped.get(words="two")

        visitor.posts("category_rule_change", second.pk, data={"do": "up"})
        with acting_in(connected_bakery.pk):
            order = list(CategoryRule.unscoped.values_list("words", flat=True))
        visitor.posts("category_rule_change", second.pk, data={"do": "remove"})

        assert order == ["two", "one"]
        page = words(visitor.opens("category_rules"))
        assert "one description or reference Postage" in page
        assert "two description" not in page

    def test_one_that_never_counts_says_so_until_it_is_tried_earlier(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        visitor = at(alice, connected_bakery)
        for each in ("flour", "flour bag"):
            data = {"words": each, "searched_in": "both", "category_typed": "Postage"}
            visitor.posts("category_rules", data={**data, "save": "1"})
        told = "Never counts: “flour” comes before it and fits whatever this fits."
        before = words(visitor.opens("category_rules"))
        with acting_in(connected_bakery.pk):
            second = CategoryRule.unscoped.get(words="flour bag")

        visitor.posts("category_rule_change", second.pk, data={"do": "up"})

        assert f"flour bag {told}" in before
        assert before.count("Never counts") == 1
        assert "Never counts" not in words(visitor.opens("category_rules"))

    def test_it_wants_words_and_a_category(
        self, at: At, alice: User, connected_bakery: Business
    ) -> None:
        answer = at(alice, connected_bakery).posts(
            "category_rules", data={"words": "  ", "searched_in": "both", "save": "1"}
        )

        assert answer.status_code == 422
        assert "Choose the category." in words(answer)


def test_why_lists_what_holds_and_what_lost(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob)
    assert item.supplier is not None
    office = entry(Account, connected_bakery, "Office Supplies")
    with acting_in(connected_bakery.pk):
        coding.change(item, "category", None, by=bob)
        coding.change(item, "category", office, by=bob)
    at(alice, connected_bakery).posts(
        "supplier", *of(item.supplier), data={"category_typed": "Postage"}
    )

    page = at(bob, connected_bakery).opens("item_why", item.pk, "category", htmx=True)

    assert re.fullmatch(
        r"you, .* Office Supplies holds rule of Acme Paper Ltd Postage lost to the one "
        r"above",
        words(page),
    )


class TestPaymentMethods:
    def test_where_their_items_go_is_said_with_the_method(
        self, at: At, alice: User, bob: User, connected_bakery: Business
    ) -> None:
        card = make_method(connected_bakery)
        visitor = at(alice, connected_bakery)
        data = {"name": "Company Card", "last_four": "4242", "publish_to": "expenses"}

        visitor.posts("payment_method_change", card.pk, data=data)
        page = visitor.opens("payment_method_change", card.pk).content.decode()
        item = make_item(connected_bakery, bob, paid=True)
        at(bob, connected_bakery).posts(
            "item_field", item.pk, "payment_method", data={"value": str(card.pk)}
        )

        assert 'value="expenses" selected' in page
        assert item_now(item).publish_to == "expenses"
        assert "changed the rule of Company Card •4242: publish to Expenses" in words(
            visitor.opens("activity")
        )


def test_the_page_of_reasons_is_titled_by_its_question(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = make_item(connected_bakery, bob, reference="INV-7")

    page = at(bob, connected_bakery).opens("item_why", item.pk, "category")

    assert "<title>Why this category? · Invoice INV-7 · dext_sync</title>" in page.text
