"""Publish: one item, many, or its document once more."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from connections.models import Connection
from dext_sync.businesses.roles import Need
from dext_sync.celery import enqueue
from publishing import by_hand, facts, requesting, tasks
from publishing.formats import locale_of, round_money
from publishing.models import Item, Publication
from publishing.picking import is_id
from publishing.requesting import Changed, Held, Requested
from publishing.views import answers, issues, values
from publishing.views.former import Former, former_of_all
from publishing.views.journey import set_out
from publishing.views.listing import Listing
from publishing.views.selection import Selection, back_to_list, selection_of
from publishing.views.visible import (
    WorkspaceRequest,
    connection_of,
    item_or_404,
    workspace_view,
)

SENDABLE = (Item.Status.READY, Item.Status.FAILED)
NAMED = 20
"""How many skipped items a message names."""


@dataclass(frozen=True)
class Plan:
    """What a bulk publish would send, and what it leaves and why."""

    ready: list[Item]
    skipped: list[tuple[Item, tuple[issues.Issue, ...]]]
    headline: str


@dataclass(frozen=True)
class Line:
    """What becomes of one item: in Zoho Books it is a `target`."""

    item: Item
    target: str
    creates: str
    """The contact that is made for it there first."""
    former: list[Former]


@workspace_view(Need.PUBLISH)
@require_POST
def one(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    if item.status in SENDABLE and values.are_others(request, item):
        messages.warning(request, _changed_meanwhile())
        return answers.moved(request, item)
    try:
        outcome = _begin(request, _request(request, item))
    except Changed:
        messages.warning(request, _changed_meanwhile())
        return answers.moved(request, item)
    if isinstance(outcome, Held) and outcome.reasons:
        why = issues.in_words(request, item, outcome.reasons)
        messages.warning(request, _("Not published. %(why)s") % {"why": why})
    return answers.moved(request, item)


@workspace_view(Need.PUBLISH)
@require_POST
def many(request: WorkspaceRequest) -> HttpResponse:
    """Asks first, with the sums; then sends what is ready."""
    selection = selection_of(request)
    if not selection.items:
        messages.warning(request, _("Select at least one item first."))
        return back_to_list(request, selection.listing)
    plan = _plan(request, selection)
    if request.POST.get("confirmed") != "1":
        return _asks(request, selection, plan)
    if values.are_others_of(request, plan.ready):
        messages.warning(request, _changed_meanwhile())
        return _asks(request, selection, plan)
    _publish_all(request, plan.ready)
    return back_to_list(request, _list_afterwards(selection.listing))


@workspace_view(Need.PUBLISH)
@require_POST
def attach_again(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    item = item_or_404(request, item_id)
    _begin(request, requesting.attach_again(item, by=request.user))
    return answers.moved(request, item)


@workspace_view(Need.PUBLISH)
@require_POST
def seen(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    """The person has looked in Zoho Books for what we cannot look for any more."""
    item = item_or_404(request, item_id)
    is_there = request.POST.get("there") == "1"
    asked = request.POST.get("step", "")
    step_id = int(asked) if is_id(asked) else None
    if not by_hand.settle(item, is_there=is_there, by=request.user, step_id=step_id):
        messages.warning(request, _("This is no longer open."))
    return answers.moved(request, item)


def _changed_meanwhile() -> str:
    return _(
        "Not published: it was changed after this page had shown it. Look at it as it is "
        "now, then press Publish."
    )


def _asks(request: WorkspaceRequest, selection: Selection, plan: Plan) -> HttpResponse:
    lines = _lines(plan.ready, connection_of(request))
    context = {
        "selection": selection,
        "plan": plan,
        "lines": lines,
        "again": sum(bool(line.former) for line in lines),
        "values": values.print_of_all(plan.ready),
    }
    name = "_publish_many" if request.htmx else "publish_many"
    return render(request, f"publishing/{name}.html", context)


def _list_afterwards(listing: Listing) -> Listing:
    """What failed is on its way now: a list of that cause has nothing left to show."""
    if listing.filters.cause is None:
        return listing
    return Listing(sort=listing.sort, filters=listing.filters.without("cause"))


def _request(request: WorkspaceRequest, item: Item) -> Requested | Held:
    """As it was when it was compared with what the page showed. Raises Changed."""
    return requesting.request(item, by=request.user, seen=item)


def _begin(request: WorkspaceRequest, outcome: Requested | Held) -> Requested | Held:
    """Ring the bell for a worker, once what was claimed is committed."""
    if isinstance(outcome, Requested):
        enqueue(tasks.publish, request.business.pk, outcome.publication.pk)
    return outcome


def _why(request: WorkspaceRequest, item: Item, held: Held | None) -> str:
    if held is None:
        return _("It was changed after this page had shown it.")
    return issues.in_words(request, item, held.reasons)


def _publish_all(request: WorkspaceRequest, items: Iterable[Item]) -> None:
    """Many go in turns with those of other businesses, one goes ahead."""
    outcomes = list(_requested(request, items))
    enqueue(tasks.publish_due, request.business.pk)
    set_out(request, [item for item, to in outcomes if isinstance(to, Requested)])
    left = [(item, to) for item, to in outcomes if not isinstance(to, Requested)]
    for item, outcome in left[:NAMED]:
        words = _("%(item)s was not published. %(why)s")
        why = _why(request, item, outcome)
        messages.warning(request, words % {"item": item, "why": why})


def _requested(
    request: WorkspaceRequest, items: Iterable[Item]
) -> Iterator[tuple[Item, Requested | Held | None]]:
    """Workers begin with the first while the rest is still being written down; None
    where somebody has changed one meanwhile."""
    for place, item in enumerate(items):
        try:
            yield item, _request(request, item)
        except Changed:
            yield item, None
        if place == 0:
            enqueue(tasks.publish_due, request.business.pk)


def _plan(request: WorkspaceRequest, selection: Selection) -> Plan:
    ready = [item for item in selection.items if item.status in SENDABLE]
    left = [item for item in selection.items if item.status not in SENDABLE]
    lacks = issues.issues_of_all(request, left)
    locale = locale_of(request.business)
    shown = [round_money(amount, code, locale) for code, amount in _sums(ready)]
    headline = ngettext(
        "Publish %(count)d item, %(sums)s, to the books of %(business)s",
        "Publish %(count)d items, %(sums)s, to the books of %(business)s",
        len(ready),
    ) % {
        "count": len(ready),
        "sums": ", ".join(shown),
        "business": request.business.name,
    }
    return Plan(ready, [(each, lacks.get(each.pk, ())) for each in left], headline)


def _lines(items: list[Item], connection: Connection | None) -> list[Line]:
    """A contact that several need is made for the first of them."""
    former = former_of_all(items, connection)
    firsts = {item.supplier_id: item.pk for item in reversed(items)}
    return [
        Line(
            item,
            _target(item, connection),
            _created_for(item) if firsts[item.supplier_id] == item.pk else "",
            former.get(item.pk, []),
        )
        for item in items
    ]


def _target(item: Item, connection: Connection | None) -> str:
    kind = facts.becomes(item)
    if kind != Publication.Kind.INVOICE:
        return str(kind.label)
    if facts.marks_as_sent(item, connection):
        return _("Invoice, marked as sent")
    return _("Draft invoice")


def _created_for(item: Item) -> str:
    if item.supplier is None or item.supplier.contact is not None:
        return ""
    if item.workspace == Item.Workspace.SALES:
        words = _("creates the customer %(name)s in Zoho Books")
    else:
        words = _("creates the supplier %(name)s in Zoho Books")
    return words % {"name": item.supplier.name}


def _sums(items: list[Item]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = {}
    for item in items:
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + (item.total or 0)
    return sorted(sums.items())
