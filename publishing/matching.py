"""Which entry of one organisation's list takes the place of another's: values in, an
answer out."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class By(StrEnum):
    CODE = "code"
    NAME = "name"


@dataclass(frozen=True)
class Named:
    """An entry as it is known to people in any organisation."""

    id: int
    name: str
    code: str = ""


@dataclass(frozen=True)
class Match:
    id: int
    by: By


def matched(former: Named, offered: Iterable[Named]) -> Match | None:
    """By its code, else by its name, if exactly one has it."""
    candidates = list(offered)
    if former.code and (found := _only(former.code, candidates, "code")):
        return Match(found.id, By.CODE)
    found = _only(former.name, candidates, "name")
    return Match(found.id, By.NAME) if found else None


def _only(wanted: str, offered: list[Named], attribute: str) -> Named | None:
    found = [each for each in offered if same(getattr(each, attribute), wanted)]
    return found[0] if len(found) == 1 else None


def same(one: str, other: str) -> bool:
    """Whatever their case and spaces."""
    return "".join(one.casefold().split()) == "".join(other.casefold().split())
