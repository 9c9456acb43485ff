"""What makes two papers alike, whoever they are."""

import datetime as dt
import string
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishing.alikeness import NEAR, Ground, Paper, bare, grounds

DAY = dt.date(2026, 11, 20)
INVOICE = Paper(
    side="costs",
    kind="invoice",
    supplier="acme",
    reference="INV-104",
    date=DAY,
    total=Decimal("120.00"),
    currency="GBP",
    file="a",
)
OTHER = replace(
    INVOICE,
    reference="INV-99",
    date=DAY - dt.timedelta(days=31),
    total=Decimal("35.50"),
    file="b",
)

PAPERS = st.builds(
    Paper,
    side=st.sampled_from(["costs", "sales"]),
    kind=st.sampled_from(["invoice", "receipt"]),
    supplier=st.sampled_from(["", "acme", "power"]),
    reference=st.sampled_from(["", "--", "INV-1", "inv 1", "INV-2"]),
    date=st.none() | st.dates(DAY - 2 * NEAR, DAY + 2 * NEAR),
    total=st.none() | st.sampled_from([Decimal(12), Decimal("12.00"), Decimal(13)]),
    currency=st.sampled_from(["", "GBP", "EUR"]),
    file=st.sampled_from(["", "a", "b"]),
)


def test_two_papers_that_share_nothing_but_their_supplier() -> None:
    assert grounds(INVOICE, OTHER) == ()


@pytest.mark.parametrize(
    "reference", ["INV-104", "inv104", " Inv 104 ", "INV/104.", "INV_104"]
)
def test_a_reference_is_the_same_however_it_is_written(reference: str) -> None:
    assert grounds(INVOICE, replace(OTHER, reference=reference)) == (
        Ground.SAME_REFERENCE,
    )


@pytest.mark.parametrize("reference", ["INV-1040", "INV-14", "104", ""])
def test_and_another_is_another(reference: str) -> None:
    assert grounds(INVOICE, replace(OTHER, reference=reference)) == ()


def test_the_same_day_and_total() -> None:
    twin = replace(OTHER, date=DAY, total=Decimal(120))

    assert grounds(INVOICE, twin) == (Ground.SAME_DAY_AND_TOTAL,)
    assert grounds(INVOICE, replace(twin, currency="EUR")) == ()
    assert grounds(INVOICE, replace(twin, supplier="power")) == ()


def test_the_same_file_says_it_whatever_else_is_written() -> None:
    assert grounds(INVOICE, Paper(side="costs", kind="receipt", file="a")) == (
        Ground.SAME_FILE,
    )


@pytest.mark.parametrize(("days", "near"), [(1, True), (7, True), (8, False)])
def test_an_invoice_and_the_receipt_of_its_card_lie_near_each_other(
    days: int, *, near: bool
) -> None:
    receipt = replace(
        OTHER, kind="receipt", date=DAY + dt.timedelta(days), total=INVOICE.total
    )
    expected = (Ground.NEAR_AND_SAME_TOTAL,) if near else ()

    assert grounds(INVOICE, receipt) == expected
    assert grounds(receipt, INVOICE) == expected


def test_the_bill_of_next_week_is_the_next_one() -> None:
    weekly = replace(OTHER, date=DAY + dt.timedelta(7), total=INVOICE.total)

    assert grounds(INVOICE, weekly) == ()


@given(PAPERS, PAPERS)
def test_it_does_not_matter_which_of_two_is_asked_about(
    one: Paper, other: Paper
) -> None:
    assert grounds(one, other) == grounds(other, one)


@given(PAPERS, PAPERS)
def test_what_is_not_known_is_like_nothing(one: Paper, other: Paper) -> None:
    found = grounds(one, other)

    if one.side != other.side:
        assert found == ()
    if not one.supplier:
        assert set(found) <= {Ground.SAME_FILE}
    if not bare(one.reference):
        assert Ground.SAME_REFERENCE not in found
    if one.total is None or one.date is None or not one.currency:
        assert set(found) <= {Ground.SAME_FILE, Ground.SAME_REFERENCE}


@given(st.text(string.ascii_letters + string.digits), st.data())
def test_case_spaces_and_punctuation_do_not_matter(
    letters: str, data: st.DataObject
) -> None:
    noise = st.text(string.punctuation + string.whitespace, max_size=2)
    written = "".join(
        data.draw(noise) + data.draw(st.sampled_from([each.upper(), each.lower()]))
        for each in letters
    )

    assert bare(written) == letters.lower()
