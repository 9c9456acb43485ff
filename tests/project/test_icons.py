"""The icons of the pages: as heroicons draws them, each of them once."""

import re
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
    loaded = [
        set(re.findall(r"\w+", libraries))
        for path in folder.rglob("*.html")
        for libraries in re.findall(r"{% load ([^%]+)%}", path.read_text())
    ]

    assert not any("heroicons" in libraries for libraries in loaded)
    assert sum("icons" in libraries for libraries in loaded) > 10
