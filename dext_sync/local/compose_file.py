"""What docker-compose.yml says: services with their variables filled in, and the image."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from dext_sync.local.bootstrap import ROOT
from dext_sync.local.refusal import CannotStart

FILE: Final = ROOT / "docker-compose.yml"
VARIABLE: Final = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?:(?P<how>:[?-])(?P<words>[^}]*))?\})"
)
Service = dict[str, Any]


def services(given: Mapping[str, str]) -> dict[str, Service]:
    """As compose reads them; a variable without a value is passed on where it is set.

    Raises CannotStart for one that must be set and is not.
    """
    read = yaml.safe_load(FILE.read_text())["services"]
    return {name: service(fill(each, given), given) for name, each in read.items()}


def service(filled: Service, given: Mapping[str, str]) -> Service:
    environment = {
        name: given.get(name) if value is None else str(value)
        for name, value in filled.get("environment", {}).items()
    }
    told = {name: value for name, value in environment.items() if value is not None}
    return {**filled, "environment": told}


def fill(value: Any, given: Mapping[str, str]) -> Any:
    match value:
        case str():
            return VARIABLE.sub(lambda found: filled_in(found, given), value)
        case dict():
            return {key: fill(each, given) for key, each in value.items()}
        case list():
            return [fill(each, given) for each in value]
        case _:
            return value


def filled_in(found: re.Match[str], given: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    value = given.get(found["name"], "")
    if value or found["how"] is None:
        return value
    if found["how"] == ":-":
        return found["words"]
    raise CannotStart(f"{found['name']} is missing: {found['words']}")


@dataclass(frozen=True)
class Image:
    """The inline Dockerfile. `copies`: from the checkout, to below its work folder."""

    base: str
    environment: Mapping[str, str]
    copies: Sequence[tuple[str, str]]
    commands: Sequence[str]
    user: str


def image(of: Service) -> Image:
    told: dict[str, list[str]] = {}
    for line in of["build"]["dockerfile_inline"].splitlines():
        word, rest = line.split(maxsplit=1)
        told.setdefault(word, []).append(rest)
    return Image(
        base=told["FROM"][0],
        environment=dict(pair(line, "=") for line in told["ENV"]),
        copies=[pair(line, " ") for line in told["COPY"]],
        commands=told["RUN"],
        user=told["USER"][-1],
    )


def pair(line: str, between: str) -> tuple[str, str]:
    first, _, second = line.partition(between)
    return first, second


def seconds(text: str) -> float:
    """Of a duration like 150s."""
    return float(text.removesuffix("s"))
