"""Which columns a list shows: each person's own choice, per workspace."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from publishing.models import ColumnChoice, Item
from publishing.views.listing import Listing
from publishing.views.visible import WorkspaceRequest

LABELS: Final[dict[str, Promise]] = {
    "status": gettext_lazy("Status"),
    "owner": gettext_lazy("Owner"),
    "date": gettext_lazy("Date"),
    "supplier": gettext_lazy("Supplier"),
    "category": gettext_lazy("Category"),
    "reference": gettext_lazy("Reference"),
    "total": gettext_lazy("Total"),
    "tax": gettext_lazy("Tax"),
    "to": gettext_lazy("Publish to"),
    "added": gettext_lazy("Added"),
}
CUSTOMER: Final = gettext_lazy("Customer")
ALWAYS: Final = "supplier"
"""It leads to the item."""
USUAL: Final = frozenset(LABELS) - {"added"}
AMOUNTS: Final = frozenset({"total", "tax"})
UNSORTED: Final = frozenset({"to"})
FEW: Final = 6
"""So many fit beside each other on a small screen, too."""


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    shown: bool
    sort_query: str
    """The list in its order; empty where it cannot be sorted by this."""
    order: str
    """ascending, descending, or empty where the list is not sorted by it."""

    @property
    def is_amount(self) -> bool:
        return self.name in AMOUNTS

    @property
    def is_always_shown(self) -> bool:
        return self.name == ALWAYS

    @property
    def is_sortable(self) -> bool:
        return self.name not in UNSORTED


def columns_of(request: WorkspaceRequest, listing: Listing) -> list[Column]:
    """Every column that this list can have, in its order."""
    shown = chosen_by(request)
    order = "descending" if listing.descending else "ascending"
    return [
        Column(
            name,
            str(_label(request, name)),
            shown=name in shown,
            sort_query="" if name in UNSORTED else listing.sorted_by(name),
            order=order if name == listing.column else "",
        )
        for name in LABELS
        if name != "tax" or request.business.tax_registered
    ]


def chosen_by(request: WorkspaceRequest) -> frozenset[str]:
    choices = ColumnChoice.objects.for_business(request.business)
    mine = choices.filter(person=request.user, workspace=request.workspace)
    chosen = mine.values_list("columns", flat=True).first()
    return USUAL if chosen is None else frozenset({*chosen, ALWAYS})


def choose(request: WorkspaceRequest, names: Iterable[str]) -> None:
    """From now on, on whatever machine this person signs in."""
    ColumnChoice.unscoped.update_or_create(
        business=request.business,
        person=request.user,
        workspace=request.workspace,
        defaults={"columns": [name for name in LABELS if name in {*names, ALWAYS}]},
    )


def _label(request: WorkspaceRequest, name: str) -> Promise:
    sells = request.workspace == Item.Workspace.SALES
    return CUSTOMER if sells and name == "supplier" else LABELS[name]
