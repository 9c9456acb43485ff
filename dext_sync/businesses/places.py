"""Countries, their currencies and their time zones, as a person may choose them."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale, localedata
from babel.core import UnknownLocaleError, get_global
from babel.numbers import get_territory_currencies
from django.utils.translation import get_language

Choice = tuple[str, str]

CONTINENTS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


def countries() -> list[Choice]:
    return _countries(_language())


def currencies() -> list[Choice]:
    return _currencies(_language())


@cache
def time_zones() -> list[tuple[str, list[Choice]]]:
    """By continent, each named as people say it: `Europe/London` is London."""
    names = sorted(name for name in _known_zones() if zone_today(name) == name)
    groups = [
        (continent, [_zone(name) for name in names if name.startswith(f"{continent}/")])
        for continent in CONTINENTS
    ]
    return [*groups, ("UTC", [("UTC", "UTC")])]


def zone_today(name: str) -> str:
    """Zones were renamed, and answer to both: `Asia/Calcutta` is Asia/Kolkata."""
    today: str = get_global("zone_aliases").get(name, name)
    is_offered = today in _known_zones() and today.startswith(CONTINENTS)
    return today if is_offered else name


def locale_in(country: str) -> Locale:
    """The person's language as it is written in that country.

    A language that already names a country (en-gb) stands as it is. Where a country
    has no English of its own, the day comes first, as nearly everywhere.
    """
    language, _sep, own = (get_language() or "en").partition("-")
    name = f"{language}_{(own or country).upper()}"
    if localedata.exists(name):
        return Locale.parse(name)
    return Locale.parse("en_001" if language == "en" else language)


def clock_in(country: str) -> Locale:
    """Who counts the hours as they do there, also where it has no English of its own."""
    locale = locale_in(country)
    if str(locale) == "en_001" and _counts_to_24(country):
        return Locale.parse("en_150")
    return locale


@cache
def _counts_to_24(country: str) -> bool:
    try:
        own = Locale.parse(f"und_{country}")
    except (UnknownLocaleError, ValueError):
        return False
    return "H" in own.time_formats["short"].pattern


def currency_of(country: str) -> str:
    """What is paid with there today; empty where nobody agrees."""
    tender = get_territory_currencies(country) if country else []
    return tender[0] if tender else ""


def time_zone_of(country: str) -> str:
    """The country's zone, where it has only one."""
    zones = get_global("territory_zones").get(country, [])
    return zones[0] if len(zones) == 1 else ""


@cache
def _countries(language: str) -> list[Choice]:
    names = Locale.parse(language, sep="-").territories
    return sorted(
        [
            (code, names[code])
            for code in get_global("territory_zones")
            if code in names and len(code) == 2 and currency_of(code)
        ],
        key=lambda choice: choice[1],
    )


@cache
def _currencies(language: str) -> list[Choice]:
    locale = Locale.parse(language, sep="-")
    codes = {currency_of(code) for code, _name in _countries(language)}
    return [
        (code, f"{code} – {locale.currencies.get(code, code)}")
        for code in sorted(codes)
    ]


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str) -> Choice:
    place = name.split("/", 1)[1].replace("_", " ").replace("/", ", ")
    return name, place


def _language() -> str:
    return get_language() or "en"
