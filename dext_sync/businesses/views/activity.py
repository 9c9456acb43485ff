"""Activity: who did what in a business, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.timezone import is_naive
from django.utils.translation import gettext_lazy as _

from dext_sync.businesses import audit
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.models import AuditEntry
from dext_sync.businesses.roles import Need

PAGE = 50

# Each kind by the beginnings of its action codes.
KINDS = {
    "people": (_("People"), ("member.", "person.", "support.")),
    "business": (_("Business"), ("business.", "payment_method.", "settings.")),
    "connections": (_("Connections"), ("connection.", "refresh.", "entry.", "lists.")),
    "items": (_("Items"), ("item.", "supplier.")),
    "rules": (_("Rules"), ("rule.", "category_rule.")),
    "publishing": (_("Publishing"), ("publication.", "auto.", "restore.")),
}

# Subjects with a page of their own: its name, and what its address has between the
# business and the row. An item of sales is led on from there to its own.
PAGES = {"item": ("item", "costs")}
GONE = {"item.deleted"}


@dataclass(frozen=True)
class Line:
    at: datetime
    who: str
    what: str


@business_view(Need.MANAGE)
def activity(request: BusinessRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    before = request.GET.get("before", "")
    entries = list(_older(_of_kind(request, kind), before)[: PAGE + 1])
    return TemplateResponse(
        request,
        "businesses/activity.html",
        {
            "lines": [_line(request, entry) for entry in entries[:PAGE]],
            "kinds": [(code, words) for code, (words, _codes) in KINDS.items()],
            "kind": kind,
            "before": before,
            "older": _key(entries[PAGE - 1]) if len(entries) > PAGE else "",
        },
    )


def _of_kind(request: BusinessRequest, kind: str) -> QuerySet[AuditEntry]:
    entries = AuditEntry.objects.for_business(request.business)
    if not kind:
        return entries
    _words, beginnings = KINDS[kind]
    return entries.filter(
        reduce(or_, (Q(action__startswith=beginning) for beginning in beginnings))
    )


def _older(entries: QuerySet[AuditEntry], key: str) -> QuerySet[AuditEntry]:
    """Paged by key, so that what happens meanwhile moves no line to another page."""
    at, _sep, number = key.partition("_")
    try:
        moment, last = _moment(at), UUID(number)
    except (ValueError, OverflowError):
        return entries
    # The first condition is what the index begins at, however far back that is.
    return entries.filter(Q(at__lt=moment) | Q(id__lt=last), at__lte=moment)


def _moment(at: str) -> datetime:
    """OverflowError where it lies before the first year or after the last."""
    moment = datetime.fromisoformat(at)
    if is_naive(moment):
        raise ValueError("Our keys say their zone.")
    return moment.astimezone(UTC)


def _key(entry: AuditEntry) -> str:
    return f"{entry.at.isoformat()}_{entry.pk}"


def _line(request: BusinessRequest, entry: AuditEntry) -> Line:
    return Line(entry.at, entry.actor_name, _what(request, entry))


def _what(request: BusinessRequest, entry: AuditEntry) -> str:
    page = PAGES.get(entry.subject_kind)
    if page is None or entry.action in GONE:
        return audit.sentence(entry)
    name, *between = page
    rows = {"subject": entry.subject_id, "other": entry.data.get("other_item")}
    addresses = {
        word: reverse(name, args=[request.business.slug, *between, row])
        for word, row in rows.items()
        if row
    }
    return audit.linked_sentence(entry, **addresses)
