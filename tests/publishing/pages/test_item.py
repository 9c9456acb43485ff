"""One item: its fields save one by one, and the page says what is true."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from connections.models import Connection, Location, Project, TaxRate
from dext_sync.businesses import audit
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.formats import locale_of
from publishing.models import Item
from publishing.picking import CHOICES, OFFERED, Place
from tests.publishing.factories import (
    entry,
    make_connection,
    make_entry,
    make_item,
    make_lists,
    paid_receipt,
    ready_item,
)
from tests.publishing.pages.conftest import At, now, text


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("kind", "receipt", "receipt"),
        ("date", "2026-11-02", date(2026, 11, 2)),
        ("date", "2 Nov 2026", date(2026, 11, 2)),
        ("due_date", "2026-12-24", date(2026, 12, 24)),
        ("reference", "INV-7", "INV-7"),
        ("description", "Flour", "Flour"),
        # As a PDF gives it to whoever copies from it, or somebody who would deceive.
        ("reference", "INV\u200b-7\u202e", "INV-7"),
        ("description", "\ufeffFlo\u2066ur", "Flour"),
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
    "data", [{"value": "new:New\u200b Mill\u202e"}, {"typed": "\ufeffNew Mill"}]
)
def test_a_new_supplier_is_called_what_is_read(
    at: At, bob: User, bakery: Business, item: Item, data: dict[str, str]
) -> None:
    at(bob, bakery).posts("item_field", item.pk, "supplier", data=data, htmx=True)
    with acting_in(bakery.pk):
        found = now(item).supplier
    assert found is not None
    assert found.name == "New Mill"


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("kind", "elephant", "is not one of the available choices"),
        ("date", "31 June", "Enter a valid date."),
        ("date", "1/2/2026", "Enter a valid date."),
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


def test_what_another_type_asks_for_has_its_place_before(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    page = text(at(bob, bakery).opens("item", item.pk))
    heading, paid = page.index(">Payment</h2>"), page.index('id="field-paid" hidden')
    assert "</section>" not in page[heading:paid]


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


@pytest.mark.parametrize("name", OFFERED)
@pytest.mark.parametrize(
    "change",
    [{}, {"visible": False}, {"is_active": False}, {"removed_at": timezone.now()}],
)
def test_a_field_shows_where_its_picker_offers_something(
    connected_bakery: Business, name: str, change: dict[str, Any]
) -> None:
    with acting_in(connected_bakery.pk):
        connection = Connection.unscoped.get()
        place = Place(connected_bakery, connection, locale_of(connected_bakery))
        model = CHOICES[name](place).model
        model.unscoped.update(visible=False)
        kind = {"kind": "customer"} if name == "customer" else {}
        make_entry(model, connection, "The only one", **kind, **change)
        assert place.offers(name) == CHOICES[name](place).exists()
        assert place.offers(name) == (not change)


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
    with django_assert_max_num_queries(16):
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
    with django_assert_max_num_queries(24):
        visitor.posts(
            "item_field", item.pk, "reference", data={"value": "INV-7"}, htmx=True
        )


def test_what_a_rule_did_has_a_doer_and_what_is_a_sentence_has_none(
    at: At, bob: User, bakery: Business, item: Item
) -> None:
    with acting_in(bakery.pk):
        audit.record(
            bakery,
            "item.ruled",
            subject=item,
            field="description",
            before="nothing",
            after="Paper",
        )
        held = "Not auto-published: total missing"
        audit.record(bakery, "auto.held", subject=item, sentence=held)
    page = text(at(bob, bakery).opens("item_history", item.pk))
    assert "<b>dext_sync</b> changed description by rule from nothing to Paper" in page
    assert "<span>Not auto-published: total missing</span>" in page


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
