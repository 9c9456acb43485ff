"""Payment methods: what the business pays with, and which account that is in Zoho."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need
from publishing import coding, holding, methods, ruling, tasks
from publishing.formats import locale_of
from publishing.forms import PaymentMethodForm
from publishing.models import MethodRule, PaymentMethod
from publishing.picking import Place
from publishing.views.visible import connection_of


@business_view(Need.MANAGE)
@require_safe
def overview(request: BusinessRequest) -> HttpResponse:
    return render(
        request,
        "publishing/methods.html",
        {
            "methods": methods.methods_of(request.business),
            "connection": connection_of(request),
        },
    )


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: BusinessRequest) -> HttpResponse:
    form = PaymentMethodForm(request.POST or None, place=_place(request))
    if form.is_valid() and _saved(request, form, None):
        messages.success(request, _("Payment method added."))
        return redirect("payment_methods", request.business.slug)
    return _form_page(request, form, None)


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: BusinessRequest, method_id: int) -> HttpResponse:
    method = _method_or_404(request, method_id)
    form = PaymentMethodForm(
        request.POST or None,
        place=_place(request),
        method=method,
        initial={
            "name": method.name,
            "last_four": method.last_four,
            "account": method.account_id,
            "mode": method.mode_id,
            **_rule_of(method),
        },
    )
    if form.is_valid() and _saved(request, form, method):
        messages.success(request, _("Payment method saved."))
        return redirect("payment_methods", request.business.slug)
    return _form_page(request, form, method)


@business_view(Need.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: BusinessRequest, method_id: int) -> HttpResponse:
    """Asks first; open items that were paid with it become *To review*."""
    method = _method_or_404(request, method_id)
    if request.method != "POST":
        context = {
            "method": method,
            "waiting": _waiting(method),
        }
        return render(request, "publishing/method_remove.html", context)
    methods.remove(method, by=request.user)
    tasks.ask_for_review(request.business.pk)
    messages.success(request, _("Payment method removed."))
    return redirect("payment_methods", request.business.slug)


def _rule_of(method: PaymentMethod) -> dict[str, str]:
    rule = MethodRule.unscoped.filter(method=method).first()
    return {name: getattr(rule, name, "") for name in ruling.METHOD_FIELDS}


def _place(request: BusinessRequest) -> Place:
    return Place(request.business, connection_of(request), locale_of(request.business))


def _method_or_404(request: BusinessRequest, method_id: int) -> PaymentMethod:
    method = methods.methods_of(request.business).filter(pk=method_id).first()
    if method is None:
        raise Http404
    return method


def _saved(
    request: BusinessRequest, form: PaymentMethodForm, method: PaymentMethod | None
) -> bool:
    values: dict[str, Any] = {**form.cleaned_data}
    rule = {name: values.pop(name) for name in ruling.METHOD_FIELDS}
    try:
        with transaction.atomic():
            holding.before_rules(request.business.pk)
            saved = methods.save(request.business, method, by=request.user, **values)
            ruling.set_method_rule(saved, rule, by=request.user)
        if method is not None:
            tasks.ask_for_review(request.business.pk)
    except methods.NameTaken:
        form.add_error(
            "name", _("There is already a payment method of this name and digits.")
        )
        return False
    return True


def _form_page(
    request: BusinessRequest, form: PaymentMethodForm, method: PaymentMethod | None
) -> HttpResponse:
    return render(
        request,
        "publishing/method.html",
        {"form": form, "method": method},
        status=422 if form.errors else 200,
    )


def _waiting(method: PaymentMethod) -> int:
    """Open items that were paid with it."""
    items = coding.open_items(method.business)
    return items.filter(payment_method=method).count()
