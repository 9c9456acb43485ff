"""heroicons' tags, with each icon drawn once and kept.

A page shows some twenty; drawing one copies and writes an XML tree, 0.08 ms each.
"""

from collections.abc import Callable
from functools import lru_cache

from django import template
from heroicons.templatetags import heroicons

# Many more than all templates together ask for.
MOST_KEPT = 512

register = template.Library()


def _kept(draw: Callable[..., str]) -> Callable[..., str]:
    kept: Callable[..., str] = lru_cache(maxsize=MOST_KEPT)(draw)
    return kept


heroicon_micro = register.simple_tag(_kept(heroicons.heroicon_micro))
heroicon_mini = register.simple_tag(_kept(heroicons.heroicon_mini))
heroicon_outline = register.simple_tag(_kept(heroicons.heroicon_outline))
heroicon_solid = register.simple_tag(_kept(heroicons.heroicon_solid))
