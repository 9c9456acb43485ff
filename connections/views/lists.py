"""The lists that were read from Zoho Books: all of them, one of them, what is hidden."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from connections import entries, lists, wizard
from connections.kinds import BY_SLUG, ListKind
from connections.models import Connection, ListEntry, RefreshedList
from connections.views.refreshes import refresh_of
from dext_sync.businesses import audit
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need

PAGE: Final = 50
LONGEST_PAGE: Final = 9
TYPES: Final = {
    "categories": "account_type",
    "bank-accounts": "account_type",
    "tax-rates": "kind",
    "tax-exemptions": "kind",
}
WITH_CODE: Final = frozenset(
    ("categories", "bank-accounts", "tax-exemptions", "currencies", "products")
)
# What a list has besides name, code and type: the head of the column, its value.
DETAILS: Final[dict[str, tuple[tuple[Any, str], ...]]] = {
    "bank-accounts": ((gettext_lazy("Currency"), "currency_code"),),
    "tax-rates": ((gettext_lazy("Rate"), "percentage"),),
    "suppliers": (
        (gettext_lazy("Email"), "email"),
        (gettext_lazy("Currency"), "currency_code"),
    ),
    "customers": (
        (gettext_lazy("Email"), "email"),
        (gettext_lazy("Currency"), "currency_code"),
    ),
    "projects": ((gettext_lazy("Customer"), "customer_name"),),
    "currencies": ((gettext_lazy("Decimal places"), "places"),),
    "products": ((gettext_lazy("Unit"), "unit"),),
    "tax-exemptions": ((gettext_lazy("Description"), "description"),),
}


@dataclass(frozen=True)
class Overview:
    kind: ListKind
    count: int
    hidden: int
    read: RefreshedList | None


@dataclass(frozen=True)
class Value:
    label: str
    text: str


@dataclass(frozen=True)
class Row:
    """values: in the order of the columns, without the name."""

    entry: ListEntry
    values: list[Value]


@dataclass(frozen=True)
class Column:
    """turned: the query of a click on the head; empty where it does not sort."""

    title: str
    field: str
    turned: str
    direction: str


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what it does not know it leaves aside."""

    search: str = ""
    sort: str = "name"
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict, kind: ListKind) -> "Asked":
        sort = query.get("sort", "name")
        known = sort.removeprefix("-") in sorts(kind)
        return cls(
            # The database takes NUL in no text.
            search=query.get("q", "").replace("\0", " ").strip()[:100],
            sort=sort if known else "name",
            page=_page(query.get("page", "")),
        )

    def query(self, **changes: Any) -> str:
        wanted = replace(self, **changes)
        values = {
            "q": wanted.search,
            "sort": "" if wanted.sort == "name" else wanted.sort,
            "page": wanted.page if wanted.page > 1 else "",
        }
        return "?" + urlencode({name: value for name, value in values.items() if value})


def _page(text: str) -> int:
    known = text.isascii() and text.isdecimal() and len(text) <= LONGEST_PAGE
    return int(text) if known else 1


def sorts(kind: ListKind) -> dict[str, str]:
    """The columns that sort, each with its field."""
    fields = {"name": "name"}
    if kind.slug in WITH_CODE:
        fields["code"] = "code"
    if kind.slug in TYPES:
        fields["type"] = TYPES[kind.slug]
    return fields


@business_view(Need.MANAGE)
@require_safe
def overview(request: BusinessRequest) -> HttpResponse:
    connection = wizard.connection_of(request.business)
    return TemplateResponse(
        request,
        "connections/lists.html",
        {
            "connection": connection,
            "lists": _overviews(connection) if connection else [],
            "refresh": refresh_of(connection) if connection else None,
        },
    )


def _overviews(connection: Connection) -> list[Overview]:
    return [
        Overview(
            kind,
            count=_entries(connection, kind).filter(removed_at=None).count(),
            hidden=_entries(connection, kind).filter(visible=False).count(),
            read=lists.last_read(connection, kind.slug),
        )
        for kind in lists.looked_into(connection)
    ]


def _entries(connection: Connection, kind: ListKind) -> QuerySet[ListEntry]:
    return entries.of_organisation(connection, kind.model).filter(**kind.only)


