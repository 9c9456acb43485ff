"""Whether what made an item fail still applies: one rule, cause by cause."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from publishing.causes import Failure, Present, cause_of, stands

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)
SENT: dict[str, Any] = {
    "kind": "bill",
    "date": "2026-11-20",
    "due_date": None,
    "supplier_id": 5,
    "contact_id": "501",
    "reference": "INV-104",
    "description": "Printer paper",
    "account_id": "401",
    "project_id": "",
    "location_id": "",
    "customer_id": "",
    "currency_id": "101",
    "exchange_rate": None,
    "total": "120.00",
    "tax_id": "301",
    "tax": "20.00",
    "paid_through_account_id": "",
    "mark_as_sent": False,
}
UNCHANGED = Present(would_send=SENT, entries_changed_at={}, connected_at=BEFORE)


def failed(problem: str, field: str = "") -> Failure:
    return Failure(problem=problem, field=field, at=NOON, sent=SENT)


def sending(**other: object) -> Present:
    return replace(UNCHANGED, would_send={**SENT, **other})


@pytest.mark.parametrize(
    ("problem", "field"),
    [
        ("duplicate_bill", "reference"),
        ("duplicate_invoice", "reference"),
        ("alike", "reference"),
        ("rejected", "category"),
        ("rejected", ""),
        ("bad_value", "connection"),
        ("forbidden", "connection"),
        ("entry_gone", "connection"),
        ("unexpected", ""),
        ("seen_missing", "document"),
    ],
)
def test_nothing_is_mended_where_nothing_has_changed(problem: str, field: str) -> None:
    assert stands(failed(problem, field), UNCHANGED)


@pytest.mark.parametrize(
    ("problem", "field", "mended", "not_mended"),
    [
        ("duplicate_bill", "reference", {"reference": "INV-105"}, {"total": "1.00"}),
        ("duplicate_bill", "reference", {"contact_id": "502"}, {"tax_id": "302"}),
        ("duplicate_invoice", "reference", {"reference": "7"}, {"contact_id": "502"}),
        ("alike", "reference", {"date": "2026-11-21"}, {"description": "Pens"}),
        ("alike", "reference", {"total": "121.00"}, {"account_id": "402"}),
        ("rejected", "category", {"account_id": "402"}, {"reference": "INV-105"}),
        ("rejected", "tax_rate", {"tax_id": "302"}, {"account_id": "402"}),
        ("rejected", "currency", {"exchange_rate": "1.2"}, {"total": "1.00"}),
        ("rejected", "supplier", {"contact_id": "502"}, {"date": "2026-11-21"}),
        (
            "rejected",
            "payment_method",
            {"paid_through_account_id": "202"},
            {"account_id": "402"},
        ),
    ],
)
def test_the_field_that_was_refused_mends_it_and_another_one_does_not(
    problem: str, field: str, mended: dict[str, str], not_mended: dict[str, str]
) -> None:
    assert not stands(failed(problem, field), sending(**mended))
    assert stands(failed(problem, field), sending(**not_mended))


@pytest.mark.parametrize("problem", ["rejected", "unexpected", "seen_missing"])
def test_where_nobody_knows_the_field_any_edit_counts(problem: str) -> None:
    assert not stands(failed(problem), sending(description="Pens"))


def test_what_an_older_claim_does_not_know_is_nothing_new_in_a_newer_one() -> None:
    for field in ("tax_rate", ""):
        assert stands(failed("rejected", field), sending(tax_exemption_id=""))
        assert not stands(failed("rejected", field), sending(tax_exemption_id="905"))


def test_an_entry_that_zoho_has_changed_since_counts_for_its_own_field() -> None:
    now = replace(UNCHANGED, entries_changed_at={"tax_rate": AFTER})

    assert not stands(failed("rejected", "tax_rate"), now)
    assert stands(failed("rejected", "category"), now)


def test_an_entry_that_was_changed_before_does_not_count() -> None:
    now = replace(UNCHANGED, entries_changed_at={"tax_rate": BEFORE})

    assert stands(failed("rejected", "tax_rate"), now)


@pytest.mark.parametrize(
    ("problem", "field"), [("bad_value", "connection"), ("rejected", "")]
)
def test_where_nobody_knows_the_field_any_entry_that_has_changed_mends_it(
    problem: str, field: str
) -> None:
    now = replace(UNCHANGED, entries_changed_at={"project": AFTER})

    assert not stands(failed(problem, field), now)
    assert stands(failed(problem, field), UNCHANGED)


def test_no_entry_mends_what_was_refused_for_another_value() -> None:
    now = replace(UNCHANGED, entries_changed_at={"category": AFTER, "supplier": AFTER})

    assert stands(failed("rejected", "total"), now)
    assert stands(failed("unexpected"), now)


def test_a_missing_right_is_mended_by_reconnecting() -> None:
    forbidden = failed("forbidden", "connection")

    assert not stands(forbidden, replace(UNCHANGED, connected_at=AFTER))
    assert stands(forbidden, sending(reference="INV-105"))


@pytest.mark.parametrize("problem", ["disconnected", "organisation_changed"])
def test_what_ended_with_the_connection_goes_once_there_is_one(problem: str) -> None:
    assert not stands(failed(problem, "connection"), UNCHANGED)


def test_an_entry_that_was_gone_is_settled_by_the_next_refresh() -> None:
    gone = failed("entry_gone", "connection")

    assert not stands(gone, replace(UNCHANGED, refreshed_at=AFTER))
    assert stands(gone, replace(UNCHANGED, refreshed_at=BEFORE))


def test_another_kind_of_record_is_another_question() -> None:
    assert not stands(failed("rejected", "category"), sending(kind="expense"))


@pytest.mark.parametrize(
    ("problem", "field", "entry", "zoho_code", "cause"),
    [
        ("rejected", "category", 17, "13009", "rejected.category.17"),
        ("rejected", "", None, "90002", "rejected..90002"),
        ("duplicate_bill", "reference", None, "13011", "duplicate_bill.reference"),
        ("forbidden", "connection", None, "57", "forbidden.connection"),
        ("unexpected", "", None, "", "unexpected"),
    ],
)
def test_items_that_the_same_thing_mends_share_a_cause(
    problem: str, field: str, entry: int | None, zoho_code: str, cause: str
) -> None:
    assert cause_of(problem, field, entry=entry, zoho_code=zoho_code) == cause
