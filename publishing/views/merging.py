"""Merge lists: what takes the place of a former organisation's entries; shown, then done."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from connections.models import Connection, ListEntry, TaxExemption
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need
from publishing import merging, tasks, usage
from publishing.merging import KindInUse, Parties, Use
from publishing.picking import plain_words
from publishing.views.visible import connection_of

MOST_SHOWN: Final = 300


@dataclass(frozen=True)
class Line:
    """A former entry: what it is used for, and what shall take its place."""

    name: str
    use: Use
    typed: str
    error: str = ""
    new: ListEntry | None = None
    labels: tuple[str, ...] | None = None
    """What may take its place, where that is not all that the table offers."""

    @property
    def used_in(self) -> str:
        return ", ".join(
            _count(words, count) for words, count in self.use.counts.items()
        )


@dataclass(frozen=True)
class Table:
    kind: KindInUse
    lines: list[Line] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        """For the lines that have none of their own."""
        if all(line.labels is not None for line in self.lines):
            return []
        return list(_by_label(self.kind))


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: BusinessRequest) -> HttpResponse:
    connection = connection_of(request)
    if connection is None:
        return redirect("connections", request.business.slug)
    if not merging.is_ready(connection):
        return render(request, "publishing/merge_wait.html", {"connection": connection})
    found = merging.in_use(connection)
    tables = [_table(request, each) for each in _first(found)]
    parties = merging.parties(connection)
    shown = _fingerprint(tables, parties)
    faulty = any(line.error for table in tables for line in table.lines)
    agreed = "merge" in request.POST and request.POST.get("shown") == shown
    touched = _touched(tables, parties, connection)
    if request.method == "POST" and agreed and not faulty:
        return _merged(request, connection, tables, touched)
    return render(
        request,
        "publishing/merge_lists.html",
        {
            "connection": connection,
            "tables": tables,
            "left": sum(len(each.uses) for each in found)
            - sum(len(table.lines) for table in tables),
            "parties": parties,
            "preview": _preview(touched, tables) if request.method == "POST" else None,
            "shown": shown,
            "faulty": faulty,
        },
        status=422 if faulty else 200,
    )


def _first(found: list[KindInUse]) -> Iterator[KindInUse]:
    """As many as one form may hold; the others come in the next round."""
    room = MOST_SHOWN
    for kind in found:
        if room:
            yield replace(kind, uses=kind.uses[:room])
            room -= len(kind.uses[:room])


def _fingerprint(tables: list[Table], parties: Parties) -> str:
    """Changes with whatever the preview counts."""
    told = [
        (line.name, line.new and line.new.pk, sorted(line.use.counts.items()))
        for table in tables
        for line in table.lines
    ]
    theirs = (sorted(parties.matched), [each.pk for each in parties.unmatched])
    return hashlib.sha256(repr((told, theirs)).encode()).hexdigest()[:16]


def _table(request: BusinessRequest, kind: KindInUse) -> Table:
    by_label = _by_label(kind)
    by_id = {entry.pk: label for label, entry in by_label.items()}
    lines = []
    for use in kind.uses:
        name = f"{kind.kind.slug}-{use.entry.pk}"
        proposed = by_id.get(use.match.id, "") if use.match else ""
        sent = request.POST.get(name, "") if request.method == "POST" else proposed
        typed = plain_words(sent)
        fitting = _fitting(by_label, use)
        new = fitting.get(typed)
        error = (
            _("Choose one from the list, or leave it empty.")
            if typed and not new
            else ""
        )
        own = tuple(fitting) if len(fitting) < len(by_label) else None
        lines.append(Line(name, use, typed, error, new, own))
    return Table(kind, lines)


def _fitting(by_label: dict[str, ListEntry], use: Use) -> dict[str, ListEntry]:
    if not isinstance(use.entry, TaxExemption):
        return by_label
    return {
        label: entry
        for label, entry in by_label.items()
        if merging.may_replace(entry, use.entry)
    }


def _by_label(kind: KindInUse) -> dict[str, ListEntry]:
    """Entries by what people choose them by; of one name, their Zoho ids tell apart."""
    found: dict[str, ListEntry] = {}
    for entry in kind.offered:
        name, code = plain_words(entry.name), plain_words(entry.code)
        label = name if code in ("", name) else f"{name} · {code}"
        found[f"{label} ({entry.zoho_id})" if label in found else label] = entry
    return found


def _replaced(tables: list[Table]) -> dict[str, list[int]]:
    """The entries that are to be replaced, by the list that they are of."""
    return {
        table.kind.kind.slug: [
            line.use.entry.pk for line in table.lines if line.new is not None
        ]
        for table in tables
    }


def _count(words: str, count: int) -> str:
    match words:
        case usage.ITEMS:
            said = ngettext("%(count)d open item", "%(count)d open items", count)
        case usage.RULES:
            said = ngettext("%(count)d rule", "%(count)d rules", count)
        case usage.DEFAULTS:
            said = ngettext("%(count)d default", "%(count)d defaults", count)
        case _:
            said = ngettext(
                "%(count)d payment method", "%(count)d payment methods", count
            )
    return said % {"count": count}


def _preview(touched: str, tables: list[Table]) -> str:
    """“Nothing is changed yet. “Merge lists” will change 40 open items, 3 rules, 9
    suppliers and customers. 2 entries stay as they are.”"""
    left = sum(line.new is None for table in tables for line in table.lines)
    will = _("Nothing is changed yet. “Merge lists” will change %(touched)s.") % {
        "touched": touched or _("nothing")
    }
    if not left:
        return will
    stay = ngettext(
        "%(count)d entry stays as it is.", "%(count)d entries stay as they are.", left
    )
    return f"{will} {stay % {'count': left}}"


def _touched(tables: list[Table], parties: Parties, connection: Connection) -> str:
    """“40 open items, 3 rules”; empty where the choices touch nothing."""
    totals = usage.touched(_replaced(tables), connection)
    counted = [_count(words, count) for words, count in totals.items()]
    if others := len(parties.matched) + len(parties.unmatched):
        counted.append(
            ngettext(
                "%(count)d supplier or customer",
                "%(count)d suppliers and customers",
                others,
            )
            % {"count": others}
        )
    return ", ".join(counted)


def _merged(
    request: BusinessRequest, connection: Connection, tables: list[Table], touched: str
) -> HttpResponse:
    choices = {
        (table.kind.kind.slug, line.use.entry.pk): line.new.pk
        for table in tables
        for line in table.lines
        if line.new is not None
    }
    try:
        merging.merge(connection, choices, by=request.user)
    except merging.Changed:
        messages.error(request, _("The lists have changed meanwhile. Look again."))
        return redirect("merge_lists", request.business.slug)
    tasks.ask_for_review(request.business.pk)
    messages.success(
        request, _("Lists merged: %(what)s.") % {"what": touched or _("nothing")}
    )
    page = "merge_lists" if merging.is_due(connection) else "connections"
    return redirect(page, request.business.slug)