@business_view(Need.MANAGE)
@require_safe
def page(request: BusinessRequest, kind: str) -> HttpResponse:
    connection, listed = _known(request, kind)
    asked = Asked.of(request.GET, listed)
    found = _matching(_entries(connection, listed), asked, listed)
    shown = Paginator(found, PAGE).get_page(asked.page)
    columns = _columns(asked, listed)
    return TemplateResponse(
        request,
        "connections/list.html",
        {
            "connection": connection,
            "kind": listed,
            "kinds": lists.looked_into(connection),
            "asked": asked,
            "columns": columns,
            "rows": [_row(entry, columns) for entry in shown],
            "read": lists.last_read(connection, listed.slug),
            "words": _counted(shown),
            "back": asked.query(),
            **_turns(shown, asked),
        },
    )


def _known(request: BusinessRequest, slug: str) -> tuple[Connection, ListKind]:
    connection = wizard.connection_of(request.business)
    kind = BY_SLUG.get(slug)
    if connection is None or kind is None or kind not in lists.looked_into(connection):
        raise Http404
    return connection, kind


def _matching(
    entries: QuerySet[ListEntry], asked: Asked, kind: ListKind
) -> QuerySet[ListEntry]:
    for word in asked.search.split():
        entries = entries.filter(Q(name__icontains=word) | Q(code__icontains=word))
    field = sorts(kind)[asked.sort.removeprefix("-")]
    key = Lower(field).desc() if asked.sort.startswith("-") else Lower(field).asc()
    return entries.order_by(key, Lower("name"), "pk")


def _columns(asked: Asked, kind: ListKind) -> list[Column]:
    titles = {"name": _("Name"), "code": _("Code"), "type": _("Type")}
    sorting = [
        _column(asked, name, field, titles[name]) for name, field in sorts(kind).items()
    ]
    details = DETAILS.get(kind.slug, ())
    return sorting + [Column(str(title), field, "", "") for title, field in details]


def _column(asked: Asked, name: str, field: str, title: str) -> Column:
    direction = {name: "ascending", f"-{name}": "descending"}.get(asked.sort, "")
    turned = f"-{name}" if direction == "ascending" else name
    return Column(title, field, asked.query(sort=turned, page=1), direction)


def _row(entry: ListEntry, columns: list[Column]) -> Row:
    values = [Value(column.title, _text(entry, column.field)) for column in columns[1:]]
    return Row(entry, values)


def _text(entry: ListEntry, field: str) -> str:
    value = getattr(entry, field)
    if isinstance(value, Decimal):
        return f"{value.normalize():f} %"
    # Zoho's `other_current_asset` as it is said: Other current asset.
    if field in TYPES.values():
        return str(value).replace("_", " ").capitalize()
    return str(value)


def _counted(shown: "Page[ListEntry]") -> str:
    return _("%(first)s–%(last)s of %(count)s") % {
        "first": shown.start_index(),
        "last": shown.end_index(),
        "count": shown.paginator.count,
    }


def _turns(shown: "Page[ListEntry]", asked: Asked) -> dict[str, str]:
    number = shown.number
    return {
        "previous_url": asked.query(page=number - 1) if shown.has_previous() else "",
        "next_url": asked.query(page=number + 1) if shown.has_next() else "",
    }


@business_view(Need.MANAGE)
@require_POST
def visible(request: BusinessRequest, kind: str, entry_id: int) -> HttpResponse:
    """Hide from pickers here, or show again; Zoho is not told."""
    connection, listed = _known(request, kind)
    entry = get_object_or_404(_entries(connection, listed), pk=entry_id)
    _show(request, entry, shown=request.POST.get("visible") == "1")
    if request.htmx:
        context = {"entry": entry, "kind": listed, "back": request.POST.get("back", "")}
        return TemplateResponse(request, "connections/_visible.html", context)
    asked = Asked.of(QueryDict(request.POST.get("back", "").lstrip("?")), listed)
    address = reverse("list_page", args=[request.business.slug, listed.slug])
    return redirect(f"{address}{asked.query()}")


def _show(request: BusinessRequest, entry: ListEntry, *, shown: bool) -> None:
    if entry.visible == shown:
        return
    entry.visible = shown
    entry.save(update_fields=["visible"])
    action = "entry.shown" if shown else "entry.hidden"
    audit.record(request.business, action, actor=request.user, subject=entry)
