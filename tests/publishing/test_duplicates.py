"""Two that may be one: asked about once, and never removed by themselves."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.models import Account
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing import answering, archiving, coding, pairing, requesting
from publishing.alikeness import Ground
from publishing.models import Item, Suspicion
from publishing.reasons import Reason
from tests.publishing.factories import (
    TODAY,
    entry,
    make_customer,
    make_pdf,
    make_supplier,
    paid_receipt,
    ready_item,
    ready_sale,
    upload,
)
from tests.publishing.steps import (
    item_now,
    press_publish,
    publish,
    trail_of,
    work_until_settled,
)
from tests.publishing.twins import (
    equal_receipts,
    questions_about,
    say_different,
    say_same,
    twins,
)
from tests.publishing.zoho import Zoho


class Committing(Protocol):
    def __call__(self, *, execute: bool) -> AbstractContextManager[object]: ...


@dataclass(frozen=True)
class Standing:
    status: str
    reasons: list[str]


READY = Standing("ready", [])
ASKED = Standing("to_review", ["duplicate"])


def standing(item: Item) -> Standing:
    now = item_now(item)
    return Standing(now.status, now.reasons)


def grounds_of(item: Item) -> list[list[Ground]]:
    return [question.why for question in questions_about(item)]


def change(item: Item, field: str, value: Any, by: User) -> None:
    with acting_in(item.business_id):
        coding.change(item, field, value, by=by)


# Finding


def test_the_later_of_two_with_one_number_is_asked_about(
    connected_bakery: Business, bob: User
) -> None:
    first, second = twins(connected_bakery, bob)

    assert (standing(first), standing(second)) == (READY, ASKED)
    assert grounds_of(second) == [[Ground.SAME_REFERENCE]]
    assert questions_about(first) == []
    assert trail_of(connected_bakery, second) == ["item.suspected"]
    with acting_in(connected_bakery.pk):
        (told,) = audit.about(connected_bakery, second)
    assert (
        audit.sentence(told) == "Invoice inv 7 may be a duplicate: the same reference"
    )


def test_the_same_file_is_asked_about_before_anything_is_typed(
    connected_bakery: Business, bob: User, alice: User
) -> None:
    upload(connected_bakery, bob, make_pdf("one"))
    second = upload(connected_bakery, alice, make_pdf("one")).item  # type: ignore[union-attr]

    assert "duplicate" in item_now(second).reasons
    assert grounds_of(second) == [[Ground.SAME_FILE]]


def test_the_receipt_of_a_bill_is_asked_about(
    connected_bakery: Business, bob: User
) -> None:
    bill = ready_item(connected_bakery, bob)
    receipt = paid_receipt(
        connected_bakery,
        bob,
        date=TODAY + timedelta(days=3),
        total=Decimal("120.00"),
        tax_amount=Decimal("20.00"),
    )

    assert (standing(bill), standing(receipt)) == (READY, ASKED)
    assert grounds_of(receipt) == [[Ground.NEAR_AND_SAME_TOTAL]]


@pytest.mark.parametrize(
    ("one", "other"), [("RÉ–7", "ré 7"), ("№ 12/a", "№12A"), ("ВЛ-3", "вл3")]
)
def test_the_database_finds_a_reference_however_it_is_written(
    connected_bakery: Business, bob: User, one: str, other: str
) -> None:
    ready_item(connected_bakery, bob, reference=one)

    assert standing(ready_item(connected_bakery, bob, reference=other)) == ASKED


def test_costs_and_sales_do_not_mix(connected_bakery: Business, bob: User) -> None:
    first = ready_item(connected_bakery, bob)
    sale = ready_sale(
        connected_bakery,
        bob,
        category=entry(Account, connected_bakery, "Postage"),
        supplier=make_customer(connected_bakery, agreed_by=bob),
        document=first.document,
        reference=first.reference,
    )

    assert standing(sale) == READY


def test_another_supplier_may_use_the_same_number(
    connected_bakery: Business, bob: User
) -> None:
    ready_item(connected_bakery, bob, reference="1001")
    power = make_supplier(connected_bakery, "City Power")

    assert standing(
        ready_item(connected_bakery, bob, reference="1001", supplier=power)
    ) == (READY)


def test_businesses_do_not_meet(
    connected_bakery: Business, garage: Business, bob: User, charlie: User
) -> None:
    upload(connected_bakery, bob, make_pdf("one"))
    theirs = upload(garage, charlie, make_pdf("one")).item  # type: ignore[union-attr]

    assert "duplicate" not in item_now(theirs).reasons


def test_what_is_published_or_put_away_counts_as_well(
    connected_bakery: Business, bob: User
) -> None:
    away = ready_item(connected_bakery, bob, reference="A-1")
    with acting_in(connected_bakery.pk):
        archiving.archive(away, bob)
    sent = ready_item(connected_bakery, bob, reference="A-2")
    press_publish(sent, bob)

    assert standing(ready_item(connected_bakery, bob, reference="a1")) == ASKED
    assert standing(ready_item(connected_bakery, bob, reference="a2")) == ASKED


def test_what_is_on_its_way_holds_the_one_that_is_not(
    connected_bakery: Business, bob: User
) -> None:
    older = ready_item(connected_bakery, bob, reference="A-1")
    newer = ready_item(connected_bakery, bob, reference="A-2")
    press_publish(newer, bob)

    change(older, "reference", "A-2", bob)

    assert standing(older) == ASKED
    assert standing(newer) == Standing("publishing", [])


def test_a_review_asks_the_database_twice_more(
    connected_bakery: Business, bob: User
) -> None:
    item = ready_item(connected_bakery, bob)

    with acting_in(connected_bakery.pk), CaptureQueriesContext(database) as asked:
        coding.review(item)

    more = [
        each["sql"]
        for each in asked
        if "pairs_of_item" in each["sql"] or "advisory" in each["sql"]
    ]
    assert len(more) == 2


def test_another_business_that_asks_of_the_same_item_learns_nothing(
    connected_bakery: Business, garage: Business, bob: User
) -> None:
    _first, second = twins(connected_bakery, bob)

    with acting_in(connected_bakery.pk):
        item = Item.unscoped.select_related("supplier__contact").get(pk=second.pk)
        assert len(pairing.pairs_of(item)) == 1
    with acting_in(garage.pk):
        assert pairing.pairs_of(item) == []


def test_so_many_alike_are_asked_about_and_no_more(
    connected_bakery: Business, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "MOST", 2)
    for _number in range(3):
        ready_item(connected_bakery, bob, reference="A-1")

    last = ready_item(connected_bakery, bob, reference="A-1")

    assert len(questions_about(last)) == 2


# When values change


def test_without_a_ground_the_question_goes(
    connected_bakery: Business, bob: User
) -> None:
    _first, second = twins(connected_bakery, bob)

    change(second, "reference", "INV-8", bob)

    assert standing(second) == READY
    assert questions_about(second) == []


def test_also_when_it_is_the_other_that_changes(
    connected_bakery: Business,
    bob: User,
    django_capture_on_commit_callbacks: Committing,
) -> None:
    first, second = twins(connected_bakery, bob)

    with django_capture_on_commit_callbacks(execute=True):
        change(first, "reference", "INV-8", bob)

    assert (standing(first), standing(second)) == (READY, READY)


def test_the_later_one_is_held_when_the_older_becomes_like_it(
    connected_bakery: Business,
    bob: User,
    django_capture_on_commit_callbacks: Committing,
) -> None:
    older = ready_item(connected_bakery, bob, reference="A-1")
    newer = ready_item(connected_bakery, bob, reference="A-2")

    with django_capture_on_commit_callbacks(execute=True):
        change(older, "reference", "A-2", bob)

    assert (standing(older), standing(newer)) == (READY, ASKED)


def test_the_grounds_follow_the_values(connected_bakery: Business, bob: User) -> None:
    first, second = twins(connected_bakery, bob)

    change(second, "date", first.date, bob)
    assert grounds_of(second) == [[Ground.SAME_REFERENCE, Ground.SAME_DAY_AND_TOTAL]]
    change(second, "reference", "INV-8", bob)
    assert grounds_of(second) == [[Ground.SAME_DAY_AND_TOTAL]]


# Answers


def test_different_is_remembered_for_both_whatever_is_changed(
    connected_bakery: Business, bob: User
) -> None:
    first, second = twins(connected_bakery, bob)

    say_different(second, bob)
    for item in (second, first):
        change(item, "reference", "INV-8", bob)
        change(item, "reference", "INV 7", bob)
        change(item, "reference", "INV-7", bob)

    assert (standing(first), standing(second)) == (READY, READY)
    with acting_in(connected_bakery.pk):
        (answered,) = Suspicion.unscoped.all()
        told = audit.about(connected_bakery, second).get(action="item.different")
    assert (answered.answer, answered.answered_by_id) == ("different", bob.pk)
    assert audit.sentence(told) == (
        f"said: Invoice inv 7 is different from item {first.pk}"
    )


def test_the_same_is_put_away_and_the_other_stays(
    connected_bakery: Business, bob: User
) -> None:
    first, second = twins(connected_bakery, bob)

    say_same(second, bob)

    assert (standing(first), standing(second)) == (READY, Standing("archived", []))
    assert trail_of(connected_bakery, second) == [
        "item.suspected",
        "item.same",
        "item.archived",
    ]
    with acting_in(connected_bakery.pk):
        assert [each.other for each in answering.same_as(second)] == [first]


def test_what_was_put_away_as_the_same_troubles_no_third(
    connected_bakery: Business, bob: User
) -> None:
    first, second = twins(connected_bakery, bob)
    say_same(second, bob)

    third = ready_item(connected_bakery, bob, reference="INV.7")

    assert [each.other_id for each in questions_about(third)] == [first.pk]


def test_taken_out_of_the_archive_it_is_asked_about_again(
    connected_bakery: Business, bob: User
) -> None:
    _first, second = twins(connected_bakery, bob)
    say_same(second, bob)

    with acting_in(connected_bakery.pk):
        archiving.unarchive(second, bob, may_publish=True)

    assert standing(second) == ASKED
    assert len(questions_about(second)) == 1


def test_an_answer_is_given_once(connected_bakery: Business, bob: User) -> None:
    _first, second = twins(connected_bakery, bob)
    (question,) = questions_about(second)
    say_different(second, bob)

    with acting_in(connected_bakery.pk), pytest.raises(answering.Answered):
        answering.same(second, question, bob)

    assert standing(second) == READY


# Publishing


def test_a_question_stops_what_is_published(
    connected_bakery: Business, bob: User
) -> None:
    _first, second = twins(connected_bakery, bob)

    assert press_publish(second, bob) == requesting.Held((Reason.DUPLICATE,))


def test_what_nobody_has_looked_at_is_looked_at_before_it_is_sent(
    connected_bakery: Business, bob: User
) -> None:
    first = ready_item(connected_bakery, bob)
    later = ready_item(connected_bakery, bob, reference="INV-9")
    with acting_in(connected_bakery.pk):
        Item.unscoped.filter(pk=later.pk).update(reference=first.reference)

    assert press_publish(later, bob) == requesting.Held((Reason.DUPLICATE,))
    assert standing(later) == ASKED


@pytest.mark.usefixtures("connection")
def test_two_equal_receipts_that_are_both_real_are_published_once_each(
    zoho: Zoho, bakery: Business, bob: User, clock: time_machine.Traveller
) -> None:
    first, second = equal_receipts(bakery, bob)
    assert standing(second) == ASKED

    say_different(second, bob)
    zoho.fails("answer_lost", method="POST", path="/expenses")
    for publication in [publish(item, bob) for item in (first, second)]:
        work_until_settled(publication, clock)

    assert (item_now(first).status, item_now(second).status) == ("published",) * 2
    assert len(zoho.expenses) == 2


@pytest.mark.usefixtures("connection")
def test_what_stands_in_zoho_is_not_asked_about(
    zoho: Zoho, bakery: Business, bob: User
) -> None:
    first, second = twins(bakery, bob)
    publish(first, bob)

    with acting_in(bakery.pk):
        archiving.unarchive(first, bob, may_publish=True)

    assert standing(first) == Standing("to_review", ["already_published"])
    assert standing(second) == ASKED


def circle(business: Business, bob: User) -> tuple[Item, Item, Item]:
    """All three become one bill, by three changes: each is held for the next one."""
    one = ready_item(business, bob, reference="R-1")
    two = ready_item(business, bob, reference="R-2")
    three = ready_item(business, bob, reference="R-3")
    change(one, "reference", "R-2", bob)
    change(two, "date", three.date, bob)
    change(three, "reference", "R-2", bob)
    return one, two, three


def test_of_three_that_became_alike_one_is_free(
    connected_bakery: Business, bob: User
) -> None:
    items = circle(connected_bakery, bob)

    assert "ready" in [item_now(each).status for each in items]


def test_of_three_that_are_the_same_one_stays(
    connected_bakery: Business, bob: User
) -> None:
    """Each answer is true, and none may put the last one of the bill away."""
    items = circle(connected_bakery, bob)

    for each in items:
        if item_now(each).status == "to_review" and len(questions_about(each)) == 1:
            say_same(each, bob)

    assert [item_now(each).status for each in items] != ["archived"] * 3
