"""Suppliers and customers: all of them, one of them, its rule, its spellings."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from connections.books import record_address
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need
from publishing import (
    coding,
    filling,
    rehearsal,
    rule_files,
    ruling,
    spellings,
    suppliers,
    tasks,
)
from publishing.formats import locale_of
from publishing.models import Item, Supplier, SupplierRule
from publishing.picking import Place, is_id, plain_words
from publishing.rule_forms import SupplierRuleForm
from publishing.views.visible import connection_of

PAGE: Final = 50
LONGEST_PAGE: Final = 9
MOST_SELECTED: Final = 200
MOST_WORDS: Final = 6
SIDES: Final = {
    "suppliers": Supplier.Side.SUPPLIER,
    "customers": Supplier.Side.CUSTOMER,
}


@dataclass(frozen=True)
class Row:
    """`auto` is what its rule says of auto-publish, empty where it says nothing, and
    `contact_url` its contact in Zoho Books."""

    supplier: Supplier
    open_items: int
    rule: list[str]
    auto: str = ""
    contact_url: str = ""


@business_view(Need.MANAGE)
@require_safe
def overview(request: BusinessRequest, side: str) -> HttpResponse:
    words = plain_words(request.GET.get("q", ""))[:100]
    found = _matching(request, side, words)
    number = request.GET.get("page", "1")
    known = is_id(number) and len(number) <= LONGEST_PAGE
    shown = Paginator(found, PAGE).get_page(int(number) if known else 1)
    return render(
        request,
        "publishing/suppliers.html",
        {
            "side": side,
            "rows": _rows(shown),
            "connection": connection_of(request),
            "search": words,
            "words": _counted(shown),
            **_turns(shown, words),
        },
    )


def _matching(request: BusinessRequest, side: str, words: str) -> QuerySet[Supplier]:
    rows = Supplier.objects.for_business(request.business).filter(
        side=SIDES[side], merged_into=None
    )
    for word in list(dict.fromkeys(words.split()))[:MOST_WORDS]:
        spelled = Supplier.unscoped.filter(
            merged_into=OuterRef("pk"), name__icontains=word
        )
        rows = rows.filter(
            Q(name__icontains=word) | Q(contact__name__icontains=word) | Exists(spelled)
        )
    rows = rows.select_related("contact__connection")
    return rows.order_by(Lower("name"), "pk")


def _rows(shown: "Page[Supplier]") -> list[Row]:
    found = list(shown)
    waiting = dict(
        Item.unscoped.filter(supplier__in=found, archived_at=None)
        .values_list("supplier")
        .annotate(Count("pk"))
        .order_by()
    )
    rules = SupplierRule.unscoped.filter(supplier__in=found).select_related(
        "category", "tax_rate", "payment_method", "project", "location"
    )
    by_supplier = {rule.supplier_id: rule for rule in rules}
    return [
        _row(each, waiting.get(each.pk, 0), by_supplier.get(each.pk)) for each in found
    ]


def _row(supplier: Supplier, open_items: int, rule: SupplierRule | None) -> Row:
    auto = rule.auto_publish if rule else ""
    words = ruling.summary(rule)
    return Row(supplier, open_items, words, auto, contact_url_of(supplier))


def contact_url_of(supplier: Supplier) -> str:
    """Empty where it is not in Zoho, or no longer."""
    contact = supplier.contact
    if contact is None or not contact.is_usable:
        return ""
    region = contact.connection.region
    return record_address(region, contact.organisation_id, "contact", contact.zoho_id)


def _counted(shown: "Page[Supplier]") -> str:
    return _("%(first)s–%(last)s of %(count)s") % {
        "first": shown.start_index(),
        "last": shown.end_index(),
        "count": shown.paginator.count,
    }


def _turns(shown: "Page[Supplier]", words: str) -> dict[str, str]:
    def address(number: int) -> str:
        asked = {"q": words, "page": str(number)}
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    number = shown.number
    return {
        "previous_url": address(number - 1) if shown.has_previous() else "",
        "next_url": address(number + 1) if shown.has_next() else "",
    }


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: BusinessRequest, side: str, supplier_id: int) -> HttpResponse:
    """Its rule; saved, it asks whether it shall hold for items in the Inbox, too."""
    supplier = supplier_or_404(request, side, supplier_id)
    rule = _like_item(request, supplier)
    place = _place(request, supplier)
    form = SupplierRuleForm(
        request.POST or None, place=place, side=supplier.side, rule=rule
    )
    if request.method == "POST" and form.is_valid():
        ruling.set_supplier_rule(supplier, form.values, by=request.user)
        if "apply" in request.POST:
            return redirect("supplier_apply", request.business.slug, side, supplier.pk)
        messages.success(request, _("The rule is saved. It holds for new items."))
        return redirect("supplier", request.business.slug, side, supplier.pk)
    return _page(request, side, supplier, form)


def _like_item(request: BusinessRequest, supplier: Supplier) -> SupplierRule:
    """The rule as it is; where it is silent it is offered what an item has."""
    found = filling.rule_of(supplier)
    rule = found or SupplierRule(business=request.business, supplier=supplier)
    number = request.GET.get("item", "")
    if request.method != "POST" and is_id(number):
        items = Item.objects.for_business(request.business).filter(supplier=supplier)
        like = items.select_related(*coding.RELATED).filter(pk=number).first()
        if like is not None:
            ruling.offer(rule, like)
    return rule


def _page(
    request: BusinessRequest, side: str, supplier: Supplier, form: SupplierRuleForm
) -> HttpResponse:
    waiting = ruling.waiting(supplier)
    return render(
        request,
        "publishing/supplier.html",
        {
            "side": side,
            "supplier": supplier,
            "contact_url": contact_url_of(supplier),
            "is_to_create": suppliers.is_agreed(supplier),
            "form": form,
            "waiting": waiting.count(),
            "inbox_url": _inbox_of(request, supplier),
            "spellings": Supplier.unscoped.filter(merged_into=supplier),
            "connection": form.place.connection,
            "look": rehearsal.of_party(supplier, form.place.connection),
        },
        status=422 if form.errors else 200,
    )


def _inbox_of(request: BusinessRequest, supplier: Supplier) -> str:
    address = reverse(f"{_workspace(supplier)}_inbox", args=[request.business.slug])
    return f"{address}?supplier={supplier.pk}"


def _workspace(supplier: Supplier) -> Item.Workspace:
    sells = supplier.side == Supplier.Side.CUSTOMER
    return Item.Workspace.SALES if sells else Item.Workspace.COSTS


def _place(request: BusinessRequest, supplier: Supplier) -> Place:
    return Place(
        request.business,
        connection_of(request),
        locale_of(request.business),
        _workspace(supplier),
    )


def supplier_or_404(request: BusinessRequest, side: str, number: int) -> Supplier:
    rows = Supplier.objects.for_business(request.business).filter(side=SIDES[side])
    rows = rows.select_related("contact__connection", "merged_into")
    found = rows.filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: BusinessRequest, side: str, supplier_id: int) -> HttpResponse:
    """Shows which items and values would change; changes them after that."""
    supplier = supplier_or_404(request, side, supplier_id)
    items = ruling.waiting(supplier)
    changed = ruling.preview(items)
    if request.method == "POST":
        count = ruling.apply(changed[: ruling.MOST_AT_ONCE], by=request.user)
        _say_applied(request, count)
        if len(changed) > ruling.MOST_AT_ONCE:
            return redirect("supplier_apply", request.business.slug, side, supplier.pk)
        return redirect("supplier", request.business.slug, side, supplier.pk)
    seen = [each for each in changed if each.changes]
    context = {
        "side": side,
        "supplier": supplier,
        "changed": seen[: ruling.MOST_AT_ONCE],
        "left": max(0, len(seen) - ruling.MOST_AT_ONCE),
        "quietly": len(changed) - len(seen),
        "asked": items.count(),
    }
    return render(request, "publishing/supplier_apply.html", context)


def _say_applied(request: BusinessRequest, count: int) -> None:
    words = ngettext(
        "%(count)d item was changed.", "%(count)d items were changed.", count
    )
    messages.success(request, words % {"count": count})


@business_view(Need.MANAGE)
@require_POST
def rules(request: BusinessRequest, side: str) -> HttpResponse:
    """One rule for all that were selected: what is left empty stays in each."""
    chosen = _selected(request, side)
    if not chosen:
        messages.warning(request, _("Select at least one first."))
        return redirect("suppliers", request.business.slug, side)
    form = SupplierRuleForm(
        request.POST if "save" in request.POST else None,
        place=_place(request, chosen[0]),
        side=SIDES[side],
        rule=SupplierRule(business=request.business),
    )
    if not form.is_bound or not form.is_valid():
        context = {"side": side, "chosen": chosen, "form": form}
        status = 422 if form.errors else 200
        return render(request, "publishing/suppliers_rule.html", context, status=status)
    ruling.set_supplier_rules(
        ((supplier, form.spoken) for supplier in chosen), by=request.user
    )
    words = ngettext(
        "%(count)d rule is saved.", "%(count)d rules are saved.", len(chosen)
    )
    messages.success(request, words % {"count": len(chosen)})
    return redirect("suppliers", request.business.slug, side)


def _selected(request: BusinessRequest, side: str) -> list[Supplier]:
    numbers = [each for each in request.POST.getlist("supplier") if is_id(each)]
    rows = Supplier.objects.for_business(request.business).filter(
        side=SIDES[side], merged_into=None, pk__in=numbers[:MOST_SELECTED]
    )
    return list(rows.order_by("pk"))


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def from_file(request: BusinessRequest, side: str) -> HttpResponse:
    """A CSV file is read and shown; saved only whole, and only after that."""
    place = _place(request, Supplier(side=SIDES[side]))
    if request.method != "POST":
        return _file_page(request, side)
    try:
        text = _sent(request)
        lines = rule_files.read(text, place)
    except rule_files.NotReadable as refusal:
        return _file_page(request, side, error=str(refusal))
    if "save" not in request.POST or any(line.errors for line in lines):
        unknown = rule_files.unknown(lines, place)
        return _file_page(request, side, lines=lines, text=text, unknown=unknown)
    count = rule_files.save(lines, place, by=request.user)
    words = ngettext(
        "%(count)d row is saved. What it says holds for new items.",
        "%(count)d rows are saved. What they say holds for new items.",
        count,
    )
    messages.success(request, words % {"count": count})
    return redirect("suppliers", request.business.slug, side)


def _sent(request: BusinessRequest) -> str:
    """The file, or what was shown of it; raises NotReadable."""
    file = request.FILES.get("file")
    if file is not None:
        return rule_files.text_of(file.read(rule_files.MOST_BYTES + 1))
    text = request.POST.get("text", "")
    if not text:
        raise rule_files.NotReadable(_("Choose a CSV file first."))
    return rule_files.text_of(text.encode())


def _file_page(
    request: BusinessRequest,
    side: str,
    *,
    lines: list[rule_files.Line] | None = None,
    text: str = "",
    unknown: Collection[str] = (),
    error: str = "",
) -> HttpResponse:
    context = {
        "side": side,
        "lines": lines,
        "text": text,
        "unknown": unknown,
        "not_read": ", ".join(rule_files.not_read(text, SIDES[side])),
        "error": error,
        "columns": ", ".join((rule_files.NAME, *ruling.fields_of(SIDES[side]))),
        "faulty": sum(bool(line.errors) for line in lines or ()),
    }
    status = 422 if error or context["faulty"] else 200
    return render(request, "publishing/suppliers_file.html", context, status=status)


@business_view(Need.MANAGE)
@require_POST
def merge(request: BusinessRequest, side: str, supplier_id: int) -> HttpResponse:
    """Another one is only a spelling of this one."""
    supplier = supplier_or_404(request, side, supplier_id)
    chosen = request.POST.get("value", "")
    typed = plain_words(request.POST.get("typed", ""))
    other = _named(request, supplier, chosen, typed)
    if other is None:
        messages.error(request, _("Pick the one that is only another spelling."))
    else:
        _merge(request, supplier, other)
    return redirect("supplier", request.business.slug, side, supplier.pk)


def _named(
    request: BusinessRequest, supplier: Supplier, chosen: str, typed: str
) -> Supplier | None:
    rows = Supplier.objects.for_business(request.business).filter(
        side=supplier.side, merged_into=None
    )
    others = rows.exclude(pk=supplier.pk)
    if is_id(chosen):
        return others.filter(pk=chosen).first()
    found = list(others.filter(name__iexact=typed)[:2]) if typed else []
    return found[0] if len(found) == 1 else None


def _merge(request: BusinessRequest, kept: Supplier, other: Supplier) -> None:
    names: dict[str, Any] = {"other": other.name, "kept": kept.name}
    try:
        spellings.merge(kept, other, by=request.user)
    except spellings.WrongWay:
        messages.error(
            request,
            _(
                "%(other)s is in Zoho Books and %(kept)s is not: make %(kept)s a "
                "spelling of %(other)s instead."
            )
            % names,
        )
    except spellings.NotMergeable:
        messages.error(
            request,
            _(
                "%(other)s cannot be merged now: something of it is on its way to Zoho "
                "Books."
            )
            % names,
        )
    else:
        tasks.ask_for_review(request.business.pk)
        messages.success(request, _("%(other)s is a spelling of %(kept)s now.") % names)
        if _are_two_in_zoho(kept, other):
            messages.warning(
                request,
                _(
                    "%(other)s has a contact of its own in Zoho Books: what is published "
                    "from now on goes to %(contact)s. If they are two suppliers, take it "
                    "back."
                )
                % {**names, "contact": kept.contact},
            )


def _are_two_in_zoho(kept: Supplier, other: Supplier) -> bool:
    return other.contact_id is not None and other.contact_id != kept.contact_id


@business_view(Need.MANAGE)
@require_POST
def unmerge(request: BusinessRequest, side: str, supplier_id: int) -> HttpResponse:
    other = supplier_or_404(request, side, supplier_id)
    kept = other.merged_into
    try:
        spellings.take_back(other, by=request.user)
    except spellings.NotMergeable:
        messages.error(request, _("It is a name of its own already."))
    else:
        tasks.ask_for_review(request.business.pk)
        messages.success(
            request, _("%(name)s is a name of its own again.") % {"name": other.name}
        )
    shown = kept or other
    return redirect("supplier", request.business.slug, side, shown.pk)
