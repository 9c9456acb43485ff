"""Whether an item goes by itself: the product's levels, vetoes and preconditions, as
values."""

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from publishing.autopublish import (
    AutoFacts,
    GoesByItself,
    Ground,
    Says,
    Speaker,
    Stays,
    Word,
    decide,
    sentence,
    spoken,
)

MONDAY = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)

FREE = AutoFacts(submitted_at=MONDAY)
"""Nothing hinders it, and nobody has spoken."""

moments = st.integers(-72, 72).map(lambda hours: MONDAY + dt.timedelta(hours=hours))


def words(speaker: Speaker) -> st.SearchStrategy[Word]:
    return st.builds(
        Word, st.just(speaker), st.sampled_from(Says), moments, st.just("Acme")
    )


def accounts() -> st.SearchStrategy[Word]:
    return st.builds(Word, st.just(Speaker.ACCOUNT), st.just(Says.ALWAYS), moments)


everything = st.builds(
    AutoFacts,
    submitted_at=moments,
    type_name=st.just("Receipts"),
    type_excepted=st.booleans(),
    method=st.none() | words(Speaker.METHOD),
    party=st.none() | words(Speaker.SUPPLIER) | words(Speaker.CUSTOMER),
    account=st.none() | accounts(),
    ready=st.booleans(),
    failed=st.booleans(),
    reasons=st.just(("The total is missing.",)),
    default_tax_only=st.booleans(),
    paused=st.booleans(),
    party_name=st.just("Acme"),
    pause_reason=st.just("Zoho Books said no."),
    connected=st.booleans(),
)


def always(speaker: Speaker = Speaker.SUPPLIER, since: dt.datetime = MONDAY) -> Word:
    return Word(speaker, Says.ALWAYS, since, "Acme Ltd")


def never(speaker: Speaker = Speaker.SUPPLIER) -> Word:
    return Word(speaker, Says.NEVER, MONDAY - DAY, "Acme Ltd")


@given(everything)
def test_what_goes_is_ready_wanted_new_enough_and_hindered_by_nothing(
    facts: AutoFacts,
) -> None:
    decision = decide(facts)
    word = spoken(facts)

    may_go = (
        word is not None
        and word.says is Says.ALWAYS
        and facts.submitted_at >= word.since
        and facts.ready
        and facts.connected
        and not facts.failed
        and not facts.type_excepted
        and not facts.paused
        and not facts.default_tax_only
    )
    assert isinstance(decision, GoesByItself) == may_go
    assert (decision is None) == (word is None)


@given(everything)
def test_an_excepted_type_never_goes_whatever_rules_say(facts: AutoFacts) -> None:
    decision = decide(replace(facts, type_excepted=True))

    assert decision is None or decision == Stays(Ground.EXCEPTED, decision.word)


@given(everything, words(Speaker.METHOD))
def test_below_a_payment_methods_rule_nobody_is_heard(
    facts: AutoFacts, method: Word
) -> None:
    with_method = replace(facts, method=method)

    alone = replace(with_method, party=None, account=None)
    assert decide(with_method) == decide(alone)


@given(everything, words(Speaker.SUPPLIER))
def test_below_a_suppliers_rule_the_account_is_not_heard(
    facts: AutoFacts, party: Word
) -> None:
    with_party = replace(facts, method=None, party=party)

    assert decide(with_party) == decide(replace(with_party, account=None))


@given(everything)
def test_another_hindrance_never_sends_anything(facts: AutoFacts) -> None:
    if isinstance(decide(facts), Stays):
        assert isinstance(decide(replace(facts, type_excepted=True)), Stays)
        assert isinstance(decide(replace(facts, failed=True)), Stays)
        assert isinstance(decide(replace(facts, paused=True)), Stays)
        assert isinstance(decide(replace(facts, default_tax_only=True)), Stays)


@given(everything)
def test_every_decision_has_a_sentence_that_says_which_it_is(facts: AutoFacts) -> None:
    decision = decide(facts)
    if decision is not None:
        goes = isinstance(decision, GoesByItself)
        said = sentence(decision, facts)
        assert said.startswith("Auto-published: " if goes else "Not auto-published: ")
        assert said.endswith(".")


def test_10_2_on_for_the_account_and_off_for_the_supplier_is_not_published() -> None:
    facts = replace(FREE, account=always(Speaker.ACCOUNT), party=never())

    decision = decide(facts)

    assert decision == Stays(Ground.NEVER, never())
    assert (
        sentence(decision, facts)
        == "Not auto-published: supplier rule “Never” for Acme Ltd."
    )


def test_10_2_a_payment_method_that_says_always_is_published() -> None:
    facts = replace(FREE, party=never(), method=always(Speaker.METHOD))

    decision = decide(facts)

    assert decision == GoesByItself(always(Speaker.METHOD))
    assert (
        sentence(decision, facts)
        == "Auto-published: payment method rule “Always” for Acme Ltd."
    )


def test_10_2_a_type_in_the_exceptions_never_is() -> None:
    facts = replace(
        FREE,
        type_excepted=True,
        type_name="Receipts",
        account=always(Speaker.ACCOUNT),
        method=always(Speaker.METHOD),
    )

    decision = decide(facts)

    assert decision == Stays(Ground.EXCEPTED, always(Speaker.METHOD))
    assert sentence(decision, facts) == "Not auto-published: Receipts are excepted."


def test_10_11_a_rule_changed_today_does_not_send_yesterdays_item() -> None:
    yesterdays = replace(FREE, submitted_at=MONDAY - DAY, party=always())

    decision = decide(yesterdays)

    assert decision == Stays(Ground.OLDER, always())
    assert sentence(decision, yesterdays) == (
        "Not auto-published: it was submitted before supplier rule “Always” for "
        "Acme Ltd was set."
    )
    assert decide(replace(yesterdays, submitted_at=MONDAY)) == GoesByItself(always())


def test_nobody_who_speaks_means_no_decision() -> None:
    assert decide(FREE) is None
