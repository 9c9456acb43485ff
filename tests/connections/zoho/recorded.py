"""Lists as Zoho Books sends them, answered only to exactly the right question."""

from typing import Any

import responses
from responses import matchers

from tests.connections.zoho.access import API, ORGANISATION


def listed(
    zoho: responses.RequestsMock,
    path: str,
    name: str,
    rows: list[dict[str, Any]],
    query: dict[str, str],
    *,
    more: bool = False,
) -> None:
    asked = {"organization_id": ORGANISATION, **query}
    zoho.get(
        f"{API}/books/v3{path}",
        json={
            "code": 0,
            "message": "success",
            name: rows,
            "page_context": {"page": 1, "per_page": 200, "has_more_page": more},
        },
        match=[matchers.query_param_matcher(asked)],
    )


def paged(**query: str) -> dict[str, str]:
    return {"page": "1", "per_page": "200", **query}
