"""Amounts and days as people of a business write them."""

from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import (
    format_currency,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
)

from dext_sync.businesses.models import Business
from dext_sync.businesses.places import locale_in


def locale_of(business: Business) -> Locale:
    return locale_in(business.country)


def money(amount: Decimal, currency: str, locale: Locale) -> str:
    """£1,234.50; with the currency's own number of places, or more where it has more."""
    if not currency:
        return plain_amount(amount, "", locale)
    return _with_sign(amount, currency, locale, _places(amount, currency))


def round_money(amount: Decimal, currency: str, locale: Locale) -> str:
    """£48,310: a whole sum without its zeros, for headlines."""
    if currency and amount == amount.to_integral_value():
        return _with_sign(amount, currency, locale, 0)
    return money(amount, currency, locale)


def plain_amount(amount: Decimal, currency: str, locale: Locale) -> str:
    """1,234.50: where the currency stands beside it already."""
    pattern = _pattern(locale, _places(amount, currency)).replace("¤", "").strip()
    return format_decimal(amount, format=pattern, locale=locale)


def day_text(value: date, locale: Locale) -> str:
    return format_date(value, format="medium", locale=locale)


def _places(amount: Decimal, currency: str) -> int:
    """The currency's own places; more where the amount really has more."""
    own = get_currency_precision(currency) if currency else 2
    exponent = amount.normalize().as_tuple().exponent
    return max(own, -exponent if isinstance(exponent, int) else 0)


def _with_sign(amount: Decimal, currency: str, locale: Locale, places: int) -> str:
    pattern = _pattern(locale, places)
    if get_currency_symbol(currency, locale=locale)[-1:].isalpha():
        pattern = pattern.replace("¤#", "¤\xa0#")
    return format_currency(
        amount, currency, format=pattern, locale=locale, currency_digits=False
    )


def _pattern(locale: Locale, places: int) -> str:
    """The locale's own currency pattern with this many places."""
    pattern: str = locale.currency_formats["standard"].pattern
    return pattern.replace(".00", "." + "0" * places if places else "")
