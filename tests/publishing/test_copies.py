"""What one business's settings and rules would become in another: values alone."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from publishing.copies import (
    Change,
    Entry,
    Kind,
    Named,
    Planned,
    Said,
    Skipped,
    Subject,
    Target,
    Why,
    match,
    plan,
)

POSTAGE = Entry(7, Named("Postage", "6100"))
TRAVEL = Entry(8, Named("Travel", "6200"))
STANDARD = Entry(9, Named("Standard Rate", rate=Decimal(20)))
ACME = Subject(Kind.SUPPLIER, "acmepaper", "Acme Paper")
VISA = Subject(Kind.METHOD, "visa •4242", "Visa •4242")
WARNS = Subject(Kind.SETTING, "warns_of_new_suppliers", "Warn me")

EMPTY = Target(
    lists={"costs category": [POSTAGE, TRAVEL], "costs tax_rate": [STANDARD]},
    currencies=frozenset({"GBP"}),
    there={},
)


def planned(subject: Subject, target: Target, **values: Any) -> Planned:
    (found,) = plan([Said(subject, values)], target)
    return found


def with_rule(subject: Subject, values: Mapping[str, Any]) -> Target:
    return replace(EMPTY, there={subject: values})


def test_an_entry_is_found_by_its_code_first() -> None:
    assert match(Named("Travel", "6100"), [POSTAGE, TRAVEL]) == POSTAGE


def test_then_by_its_name_whatever_its_case() -> None:
    assert match(Named("POSTAGE", "9999"), [POSTAGE, TRAVEL]) == POSTAGE
    assert match(Named("travel"), [POSTAGE, TRAVEL]) == TRAVEL


def test_a_code_that_two_have_says_nothing() -> None:
    twin = Entry(10, Named("Couriers", "6100"))
    assert match(Named("Postage", "6100"), [POSTAGE, twin]) == POSTAGE
    assert match(Named("Mail", "6100"), [POSTAGE, twin]) is Why.NOT_THERE


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Named("Fuel", "6300"), Why.NOT_THERE),
        (Named("", ""), Why.NOT_THERE),
        (Named("Twice"), Why.SEVERAL),
    ],
)
def test_what_is_not_found_says_why(wanted: Named, why: Why) -> None:
    twice = [Entry(11, Named("Twice")), Entry(12, Named("twice"))]
    assert match(wanted, [POSTAGE, *twice]) is why


def test_a_tax_of_the_same_name_and_another_percentage_is_another_tax() -> None:
    german = Named("Standard Rate", rate=Decimal(19))
    assert match(german, [STANDARD]) is Why.OTHER_RATE
    ours = Named("Standard Rate", rate=Decimal("20.0000"))
    assert match(ours, [STANDARD]) == STANDARD


def test_a_new_supplier_gets_what_is_found_and_hears_what_is_not() -> None:
    found = planned(
        ACME,
        EMPTY,
        category=Named("Postage"),
        project=Named("Fit-out"),
        due_days=14,
        currency="EUR",
    )
    assert found == Planned(
        ACME,
        is_new=True,
        changes=(
            Change("category", None, POSTAGE),
            Change("due_days", None, 14),
        ),
        skipped=(
            Skipped("project", Named("Fit-out"), Why.NOT_THERE),
            Skipped("currency", "EUR", Why.NO_CURRENCY),
        ),
    )
    assert not found.replaces


def test_what_is_said_there_already_is_shown_beside_what_it_becomes() -> None:
    target = with_rule(ACME, {"category": TRAVEL, "due_days": 14, "description": ""})
    found = planned(
        ACME, target, category=Named("Postage"), due_days=14, description="Paper"
    )
    assert found.changes == (
        Change("category", TRAVEL, POSTAGE),
        Change("description", "", "Paper"),
    )
    assert found.replaces
    assert not found.is_new


def test_what_is_the_same_there_changes_nothing() -> None:
    target = with_rule(ACME, {"category": POSTAGE, "paid": False})
    found = planned(ACME, target, category=Named("Postage"), paid=False)
    assert (found.changes, found.skipped) == ((), ())


def test_a_customers_category_is_looked_for_among_those_of_sales() -> None:
    hotel = Subject(Kind.CUSTOMER, "hotel", "Hotel")
    found = planned(hotel, EMPTY, category=Named("Postage"))
    assert found.skipped == (Skipped("category", Named("Postage"), Why.NOT_THERE),)


def test_a_payment_method_that_is_not_there_gets_no_rule() -> None:
    found = planned(VISA, EMPTY, publish_to="expenses")
    assert (found.changes, found.skipped) == ((), (Skipped("", None, Why.NO_METHOD),))
    known = planned(VISA, with_rule(VISA, {}), publish_to="expenses")
    assert known.changes == (Change("publish_to", None, "expenses"),)


def test_without_a_connection_there_are_no_settings() -> None:
    found = planned(WARNS, replace(EMPTY, is_connected=False), **{WARNS.key: False})
    assert found.skipped == (Skipped("", None, Why.NOT_CONNECTED),)
    assert found.changes == ()


def test_a_setting_that_is_off_is_something_that_is_said() -> None:
    found = planned(WARNS, with_rule(WARNS, {WARNS.key: False}), **{WARNS.key: True})
    assert found.changes == (Change(WARNS.key, before=False, after=True),)
    assert found.replaces


def test_two_names_that_are_one_there_speak_once() -> None:
    other = Subject(Kind.SUPPLIER, "acme", "Acme")
    target = replace(EMPTY, there={ACME: {}, other: {}}, stands_for={ACME: 3, other: 3})
    said = [Said(ACME, {"due_days": 14}), Said(other, {"due_days": 30})]
    first, second = plan(said, target)
    assert first.changes == (Change("due_days", None, 14),)
    assert second.changes == ()
    assert second.skipped == (Skipped("", None, Why.ONE_THERE),)
