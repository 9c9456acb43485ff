"""Which of several sources says a value: the product's precedence, as values."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishing.rules import (
    RANK,
    Known,
    Origin,
    RuleWords,
    Said,
    Source,
    Usual,
    WordRule,
    said_about,
    winner,
    words_of,
)

SUPPLIER = Source(Origin.SUPPLIER_RULE, "Acme Paper Ltd", 1)
METHOD = Source(Origin.METHOD_RULE, "Company Card", 2)
WORDS = Source(Origin.CATEGORY_RULE, "printer paper", 3)
BOB = Source(Origin.PERSON, "Bob", 4)

sources = st.builds(Source, st.sampled_from(Origin), st.just("somebody"))
values = st.one_of(st.none(), st.integers(0, 9))
said = st.lists(st.builds(Said, sources, values), max_size=12)


@given(said)
def test_nobody_outranks_the_winner(words: list[Said]) -> None:
    best = winner(words)

    ranks = [RANK[each.source.origin] for each in words]
    assert (best is None) == (not words)
    assert best is None or RANK[best.source.origin] == min(ranks)


@given(said, said)
def test_lower_words_never_change_what_a_person_has_said(
    some: list[Said], more: list[Said]
) -> None:
    by_bob = Said(BOB, "Bob's own")
    others = [each for each in (*some, *more) if each.source.origin != Origin.PERSON]

    assert winner([*others, by_bob]) is by_bob


@given(st.permutations(list(Origin)))
def test_the_order_in_which_they_speak_does_not_matter(order: list[Origin]) -> None:
    words = [Said(Source(origin), origin.value) for origin in order]

    best = winner(words)

    assert best is not None
    assert best.source.origin is Origin.PERSON


def everything(**known: Any) -> list[tuple[Origin, object]]:
    usual = Usual(
        supplier=RuleWords(SUPPLIER, {"category": "of the supplier"}),
        method=RuleWords(METHOD, {"category": "of the method"}),
        category_rules=[WordRule(WORDS, words_of("printer paper"), "of the words")],
        defaults={"category": "usual"},
    )
    stands = Known(description="Paper for the printer", **known)
    return [
        (each.source.origin, each.value)
        for each in said_about("category", stands, usual)
    ]


def test_all_that_is_said_stands_in_the_order_of_precedence() -> None:
    found = everything(
        by_person={"category": Said(BOB, "Bob's")}, read={"category": "as read"}
    )

    assert found == [
        (Origin.PERSON, "Bob's"),
        (Origin.SUPPLIER_RULE, "of the supplier"),
        (Origin.METHOD_RULE, "of the method"),
        (Origin.CATEGORY_RULE, "of the words"),
        (Origin.DOCUMENT, "as read"),
        (Origin.DEFAULT, "usual"),
    ]


def test_what_a_person_has_emptied_stays_empty() -> None:
    found = everything(by_person={"category": Said(BOB, None)})

    assert found[0] == (Origin.PERSON, None)


def test_a_rule_says_nothing_where_it_is_silent() -> None:
    usual = Usual(supplier=RuleWords(SUPPLIER, {"category": "Postage"}))

    assert said_about("project", Known(), usual) == []


def test_a_due_date_is_counted_from_the_documents_date() -> None:
    usual = Usual(supplier=RuleWords(SUPPLIER, {}, due_days=30))
    known = Known(date=dt.date(2026, 11, 20))

    (due,) = said_about("due_date", known, usual)

    assert due.value == dt.date(2026, 12, 20)
    assert said_about("due_date", Known(), usual) == []
    assert said_about("due_date", Known(date=dt.date.max), usual) == []


@pytest.mark.parametrize("tax_is_said", [True, False])
def test_the_default_tax_is_silent_where_anybody_has_said_tax(
    *, tax_is_said: bool
) -> None:
    usual = Usual(defaults={"tax_rate": "Standard"})

    found = said_about("tax_rate", Known(tax_is_said=tax_is_said), usual)

    assert [each.value for each in found] == ([] if tax_is_said else ["Standard"])


class TestWords:
    def test_all_of_them_must_be_there_in_any_order_and_case(self) -> None:
        rule = WordRule(WORDS, words_of("Printer PAPER"), "Office")

        assert rule.fits("paper for the printer", "")
        assert rule.fits("paper", "PRINTER-7")
        assert not rule.fits("paper", "")

    def test_they_are_looked_for_where_the_rule_says(self) -> None:
        rule = WordRule(WORDS, ("inv",), "Office", in_description=False)

        assert rule.fits("", "INV-104")
        assert not rule.fits("inv", "")

    def test_a_rule_without_words_fits_nothing(self) -> None:
        assert not WordRule(WORDS, (), "Office").fits("anything", "at all")

    def test_the_first_that_fits_wins(self) -> None:
        first = WordRule(Source(Origin.CATEGORY_RULE, "paper"), ("paper",), "Office")
        second = WordRule(Source(Origin.CATEGORY_RULE, "p"), ("p",), "Post")

        best = winner(
            said_about(
                "category",
                Known(description="paper"),
                Usual(category_rules=[first, second]),
            )
        )

        assert best is not None
        assert best.value == "Office"


@pytest.mark.parametrize(
    ("first", "second", "covers"),
    [
        ("flour", "flour bag", True),
        ("bag flour", "Flour Bags", True),
        ("flour bag", "flour", False),
        ("", "flour", False),
    ],
)
def test_a_rule_of_fewer_words_covers_one_of_more(
    first: str, second: str, *, covers: bool
) -> None:
    one, other = (WordRule(WORDS, words_of(each), "X") for each in (first, second))

    assert one.covers(other) is covers


def test_one_that_looks_less_far_covers_none_that_looks_farther() -> None:
    both = WordRule(WORDS, ("flour",), "X")
    reference = WordRule(WORDS, ("flour",), "X", in_description=False)

    assert both.covers(reference)
    assert not reference.covers(both)
