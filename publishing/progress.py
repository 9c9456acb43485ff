"""What is true about an item right now, in words for its page and its row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from connections.books import record_address
from connections.models import Connection
from publishing import facts, failures
from publishing.models import Item, Publication, PublishAttempt, Step
from publishing.outcomes import UNCLEAR_FOR_LONG
from publishing.problems import (
    UNTIL_SOMEBODY_ACTS,
    WAIT_BY_CODE,
    Problem,
    Wait,
)

# Reading the rows of many items: `items.prefetch_related(*PREFETCH)`.
PREFETCH = ("publications__steps", "publications__attempts")


QUICK: Final = "50ms"
LIVELY: Final = "150ms"
CALM: Final = "2s"
SLOW: Final = "5s"
RESTING: Final = "15s"
"""Others, and what is read from Zoho, change what nobody here has touched."""
JUST_PRESSED: Final = timedelta(seconds=2)
"""Zoho mostly takes no longer."""
WATCHED: Final = timedelta(seconds=5)
GLANCE: Final = timedelta(milliseconds=400)
"""What is over within this was never seen: neither drawn nor read out."""


@dataclass(frozen=True)
class StepLine:
    """One step towards Zoho: `state` is a word for the style, `sentence` for people."""

    name: str
    state: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`is_moving`: it will change by itself. `pace`: look again after this time; empty
    where nothing changes any more.

    `asks_a_person`: whether it is in Zoho, which we cannot look up any more;
    `asks_about`: of which step that is.
    `problem_field` names the field (or "connection", "document") that mends it;
    `zoho_words` is what Zoho said, in its own words.
    """

    status: Item.Status
    headline: str
    detail: str = ""
    waits_until: datetime | None = None
    is_moving: bool = False
    pace: str = ""
    can_publish: bool = False
    can_publish_again: bool = False
    can_attach_again: bool = False
    can_clear: bool = False
    asks_a_person: bool = False
    asks_about: int | None = None
    open_url: str = ""
    problem: str = ""
    problem_field: str = ""
    zoho_words: str = ""
    steps: tuple[StepLine, ...] = ()
    lacks_document: bool = False

    @property
    def warns(self) -> bool:
        """It is in Zoho, and something about it is to be looked at."""
        is_there = self.status == Item.Status.PUBLISHED
        return is_there and (self.lacks_document or bool(self.problem))


def progress(item: Item, connection: Connection | None = None) -> Progress:
    """connection: where it would go, for an invoice that leaves it to the setting there
    whether it is sent."""
    publication = latest_publication(item)
    match Item.Status(item.status):
        case Item.Status.TO_REVIEW:
            return _to_review(item)
        case Item.Status.READY:
            return _ready(item, connection)
        case Item.Status.ARCHIVED:
            return _archived(item)
        case _ if publication is None:
            # Cannot be, and must not break a page.
            return Progress(status=Item.Status(item.status), headline="")
        case Item.Status.PUBLISHING | Item.Status.CHECKING:
            return _under_way(item, publication)
        case Item.Status.FAILED:
            return _failed(publication)
        case Item.Status.PUBLISHED:
            return _published(item, publication)


def latest_publication(item: Item) -> Publication | None:
    """From what was prefetched, if it was."""
    return max(item.publications.all(), key=lambda each: each.pk, default=None)


def _to_review(item: Item) -> Progress:
    standing = item.standing_publication
    return Progress(
        open_url=record_url(standing) if standing else "",
        status=Item.Status.TO_REVIEW,
        headline=_("Something is missing before this can be published."),
        detail=" ".join(str(reason.sentence) for reason in item.open_reasons),
        pace=RESTING,
    )


def _ready(item: Item, connection: Connection | None) -> Progress:
    return Progress(
        status=Item.Status.READY,
        headline=_("Ready to publish."),
        detail=_will_become(item, connection),
        can_publish=True,
        pace=RESTING if item.auto_due_at is None else SLOW,
    )


