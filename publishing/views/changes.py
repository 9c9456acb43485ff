"""One field saved by a person, from the item's page or from its row in the list."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from connections.models import Contact
from dext_sync.businesses.access import BusinessRequest, business_view
from dext_sync.businesses.roles import Need
from publishing import coding, forms, suppliers
from publishing.models import Item
from publishing.views import answers
from publishing.views.fields import Sheet, as_value, sheet_of
from publishing.views.visible import item_or_404


@business_view(Need.MEMBER)
@require_POST
def save(request: BusinessRequest, item_id: int, field: str) -> HttpResponse:
    """The field, and whatever looks otherwise because of it."""
    item = item_or_404(request, item_id)
    if field not in forms.EDITABLE:
        raise Http404
    before = sheet_of(request, item)
    try:
        value = forms.clean(field, request.POST, before.place)
        coding.change(
            item, field, as_value(request.business, field, value), by=request.user
        )
    except ValidationError as refusal:
        typed = before.typed(field, request.POST, " ".join(refusal.messages))
        return answers.refused(request, item, typed)
    except coding.NotEditable:
        return _too_late(request, item)
    return answers.saved(request, item_or_404(request, item_id), field, before)


@business_view(Need.MEMBER)
@require_POST
def decide_supplier(request: BusinessRequest, item_id: int) -> HttpResponse:
    """A supplier that Zoho lacks: create it there, or say which contact it is."""
    item = item_or_404(request, item_id)
    if item.supplier is None or not item.is_editable:
        return _too_late(request, item)
    before = sheet_of(request, item)
    try:
        _decide(request, item, before)
    except ValidationError as refusal:
        typed = before.typed("supplier", request.POST, " ".join(refusal.messages))
        return answers.refused(request, item, typed)
    coding.review_supplier(item.supplier)
    return answers.saved(request, item_or_404(request, item_id), "supplier", before)


def _decide(request: BusinessRequest, item: Item, before: Sheet) -> None:
    """Raises ValidationError where the picked supplier is not one of Zoho's."""
    supplier = item.supplier
    if supplier is None:
        return
    if request.POST.get("choice") == "create":
        suppliers.agree_to_create(supplier, request.user)
        return
    picked = forms.clean("supplier", request.POST, before.place)
    if not isinstance(picked, Contact):
        raise ValidationError(_("Pick a supplier that is in Zoho Books."))
    suppliers.link(supplier, picked, request.user)


def _too_late(request: BusinessRequest, item: Item) -> HttpResponse:
    messages.warning(
        request, _("This item can no longer be changed here: it is being published.")
    )
    return answers.moved(request, item)
