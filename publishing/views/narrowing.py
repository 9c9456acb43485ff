"""The form that narrows a list, and a chip for everything that it is narrowed to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from connections.models import Account
from dext_sync.businesses.models import Membership
from publishing import failures
from publishing.failures import Group
from publishing.formats import day_text, locale_of, plain_amount
from publishing.forms import FilterForm
from publishing.models import Item, Supplier
from publishing.problems import PROBLEM_BY_CODE
from publishing.views.fields import place_of
from publishing.views.filters import Filters
from publishing.views.listing import Listing
from publishing.views.visible import WorkspaceRequest, connection_of


@dataclass(frozen=True)
class Chip:
    """One thing that the list is narrowed to; `query` is the list without it."""

    words: str
    query: str


@dataclass(frozen=True)
class Named:
    """What the ids in an address are called; "" for what is not there."""

    supplier: str = ""
    category: str = ""
    owner: str = ""


def form_of(
    request: WorkspaceRequest,
    listing: Listing,
    failed: Sequence[Group],
    data: QueryDict | None = None,
) -> FilterForm:
    """As the list is narrowed now, or as somebody has just filled it in."""
    asked = listing.filters.asked()
    locale = locale_of(request.business)
    shown = {
        name: plain_amount(amount, request.business.currency, locale)
        for name, amount in (
            ("least", listing.filters.least),
            ("most", listing.filters.most),
        )
        if amount is not None
    }
    return FilterForm(
        data,
        initial={**asked, **shown},
        place=place_of(request, connection_of(request)),
        owners=_owners(request),
        causes=_causes(failed),
        auto_id="filter_%s",
    )


def filters_in(form: FilterForm) -> Filters:
    """What a valid form says, as a list's address has it."""
    said: Mapping[str, Any] = form.cleaned_data
    rows = {name: said[name].pk for name in ("supplier", "category") if said[name]}
    plain = {
        name: str(value) for name, value in said.items() if value not in (None, "")
    }
    return Filters.of({**plain, **{name: str(pk) for name, pk in rows.items()}})


def named(request: WorkspaceRequest, filters: Filters) -> Named:
    return Named(
        supplier=_name(
            Supplier.objects.for_business(request.business), filters.supplier
        ),
        category=_name(
            Account.objects.for_business(request.business), filters.category
        ),
        owner=dict(_owners(request)).get(str(filters.owner), "")
        if filters.owner
        else "",
    )


def chips_of(request: WorkspaceRequest, listing: Listing, names: Named) -> list[Chip]:
    words = _words(request, listing.filters, names)
    return [
        Chip(
            words[name],
            listing.first_page(filters=listing.filters.without(name)).query(),
        )
        for name in listing.filters.asked()
    ]


def _words(
    request: WorkspaceRequest, filters: Filters, names: Named
) -> Mapping[str, str]:
    locale, home = locale_of(request.business), request.business.currency
    sells = request.workspace == Item.Workspace.SALES
    party = _("Customer: %s") if sells else _("Supplier: %s")

    def amount(value: Decimal | None) -> str:
        return "" if value is None else plain_amount(value, home, locale)

    return {
        "kind": _("Type: %s") % (Item.Kind(filters.kind).label if filters.kind else ""),
        "supplier": party % (names.supplier or _("unknown")),
        "category": _("Category: %s") % (names.category or _("unknown")),
        "owner": _("Owner: %s") % (names.owner or _("unknown")),
        "since": _("From %s")
        % (day_text(filters.since, locale) if filters.since else ""),
        "until": _("To %s")
        % (day_text(filters.until, locale) if filters.until else ""),
        "least": _("Total from %s") % amount(filters.least),
        "most": _("Total to %s") % amount(filters.most),
        "currency": _("Currency: %s") % filters.currency,
        "cause": _("Failed: %s") % _sentence(filters.cause or ""),
    }


def _owners(request: WorkspaceRequest) -> list[tuple[str, str]]:
    """Nobody but oneself for whom only their own items are here."""
    if not request.membership.may_see_all_documents:
        return []
    members = Membership.objects.for_business(request.business).select_related("user")
    found = [(str(member.user_id), str(member.user)) for member in members]
    return sorted(found, key=lambda choice: choice[1].casefold())


def _causes(failed: Sequence[Group]) -> list[tuple[str, str]]:
    """Why items of this workspace have failed, each once."""
    return [
        (group.cause, " ".join(filter(None, (group.sentence, str(group.entry or "")))))
        for group in failed
    ]


def _sentence(cause: str) -> str:
    if cause == failures.BY_CONNECTION:
        return _("the connection did not work")
    problem = PROBLEM_BY_CODE.get(cause.partition(".")[0])
    return str(problem.sentence) if problem else _("unknown")


def _name(rows: Any, pk: int | None) -> str:
    if pk is None:
        return ""
    return str(rows.filter(pk=pk).values_list("name", flat=True).first() or "")
