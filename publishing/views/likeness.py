"""An item beside what it may be the same as, in words for one reader of its page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from connections.books import record_address
from connections.models import PurchaseRecord
from publishing import answering, attaching
from publishing.alikeness import Ground
from publishing.formats import day_text, locale_of, money
from publishing.models import Item, Suspicion
from publishing.reasons import Reason
from publishing.views.visible import WorkspaceRequest

# Which of the lines make each ground.
TELLING: Final[dict[Ground, frozenset[str]]] = {
    Ground.SAME_FILE: frozenset({"file"}),
    Ground.SAME_REFERENCE: frozenset({"supplier", "reference"}),
    Ground.SAME_DAY_AND_TOTAL: frozenset({"supplier", "date", "total"}),
    Ground.NEAR_AND_SAME_TOTAL: frozenset({"supplier", "total"}),
}


@dataclass(frozen=True)
class Line:
    """One thing that each of both says; `is_alike` where that makes a ground."""

    name: str
    this: str
    other: str
    is_alike: bool


@dataclass(frozen=True)
class Question:
    """`lines` are empty where this reader may not see the other one, and then only
    somebody else `may_tell` that it is different."""

    pk: int
    sentence: str
    name: str
    lines: tuple[Line, ...] = ()
    status: str = ""
    url: str = ""
    is_in_zoho: bool = False
    can_attach: bool = False
    may_tell: bool = True


@dataclass(frozen=True)
class Likeness:
    """Nothing is asked of what was put away: then `kept` are those it is the same as."""

    questions: tuple[Question, ...] = ()
    kept: tuple[Question, ...] = ()


def likeness_of(request: WorkspaceRequest, item: Item) -> Likeness:
    if Reason.DUPLICATE in item.open_reasons:
        asked = answering.open_questions(item)
        return Likeness(questions=_told(request, item, asked))
    if item.status == Item.Status.ARCHIVED:
        asked = answering.same_as(item)
        return Likeness(kept=_told(request, item, asked))
    return Likeness()


def _told(
    request: WorkspaceRequest, item: Item, asked: Iterable[Suspicion]
) -> tuple[Question, ...]:
    return tuple(_question(request, item, each) for each in asked)


def _question(request: WorkspaceRequest, item: Item, asked: Suspicion) -> Question:
    other = _other_of(request, asked)
    if other is None:
        return Question(
            asked.pk,
            _sentence(asked),
            _unseen(asked),
            may_tell=may_see_other(request, asked),
        )
    return Question(
        asked.pk,
        _sentence(asked),
        other.name,
        lines=_lines(_side_of_item(request, item), other, asked.why),
        status=other.status,
        url=other.url,
        is_in_zoho=asked.other is None,
        can_attach=request.membership.may_publish
        and asked.other is None
        and attaching.attachable(item, asked) is not None,
    )


def _sentence(asked: Suspicion) -> str:
    words = ", ".join(str(ground.words) for ground in asked.why)
    return _("%(grounds)s.") % {"grounds": capfirst(words)}


def _unseen(asked: Suspicion) -> str:
    if asked.other is not None:
        return _("another item of this business")
    if asked.record_kind == Suspicion.RecordKind.BILL:
        return _("a bill in Zoho Books")
    return _("an expense in Zoho Books")


@dataclass(frozen=True)
class Side:
    """One of the two, and what it says: field, its name, the value in words."""

    name: str
    values: tuple[tuple[str, str, str], ...]
    status: str
    url: str


def _other_of(request: WorkspaceRequest, asked: Suspicion) -> Side | None:
    """None where this reader may not see it, or Zoho has it no more."""
    if not may_see_other(request, asked):
        return None
    if asked.other is not None:
        return _side_of_item(request, asked.other)
    record = _record_of(asked)
    return _side_of_record(request, record) if record else None


def may_see_other(request: WorkspaceRequest, asked: Suspicion) -> bool:
    """Another's item and what is in Zoho are for those who see all documents."""
    is_own = asked.other is not None and asked.other.owner_id == request.user.pk
    return is_own or request.membership.may_see_all_documents


def _record_of(asked: Suspicion) -> PurchaseRecord | None:
    records = PurchaseRecord.unscoped.filter(
        business=asked.business,
        organisation_id=asked.organisation_id,
        zoho_id=asked.record_id,
        removed_at=None,
    )
    return records.select_related("connection").first()


def _side_of_item(request: WorkspaceRequest, item: Item) -> Side:
    place = [request.business.slug, item.workspace, item.pk]
    values = _values(
        request,
        supplier=str(item.supplier or ""),
        kind=str(item.get_kind_display()),
        date=item.date,
        reference=item.reference,
        total=item.total,
        currency=item.currency,
        file=item.file_name,
        brought_by=str(item.owner),
    )
    status = str(item.get_status_display())
    return Side(str(item), values, status, reverse("item", args=place))


def _side_of_record(request: WorkspaceRequest, record: PurchaseRecord) -> Side:
    connection, kind = record.connection, record.get_kind_display()
    values = _values(
        request,
        supplier=record.vendor_name,
        kind=str(kind),
        date=record.date,
        reference=record.reference,
        total=record.total,
        currency=record.currency_code,
        file="",
        brought_by=_("entered in Zoho Books"),
    )
    return Side(
        f"{kind} {record.reference}".strip(),
        values,
        capfirst(record.status.replace("_", " ")),
        record_address(
            connection.region, record.organisation_id, record.kind, record.zoho_id
        ),
    )


def _lines(this: Side, other: Side, why: Iterable[Ground]) -> tuple[Line, ...]:
    telling = frozenset[str]().union(*(TELLING[ground] for ground in why))
    return tuple(
        Line(name, said, heard, is_alike=field in telling)
        for (field, name, said), (_field, _name, heard) in zip(
            this.values, other.values, strict=True
        )
    )


def _values(
    request: WorkspaceRequest,
    *,
    supplier: str,
    kind: str,
    date: date | None,
    reference: str,
    total: Decimal | None,
    currency: str,
    file: str,
    brought_by: str,
) -> tuple[tuple[str, str, str], ...]:
    locale = locale_of(request.business)
    sells = request.workspace == Item.Workspace.SALES
    return (
        ("supplier", _("Customer") if sells else _("Supplier"), supplier),
        ("kind", _("Type"), kind),
        ("date", _("Date"), day_text(date, locale) if date else ""),
        ("reference", _("Reference"), reference),
        ("total", _("Total"), "" if total is None else money(total, currency, locale)),
        ("file", _("File"), file),
        ("brought_by", _("Brought by"), brought_by),
    )
