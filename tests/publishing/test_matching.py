"""Which entry of another organisation is the same one: by code, then by name."""

from hypothesis import given
from hypothesis import strategies as st

from publishing.matching import By, Match, Named, matched

POSTAGE = Named(1, "Postage", "6100")

names = st.sampled_from(["Postage", "postage ", "Office Supplies", "Rent"])
codes = st.sampled_from(["", "6100", "6200"])
entries = st.lists(
    st.builds(Named, st.integers(1, 99), names, codes),
    max_size=8,
    unique_by=lambda each: each.id,
)


def test_the_code_goes_before_the_name() -> None:
    by_name, by_code = Named(7, "Postage", "9"), Named(8, "Stamps", "6100")

    assert matched(POSTAGE, [by_name, by_code]) == Match(8, By.CODE)


def test_then_the_name_whatever_its_case_and_spaces() -> None:
    assert matched(POSTAGE, [Named(7, " postage")]) == Match(7, By.NAME)


def test_two_of_one_code_are_told_apart_by_the_name() -> None:
    one, other = Named(7, "Postage", "6100"), Named(8, "Stamps", "6100")

    assert matched(POSTAGE, [one, other]) == Match(7, By.NAME)


def test_two_of_one_name_are_a_persons_choice() -> None:
    assert matched(POSTAGE, [Named(7, "Postage"), Named(8, "postage")]) is None


def test_an_empty_code_matches_nothing() -> None:
    assert matched(Named(1, "Rent"), [Named(7, "Lease")]) is None


@given(entries)
def test_what_is_found_is_offered_and_alone_in_its_code_or_name(
    offered: list[Named],
) -> None:
    found = matched(POSTAGE, offered)

    if found is not None:
        (chosen,) = [each for each in offered if each.id == found.id]
        same_code = [each for each in offered if each.code == POSTAGE.code]
        same_name = [
            each for each in offered if each.name.strip().casefold() == "postage"
        ]
        by_code = found.by is By.CODE
        assert (same_code if by_code else same_name) == [chosen]
