"""Zoho's own OpenAPI description, as far as our requests are held against it.

The description is Zoho's and not shipped: ZOHO_OPENAPI names the folder that holds it.
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = os.environ.get("ZOHO_OPENAPI")
LONGEST = re.compile(r"(?:Max-length|Maximum length is) \[?(\d+)")
needs_openapi = pytest.mark.skipif(
    not FOLDER,
    reason="ZOHO_OPENAPI does not name the folder of Zoho's OpenAPI files: "
    "NOTHING was checked against Zoho's own description.",
)


def declared(file: str, path: str, method: str) -> Any:
    """The operation, with the parameters that all of its path have."""
    every = document(file)["paths"][path]
    own = every[method]
    shared = every.get("parameters", [])
    return {**own, "parameters": [*shared, *own.get("parameters", [])]}


def queries(file: str, operation: Any) -> dict[str, Any]:
    found = [resolved(file, one) for one in operation["parameters"]]
    return {one["name"]: one for one in found if one["in"] == "query"}


def body_schema(operation: Any) -> Any:
    return operation["requestBody"]["content"]["application/json"]["schema"]


def undeclared(file: str, schema: Any, value: object) -> list[str]:
    """Names of fields that the schema does not know, at any depth."""
    return [name for name, field in sent(file, schema, value) if field is None]


def not_in(edition: str, file: str, schema: Any, value: object) -> list[str]:
    """Names of fields that exist, but not in this edition."""
    return [
        name
        for name, field in sent(file, schema, value)
        if field is not None and not is_in(edition, field)
    ]


def is_in(edition: str, field: Any) -> bool:
    only, never = field.get("x-node_available_in"), field.get("x-node_unavailable_in")
    return (not only or edition in only) and edition not in (never or [])


def sent(file: str, schema: Any, value: object) -> Iterator[tuple[str, Any]]:
    """Each field of the body with its declaration, None where it has none."""
    schema = resolved(file, schema)
    if isinstance(value, list):
        for one in value:
            yield from sent(file, schema["items"], one)
    if not isinstance(value, Mapping):
        return
    known = schema.get("properties", {})
    for name, one in value.items():
        field = resolved(file, known[name]) if name in known else None
        yield name, field
        if field is not None:
            yield from sent(file, field, one)


def missing(file: str, schema: Any, value: object) -> list[str]:
    """Names of required fields that are not sent, at any depth."""
    schema = resolved(file, schema)
    if isinstance(value, list):
        return [name for one in value for name in missing(file, schema["items"], one)]
    if not isinstance(value, Mapping):
        return []
    known = schema.get("properties", {})
    inside = [
        name
        for key, one in value.items()
        if key in known
        for name in missing(file, known[key], one)
    ]
    return [name for name in schema.get("required", []) if name not in value] + inside


def too_long(file: str, schema: Any, value: object) -> list[str]:
    """Names of texts that are longer than Zoho's words say, at any depth."""
    schema = resolved(file, schema)
    if isinstance(value, list):
        return [name for one in value for name in too_long(file, schema["items"], one)]
    if not isinstance(value, Mapping):
        return []
    found = []
    for name, one in value.items():
        field = resolved(file, schema.get("properties", {}).get(name, {}))
        most = LONGEST.search(field.get("description", ""))
        if most and isinstance(one, str) and len(one) > int(most[1]):
            found.append(name)
        found += too_long(file, field, one)
    return found


def resolved(file: str, node: Any) -> Any:
    """What stands beside a reference counts too: Zoho's editions do."""
    beside: dict[str, Any] = {}
    while "$ref" in node:
        beside |= {key: one for key, one in node.items() if key != "$ref"}
        found: Any = document(file)
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return {**node, **beside} if beside else node


@cache
def document(file: str) -> Any:
    return yaml.load(
        (Path(FOLDER or "") / f"{file}.yml").read_text(),
        Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506 – safe
    )
