"""One item: its fields save one by one, and the page says what is true."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connections.models import Account, Connection, Contact, Location, Project, TaxRate
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import coding
from publishing.models import Item, PaymentMethod, Supplier
from tests.publishing.factories import (
    entry,
    make_connection,
    make_contact,
    make_entry,
    make_item,
    make_lists,
    make_supplier,
    paid_receipt,
    ready_item,
)
from tests.publishing.pages.conftest import At, now, text


@pytest.fixture
def item(connected_bakery: Business, bob: User) -> Item:
    return ready_item(connected_bakery, bob)


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("kind", "receipt", "receipt"),
        ("date", "2026-11-02", date(2026, 11, 2)),
        ("due_date", "2026-12-24", date(2026, 12, 24)),
        ("reference", "INV-7", "INV-7"),
        ("description", "Flour", "Flour"),
        ("currency", "EUR", "EUR"),
        ("total", "1,234.50", Decimal("1234.50")),
        ("total", "£1,234.50", Decimal("1234.50")),
        ("total", "", None),
        ("tax_amount", "0", Decimal(0)),
        ("several_rates", "on", True),
        ("paid", "on", True),
    ],
)
def test_each_field_saves_by_itself(
    at: At,
    bob: User,
    bakery: Business,
    item: Item,
    field: str,
    typed: str,
    stored: object,
) -> None:
    answer = at(bob, bakery).posts(
        "item_field", item.pk, field, data={"value": typed}, htmx=True
    )
    assert getattr(now(item), field) == stored
    assert "Saved" in text(answer)


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("kind", "elephant", "is not one of the available choices"),
        ("date", "31 June", "Enter a valid date."),
        ("reference", "x" * 101, "at most 100 characters"),
        ("currency", "XYZ", "Choose one of the currencies in the list."),
        ("total", "twelve", "Enter an amount, for example 1234.50."),
        ("total", "1,2,3", "Enter an amount, for example 1234.50."),
        ("total", "1e20", "Enter an amount, for example 1234.50."),
        ("total", "9" * 13, "This amount is too large."),
        ("total", "1.2345", "An amount has at most three decimal places."),
    ],
)
def test_a_failed_save_says_why_and_keeps_what_was_typed(
    at: At, bob: User, bakery: Business, item: Item, field: str, typed: str, why: str
) -> None:
    answer = at(bob, bakery).posts(
        "item_field", item.pk, field, data={"value": typed}, htmx=True
    )
    assert why in text(answer)
    assert 'aria-invalid="true"' in text(answer)
    if field not in ("kind", "currency"):
        assert f'value="{typed}"' in text(answer)
    assert getattr(now(item), field) == getattr(item, field)


def test_without_javascript_a_failed_save_shows_the_whole_page_again(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = at(bob, bakery).posts(
        "item_field", item.pk, "total", data={"value": "twelve"}
    )
    assert answer.status_code == 422
    assert 'value="twelve"' in text(answer)
    assert "Acme Paper Ltd" in text(answer)


def test_without_javascript_a_save_comes_back_to_its_field(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = at(bob, bakery).posts(
        "item_field", item.pk, "reference", data={"value": "X", "view": "q=acme"}
    )
    assert answer["Location"] == (
        f"/b/{bakery.slug}/costs/{item.pk}/?q=acme#field-reference"
    )


def test_a_field_that_does_not_exist_is_not_found(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = at(bob, bakery).posts(
        "item_field", item.pk, "status", data={"value": "published"}
    )
    assert answer.status_code == 404
    assert now(item).status == Item.Status.READY


def test_what_changes_with_a_field_is_drawn_again_too(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = text(
        at(bob, bakery).posts(
            "item_field", item.pk, "kind", data={"value": "receipt"}, htmx=True
        )
    )
    assert 'id="field-due_date" hx-swap-oob="true" hidden' in answer
    assert 'id="field-paid" hx-swap-oob="true">' in answer
    assert 'id="field-total"' not in answer


def test_the_reasons_follow_at_once(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    answer = text(
        at(bob, bakery).posts(
            "item_field", item.pk, "total", data={"value": ""}, htmx=True
        )
    )
    assert "Please resolve these issues" in answer
    assert (
        '<a href="#id_total" data-focuses="id_total">The total is missing.</a>'
        in answer
    )
    assert 'id="item-actions" hx-swap-oob="true"' in answer


def test_under_a_value_stands_who_said_it(
    at: At, alice: User, bob: User, bakery: Business, item: Item
) -> None:
    at(bob, bakery).posts("item_field", item.pk, "reference", data={"value": "X-1"})
    field = text(at(bob, bakery).opens("item", item.pk)).split('id="field-reference"')[
        1
    ]
    assert '<p class="entry__source">you, <time' in field.split("</div>")[0]
    field = text(at(alice, bakery).opens("item", item.pk)).split(
        'id="field-reference"'
    )[1]
    assert '<p class="entry__source">Bob, <time' in field.split("</div>")[0]


# Pickers


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
        "20 % of 412.80 including tax is 68.80; the document says 19.66. Correct the "
        "amount, or enter it in Zoho Books and archive it here." in page
    )


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


# What the form shows


def shows(page: str, field: str) -> bool:
    return f'id="id_{field}"' in page


def test_an_unpaid_invoice_has_a_due_date_and_no_payment(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    page = text(at(bob, bakery).opens("item", item.pk))
    assert shows(page, "due_date")
    assert not shows(page, "paid")
    assert not shows(page, "payment_method")


def test_a_paid_receipt_has_a_payment_method(
    at: At, bob: User, connected_bakery: Business
) -> None:
    receipt = paid_receipt(connected_bakery, bob)
    page = text(at(bob, connected_bakery).opens("item", receipt.pk))
    assert shows(page, "payment_method")
    assert not shows(page, "due_date")


def test_a_foreign_currency_asks_for_its_rate(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    assert not shows(text(visitor.opens("item", item.pk)), "exchange_rate")
    visitor.posts("item_field", item.pk, "currency", data={"value": "EUR"})
    page = text(visitor.opens("item", item.pk))
    assert shows(page, "exchange_rate")
    assert shows(page, "rate_date")
    assert "GBP for one EUR" in page
    visitor.posts("item_field", item.pk, "exchange_rate", data={"value": "0.8571"})
    visitor.posts("item_field", item.pk, "rate_date", data={"value": "2026-11-01"})
    assert now(item).exchange_rate == Decimal("0.8571")
    assert now(item).rate_date == date(2026, 11, 1)
    for nonsense in ("-1", "0", "Infinity", "1e5"):
        visitor.posts("item_field", item.pk, "exchange_rate", data={"value": nonsense})
    assert now(item).exchange_rate == Decimal("0.8571")


def test_projects_and_locations_show_where_there_are_some(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    page = text(visitor.opens("item", item.pk))
    assert not shows(page, "project")
    assert not shows(page, "location")
    with acting_in(bakery.pk):
        connection = Connection.unscoped.get()
    make_entry(Project, connection, "Wedding fair")
    make_entry(Location, connection, "Head Office")
    page = text(visitor.opens("item", item.pk))
    assert shows(page, "project")
    assert shows(page, "location")


def test_a_business_that_is_not_registered_has_no_tax_fields(
    at: At, bob: User, connected_bakery: Business
) -> None:
    connected_bakery.tax_registered = False
    with acting_in(connected_bakery.pk):
        connected_bakery.save(update_fields=["tax_registered"])
    item = make_item(connected_bakery, bob)
    page = text(at(bob, connected_bakery).opens("item", item.pk))
    assert not shows(page, "tax_rate")
    assert not shows(page, "tax_amount")


def test_an_edition_without_purchase_tax_has_no_tax_fields(
    at: At, bob: User, bakery: Business
) -> None:
    make_lists(make_connection(bakery, edition="us"))
    item = make_item(bakery, bob)
    page = text(at(bob, bakery).opens("item", item.pk))
    assert not shows(page, "tax_rate")


def test_a_rate_fills_the_tax_amount_and_says_so(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, tax_rate=None, tax_amount=None)
    standard = entry(TaxRate, connected_bakery, "Standard Rate")
    answer = text(
        at(bob, connected_bakery).posts(
            "item_field", item.pk, "tax_rate", data={"value": standard.pk}, htmx=True
        )
    )
    field = answer.split('id="field-tax_amount" hx-swap-oob="true"')[1]
    assert 'value="20.00"' in field
    assert "from the tax rate" in field


def test_next_and_previous_lead_through_the_same_view(
    at: At, bob: User, connected_bakery: Business
) -> None:
    first, hidden, last = (
        ready_item(connected_bakery, bob, reference="A"),
        make_item(connected_bakery, bob),
        ready_item(connected_bakery, bob, reference="B"),
    )
    page = text(at(bob, connected_bakery).opens("item", last.pk, status="ready"))
    assert (
        f'rel="next" href="/b/{connected_bakery.slug}/costs/{first.pk}/?status=ready"'
        in page
    )
    assert f"/costs/{hidden.pk}/" not in page
    assert 'rel="prev"' not in page


def test_the_page_needs_few_questions(
    at: At,
    bob: User,
    connected_bakery: Business,
    item: Item,
    django_assert_max_num_queries: Any,
) -> None:
    visitor = at(bob, connected_bakery)
    visitor.opens("item", item.pk)
    with django_assert_max_num_queries(23):
        visitor.opens("item", item.pk)


def test_a_saved_field_needs_few_questions(
    at: At,
    bob: User,
    connected_bakery: Business,
    item: Item,
    django_assert_max_num_queries: Any,
) -> None:
    visitor = at(bob, connected_bakery)
    visitor.opens("item", item.pk)
    with django_assert_max_num_queries(30):
        visitor.posts(
            "item_field", item.pk, "reference", data={"value": "INV-7"}, htmx=True
        )


def test_history_tells_who_did_what(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    visitor = at(bob, bakery)
    visitor.posts("item_field", item.pk, "reference", data={"value": "X-9"})
    visitor.posts("item_field", item.pk, "date", data={"value": "2026-11-22"})
    visitor.posts("item_field", item.pk, "total", data={"value": "1234.5"})
    page = text(visitor.opens("item_history", item.pk))
    assert "<b>Bob</b> changed reference from INV-104 to X-9" in page
    assert "changed date from 20 Nov 2026 to 22 Nov 2026" in page
    assert "changed total from 120.00 to 1,234.50" in page
    with acting_in(bakery.pk):
        assert AuditEntry.unscoped.filter(action="item.changed").count() == 3


# Preview


def test_preview_says_in_words_what_would_be_written(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    page = text(at(bob, bakery).opens("item_preview", item.pk))
    for words in (
        "An open bill",
        "<dd>Acme Paper Ltd</dd>",
        "<dd>INV-104</dd>",
        "<dd>20 Nov 2026</dd>",
        "<dd>20 Dec 2026</dd>",
        "<dd>Office Supplies</dd>",
        "<dt>Tax, Standard Rate</dt><dd>£20.00</dd>",
        "<dd>£100.00</dd>",
        '<dd class="preview__total">£120.00</dd>',
        "attached to the bill",
    ):
        assert words in page
    assert "A new supplier" not in page


def test_preview_of_a_paid_receipt_is_an_expense(
    at: At, bob: User, connected_bakery: Business
) -> None:
    receipt = paid_receipt(connected_bakery, bob)
    page = text(at(bob, connected_bakery).opens("item_preview", receipt.pk))
    assert "An expense" in page
    assert "<dt>Paid through</dt><dd>Company Card</dd>" in page
    assert "as its receipt" in page


def test_preview_names_the_supplier_that_would_be_created(
    at: At, bob: User, connected_bakery: Business
) -> None:
    rope = make_supplier(connected_bakery, "Rope Makers", agreed_by=bob)
    item = ready_item(connected_bakery, bob, supplier=rope)
    page = text(at(bob, connected_bakery).opens("item_preview", item.pk))
    assert "A new supplier" in page
    assert "<dd>Rope Makers</dd>" in page


def test_preview_of_a_receipt_without_number_says_what_its_number_will_be(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, kind="receipt", reference="")
    visitor = at(bob, connected_bakery)
    said = "a mark of ours, DS-…, because the receipt has no number"
    assert said in text(visitor.opens("item_preview", item.pk))
    assert "(DS-…) will be its number" in text(visitor.opens("item", item.pk))


def test_preview_of_what_is_not_ready_says_what_is_missing(
    at: At, bob: User, connected_bakery: Business
) -> None:
    item = ready_item(connected_bakery, bob, reference="")
    page = text(at(bob, connected_bakery).opens("item_preview", item.pk))
    assert "Before this item can be published" in page
    assert "An invoice needs its number" in page


# Typing in


def test_typing_in_makes_an_item_and_opens_it(
    at: At, bob: User, connected_bakery: Business
) -> None:
    answer = at(bob, connected_bakery).posts(
        "item_new",
        data={
            "kind": "invoice",
            "supplier": "acme paper ltd",
            "date": "2026-11-20",
            "reference": "T-1",
            "total": "99.90",
            "currency": "GBP",
        },
    )
    with acting_in(connected_bakery.pk):
        item = Item.unscoped.select_related("supplier").get()
    assert answer["Location"] == f"/b/{connected_bakery.slug}/costs/{item.pk}/"
    assert (item.owner_id, item.total, str(item.supplier)) == (
        bob.pk,
        Decimal("99.90"),
        "Acme Paper Ltd",
    )
    assert item.sources["total"]["from"] == "person"


def test_typing_in_nonsense_keeps_it_and_says_why(
    at: At, bob: User, connected_bakery: Business
) -> None:
    answer = at(bob, connected_bakery).posts(
        "item_new",
        data={"kind": "invoice", "supplier": "", "total": "much", "currency": "GBP"},
    )
    assert answer.status_code == 422
    assert 'value="much"' in text(answer)
    with acting_in(connected_bakery.pk):
        assert Item.unscoped.count() == 0
