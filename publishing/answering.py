"""What a person says of two that may be the same. Nothing is ever removed for it."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import archiving, coding, duplicates
from publishing.models import Item, Suspicion


class Answered(Exception):
    """Nobody asks this any more: it was answered, or there is no ground left."""


def open_questions(item: Item) -> QuerySet[Suspicion]:
    """What must be answered before the item can be published."""
    asked = Suspicion.unscoped.filter(item=item, answer=Suspicion.Answer.OPEN)
    return asked.select_related("other__supplier", "other__owner", "other__business")


def same_as(item: Item) -> QuerySet[Suspicion]:
    """What it was put away for."""
    said = Suspicion.unscoped.filter(item=item, answer=Suspicion.Answer.SAME)
    return said.select_related("other__supplier", "other__owner", "other__business")


def different(item: Item, questions: list[Suspicion], by: User) -> Item:
    """Both are real: never asked again, whatever is changed. Raises Answered."""
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        for question in questions:
            answer(fresh, question, Suspicion.Answer.DIFFERENT, by)
        return coding.review(fresh)


def same(item: Item, question: Suspicion, by: User) -> Item:
    """This one is put away, never to be sent; the other stays what it is.

    Raises Answered, and archiving.NotArchivable.
    """
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        answer(fresh, question, Suspicion.Answer.SAME, by)
        return archiving.archive(fresh, by)


def answer(item: Item, question: Suspicion, said: str, by: User) -> None:
    """Written down once, for an item that is locked. Raises Answered."""
    duplicates.hold(item)
    asked = open_questions(item).filter(pk=question.pk) if item.takes_changes else None
    if asked is None or not asked.update(
        answer=said, answered_by=by, answered_at=timezone.now()
    ):
        raise Answered
    audit.record(
        item.business,
        f"item.{said}",
        actor=by,
        subject=item,
        other=_name_of_other(question),
        other_item=question.other_id,
        other_known=str(question.other or ""),
    )


def _name_of_other(question: Suspicion) -> str:
    """As everybody may read it: not all who see the one may see the other. Its history
    names it to who may, by `other_item`; Activity, for those who see all, as known."""
    if question.other_id is not None:
        return _("item {number}").format(number=question.other_id)
    kind = question.get_record_kind_display().lower()
    return _("the {kind} in Zoho Books").format(kind=kind)
