"""A list of items as its address describes it: filter, search, order, place.

Everything is in the address, so that a view can be bookmarked and sent. Pages are
found by their neighbour's key and not by counting rows, so that the last page is as
quick as the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, cast
from urllib.parse import urlencode

from django.db.models import (
    CharField,
    DecimalField,
    F,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Lower, NullIf
from django.http import QueryDict

from publishing import counting
from publishing.counting import Count
from publishing.models import Item
from publishing.picking import is_id, plain_words
from publishing.views.filters import Filters
from publishing.views.search import LookedUp, counted, for_page, looked_up

PAGE_SIZE = 50

NO_AMOUNT = Value(Decimal(0), output_field=DecimalField())
PLAIN_SORTS: Final = {
    "added": "created_at",
    "archived": "archived_at",
    "status": "status",
}
"""By a column as it stands."""
SORTS: dict[str, Combinable] = {
    **{name: F(column) for name, column in PLAIN_SORTS.items()},
    "owner": Lower(
        Coalesce(
            NullIf("owner__name", Value("")), "owner__email", output_field=CharField()
        )
    ),
    "date": Coalesce("date", Value(date(1, 1, 1))),
    "supplier": Lower(Coalesce("supplier__name", Value(""))),
    "category": Lower(Coalesce("category__name", Value(""))),
    "reference": Lower("reference"),
    "total": Coalesce("total", NO_AMOUNT),
    "tax": Coalesce("tax_amount", NO_AMOUNT),
}

USUAL_SORTS: Final = {False: "-added", True: "-archived"}
"""Of the Inbox, and of the Archive."""

Status = Item.Status
MOVING = (Status.PUBLISHING, Status.CHECKING)
INBOX_TABS: dict[str, tuple[Item.Status, ...]] = {
    "": (
        Status.TO_REVIEW,
        Status.READY,
        Status.PUBLISHING,
        Status.CHECKING,
        Status.FAILED,
    ),
    "to_review": (Status.TO_REVIEW,),
    "ready": (Status.READY,),
    "publishing": MOVING,
    "failed": (Status.FAILED,),
}
ARCHIVE_TABS: dict[str, tuple[Item.Status, ...]] = {
    "": (Status.PUBLISHED, Status.ARCHIVED),
    "published": (Status.PUBLISHED,),
    "archived": (Status.ARCHIVED,),
}


@dataclass(frozen=True)
class Page:
    items: list[Item]
    newer: str
    """Query of the page before this one; empty on the first."""
    older: str


@dataclass(frozen=True)
class Listing:
    """What is asked for. `sort` is a key of SORTS, with a minus for downwards."""

    archive: bool = False
    status: str = ""
    search: str = ""
    filters: Filters = field(default_factory=Filters)
    sort: str = "-added"
    after: int | None = None
    before: int | None = None

    @classmethod
    def of(cls, query: QueryDict | Mapping[str, str], *, archive: bool) -> "Listing":
        """Read an address; what it does not know it leaves aside."""
        sort = query.get("sort", USUAL_SORTS[archive])
        return cls(
            archive=archive,
            status=_known(query.get("status", ""), cls._tabs(archive=archive)),
            search=plain_words(query.get("q", ""))[:100],
            filters=Filters.of(query),
            sort=sort if sort.removeprefix("-") in SORTS else USUAL_SORTS[archive],
            after=_number(query.get("after", "")),
            before=_number(query.get("before", "")),
        )

    @staticmethod
    def _tabs(*, archive: bool) -> dict[str, tuple[Item.Status, ...]]:
        return ARCHIVE_TABS if archive else INBOX_TABS

    @property
    def tabs(self) -> dict[str, tuple[Item.Status, ...]]:
        return self._tabs(archive=self.archive)

    @property
    def usual_sort(self) -> str:
        return USUAL_SORTS[self.archive]

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.status or self.search or self.filters != Filters())

    def query(self) -> str:
        """This view's address after the question mark, without what is usual."""
        asked = {
            "status": self.status,
            "q": self.search,
            **self.filters.asked(),
            "sort": "" if self.sort == self.usual_sort else self.sort,
            "after": self.after,
            "before": self.before,
        }
        return urlencode({key: value for key, value in asked.items() if value})

    def first_page(self, **changes: Any) -> "Listing":
        return replace(self, after=None, before=None, **changes)

    def sorted_by(self, column: str) -> str:
        """Query for a click on this column's head: turn round, or begin with it."""
        if column == self.column:
            turned = column if self.descending else f"-{column}"
            return self.first_page(sort=turned).query()
        downwards = column in ("date", "total", "tax", "added", "archived")
        return self.first_page(sort=f"-{column}" if downwards else column).query()

    def matching(self, visible: QuerySet[Item]) -> QuerySet[Item]:
        return self._searched(visible).filter(status__in=self.tabs[self.status])

    def counts(self, visible: QuerySet[Item]) -> dict[str, Count]:
        """Per tab how many items the search leaves."""
        found = self._counted(self._narrowed(visible))
        return {
            tab: sum((found.get(status, Count()) for status in statuses), Count())
            for tab, statuses in self.tabs.items()
        }

    def rules_out_failed(self, counts: Mapping[str, Count]) -> bool:
        """Whether these counts are of the whole Inbox, and nothing in it has failed."""
        return self.failed_in(counts) == 0

    def failed_in(self, counts: Mapping[str, Count]) -> int | None:
        """How many of the whole Inbox have failed; None where these counts do not say."""
        is_whole = not self.search and self.filters == Filters() and not self.archive
        if not is_whole or counts["failed"].or_more:
            return None
        return counts["failed"].number

    def _counted(self, here: QuerySet[Item]) -> dict[str, Count]:
        """An index knows the status, and nothing else beside it."""
        if self.search:
            return counted(here, self.search, self._looked_up)
        if self.filters != Filters():
            return counting.by_status(here)
        every = {status for statuses in self.tabs.values() for status in statuses}
        return counting.per(here, "status", every)

    def page(self, visible: QuerySet[Item]) -> Page:
        if self.before:
            return self._page_before(visible, self.before)
        rows = list(self.following(visible, self.after)[: PAGE_SIZE + 1])
        shown = rows[:PAGE_SIZE]
        return Page(
            shown,
            newer=self._turn(before=shown[0].pk) if self.after and shown else "",
            older=self._turn(after=shown[-1].pk) if len(rows) > PAGE_SIZE else "",
        )

    def following(self, visible: QuerySet[Item], item_id: int | None) -> QuerySet[Item]:
        """What comes after this item in the list's order; all without one."""
        place = self._place(visible, item_id)
        keyed = self._keyed(visible)
        return _beyond(keyed, item_id, place, downwards=self.descending)

    def preceding(self, visible: QuerySet[Item], item_id: int) -> QuerySet[Item]:
        """What comes before this item, nearest first."""
        place = self._place(visible, item_id)
        keyed = self._keyed(visible)
        return _beyond(keyed, item_id, place, downwards=not self.descending)

    def beside(
        self, visible: QuerySet[Item], item: Item
    ) -> tuple[QuerySet[Item], QuerySet[Item]]:
        """What comes before this item, nearest first, and what comes after it."""
        place, keyed = self._place_of(visible, item), self._keyed(visible)
        return (
            _beyond(keyed, item.pk, place, downwards=not self.descending),
            _beyond(keyed, item.pk, place, downwards=self.descending),
        )

    def _page_before(self, visible: QuerySet[Item], before: int) -> Page:
        rows = list(self.preceding(visible, before)[: PAGE_SIZE + 1])
        shown = rows[:PAGE_SIZE][::-1]
        if not shown:
            return self.first_page().page(visible)
        return Page(
            shown,
            newer=self._turn(before=shown[0].pk) if len(rows) > PAGE_SIZE else "",
            older=self._turn(after=shown[-1].pk),
        )

    def _keyed(self, visible: QuerySet[Item]) -> QuerySet[Any]:
        return self.matching(visible).annotate(sort_key=SORTS[self.column])

    def _place(self, visible: QuerySet[Item], item_id: int | None) -> object | None:
        """The item's key now: it may have left this list and still marks a place."""
        if item_id is None:
            return None
        keyed = visible.annotate(sort_key=SORTS[self.column]).filter(pk=item_id)
        return keyed.values_list("sort_key", flat=True).first()

    def _place_of(self, visible: QuerySet[Item], item: Item) -> object | None:
        """The same of one that was just read: a column of its own is known then."""
        if self.column in PLAIN_SORTS:
            return cast(object, getattr(item, PLAIN_SORTS[self.column]))
        return self._place(visible, item.pk)

    def _searched(self, visible: QuerySet[Item]) -> QuerySet[Item]:
        here = self._narrowed(visible)
        return for_page(here, self.search, self._looked_up) if self.search else here

    def _narrowed(self, visible: QuerySet[Item]) -> QuerySet[Item]:
        return self.filters.matching(
            visible.filter(archived_at__isnull=not self.archive)
        )

    @cached_property
    def _looked_up(self) -> LookedUp | None:
        return looked_up(self.search)

    def _turn(self, *, after: int | None = None, before: int | None = None) -> str:
        return replace(self, after=after, before=before).query()


def _beyond(
    keyed: QuerySet[Any], item_id: int | None, place: object | None, *, downwards: bool
) -> QuerySet[Item]:
    ordered = (
        keyed.order_by(F("sort_key").desc(), "-pk")
        if downwards
        else keyed.order_by("sort_key", "pk")
    )
    if place is None:
        return ordered
    return ordered.filter(_past(place, item_id, downwards=downwards))


def _past(place: object, item_id: int | None, *, downwards: bool) -> Q:
    side = "lt" if downwards else "gt"
    # The first condition says nothing new, but lets an index find the place.
    return Q(**{f"sort_key__{side}e": place}) & (
        Q(**{f"sort_key__{side}": place})
        | Q(sort_key=place, **{f"pk__{side}": item_id})
    )


def _number(text: str) -> int | None:
    return int(text) if is_id(text) else None


def _known(tab: str, tabs: Mapping[str, object]) -> str:
    return tab if tab in tabs else ""
