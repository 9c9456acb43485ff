"""Copying settings and rules to another business of the same person, after a preview.

Outside of any business: the source is read inside its own, then the target inside its.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dext_sync.businesses import audit
from dext_sync.businesses.access import PersonRequest, let_in, require_two_factor
from dext_sync.businesses.models import Business, Membership
from dext_sync.businesses.tenancy import acting_in
from publishing import copies, copying
from publishing.copies import REASONS, Change, Kind, Planned, Said, Skipped, Target
from publishing.picking import is_id

TITLES: Final = {
    Kind.SETTING: gettext_lazy("Connection settings"),
    Kind.METHOD: gettext_lazy("Payment method rules"),
    Kind.SUPPLIER: gettext_lazy("Supplier rules"),
    Kind.CUSTOMER: gettext_lazy("Customer rules"),
    Kind.COSTS_WORDS: gettext_lazy("Category rules of costs"),
    Kind.SALES_WORDS: gettext_lazy("Category rules of sales"),
}
NEW_NAMES: Final = (Kind.SUPPLIER, Kind.CUSTOMER)
MOST_SHOWN: Final = 900
"""So many ticks a browser may send; the rest comes after these."""


@dataclass(frozen=True)
class Line:
    """label: empty for a setting, before: where nothing is said there yet."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Miss:
    label: str
    wanted: str
    reason: str | Promise


@dataclass(frozen=True)
class Row:
    """place: in the preview. What replaces something is not ticked beforehand."""

    place: int
    name: str
    lines: tuple[Line, ...]
    misses: tuple[Miss, ...]
    is_new_name: bool
    is_ticked: bool


@dataclass(frozen=True)
class Section:
    title: str | Promise
    rows: tuple[Row, ...]


@login_required
@never_cache
@require_safe
def choose(request: PersonRequest, source: str) -> HttpResponse:
    """To which of the person's other businesses."""
    business = _managed(request, source)
    rows = Membership.unscoped.filter(user=request.user).exclude(business=business)
    theirs = rows.select_related("business").order_by("business__name", "pk")
    others = [each.business for each in let_in(theirs) if each.manages]
    context = {"source": business, "others": others}
    return render(request, "publishing/copy_choose.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: PersonRequest, source: str, target: str) -> HttpResponse:
    """What would become what; copied is what is ticked then."""
    from_, to = _managed(request, source), _managed(request, target)
    if from_ == to:
        raise Http404
    with acting_in(from_.pk):
        said = copying.said_by(from_)
    if request.method == "POST" and (copied := _copied(request, to, said)) is not None:
        return _done(request, from_, to, copied)
    with acting_in(to.pk):
        there = copying.desk_of(to, said).target
    return _page(request, from_, to, copies.plan(said, there), there)


def _managed(request: PersonRequest, slug: str) -> Business:
    """A stranger learns nothing; a member without the right is told so."""
    rows = Membership.unscoped.filter(user=request.user, business__slug=slug)
    membership = rows.select_related("business").first()
    if membership is None:
        raise Http404
    require_two_factor(request, membership)
    if not membership.manages:
        raise PermissionDenied
    return membership.business


def _copied(request: PersonRequest, to: Business, said: list[Said]) -> str | None:
    """What was copied, in words; None where it is to be looked at again."""
    places = [int(each) for each in request.POST.getlist("place") if is_id(each)]
    shown = request.POST.get("shown", "")
    try:
        with acting_in(to.pk):
            return copying.copy(to, said, places, shown, by=request.user)
    except copying.Outdated:
        messages.warning(
            request,
            _("Something has changed meanwhile. Nothing was copied: look again."),
        )
        return None


def _done(
    request: PersonRequest, from_: Business, to: Business, copied: str
) -> HttpResponse:
    if not copied:
        messages.warning(request, _("Nothing was ticked, so nothing was copied."))
        return redirect("copy_preview", from_.slug, to.slug)
    with acting_in(from_.pk):
        audit.record(from_, "settings.copied_out", actor=request.user, what=copied)
    words = _("Copied to %(name)s: %(what)s.") % {"name": to.name, "what": copied}
    messages.success(request, words)
    return redirect("copy_preview", from_.slug, to.slug)


def _page(
    request: PersonRequest,
    from_: Business,
    to: Business,
    planned: list[Planned],
    there: Target,
) -> HttpResponse:
    differing = [
        (place, each)
        for place, each in enumerate(planned)
        if each.changes or each.skipped
    ]
    # What can be copied comes before what cannot.
    differing.sort(key=lambda each: not each[1].changes)
    shown = sorted(differing[:MOST_SHOWN])
    return render(
        request,
        "publishing/copy_preview.html",
        {
            "source": from_,
            "target": to,
            "is_connected": there.is_connected,
            "sections": _sections(shown),
            "fingerprint": copying.fingerprint(planned),
            "copyable": sum(bool(each.changes) for _place, each in shown),
            "same": len(planned) - len(differing),
            "left": len(differing) - len(shown),
        },
    )


def _sections(shown: list[tuple[int, Planned]]) -> list[Section]:
    def kind_of(pair: tuple[int, Planned]) -> Kind:
        return pair[1].subject.kind

    return [
        Section(TITLES[kind], tuple(_row(*pair) for pair in pairs))
        for kind, pairs in groupby(shown, kind_of)
    ]


def _row(place: int, planned: Planned) -> Row:
    kind = planned.subject.kind
    return Row(
        place,
        planned.subject.name,
        tuple(_line(kind, each) for each in planned.changes),
        tuple(_miss(kind, each) for each in planned.skipped),
        is_new_name=planned.is_new and kind in NEW_NAMES and bool(planned.changes),
        is_ticked=not planned.replaces and not _goes_uncoded(planned),
    )


def _goes_uncoded(planned: Planned) -> bool:
    """Items would go by themselves, and not all that codes them is copied."""
    always = any(each.after == "always" for each in planned.changes)
    return always and bool(planned.skipped)


def _line(kind: Kind, change: Change) -> Line:
    before = copying.words_of(kind, change.field, change.before)
    return Line(
        _label(kind, change.field),
        before if change.replaces or kind is Kind.SETTING else "",
        copying.words_of(kind, change.field, change.after),
    )


def _miss(kind: Kind, skipped: Skipped) -> Miss:
    if not skipped.field:
        return Miss("", "", REASONS[skipped.why])
    return Miss(
        _label(kind, skipped.field),
        copying.words_of(kind, skipped.field, skipped.wanted),
        REASONS[skipped.why],
    )


def _label(kind: Kind, name: str) -> str:
    """A setting is the name of its row already."""
    return "" if kind is Kind.SETTING else copying.label_of(name)
