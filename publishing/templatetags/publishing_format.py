"""Amounts, days and times as the reader writes them, for templates and sentences."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel import Locale, localedata
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import (
    format_currency,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
)
from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dext_sync.businesses.models import Business
from dext_sync.businesses.templatetags import moments

register = template.Library()


def locale_of(business: Business) -> Locale:
    """The person's language as it is written in the business's country.

    A language that already names a country (en-gb) stands as it is. Where a country
    has no English of its own, the day comes first, as nearly everywhere.
    """
    language, _sep, country = (get_language() or "en").partition("-")
    name = f"{language}_{(country or business.country).upper()}"
    if localedata.exists(name):
        return Locale.parse(name)
    return Locale.parse("en_001" if language == "en" else language)


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


def clock_text(value: datetime, business: Business, locale: Locale) -> str:
    """10:42 today, 3 Nov, 10:42 on another day; in the business's zone."""
    local = timezone.localtime(value, business.zone)
    time = format_time(local, format="short", tzinfo=business.zone, locale=locale)
    if local.date() == timezone.localdate(timezone=business.zone):
        return time
    pattern = "d MMM" if local.year == timezone.localdate().year else "d MMM y"
    return f"{format_date(local, format=pattern, locale=locale)}, {time}"


@register.simple_tag(takes_context=True)
def money_of(context: Context, amount: Decimal | None, currency: str) -> str:
    """Amount with its currency; nothing where there is no amount."""
    if amount is None:
        return ""
    return money(amount, currency, locale_of(_business(context)))


@register.simple_tag(takes_context=True)
def amount_of(context: Context, amount: Decimal | None, currency: str) -> str:
    """Amount alone, for a column whose head names the currency."""
    if amount is None:
        return ""
    return plain_amount(amount, currency, locale_of(_business(context)))


@register.simple_tag(takes_context=True)
def day(context: Context, value: date | None) -> str:
    return day_text(value, locale_of(_business(context))) if value else ""


@register.simple_tag(takes_context=True)
def short_day(context: Context, value: date | None) -> SafeString | str:
    """19 Nov in this year, 19 Nov 25 in another; hovering it says it in full."""
    if value is None:
        return ""
    business = _business(context)
    locale = locale_of(business)
    this_year = timezone.localdate(timezone=business.zone).year == value.year
    short = format_date(value, "d MMM" if this_year else "d MMM yy", locale=locale)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        day_text(value, locale),
        short,
    )


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None) -> SafeString | str:
    """A time in the business's zone; hovering it names day and zone in full."""
    if value is None:
        return ""
    business = _business(context)
    locale = locale_of(business)
    local = timezone.localtime(value, business.zone)
    full = format_datetime(
        local, "d MMMM y, HH:mm:ss", tzinfo=business.zone, locale=locale
    )
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        f"{full} {moments.zone_name(local)}",
        clock_text(value, business, locale),
    )


@register.simple_tag(takes_context=True)
def zone_name(context: Context) -> str:
    """“GMT (Europe/London)”: the zone in which this page tells times."""
    return moments.zone_name(timezone.localtime(timezone=_business(context).zone))


@register.simple_tag(takes_context=True)
def said_by(context: Context, source: Mapping[str, Any] | None) -> SafeString | str:
    """Where a value came from: “you, 10:42”, “Bob, 10:42”, “from the document”."""
    match source:
        case {"from": "person", "name": name, "id": person, "at": at}:
            who = _("you") if person == context["request"].user.pk else name
            return format_html(
                "{}, {}", who, moment(context, datetime.fromisoformat(at))
            )
        case {"from": "document"}:
            return _("from the document")
        case {"from": "rate"}:
            return _("from the tax rate")
        case {"from": "default"}:
            return _("default")
        case _:
            return ""


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


def _business(context: Context) -> Business:
    business: Business = context["request"].business
    return business
