"""An item beside what it may be the same as, in words for one reader of its page."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from publishing import answering, coding
from publishing.formats import day_text, locale_of, money
from publishing.models import Item, Suspicion
from publishing.reasons import Reason
from publishing.views.visible import WorkspaceRequest


@dataclass(frozen=True)
class Line:
    """One thing that both say; `is_alike` where they say the same."""

    name: str
    this: str
    other: str

    @property
    def is_alike(self) -> bool:
        return self.this != "" and self.this == self.other


@dataclass(frozen=True)
class Question:
    """`lines` are empty where this reader may not see the other one."""

    pk: int
    sentence: str
    name: str
    lines: tuple[Line, ...] = ()
    status: str = ""
    url: str = ""


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
    sentence = _("%(grounds)s.") % {
        "grounds": capfirst(", ".join(str(ground.words) for ground in asked.why))
    }
    other = asked.other
    if other is None or not _may_see(request, other):
        return Question(asked.pk, sentence, _("another item of this business"))
    return Question(
        asked.pk,
        sentence,
        str(other),
        lines=_lines(item, other),
        status=str(other.get_status_display()),
        url=reverse("item", args=[request.business.slug, other.workspace, other.pk]),
    )


def _may_see(request: WorkspaceRequest, other: Item) -> bool:
    return request.membership.may_see_all_documents or other.owner_id == request.user.pk


def _lines(this: Item, other: Item) -> tuple[Line, ...]:
    return tuple(
        Line(name, said, heard)
        for (name, said), (_name, heard) in zip(
            _values(this), _values(other), strict=True
        )
    )


def _values(item: Item) -> list[tuple[str, str]]:
    locale = locale_of(item.business)
    total = "" if item.total is None else money(item.total, item.currency, locale)
    return [
        (capfirst(coding.label_of(item, "supplier")), str(item.supplier or "")),
        (_("Type"), str(item.get_kind_display())),
        (_("Date"), day_text(item.date, locale) if item.date else ""),
        (_("Reference"), item.reference),
        (_("Total"), total),
        (_("File"), item.file_name),
        (_("Brought by"), str(item.owner)),
    ]
