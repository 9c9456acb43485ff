"""What is picked on an item's page: entries of Zoho's lists, suppliers, new names."""

import re
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.utils import timezone

from connections.models import Account, BankAccount, Connection, Contact, TaxRate
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding
from publishing.models import Item, PaymentMethod, Supplier
from tests.publishing.factories import (
    entry,
    make_contact,
    make_entry,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.pages.conftest import At, now, text
from tests.publishing.pages.test_rules import words


def test_a_picked_entry_is_saved(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    postage = entry(Account, bakery, "Postage")
    at(bob, bakery).posts("item_field", item.pk, "category", data={"value": postage.pk})
    assert now(item).category == postage


@pytest.mark.parametrize(
    ("typed", "named"), [("postage", "Postage"), ("  offic", "Office Supplies")]
)
def test_a_typed_name_finds_its_entry(
    at: At, bob: User, bakery: Business, item: Item, typed: str, named: str
) -> None:
    at(bob, bakery).posts("item_field", item.pk, "category", data={"typed": typed})
    assert str(now(item).category) == named


def test_a_name_that_fits_several_entries_is_not_guessed(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = at(bob, bakery).posts(
        "item_field", item.pk, "tax_rate", data={"typed": "rate"}, htmx=True
    )
    assert "Several fit “rate”: Standard Rate, Zero Rate." in text(answer)
    with acting_in(bakery.pk):
        assert Item.unscoped.get().tax_rate_id == item.tax_rate_id


def labels(answer: HttpResponse) -> list[str]:
    return re.findall(r'data-label="([^"]*)"', answer.content.decode())


MADE = (
    "Credit Cards",
    "Furniture",
    "IT and Internet",
    "Letters of Credit",
    "Other (IT)",
)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("it", ["IT and Internet", "Other (IT)", *MADE[:2], "Letters of Credit"]),
        ("credit", ["Credit Cards", "Letters of Credit"]),
        ("internet it", ["IT and Internet"]),
        ("letters of credit", ["Letters of Credit"]),
        ("c++ (", []),
    ],
)
def test_what_begins_with_the_words_is_offered_first(
    at: At,
    bob: User,
    bakery: Business,
    connection: Connection,
    typed: str,
    offered: list[str],
) -> None:
    """Enter takes the first one that is offered."""
    for name in MADE:
        make_entry(Account, connection, name, account_type="expense")
    found = labels(at(bob, bakery).opens("category_options", q=typed))
    assert [name for name in found if name in MADE] == offered


def test_two_contacts_of_one_name_are_told_apart(
    at: At, bob: User, connection: Connection
) -> None:
    for name, email in (("Twin Mill", "a@mill.example"), ("TWIN MILL", "")):
        make_contact(connection, name, email=email, zoho_id=f"4600{len(email)}77")

    offered = text(at(bob, connection.business).opens("supplier_options", q="twin"))

    hints = re.findall(r'picker__hint">([^<]*)<', offered)
    assert hints == ["GBP · …4600077", "GBP · a@mill.example", "new supplier"]


def test_among_suppliers_the_one_that_is_called_so_is_first(
    at: At, bob: User, bakery: Business, connection: Connection
) -> None:
    make_contact(connection, "A Better Rye")
    make_contact(connection, "Ryeland Ltd")
    with acting_in(bakery.pk):
        Supplier.unscoped.create(business=bakery, name="Rye", side="supplier")
    assert labels(at(bob, bakery).opens("supplier_options", q="rye")) == [
        "Rye",
        "Ryeland Ltd",
        "A Better Rye",
    ]


@pytest.mark.parametrize("typed", ["20", "20%", "20 %", "standard 20"])
def test_a_tax_rate_is_found_by_its_rate(
    at: At, bob: User, bakery: Business, item: Item, typed: str
) -> None:
    visitor = at(bob, bakery)
    options = text(visitor.opens("tax_options", q=typed))
    assert "Standard Rate · 20 %" in options
    assert "Zero Rate" not in options


def test_after_a_failed_pick_one_error_stands_there(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_field", item.pk, "tax_rate", data={"typed": "", "value": ""})
    answer = text(
        visitor.posts(
            "item_field", item.pk, "tax_rate", data={"typed": "Yachts"}, htmx=True
        )
    )
    field = answer.split('id="words-tax_rate"')[1].split("</div>")[0]
    assert "Nothing is called “Yachts”." in field
    assert "The tax rate is missing." not in field


def test_a_tax_that_disagrees_names_the_one_that_is_expected(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(
        connected_bakery, bob, total=Decimal("412.80"), tax_amount=Decimal("19.66")
    )
    page = text(at(bob, connected_bakery).opens("item", item.pk))
    assert (
        "20 % of 412.80 including tax is 68.80; the document says 19.66. Choose "
        "another rate or correct the amount, or enter it in Zoho Books and archive it "
        "here." in page
    )


def test_a_supplier_of_another_currency_names_both(
    at: At, bob: User, connected_bakery: Business
) -> None:
    martin = make_supplier(connected_bakery, "Boulangerie Martin SARL")
    item = ready_item(connected_bakery, bob, supplier=martin)
    visitor = at(bob, connected_bakery)
    told = (
        "This supplier has EUR in Zoho Books, the document GBP: correct the currency, "
        "or pick another supplier."
    )

    assert told in text(visitor.opens("item", item.pk))
    assert told in text(visitor.opens("costs_inbox"))


def test_a_rate_that_has_changed_in_zoho_is_not_said_to_be_the_documents(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, sources={"tax_amount": {"from": "rate"}})
    with acting_in(connected_bakery.pk):
        TaxRate.unscoped.filter(name="Standard Rate").update(percentage=Decimal(21))
    coding_in(connected_bakery, item)

    page = text(at(bob, connected_bakery).opens("item", item.pk))

    assert (
        "Standard Rate is 21 % in Zoho Books now: of 120.00 including tax that is "
        "20.83, and not 20.00 as before. Correct the amount, or choose another rate."
    ) in page
    assert "the document says 20.00" not in page


def test_the_title_follows_the_saved_reference(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = at(bob, bakery).posts(
        "item_field", item.pk, "reference", data={"value": "X-1"}, htmx=True
    )
    assert text(answer).startswith("<title>Invoice X-1 · dext_sync</title>")


def test_a_method_without_account_sends_who_may_not_mend_it_to_an_admin(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    receipt = paid_receipt(connected_bakery, bob)
    with acting_in(connected_bakery.pk):
        PaymentMethod.unscoped.update(account=None)
    coding_in(connected_bakery, receipt)
    told = "set it under Payment methods. Ask an Admin of this business."
    assert told in text(at(bob, connected_bakery).opens("item", receipt.pk))
    assert told not in text(at(alice, connected_bakery).opens("item", receipt.pk))


def coding_in(business: Business, item: Item) -> None:
    with acting_in(business.pk):
        coding.review(item)


def test_a_method_whose_account_left_zoho_leads_to_the_payment_methods(
    at: At, alice: User, bob: User, connected_bakery: Business
) -> None:
    receipt = paid_receipt(connected_bakery, bob)
    with acting_in(connected_bakery.pk):
        BankAccount.unscoped.update(removed_at=timezone.now())
    coding_in(connected_bakery, receipt)

    told = "is no longer in Zoho Books: set another one under Payment methods."
    page = at(alice, connected_bakery).opens("item", receipt.pk)
    assert f"{told} Open Payment methods" in words(page)


def test_emptying_a_picker_empties_the_field(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    at(bob, bakery).posts(
        "item_field", item.pk, "category", data={"typed": "", "value": ""}
    )
    assert now(item).category is None


def test_a_hidden_or_inactive_entry_cannot_be_chosen(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    with acting_in(bakery.pk):
        Account.unscoped.filter(name="Postage").update(visible=False)
    postage = entry(Account, bakery, "Postage")
    visitor = at(bob, bakery)
    visitor.posts("item_field", item.pk, "category", data={"value": postage.pk})
    assert str(now(item).category) == "Office Supplies"
    assert "Postage" not in text(visitor.opens("category_options", q="post"))


def test_a_customer_is_picked_among_customers_and_stays_a_contact(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    with acting_in(bakery.pk):
        connection = Connection.unscoped.get()
    hotel = make_contact(connection, "Grand Hotel", kind=Contact.Kind.CUSTOMER)
    visitor = at(bob, bakery)
    options = text(visitor.opens("customer_options"))
    assert "Grand Hotel" in options
    assert "Acme" not in options
    visitor.posts("item_field", item.pk, "customer", data={"value": hotel.pk})
    with acting_in(bakery.pk):
        assert Item.unscoped.get().customer_id == hotel.pk


# Suppliers


def test_a_supplier_is_picked_among_zohos(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    power = entry(Contact, bakery, "City Power")
    assert f'data-value="contact:{power.pk}"' in text(
        visitor.opens("supplier_options", q="city")
    )
    visitor.posts(
        "item_field", item.pk, "supplier", data={"value": f"contact:{power.pk}"}
    )
    with acting_in(bakery.pk):
        supplier = Item.unscoped.select_related("supplier").get().supplier
    assert supplier is not None
    assert (supplier.name, supplier.contact_id) == ("City Power", power.pk)


def test_a_new_supplier_is_offered_and_asks_for_a_choice(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    assert 'data-value="new:Rope Makers"' in text(
        visitor.opens("supplier_options", q="Rope Makers")
    )
    answer = visitor.posts(
        "item_field", item.pk, "supplier", data={"value": "new:Rope Makers"}, htmx=True
    )
    assert "Rope Makers is not in Zoho Books" in text(answer)
    assert "Create it in Zoho Books" in text(answer)
    assert now(item).status == Item.Status.TO_REVIEW


def test_create_it_in_zoho_makes_the_item_ready(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_field", item.pk, "supplier", data={"typed": "Rope Makers"})
    visitor.posts("supplier_decide", item.pk, data={"choice": "create"})
    assert now(item).status == Item.Status.READY
    with acting_in(bakery.pk):
        assert Supplier.unscoped.get(name="Rope Makers").create_agreed_at is not None


def test_picking_an_existing_supplier_is_remembered_for_the_name(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    power = entry(Contact, bakery, "City Power")
    visitor.posts("item_field", item.pk, "supplier", data={"typed": "C. Power"})
    visitor.posts(
        "supplier_decide",
        item.pk,
        data={"choice": "pick", "value": f"contact:{power.pk}"},
    )
    assert now(item).status == Item.Status.READY
    with acting_in(bakery.pk):
        assert Supplier.unscoped.get(name="C. Power").contact_id == power.pk


def test_a_name_that_zoho_lacks_is_not_an_existing_supplier(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_field", item.pk, "supplier", data={"typed": "C. Power"})
    answer = visitor.posts(
        "supplier_decide",
        item.pk,
        data={"choice": "pick", "typed": "Nobody"},
        htmx=True,
    )
    assert "Pick a supplier that is in Zoho Books." in text(answer)
    assert now(item).status == Item.Status.TO_REVIEW


@pytest.mark.parametrize("typed", ["5%", "5 %"])
def test_a_rate_that_begins_with_what_was_typed_comes_first_whatever_the_space(
    at: At, bob: User, bakery: Business, item: Item, typed: str
) -> None:
    """“20 %” is one word where rates are found, and two where they are ranked."""
    with acting_in(bakery.pk):
        connection = Connection.unscoped.get()
    for number, rate in enumerate(("15", "5")):
        make_entry(
            TaxRate, connection, f"{rate}% VAT", zoho_id=f"77{number}", percentage=rate
        )

    offered = labels(at(bob, bakery).opens("tax_options", q=typed))

    assert offered == ["5% VAT", "15% VAT"]
