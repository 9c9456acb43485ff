"""Payment methods: listed, added, changed and removed by those who manage."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.models import BankAccount
from dext_sync.businesses.models import AuditEntry, Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import PaymentMethod, PaymentMode
from tests.publishing.factories import entry, make_method, paid_receipt
from tests.publishing.pages.conftest import At, text


def methods_of(business: Business) -> list[PaymentMethod]:
    with acting_in(business.pk):
        return list(PaymentMethod.unscoped.filter(removed_at=None))


def actions(business: Business) -> list[str]:
    with acting_in(business.pk):
        entries = AuditEntry.unscoped.filter(action__startswith="payment_method")
        return [each.action for each in entries.order_by("at")]


def test_the_page_begins_empty_and_says_what_belongs_there(
    at: At, alice: User, connected_bakery: Business
) -> None:
    page = text(at(alice, connected_bakery).opens("payment_methods"))
    assert "No payment method yet" in page
    assert "Add payment method" in page


def test_a_method_is_added_with_its_account_and_mode(
    at: At, alice: User, connected_bakery: Business
) -> None:
    visitor = at(alice, connected_bakery)
    visitor.opens("payment_method_new")
    card = entry(BankAccount, connected_bakery, "Company Card")
    with acting_in(connected_bakery.pk):
        mode = PaymentMode.unscoped.get(name="Credit Card")
    visitor.posts(
        "payment_method_new",
        data={"name": "Visa", "last_four": "4242", "account": card.pk, "mode": mode.pk},
    )
    (method,) = methods_of(connected_bakery)
    assert (method.name, method.last_four) == ("Visa", "4242")
    assert (method.account_id, method.mode_id) == (card.pk, mode.pk)
    page = text(visitor.opens("payment_methods"))
    for words in ("Visa", "4242", "Company Card", "Credit Card"):
        assert words in page
    assert actions(connected_bakery) == ["payment_method.added"]


def test_a_change_holds_the_business_before_the_method_whose_rule_it_says(
    at: At, alice: User, connected_bakery: Business
) -> None:
    """In the order of all: whoever copies rules holds the business first."""
    method = make_method(connected_bakery)
    data = {"name": "Visa", "last_four": "4242", "auto_publish": "always"}

    with CaptureQueriesContext(database) as asked:
        visitor = at(alice, connected_bakery)
        visitor.posts("payment_method_change", method.pk, data=data)

    said = [query["sql"] for query in asked]
    holds = (n for n, sql in enumerate(said) if 'OF "businesses_business"' in sql)
    changes = (n for n, sql in enumerate(said) if 'UPDATE "publishing_payment' in sql)
    assert min(holds) < min(changes)


def test_a_method_without_account_is_marked(
    at: At, alice: User, connected_bakery: Business
) -> None:
    make_method(connected_bakery, "Till", linked=False)
    page = text(at(alice, connected_bakery).opens("payment_methods"))
    assert "No account yet" in page


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "Visa", "last_four": "42"}, "Enter four digits, or nothing."),
        (
            {"name": "company card", "last_four": "4242"},
            "There is already a payment method",
        ),
        ({"name": "Visa", "account": "999999"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_added_says_why(
    at: At, alice: User, connected_bakery: Business, typed: dict[str, Any], why: str
) -> None:
    make_method(connected_bakery)
    answer = at(alice, connected_bakery).posts("payment_method_new", data=typed)
    assert answer.status_code == 422
    assert why in text(answer)
    assert len(methods_of(connected_bakery)) == 1


def test_a_method_is_changed(at: At, alice: User, connected_bakery: Business) -> None:
    method = make_method(connected_bakery)
    at(alice, connected_bakery).posts(
        "payment_method_change", method.pk, data={"name": "Amex", "last_four": ""}
    )
    (changed,) = methods_of(connected_bakery)
    assert (changed.name, changed.last_four, changed.account_id) == ("Amex", "", None)
    assert actions(connected_bakery) == ["payment_method.changed"]


def test_removing_asks_first_and_says_what_it_touches(
    at: At, alice: User, connected_bakery: Business
) -> None:
    receipt = paid_receipt(connected_bakery, alice)
    visitor = at(alice, connected_bakery)
    page = text(visitor.opens("payment_method_remove", receipt.payment_method_id))
    assert "1 item in the Inbox was paid with it" in page
    assert len(methods_of(connected_bakery)) == 1
    visitor.posts("payment_method_remove", receipt.payment_method_id)
    assert methods_of(connected_bakery) == []
    assert actions(connected_bakery) == ["payment_method.removed"]


@pytest.mark.parametrize("page", ["payment_method_change", "payment_method_remove"])
def test_a_removed_method_is_gone(
    at: At, alice: User, connected_bakery: Business, page: str
) -> None:
    method = make_method(connected_bakery)
    visitor = at(alice, connected_bakery)
    visitor.posts("payment_method_remove", method.pk)
    assert visitor.opens(page, method.pk).status_code == 404


def test_a_standard_user_may_not_touch_them(
    at: At, bob: User, connected_bakery: Business
) -> None:
    method = make_method(connected_bakery)
    visitor = at(bob, connected_bakery)
    assert visitor.posts("payment_method_new", data={"name": "Mine"}).status_code == 403
    assert visitor.posts("payment_method_remove", method.pk).status_code == 403
    assert [each.name for each in methods_of(connected_bakery)] == ["Company Card"]
