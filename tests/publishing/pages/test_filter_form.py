"""The filters as the page draws them are those that Django would draw."""

from html.parser import HTMLParser
from typing import Any

import pytest

from dext_sync.businesses.models import Business, User
from publishing.forms import FilterForm
from tests.publishing.factories import make_item
from tests.publishing.pages.conftest import At, text


class Fields(HTMLParser):
    """Inputs and selects by name; of a select what is chosen and what is offered."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, Any]] = {}
        self.select: dict[str, Any] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values: dict[str, Any] = dict(attrs)
        if tag in ("input", "select") and "name" in values:
            self.found[values["name"]] = values
            self.select = values | {} if tag == "select" else None
            if tag == "select":
                values["options"] = []
                self.select = values
        if tag == "option" and self.select is not None:
            self.select["options"].append((values.get("value"), "selected" in values))


QUERIES: list[dict[str, Any]] = [
    {},
    {"kind": "receipt", "currency": "GBP"},
    {"least": "0", "most": "1234567.5", "since": "2025-01-02", "until": "2025-02-03"},
    {"filter": "1", "since": '"><script>', "least": "'\"&amp;<b>", "kind": "nonsense"},
    {"filter": "1", "since": "2025-02-03", "until": "2025-01-01", "least": "abc"},
    {"filter": "1", "least": " 0 ", "most": "None", "owner": "999999"},
    {"filter": "1", "least": "5", "most": "1", "owner": "x", "currency": "ZZZ"},
]


@pytest.mark.parametrize("query", QUERIES)
def test_hand_drawn_fields_are_as_django_draws_them(
    at: At,
    alice: User,
    connected_bakery: Business,
    query: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_item(connected_bakery, alice)
    made: list[FilterForm] = []
    first = FilterForm.__init__

    def noted(self: FilterForm, *args: Any, **options: Any) -> None:
        first(self, *args, **options)
        made.append(self)

    monkeypatch.setattr(FilterForm, "__init__", noted)
    page = text(at(alice, connected_bakery).opens("costs_inbox", **query))
    (form,) = made[-1:]
    ours = Fields(page[page.index("filters") :]).found
    for field in form.plain_fields:
        (theirs,) = Fields(str(field)).found.values()
        assert ours[field.html_name] == theirs, field.name
