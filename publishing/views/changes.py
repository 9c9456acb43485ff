"""One field saved by a person, from the item's page or from its row in the list."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from connections.models import Contact
from dext_sync.businesses.roles import Need
from publishing import coding, filling, forms, picking, spellings, suppliers
from publishing.models import Item, Supplier
from publishing.views import answers
from publishing.views.fields import Field, Sheet, as_value, sheet_of
from publishing.views.issues import TO_CREATE, TO_PICK
from publishing.views.visible import WorkspaceRequest, item_or_404, workspace_view


@workspace_view(Need.MEMBER)
@require_POST
def save(request: WorkspaceRequest, item_id: int, field: str) -> HttpResponse:
    """The field, and whatever looks otherwise because of it."""
    item = item_or_404(request, item_id)
    if field not in coding.FIELDS_OF[item.workspace]:
        raise Http404
    before = sheet_of(request, item)
    if "keep" in request.POST:
        return answers.saved(request, item, field, before, ticked=False)
    try:
        value = forms.clean(field, request.POST, before.place)
        said = as_value(before.place, field, value)
        seen = request.POST.get("seen", "")
        coding.change(item, field, said, by=request.user, seen=seen)
    except filling.SaidMeanwhile:
        return _contested(request, item, field, before)
    except ValidationError as refusal:
        coding.rest_again(item)
        typed = before.typed(field, request.POST, " ".join(refusal.messages))
        return answers.refused(request, item, typed)
    except coding.InZoho:
        return _in_zoho(request, item)
    except coding.NotEditable:
        return _too_late(request, item)
    return answers.saved(request, item_or_404(request, item_id), field, before)


def _contested(
    request: WorkspaceRequest, item: Item, field: str, before: Sheet
) -> HttpResponse:
    """Whose value it is, and which; sent once more, it is that which was seen."""
    coding.rest_again(item)
    fresh = item_or_404(request, item.pk)
    typed = sheet_of(request, fresh, before.place).contested(field, request.POST)
    return answers.refused(request, fresh, typed)


@workspace_view(Need.MEMBER)
@require_POST
def decide_supplier(request: WorkspaceRequest, item_id: int) -> HttpResponse:
    """A supplier that Zoho lacks: create it there, or say which contact it is."""
    item = item_or_404(request, item_id)
    if item.supplier is None or not item.is_editable:
        return _too_late(request, item)
    if not item.takes_changes:
        return _in_zoho(request, item)
    before = sheet_of(request, item)
    try:
        _decide(request, item, before)
    except ValidationError as refusal:
        return answers.refused(request, item, _undecided(request, before, refusal))
    coding.review_supplier(item.supplier)
    return answers.saved(request, item_or_404(request, item_id), "supplier", before)


def _undecided(
    request: WorkspaceRequest, sheet: Sheet, refusal: ValidationError
) -> Field:
    """The words stand beside the choice, or at the field where there is none any more."""
    words = " ".join(refusal.messages)
    if TO_PICK & set(sheet.item.open_reasons):
        return sheet.choice(request.POST, words)
    return replace(sheet.field("supplier"), error=words)


def _decide(request: WorkspaceRequest, item: Item, before: Sheet) -> None:
    """Raises ValidationError in words where this is not theirs to say, or no more."""
    supplier = item.supplier
    if supplier is None:
        return
    _check_seen(request, supplier)
    if request.POST.get("choice") == "take_back":
        _take_back(request, supplier, before)
        return
    create = request.POST.get("choice") == "create"
    if not (TO_CREATE if create else TO_PICK) & set(item.open_reasons):
        raise _settled(before.place)
    _check_shared(request, supplier)
    if create:
        suppliers.agree_to_create(supplier, request.user)
        return
    picked = forms.clean("supplier", request.POST, before.place)
    if not isinstance(picked, Contact):
        raise ValidationError(
            _("Pick a customer that is in Zoho Books.")
            if before.place.sells
            else _("Pick a supplier that is in Zoho Books.")
        )
    try:
        _is_this_one(request, supplier, picked)
    except (suppliers.Settled, spellings.NotMergeable):
        raise _settled(before.place) from None


def _is_this_one(
    request: WorkspaceRequest, supplier: Supplier, contact: Contact
) -> None:
    """Remembered: what comes under this name later is that supplier, too."""
    known = spellings.others_of_contact(request.business, contact, supplier).first()
    settled = supplier.contact_id is not None
    if known is None or settled or not request.membership.may_publish:
        suppliers.link(supplier, contact, request.user)
        return
    spellings.merge(known, supplier, by=request.user, is_new=True)
    coding.review_supplier(known)


def _take_back(request: WorkspaceRequest, supplier: Supplier, before: Sheet) -> None:
    _check_shared(request, supplier)
    try:
        suppliers.withdraw_agreement(supplier, request.user)
    except suppliers.Settled:
        raise _settled(before.place) from None


def _check_seen(request: WorkspaceRequest, supplier: Supplier) -> None:
    """Somebody else may have chosen another one since the page was drawn: what is said
    of a supplier is remembered, and its other items follow."""
    if request.POST.get("supplier", str(supplier.pk)) != str(supplier.pk):
        raise ValidationError(
            _("Another customer was chosen meanwhile. Nothing was changed: look again.")
            if supplier.side == Supplier.Side.CUSTOMER
            else _(
                "Another supplier was chosen meanwhile. Nothing was changed: look again."
            )
        )


def _check_shared(request: WorkspaceRequest, supplier: Supplier) -> None:
    """Items of others follow the supplier, and with them where money goes."""
    member = request.membership
    if member.may_publish or member.may_see_all_documents:
        return
    if suppliers.is_used_by_others(supplier, request.user):
        raise ValidationError(
            _("Others have items of this customer: ask somebody who may publish.")
            if supplier.side == Supplier.Side.CUSTOMER
            else _("Others have items of this supplier: ask somebody who may publish.")
        )


def _settled(place: picking.Place) -> ValidationError:
    if place.sells:
        return ValidationError(
            _(
                "It is settled already which contact in Zoho Books this customer is: "
                "pick another customer for this item instead."
            )
        )
    return ValidationError(
        _(
            "It is settled already which contact in Zoho Books this supplier is: "
            "pick another supplier for this item instead."
        )
    )


def _in_zoho(request: WorkspaceRequest, item: Item) -> HttpResponse:
    messages.warning(
        request,
        _(
            "This item is in Zoho Books. It was not changed: clear its publishing data "
            "first."
        ),
    )
    return answers.moved(request, item)


def _too_late(request: WorkspaceRequest, item: Item) -> HttpResponse:
    now = item_or_404(request, item.pk)
    messages.warning(request, _why_too_late(now))
    return answers.moved(request, now)


def _why_too_late(item: Item) -> str:
    match item.status:
        case Item.Status.PUBLISHED:
            return _("This item is in Zoho Books by now. It was not changed.")
        case Item.Status.ARCHIVED:
            return _("This item is archived by now. It was not changed.")
        case Item.Status.PUBLISHING | Item.Status.CHECKING:
            return _("This item is being published. It was not changed.")
        case _:
            return _("This item has been changed meanwhile. Look at it as it is now.")
