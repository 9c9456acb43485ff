"""Amounts, days and times as the reader writes them, for templates and sentences."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dext_sync.businesses.models import Business
from dext_sync.businesses.templatetags import moments
from publishing.formats import day_text, locale_of, money, plain_amount

register = template.Library()


def clock_text(value: datetime, business: Business) -> str:
    """10:42 today, 3 Nov, 10:42 on another day, as the business's country writes it;
    in the business's zone."""
    local = timezone.localtime(value, business.zone)
    is_today = local.date() == timezone.localdate(timezone=business.zone)
    return moments.in_words(local, "time" if is_today else "short", business.country)


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
    form = locale.datetime_skeletons["MMMd" if this_year else "yMMMd"].pattern
    short = format_date(value, form.replace("y", "yy"), locale=locale)
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
        clock_text(value, business),
    )


@register.simple_tag(takes_context=True)
def until(context: Context, value: datetime | None) -> SafeString | str:
    """When something goes on: never told to be earlier than it is."""
    return moment(context, value and moments.full_minute(value))


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
        case {"from": "exemption"}:
            return _("from the tax exemption")
        case {"from": "default"}:
            return _("default")
        case {"from": "supplier_rule", "name": name}:
            return _("rule of %(name)s") % {"name": name}
        case {"from": "method_rule", "name": name}:
            return _("rule of the payment method %(name)s") % {"name": name}
        case {"from": "category_rule", "name": name}:
            return _("category rule “%(name)s”") % {"name": name}
        case _:
            return ""


def _business(context: Context) -> Business:
    business: Business = context["request"].business
    return business