def _will_become(item: Item, connection: Connection | None) -> str:
    match facts.becomes(item):
        case Publication.Kind.INVOICE:
            return _will_be_invoice(item, connection)
        case Publication.Kind.EXPENSE:
            return _("It becomes an expense in Zoho Books.")
        case Publication.Kind.BILL if item.reference.strip():
            return _("It becomes an open bill in Zoho Books.")
        case Publication.Kind.BILL:
            return _(
                "It becomes an open bill in Zoho Books. A bill must have a number there, "
                "and this receipt has none: a mark of ours (DS-…) will be its number."
            )


def _will_be_invoice(item: Item, connection: Connection | None) -> str:
    """Where the item does not say it, the connection's setting does."""
    if item.mark_as_sent is None:
        return _as_the_setting_says(connection)
    if item.mark_as_sent:
        return _(
            "It becomes an invoice marked as sent in Zoho Books. We email nobody; "
            "Zoho's own reminders may."
        )
    return _("It becomes a draft invoice in Zoho Books.")


def _as_the_setting_says(connection: Connection | None) -> str:
    if connection is None:
        return _(
            "It becomes a draft invoice in Zoho Books, or one marked as sent, as the "
            "connection's setting says."
        )
    if facts.sends_new_invoices(connection):
        return _(
            "It becomes an invoice marked as sent in Zoho Books, as the connection's "
            "setting says. We email nobody; Zoho's own reminders may."
        )
    return _(
        "It becomes a draft invoice in Zoho Books, as the connection's setting says."
    )


def _archived(item: Item) -> Progress:
    detail = _("Nothing of it was sent to Zoho Books.")
    if item.left_in_zoho:
        detail = _("What it became before stays in Zoho Books.")
    return Progress(
        status=Item.Status.ARCHIVED,
        headline=_("Put away without publishing."),
        detail=detail,
    )


def _under_way(item: Item, publication: Publication) -> Progress:
    wait = WAIT_BY_CODE.get(publication.waiting_reason)
    checking = item.status == Item.Status.CHECKING
    waits = publication.state == Publication.State.WAITING and wait is not None
    uncertain = _first(publication, Step.State.UNCERTAIN)
    is_told = checking and uncertain is not None and wait is Wait.ANSWER_LOST
    return Progress(
        status=Item.Status(item.status),
        headline=_checking(publication) if checking else _sending(publication),
        detail="" if wait is None or is_told else str(wait.sentence),
        waits_until=_next_try(publication) if waits or checking else None,
        is_moving=True,
        pace=_pace(publication),
        asks_a_person=only_people_know(publication),
        asks_about=uncertain.pk if uncertain else None,
        open_url=record_url(publication),
        zoho_words=_zoho_words(publication) if waits or checking else "",
        steps=_step_lines(publication),
    )


def _next_try(publication: Publication) -> datetime | None:
    """None where that says nothing, because somebody has to act first."""
    wait = WAIT_BY_CODE.get(publication.waiting_reason)
    return None if wait in UNTIL_SOMEBODY_ACTS else publication.due_at


def _pace(publication: Publication) -> str:
    """Whoever has just pressed Publish is watching."""
    if publication.waiting_reason:
        return CALM
    return pace_after(timezone.now() - publication.requested_at)


def pace_after(since_the_click: timedelta) -> str:
    if since_the_click < JUST_PRESSED:
        return QUICK
    return LIVELY if since_the_click < WATCHED else CALM


def has_just_set_out(item: Item) -> bool:
    """Whether somebody pressed Publish in this moment."""
    publication = latest_publication(item)
    if publication is None or publication.finished_at is not None:
        return False
    return timezone.now() - publication.requested_at < GLANCE


def only_people_know(publication: Publication) -> bool:
    """Whether what was sent cannot be looked for: it was another organisation's, its list
    has no end, or Zoho fails at it day after day."""
    if publication.state != Publication.State.CHECKING:
        return False
    if publication.waiting_reason == Wait.CONNECTION.code:
        return publication.connection.state == Connection.State.DISCONNECTED
    if publication.waiting_reason == Wait.UNCLEAR.code:
        return _was_looked_for_in_vain(publication)
    return publication.waiting_reason in (Wait.ORGANISATION.code, Wait.LONG_LIST.code)


