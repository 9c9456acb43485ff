"""Amounts, days and times as the reader writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.template import Context
from django.test import RequestFactory
from django.utils import translation

from dext_sync.businesses.models import Business
from publishing.formats import day_text, locale_of, money, plain_amount, round_money
from publishing.templatetags.publishing_format import clock_text, short_day, until

UK = Business(name="Bakery", country="GB", currency="GBP", time_zone="Europe/London")
US = Business(name="Diner", country="US", currency="USD", time_zone="America/New_York")
INDIA = Business(name="Mill", country="IN", currency="INR", time_zone="Asia/Kolkata")


@pytest.mark.parametrize(
    ("business", "amount", "currency", "shown"),
    [
        (UK, "1234.5", "GBP", "£1,234.50"),
        (UK, "1234.500", "EUR", "€1,234.50"),
        (UK, "-3", "GBP", "-£3.00"),
        (UK, "1.255", "GBP", "£1.255"),
        (UK, "5000", "JPY", "JP¥5,000"),
        (UK, "1.5", "KWD", "KWD 1.500"),
        (US, "1234.5", "USD", "$1,234.50"),
        (INDIA, "1234567", "INR", "₹12,34,567.00"),
    ],
)
def test_money_has_its_currencys_own_places(
    business: Business, amount: str, currency: str, shown: str
) -> None:
    written = money(Decimal(amount), currency, locale_of(business))
    assert written.replace("\xa0", " ") == shown


def test_a_column_that_names_its_currency_needs_no_sign() -> None:
    assert plain_amount(Decimal("1234567.5"), "GBP", locale_of(UK)) == "1,234,567.50"
    assert plain_amount(Decimal(1234567), "INR", locale_of(INDIA)) == "12,34,567.00"


def test_a_headline_leaves_out_zeros_and_no_pence() -> None:
    assert round_money(Decimal("48310.00"), "GBP", locale_of(UK)) == "£48,310"
    assert round_money(Decimal("48310.05"), "GBP", locale_of(UK)) == "£48,310.05"


def test_days_are_written_as_in_the_country() -> None:
    assert day_text(date(2026, 11, 2), locale_of(UK)) == "2 Nov 2026"
    assert day_text(date(2026, 11, 2), locale_of(US)) == "Nov 2, 2026"


def test_a_language_that_names_its_country_stands() -> None:
    with translation.override("en-gb"):
        assert str(locale_of(US)) == "en_GB"


def test_where_a_country_has_no_english_of_its_own_the_day_comes_first() -> None:
    portugal = Business(country="PT", currency="EUR", time_zone="Europe/Lisbon")
    assert day_text(date(2026, 11, 2), locale_of(portugal)) == "2 Nov 2026"


@time_machine.travel(datetime(2026, 7, 3, 12, tzinfo=UTC), tick=False)
def test_times_are_the_businesss_own() -> None:
    morning = datetime(2026, 7, 3, 9, 42, tzinfo=UTC)
    assert clock_text(morning, UK) == "10:42"
    assert clock_text(datetime(2026, 7, 1, 9, 42, tzinfo=UTC), UK) == ("1 Jul, 10:42")
    assert clock_text(datetime(2025, 7, 1, 9, 42, tzinfo=UTC), UK) == (
        "1 Jul 2025, 10:42"
    )


@time_machine.travel(datetime(2026, 7, 3, 12, tzinfo=UTC), tick=False)
@pytest.mark.parametrize(
    ("business", "this_year", "another"),
    [(UK, "1 Jul", "1 Jul 25"), (US, "Jul 1", "Jul 1, 25")],
)
def test_short_days_are_written_as_in_the_country(
    business: Business, this_year: str, another: str
) -> None:
    request = RequestFactory().get("/")
    request.business = business  # type: ignore[attr-defined]
    context = Context({"request": request})

    assert f">{this_year}<" in short_day(context, date(2026, 7, 1))
    assert f">{another}<" in short_day(context, date(2025, 7, 1))


@time_machine.travel(datetime(2026, 7, 3, 12, tzinfo=UTC), tick=False)
def test_a_time_of_another_day_is_written_as_in_the_country() -> None:
    told = clock_text(datetime(2026, 7, 1, 19, 42, tzinfo=UTC), US)

    assert told.replace("\u202f", " ") == "Jul 1, 3:42 PM"


@time_machine.travel(datetime(2026, 11, 30, 12, 0, tzinfo=UTC), tick=False)
def test_what_goes_on_is_never_told_to_be_earlier_than_it_is() -> None:
    request = RequestFactory().get("/")
    request.business = INDIA  # type: ignore[attr-defined]

    told = until(
        Context({"request": request}), datetime(2026, 11, 30, 12, 20, 23, tzinfo=UTC)
    )

    assert ">5:51\u202fpm<" in told.replace(" ", "\u202f").lower()
    assert until(Context({"request": request}), None) == ""
