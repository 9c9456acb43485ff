"""Words for what a browser does on the pages of Costs and Sales."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item
from tests.conftest import Browse

HTMX = {"HX-Request": "true"}


class Visitor:
    """One person on the pages of one business."""

    def __init__(
        self, client: Client, business: Business, workspace: str = "costs"
    ) -> None:
        self.client = client
        self.business = business
        self.workspace = workspace

    @property
    def in_sales(self) -> "Visitor":
        """The same person on the pages of Sales."""
        return Visitor(self.client, self.business, "sales")

    def opens(
        self, page: str, *ids: object, htmx: bool = False, **query: Any
    ) -> HttpResponse:
        answer: Any = self.client.get(
            self._address(page, ids), query, headers=HTMX if htmx else None
        )
        return _whole(answer)

    def posts(
        self,
        page: str,
        *ids: object,
        data: Mapping[str, Any] | None = None,
        htmx: bool = False,
    ) -> HttpResponse:
        answer: Any = self.client.post(
            self._address(page, ids), dict(data or {}), headers=HTMX if htmx else None
        )
        return _whole(answer)

    def _address(self, page: str, ids: tuple[object, ...]) -> str:
        """Pages that both workspaces have say in their address which one it is."""
        try:
            return reverse(page, args=[self.business.slug, *ids])
        except NoReverseMatch:
            return reverse(page, args=[self.business.slug, self.workspace, *ids])


def _whole(answer: Any) -> HttpResponse:
    assert isinstance(answer, HttpResponse)
    return answer


At = Callable[[User, Business], Visitor]


@pytest.fixture
def at(browse: Browse) -> At:
    """`at(alice, bakery)` is Alice's browser on the bakery's pages."""

    def visitor(user: User, business: Business) -> Visitor:
        return Visitor(browse(user), business)

    return visitor


def text(answer: HttpResponse) -> str:
    """The answer with its white space in order."""
    return " ".join(answer.content.decode().split())


def now(item: Item) -> Item:
    """The item as it is stored by now."""
    with acting_in(item.business_id):
        return Item.unscoped.select_related("supplier", "category").get(pk=item.pk)