def _was_looked_for_in_vain(publication: Publication) -> bool:
    step = _first(publication, Step.State.UNCERTAIN)
    return step is not None and step.looked_in_vain >= UNCLEAR_FOR_LONG


def _checking(publication: Publication) -> str:
    uncertain = _first(publication, Step.State.UNCERTAIN)
    if uncertain is None:
        return _("Zoho is being asked whether it has this already.")
    return _(
        "Zoho's answer for the {step} was lost. Zoho is asked whether it arrived "
        "before anything is sent again."
    ).format(step=_step_name(publication, uncertain))


def _sending(publication: Publication) -> str:
    if publication.state == Publication.State.WAITING and publication.waiting_reason:
        return _("Waiting to go on.")
    sending = _first(publication, Step.State.SENDING)
    if sending is None:
        return _("On its way to Zoho Books.")
    return _("Sending the {step} to Zoho Books.").format(
        step=_step_name(publication, sending)
    )


def _step_name(publication: Publication, step: Step) -> str:
    """What people call it: the supplier, the bill or expense, the document."""
    match Step.Kind(step.kind):
        case Step.Kind.CONTACT if publication.kind == Publication.Kind.INVOICE:
            return _("customer")
        case Step.Kind.CONTACT:
            return _("supplier")
        case Step.Kind.RECORD:
            return str(publication.get_kind_display()).lower()
        case Step.Kind.DOCUMENT:
            return _("document")
        case Step.Kind.SENT:
            return str(step.get_kind_display())


def _first(publication: Publication, state: Step.State) -> Step | None:
    return next((step for step in _steps(publication) if step.state == state), None)


def _failed(publication: Publication) -> Progress:
    return Progress(
        status=Item.Status.FAILED,
        headline=_("Publishing failed."),
        pace=RESTING,
        can_publish_again=True,
        open_url=record_url(publication),
        problem=publication.problem,
        problem_field=failures.field_of(publication),
        zoho_words=_zoho_words(publication),
        steps=_step_lines(publication),
    )


def _published(item: Item, publication: Publication) -> Progress:
    under_way = publication.finished_at is None
    missing = item.document_missing
    not_sent = publication.problem_code == Problem.NOT_SENT.code
    is_moving = under_way or _document_is_unverified(publication)
    uncertain = _first(publication, Step.State.UNCERTAIN)
    return Progress(
        status=Item.Status.PUBLISHED,
        headline=_published_headline(publication, missing=missing),
        detail=_document_detail(publication, under_way=under_way),
        waits_until=_next_try(publication) if publication.waiting_reason else None,
        is_moving=is_moving,
        pace=CALM if is_moving else "",
        can_attach_again=missing
        and not under_way
        and not publication.is_gone
        and not _seen_there(publication),
        can_clear=publication.is_gone,
        asks_a_person=only_people_know(publication),
        asks_about=uncertain.pk if uncertain else None,
        open_url=record_url(publication),
        problem=publication.problem,
        problem_field=failures.field_of(publication),
        zoho_words=_zoho_words(publication) if missing or not_sent else "",
        steps=_step_lines(publication),
        lacks_document=missing,
    )


def _seen_there(publication: Publication) -> bool:
    """By a person, who does not tell its id: we can attach nothing to it."""
    return publication.problem_code == Problem.SEEN_THERE.code


def _document_is_unverified(publication: Publication) -> bool:
    return any(
        step.kind == Step.Kind.DOCUMENT
        and step.state == Step.State.DONE
        and step.verified_at is None
        for step in _steps(publication)
    )


def _published_headline(publication: Publication, *, missing: bool) -> str:
    number = publication.claim.get("number", "")
    record = _named_record(publication, str(number))
    if publication.attaches:
        return _attached_headline(record, missing=missing)
    if publication.kind == Publication.Kind.INVOICE:
        return _published_invoice(publication, record, missing=missing)
    if missing:
        return _("Published as {record}, its document is missing there.").format(
            record=record
        )
    return _("Published as {record}.").format(record=record)


