"""The icons of the pages: as heroicons draws them, each of them once."""

from typing import Any

from django.conf import settings
from django.template import engines
from heroicons.templatetags import heroicons

from dext_sync.businesses.templatetags import icons

TEMPLATE = '{% load icons %}{% heroicon_outline name class="icon" %}'
LOOKS: dict[str, Any] = {"class": "icon"}


def on_a_page(name: str) -> str:
    return str(engines["django"].from_string(TEMPLATE).render({"name": name}))


def test_an_icon_looks_as_heroicons_draws_it() -> None:
    assert on_a_page("link") == heroicons.heroicon_outline("link", **LOOKS)
    assert on_a_page("users") == heroicons.heroicon_outline("users", **LOOKS)


def test_an_icon_is_drawn_once() -> None:
    first = icons.heroicon_outline("banknotes", **LOOKS)
    assert icons.heroicon_outline("banknotes", **LOOKS) is first


def test_the_pages_use_the_icons_that_are_kept() -> None:
    folder = settings.BASE_DIR / "templates"
    pages = {path.name: path.read_text() for path in folder.rglob("*.html")}

    assert [name for name, page in pages.items() if "load heroicons" in page] == []
    assert sum("load icons" in page for page in pages.values()) > 10
