"""What went by itself and what was held; supplier by supplier on, off and on again."""

from datetime import datetime
from typing import Final

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need
from publishing import pausing, rehearsal, ruling
from publishing.models import AutoDecision, Item, Publication, Supplier, SupplierRule
from publishing.views.suppliers import supplier_or_404
from publishing.views.visible import connection_of, items_of_both

MOST_SHOWN: Final = 200


@business_view(Need.MEMBER)
@require_safe
def overview(request: BusinessRequest) -> HttpResponse:
    """Of the items that this member may see."""
    connection = connection_of(request)
    mine = items_of_both(request)
    went = _decisions(mine.filter(_went())).filter(goes=True, decided_at__gte=_today())
    held = _decisions(mine.filter(archived_at=None)).filter(goes=False)
    paused = Supplier.objects.for_business(request.business).exclude(paused_at=None)
    return render(
        request,
        "publishing/automatic.html",
        {
            "connection": connection,
            "went": went[:MOST_SHOWN],
            "went_count": went.count(),
            "held": held[:MOST_SHOWN],
            "held_count": held.count(),
            "paused": paused if request.membership.manages else (),
            "look": rehearsal.of_all(mine, connection),
        },
    )


def _decisions(items: QuerySet[Item]) -> QuerySet[AutoDecision]:
    """The latest first."""
    found = AutoDecision.unscoped.filter(item__in=items.values("pk"))
    return found.select_related("item", "item__supplier").order_by("-decided_at")


def _went() -> Exists:
    """It is in Zoho by itself, or on its way, or its status says that it failed; not what
    was taken back and cleared, or changed after it had failed."""
    by_itself = Publication.unscoped.filter(
        item=OuterRef("pk"), priority=Publication.Priority.AUTOMATIC, cleared_at=None
    )
    is_failed = Q(state=Publication.State.FAILED)
    return Exists(by_itself.filter(~is_failed | Q(item__status=Item.Status.FAILED)))


def _today() -> datetime:
    """Its beginning, in the zone of the business."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


@business_view(Need.MEMBER)
@require_safe
def explained(request: BusinessRequest) -> HttpResponse:
    return render(request, "publishing/automatic_help.html")


@business_view(Need.MANAGE)
@require_POST
def switch(request: BusinessRequest, side: str, supplier_id: int) -> HttpResponse:
    """Always, never or not set, from the row of the list."""
    supplier = supplier_or_404(request, side, supplier_id)
    value = request.POST.get("auto_publish", "")
    if value not in ("", *SupplierRule.AutoPublish.values):
        raise Http404
    ruling.set_supplier_rule(supplier, {"auto_publish": value}, by=request.user)
    if request.htmx:
        context = {"supplier": supplier, "side": side, "auto": value, "saved": True}
        return render(request, "publishing/_auto_switch.html", context)
    messages.success(request, _("The rule is saved. It holds for new items."))
    return redirect("suppliers", request.business.slug, side)


@business_view(Need.MANAGE)
@require_POST
def resume(request: BusinessRequest, side: str, supplier_id: int) -> HttpResponse:
    supplier = supplier_or_404(request, side, supplier_id)
    if pausing.resume(supplier, by=request.user):
        messages.success(
            request, _("Auto-publish of %(name)s goes on.") % {"name": supplier.name}
        )
    return redirect("supplier", request.business.slug, side, supplier.pk)
