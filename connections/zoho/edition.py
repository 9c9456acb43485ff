"""Which edition of Zoho Books an organisation has, and where it is."""

from typing import Final

from connections.zoho.regions import EU_COUNTRIES

# Zoho's words for it; seen is "india", the others follow their names in the interface.
_VERSIONS: Final = {
    "india": "in",
    "us": "us",
    "uk": "uk",
    "eu": "eu",
    "europe": "eu",
    "germany": "eu",
    "canada": "ca",
    "australia": "au",
    "gcc": "gcc",
    "uae": "gcc",
    "ksa": "gcc",
    "saudi": "gcc",
    "saudiarabia": "gcc",
    "bahrain": "gcc",
    "mexico": "mx",
    "kenya": "ke",
    "southafrica": "za",
    "global": "global",
}
_COUNTRIES: Final = {
    **dict.fromkeys(EU_COUNTRIES, "eu"),
    **dict.fromkeys(("AE", "BH", "KW", "OM", "QA", "SA"), "gcc"),
    "GB": "uk",
    "US": "us",
    "IN": "in",
    "CA": "ca",
    "AU": "au",
    "MX": "mx",
    "KE": "ke",
    "ZA": "za",
}
# A single organisation tells its country in words only (address.country).
_NAMES: Final = {
    "u.s.a": "US",
    "united states": "US",
    "united states of america": "US",
    "united kingdom": "GB",
    "india": "IN",
    "canada": "CA",
    "australia": "AU",
    "germany": "DE",
    "france": "FR",
    "ireland": "IE",
    "netherlands": "NL",
    "spain": "ES",
    "italy": "IT",
    "united arab emirates": "AE",
    "u.a.e": "AE",
    "saudi arabia": "SA",
    "mexico": "MX",
    "kenya": "KE",
    "south africa": "ZA",
}


EDITIONS: Final = frozenset({*_VERSIONS.values(), *_COUNTRIES.values()})


def edition(version: str, country: str) -> str:
    """Zoho's own word if it gave one that we know, else what the country implies."""
    word = "".join(filter(str.isalpha, version.lower()))
    return _VERSIONS.get(word) or _COUNTRIES.get(country, "global")


def country_named(words: str) -> str:
    """Its ISO code; empty for one that we do not know by this name."""
    return _NAMES.get(words.lower().rstrip("."), "")
