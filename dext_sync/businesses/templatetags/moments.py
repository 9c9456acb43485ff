"""Times as people read them, with their zone on hover."""

from datetime import datetime, timedelta
from typing import Final

from babel.dates import format_skeleton, format_time
from django import template
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dext_sync.businesses.places import clock_in, locale_in

register = template.Library()

A_MOMENT: Final = timedelta(seconds=2)


@register.simple_tag(takes_context=True)
def moment(
    context: Context, at: datetime | None, form: str = "short"
) -> SafeString | str:
    """A `<time>` in the current zone: the business's, inside one; as its country
    writes it.

    form: short is day, month and time (with the year where it is another one), time
    is the time alone, day the date alone.
    """
    if at is None:
        return ""
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{date_format(local, 'j F Y, H:i:s')} {zone_name(local)}",
        in_words(local, form, _country(context)),
    )


@register.simple_tag(takes_context=True)
def until(context: Context, at: datetime | None) -> SafeString | str:
    """When something goes on; its day is told where that is not today."""
    if at is None:
        return ""
    then = full_minute(at)
    is_today = timezone.localdate(then) == timezone.localdate()
    return moment(context, then, "time" if is_today else "short")


def full_minute(at: datetime) -> datetime:
    """The minute by which it has come: nothing is told to be earlier than it is, but for
    what Zoho's whole seconds and the way there make of its midnight."""
    begun = at.replace(second=0, microsecond=0)
    return begun if at < begun + A_MOMENT else begun + timedelta(minutes=1)


@register.simple_tag
def this_zone() -> str:
    """For a page that says once in which zone its times are."""
    return zone_name(timezone.localtime())


def zone_name(local: datetime) -> str:
    """Both the short name and the place: `GMT (Europe/London)`."""
    place = timezone.get_current_timezone_name()
    short = local.tzname() or ""
    return place if short in ("", place) else f"{short} ({place})"


def in_words(local: datetime, form: str, country: str) -> str:
    """Forms as of `moment`."""
    time = format_time(local, "short", tzinfo=local.tzinfo, locale=clock_in(country))
    if form == "time":
        return time
    this_year = local.year == timezone.localtime().year
    skeleton = "MMMd" if this_year else "yMMMd"
    day = format_skeleton(skeleton, local.date(), locale=locale_in(country))
    return day if form == "day" else f"{day}, {time}"


def _country(context: Context) -> str:
    """Outside a business as most of Europe writes it."""
    business = context.get("business")
    return business.country if business else "150"
