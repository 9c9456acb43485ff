"""Filtering, sorting and paging, the same for every list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.zoho_standin.answers import Answer, Record, invalid, success, too_long
from tests.zoho_standin.calls import Call
from tests.zoho_standin.schemas import is_date

_LONGEST_PAGE = 200
_LONGEST_TEXT = 100

Predicate = Callable[[Record], bool]


@dataclass(frozen=True)
class Row:
    """What is sent, and `more` that can be asked for but is not sent.

    `shown` turns the record into what is sent, for the rows of the page only.
    """

    record: Record
    more: Record = field(default_factory=dict)
    shown: Callable[[Record], Record] = dict

    def values(self, name: str) -> list[Any]:
        value = self.more.get(name, self.record.get(name, ""))
        return list(value) if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Listing:
    """A list and what may be asked of it; the first of `filters` is the default."""

    key: str
    report: str
    sort: str
    order: str = "A"
    columns: tuple[str, ...] = ()
    filters: Mapping[str, Predicate] = field(default_factory=dict)
    text: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    since: bool = False
    sortable: bool = True
    filterable: bool = True
    per_page: int = _LONGEST_PAGE
    ignored: tuple[str, ...] = ()

    @property
    def queries(self) -> frozenset[str]:
        names = {"page", "per_page", *self.exact, *self.ignored}
        names |= {"filter_by"} if self.filters and self.filterable else set()
        names |= {"sort_column", "sort_order"} if self.sortable else set()
        names |= {"search_text"} if self.search else set()
        names |= {"last_modified_time"} if self.since else set()
        for name in self.text:
            names |= {name, f"{name}_startswith", f"{name}_contains"}
        for name in self.dates:
            names |= {name, *(f"{name}_{end}" for end in _DATE_ENDINGS)}
        for name in self.amounts:
            names |= {name, *(f"{name}_{end}" for end in _AMOUNT_ENDINGS)}
        return frozenset(names)


_DATE_ENDINGS: dict[str, Callable[[str, str], bool]] = {
    "start": lambda value, limit: value >= limit,
    "end": lambda value, limit: value <= limit,
    "before": lambda value, limit: value < limit,
    "after": lambda value, limit: value > limit,
}
_AMOUNT_ENDINGS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "less_than": lambda value, limit: value < limit,
    "less_equals": lambda value, limit: value <= limit,
    "greater_than": lambda value, limit: value > limit,
    "greater_equals": lambda value, limit: value >= limit,
}


def answer_list(call: Call, listing: Listing, rows: Iterable[Row]) -> Answer:
    queries = call.queries
    applied = queries.get("filter_by", next(iter(listing.filters), ""))
    known = [row for row in rows if not _too_young(call, row)]
    if call.minds_case:
        known = _spelt_so(known, listing, queries)
    found = _filtered(known, listing, queries, applied)
    ordered, column, order = _sorted(found, listing, queries)
    page, per_page = _page(listing, queries)
    first = (page - 1) * per_page
    context: Record = {
        "page": page,
        "per_page": per_page,
        "has_more_page": len(ordered) > first + per_page,
        "report_name": listing.report,
        "applied_filter": applied,
        "custom_fields": [],
        "sort_column": column,
        "sort_order": order,
    }
    if not call.says_sorting:
        del context["sort_column"], context["sort_order"]
    if listing.key == "taxes":
        context |= {"as_of_date": call.today(), "to_date": call.today()}
    shown = ordered[first : first + per_page]
    records = [row.shown(row.record) for row in shown]
    parts: Record = {listing.key: records, "page_context": context}
    return success(**parts)


def _too_young(call: Call, row: Row) -> bool:
    """Lists may lag behind what was just stored."""
    if not call.stale_seconds or "created_time" not in row.record:
        return False
    age = call.standin.clock() - _moment(row.record["created_time"]).timestamp()
    return age < call.stale_seconds


def _filtered(
    rows: list[Row], listing: Listing, queries: dict[str, str], applied: str
) -> list[Row]:
    if listing.filters:
        if applied not in listing.filters:
            raise invalid("filter_by")
        keep = listing.filters[applied]
        rows = [row for row in rows if keep(row.record)]
    for name in listing.exact:
        if wanted := queries.get(name):
            rows = [row for row in rows if wanted in map(str, row.values(name))]
    for name in listing.text:
        rows = _by_text(rows, name, queries)
    for name in listing.dates:
        rows = _by_date(rows, name, queries)
    for name in listing.amounts:
        rows = _by_amount(rows, name, queries)
    if listing.search and (words := queries.get("search_text")):
        rows = _searched(rows, listing.search, words)
    if listing.since and (moment := queries.get("last_modified_time")):
        rows = _since(rows, moment)
    return rows


def _spelt_so(rows: list[Row], listing: Listing, queries: dict[str, str]) -> list[Row]:
    for name in listing.text:
        if wanted := queries.get(name):
            rows = [row for row in rows if wanted in map(str, row.values(name))]
    return rows


def _by_text(rows: list[Row], name: str, queries: dict[str, str]) -> list[Row]:
    tests: dict[str, Callable[[str, str], bool]] = {
        name: str.__eq__,
        f"{name}_startswith": str.startswith,
        f"{name}_contains": str.__contains__,
    }
    for query, test in tests.items():
        if wanted := queries.get(query):
            if len(wanted) > _LONGEST_TEXT:
                raise too_long(query, _LONGEST_TEXT)
            folded = wanted.casefold()
            rows = [
                row
                for row in rows
                if any(test(str(v).casefold(), folded) for v in row.values(name))
            ]
    return rows


def _by_date(rows: list[Row], name: str, queries: dict[str, str]) -> list[Row]:
    tests = {f"{name}_{ending}": test for ending, test in _DATE_ENDINGS.items()}
    for query, test in {name: str.__eq__, **tests}.items():
        if wanted := queries.get(query):
            if not is_date(wanted):
                raise invalid(query)
            rows = [row for row in rows if test(row.values(name)[0], wanted)]
    return rows


def _by_amount(rows: list[Row], name: str, queries: dict[str, str]) -> list[Row]:
    tests = {f"{name}_{ending}": test for ending, test in _AMOUNT_ENDINGS.items()}
    for query, test in {name: Decimal.__eq__, **tests}.items():
        if wanted := queries.get(query):
            limit = _amount(query, wanted)
            rows = [row for row in rows if test(Decimal(row.values(name)[0]), limit)]
    return rows


def _amount(name: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise invalid(name) from None


def _searched(rows: list[Row], columns: tuple[str, ...], words: str) -> list[Row]:
    if len(words) > _LONGEST_TEXT:
        raise too_long("search_text", _LONGEST_TEXT)
    folded = words.casefold()
    return [
        row
        for row in rows
        if any(
            folded in str(v).casefold() for name in columns for v in row.values(name)
        )
    ]


def _since(rows: list[Row], moment: str) -> list[Row]:
    try:
        limit = _moment(moment)
    except ValueError:
        raise invalid("last_modified_time") from None
    return [row for row in rows if _moment(row.record["last_modified_time"]) >= limit]


def _moment(text: str) -> datetime:
    """Raises ValueError where the offset is missing."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def _sorted(
    rows: list[Row], listing: Listing, queries: dict[str, str]
) -> tuple[list[Row], str, str]:
    column = queries.get("sort_column", listing.sort)
    order = queries.get("sort_order", listing.order if column == listing.sort else "A")
    if column not in (*listing.columns, listing.sort):
        raise invalid("sort_column")
    if order not in ("A", "D"):
        raise invalid("sort_order")
    numbered = list(enumerate(rows))
    numbered.sort(key=lambda pair: _sort_key(pair, column), reverse=order == "D")
    return [row for _, row in numbered], column, order


def _sort_key(pair: tuple[int, Row], column: str) -> tuple[Any, ...]:
    """Rows are in the order of their creation, which also breaks ties."""
    place, row = pair
    if column == "created_time":
        return (place,)
    if column == "last_modified_time":
        return (_moment(row.record[column]).timestamp(), place)
    value = row.values(column)[0]
    return (value.casefold() if isinstance(value, str) else value, place)


def _page(listing: Listing, queries: dict[str, str]) -> tuple[int, int]:
    page = _positive("page", queries.get("page", "1"))
    if "per_page" not in queries:
        return page, listing.per_page
    return page, min(_LONGEST_PAGE, _positive("per_page", queries["per_page"]))


def _positive(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise invalid(name)
    return int(text)
