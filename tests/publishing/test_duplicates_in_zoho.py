"""A bill or expense that somebody has entered in Zoho Books, and ours that is like it."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from connections import lists
from connections.models import Connection, PurchaseRecord
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import archiving, engine, requesting
from publishing.alikeness import Ground
from publishing.models import Item
from publishing.reasons import Reason
from tests.conftest import browser_of
from tests.publishing.factories import TODAY, paid_receipt, reviewed_item
from tests.publishing.pages.conftest import Visitor, text
from tests.publishing.steps import (
    begun,
    item_now,
    press_publish,
    publish,
    review,
)
from tests.publishing.twins import questions_about, say_different, say_same
from tests.publishing.zoho import BAKERY, Zoho

ACME = "Acme Paper Ltd"


@pytest.fixture(autouse=True)
def patient(settings: Settings, connection: Connection) -> None:
    """Enough budget for a refresh after a refresh."""
    settings.ZOHO_CALLS_A_MINUTE = 1000


def typed_bill(zoho: Zoho, **fields: Any) -> dict[str, Any]:
    line = {"account": "Office Supplies", "rate": 99, "quantity": 1}
    given = {"vendor": ACME, "bill_number": "INV-104", "line_items": [line]} | fields
    return zoho.person_types("bill", **given)


def typed_expense(zoho: Zoho, amount: int = 12) -> dict[str, Any]:
    return zoho.person_types(
        "expense",
        vendor=ACME,
        account="Office Supplies",
        paid_through="Company Card",
        date=TODAY.isoformat(),
        amount=amount,
    )


def refreshed(connection: Connection) -> None:
    """The lists are read again, and all open items are looked at."""
    with acting_in(connection.business_id):
        lists.refresh(lists.start(connection, None).pk)
    review(connection.business)


def reasons(item: Item) -> tuple[str, list[str]]:
    now = item_now(item)
    return now.status, now.reasons


ASKED = ("to_review", ["duplicate"])
READY: tuple[str, list[str]] = ("ready", [])


def test_a_bill_that_a_person_has_typed_is_a_question_and_stays_as_it_is(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed = typed_bill(zoho)
    before = dict(typed)
    item = reviewed_item(bakery, bob, reference="inv 104")
    assert reasons(item) == READY

    refreshed(connection)

    assert reasons(item) == ASKED
    (question,) = questions_about(item)
    assert (question.record_kind, question.record_id) == ("bill", typed["bill_id"])
    assert question.why == [Ground.SAME_REFERENCE]
    assert press_publish(item, bob) == requesting.Held((Reason.DUPLICATE,))
    say_same(item, bob)
    assert item_now(item).status == "archived"
    assert zoho.bills == [before]
    assert {call["method"] for call in zoho.standin.calls} == {"GET"}


def test_a_new_item_is_compared_with_the_bills_that_were_read(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_bill(zoho)
    refreshed(connection)

    assert reasons(reviewed_item(bakery, bob)) == ASKED
    assert reasons(reviewed_item(bakery, bob, reference="INV-9")) == READY


def test_an_expense_of_that_day_and_total_is_a_question(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_expense(zoho)
    refreshed(connection)

    receipt = paid_receipt(bakery, bob)

    assert reasons(receipt) == ASKED
    (question,) = questions_about(receipt)
    assert question.record_kind == "expense"
    assert question.why == [Ground.SAME_DAY_AND_TOTAL]


def test_an_expense_is_compared_with_the_bill_of_the_same_purchase(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_expense(zoho, amount=120)
    refreshed(connection)
    yesterday = TODAY.replace(day=TODAY.day - 1)

    bill = reviewed_item(bakery, bob, date=yesterday)

    assert [each.why for each in questions_about(bill)] == [
        [Ground.NEAR_AND_SAME_TOTAL]
    ]


def test_different_is_remembered_and_published(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    typed_expense(zoho)
    refreshed(connection)
    receipt = paid_receipt(bakery, bob)

    say_different(receipt, bob)
    refreshed(connection)
    publish(receipt, bob)

    assert item_now(receipt).status == "published"
    assert len(zoho.expenses) == 2


def test_what_we_made_ourselves_is_no_question(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    item = reviewed_item(bakery, bob)
    publication = publish(item, bob)
    refreshed(connection)
    with acting_in(bakery.pk):
        archiving.unarchive(item, bob, may_publish=True)
        archiving.clear(item, bob)
    assert publication.state == "published"

    assert reasons(item) == READY


def test_of_another_item_it_is_asked_about_once(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    """Through the item that it was made of, not through the bill as well."""
    first = reviewed_item(bakery, bob)
    publish(first, bob)
    refreshed(connection)

    second = reviewed_item(bakery, bob, reference=first.reference)

    assert [each.other_id for each in questions_about(second)] == [first.pk]


def test_nor_is_what_we_made_and_do_not_know_of(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    """The answer was lost, and the bill shows in the lists before anybody asks for it."""
    item = reviewed_item(bakery, bob)
    publication = begun(item, bob)
    typed_bill(zoho, reference_number=publication.mark)
    with acting_in(bakery.pk):
        Connection.unscoped.update(state=Connection.State.DISCONNECTED)
        engine.withdraw(publication.pk)
        Connection.unscoped.update(state=Connection.State.CONNECTED)
    refreshed(connection)

    assert reasons(item) == READY


@pytest.mark.parametrize("gone", ["void", "deleted"])
def test_the_question_goes_with_the_record(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection, gone: str
) -> None:
    typed = typed_bill(zoho)
    refreshed(connection)
    item = reviewed_item(bakery, bob)
    assert reasons(item) == ASKED

    if gone == "void":
        zoho.standin.change(
            "update",
            organization=BAKERY,
            table="bills",
            record=typed["bill_id"],
            status="void",
        )
    else:
        zoho.standin.change(
            "remove", organization=BAKERY, table="bills", record=typed["bill_id"]
        )
    refreshed(connection)

    assert reasons(item) == READY


def test_bills_of_other_suppliers_do_not_matter(
    zoho: Zoho, bakery: Business, bob: User, connection: Connection
) -> None:
    zoho.person_types(
        "bill",
        vendor="City Power",
        bill_number="INV-104",
        line_items=[{"account": "Office Supplies", "rate": 100, "quantity": 1}],
    )
    refreshed(connection)

    assert reasons(reviewed_item(bakery, bob)) == READY


def test_what_is_compared_is_kept_as_zoho_has_it(
    zoho: Zoho, bakery: Business, connection: Connection
) -> None:
    bill = typed_bill(zoho)
    refreshed(connection)

    with acting_in(bakery.pk):
        record = PurchaseRecord.unscoped.get()
    assert (record.name, record.kind, record.reference) == (
        "INV-104 · Acme Paper Ltd",
        "bill",
        "INV-104",
    )
    assert (record.vendor_id, record.vendor_name) == (bill["vendor_id"], ACME)
    assert (record.total, record.currency_code, record.status) == (
        Decimal("99.000"),
        "GBP",
        "open",
    )


# The pages


def test_the_page_shows_the_bill_and_leads_to_it(
    zoho: Zoho, bakery: Business, bob: User, alice: User, connection: Connection
) -> None:
    typed = typed_bill(zoho)
    refreshed(connection)
    item = reviewed_item(bakery, bob)

    page = text(Visitor(browser_of(alice), bakery).opens("item", item.pk))

    assert "Bill INV-104 <a" in page
    assert f'#/bills/{typed["bill_id"]}" target="_blank"' in page
    assert "<td>£120.00</td><td>£99.00</td>" in page
    assert "<td>Bob</td><td>entered in Zoho Books</td>" in page


def test_vera_is_not_told_what_the_bill_says(
    zoho: Zoho, bakery: Business, vera: User, connection: Connection
) -> None:
    typed = typed_bill(zoho)
    refreshed(connection)
    item = reviewed_item(bakery, vera)

    page = text(Visitor(browser_of(vera), bakery).opens("item", item.pk))

    assert "The same reference. The other is a bill in Zoho Books." in page
    assert typed["bill_id"] not in page
    assert "£99" not in page


def test_the_archived_item_leads_to_the_bill(
    zoho: Zoho, bakery: Business, bob: User, alice: User, connection: Connection
) -> None:
    typed = typed_bill(zoho)
    refreshed(connection)
    item = reviewed_item(bakery, bob)
    say_same(item, bob)

    page = text(Visitor(browser_of(alice), bakery).opens("item", item.pk))
    history = text(Visitor(browser_of(alice), bakery).opens("item_history", item.pk))

    assert "Archived as a duplicate" in page
    assert f'#/bills/{typed["bill_id"]}" target="_blank" rel="noopener">Bill' in page
    assert "the bill in Zoho Books" in history
