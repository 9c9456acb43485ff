"""Words for what a browser does on the pages of Costs and Sales."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication, Step
from tests.conftest import Browse
from tests.publishing.factories import ready_item

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


def settle(
    item: Item,
    status: Item.Status,
    state: Publication.State,
    *,
    document_missing: bool = False,
    **publication: Any,
) -> None:
    """As the engine would have left it."""
    with acting_in(item.business_id):
        Publication.unscoped.filter(item=item).update(
            state=state, finished_at=timezone.now(), **publication
        )
        record = Step.unscoped.get(publication__item=item, kind=Step.Kind.RECORD)
        record.state, record.zoho_id = Step.State.DONE, "460000000099"
        record.save(update_fields=["state", "zoho_id"])
        Item.unscoped.filter(pk=item.pk).update(
            status=status,
            document_missing=document_missing,
            archived_at=timezone.now() if status == Item.Status.PUBLISHED else None,
        )


def published(visitor: Visitor, item: Item, **settled: Any) -> None:
    visitor.posts("item_publish", item.pk)
    settle(item, Item.Status.PUBLISHED, Publication.State.PUBLISHED, **settled)


@pytest.fixture
def item(connected_bakery: Business, bob: User) -> Item:
    """Bob's, with nothing missing."""
    return ready_item(connected_bakery, bob)
