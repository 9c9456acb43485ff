"""How a business's connection stands, for its own pages and one over several."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import OuterRef, Subquery

from connections.models import Connection, RefreshRun
from dext_sync.businesses.access import BusinessRequest
from dext_sync.businesses.models import Business


@dataclass(frozen=True)
class Standing:
    """None of both: it has never been connected."""

    connection: Connection | None = None
    last_refreshed: datetime | None = None


class PageRequest(BusinessRequest):
    """A request that has asked for the connection already."""

    connection: Connection | None


def seen_by(request: BusinessRequest) -> Connection | None:
    """Read once for all that one page says of it."""
    page = cast(PageRequest, request)
    if not hasattr(page, "connection"):
        page.connection = connection_of(page.business)
    return page.connection


def connection_of(business: Business) -> Connection | None:
    """A business has one at most: nothing is to be ordered, or cut off."""
    return next(iter(Connection.objects.for_business(business)), None)


def of(business: Business) -> Standing:
    """In one question."""
    row: Any = (
        Connection.objects.for_business(business)
        .annotate(last_refreshed=Subquery(_last_refresh().values("finished_at")[:1]))
        .first()
    )
    return Standing() if row is None else Standing(row, row.last_refreshed)


def _last_refresh() -> Any:
    """Of the organisation that is connected now, read from end to end."""
    return RefreshRun.unscoped.filter(
        connection=OuterRef("pk"),
        organisation_id=OuterRef("organisation_id"),
        finished_at__isnull=False,
        problem="",
    ).order_by("-finished_at")