def _attached_headline(record: str, *, missing: bool) -> str:
    if missing:
        return _("It is the same as {record}; its document is not there.").format(
            record=record
        )
    return _("It is the same as {record}, and its document is attached there.").format(
        record=record
    )


def _published_invoice(publication: Publication, record: str, *, missing: bool) -> str:
    if _is_marked_as_sent(publication):
        if missing:
            return _(
                "Published as {record}, marked as sent; its document is missing there."
            ).format(record=record)
        return _("Published as {record}, marked as sent.").format(record=record)
    if missing:
        return _("Published as draft {record}, its document is missing there.").format(
            record=record
        )
    return _("Published as draft {record}.").format(record=record)


def _is_marked_as_sent(publication: Publication) -> bool:
    return any(
        step.kind == Step.Kind.SENT and step.state == Step.State.DONE
        for step in _steps(publication)
    )


def _named_record(publication: Publication, number: str) -> str:
    if number:
        return f"{publication.get_kind_display().lower()} {number}"
    match Publication.Kind(publication.kind):
        case Publication.Kind.BILL:
            return _("a bill")
        case Publication.Kind.EXPENSE:
            return _("an expense")
        case Publication.Kind.INVOICE:
            return _("invoice")


def _document_detail(publication: Publication, *, under_way: bool) -> str:
    if not under_way:
        checking = _document_is_unverified(publication)
        return _("Checking the document…") if checking else ""
    wait = WAIT_BY_CODE.get(publication.waiting_reason)
    words = _("The document is being attached again.")
    return f"{words} {wait.sentence}" if wait else words


def _zoho_words(publication: Publication) -> str:
    """What Zoho said at the last try that did not go well; where it said nothing, no
    words of ours are given out as Zoho's."""
    last = max(publication.attempts.all(), key=lambda each: each.pk, default=None)
    return last.message if last is not None and _is_of_zoho(last) else ""


def _is_of_zoho(attempt: PublishAttempt) -> bool:
    """Whatever it refused it has answered; else its answer has a code of its own."""
    match attempt.outcome:
        case PublishAttempt.Outcome.REFUSED:
            return True
        case PublishAttempt.Outcome.WAITING | PublishAttempt.Outcome.NO_ANSWER:
            return "/" in attempt.code
        case _:
            return False


def record_url(publication: Publication) -> str:
    """The record in Zoho Books, "" before it is there."""
    record = next(
        (step for step in _steps(publication) if step.kind == Step.Kind.RECORD), None
    )
    if record is None or not record.zoho_id:
        return ""
    return record_address(
        publication.region,
        publication.organisation_id,
        publication.kind,
        record.zoho_id,
    )


def _steps(publication: Publication) -> list[Step]:
    return sorted(publication.steps.all(), key=lambda step: step.position)


def _step_lines(publication: Publication) -> tuple[StepLine, ...]:
    return tuple(
        StepLine(
            name=_step_name(publication, step).capitalize(),
            state=step.state,
            sentence=_step_sentence(step),
        )
        for step in _steps(publication)
    )


def _step_sentence(step: Step) -> str:
    match Step.State(step.state):
        case Step.State.WAITING:
            return _("not sent yet")
        case Step.State.SENDING:
            return _("being sent")
        case Step.State.UNCERTAIN:
            return _("sent, the answer was lost")
        case Step.State.REFUSED if step.sent_at is None:
            return _("not sent")
        case Step.State.REFUSED:
            return _("not taken by Zoho Books")
        case Step.State.DONE:
            return _done_sentence(step)


def _done_sentence(step: Step) -> str:
    if step.kind == Step.Kind.SENT:
        return _("set in Zoho Books")
    if step.kind != Step.Kind.DOCUMENT:
        return _("in Zoho Books")
    if step.verified_at is None:
        return _("sent; Zoho Books is asked whether it is there")
    return _("in Zoho Books")
