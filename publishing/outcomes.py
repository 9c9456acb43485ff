"""What can come of a step, and what each of Zoho's errors means for it."""

import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from connections.books import day_ends, has_scope_for
from connections.models import Connection, Contact
from connections.zoho.errors import (
    Limit,
    ZohoError,
    ZohoForbidden,
    ZohoMisconfigured,
    ZohoMissing,
    ZohoOrganisationRefused,
    ZohoRateLimited,
    ZohoRejected,
    ZohoUnauthorized,
    ZohoUnavailable,
)
from publishing.models import PublishAttempt, Step
from publishing.problems import Problem, Wait
from publishing.reasons import Reason, Why

logger = logging.getLogger(__name__)

FIRST_GAP: Final = 5.0
LONGEST_GAP: Final = 600.0
MOST_LAGS: Final = 8
"""With growing gaps about twenty minutes."""
LATEST_START: Final = timedelta(seconds=10)
FOREVER: Final = timedelta(hours=1)
"""Until somebody acts; an event ends the wait earlier, and a look now and then cannot hurt."""
LOOKED_IN_VAIN: Final = (Wait.UNCLEAR.code, Wait.UNAVAILABLE.code)
"""Zoho was asked, and could not say."""
UNCLEAR_FOR_LONG: Final = timedelta(days=1)
"""After that it is not asked for ever, where somebody else can say."""
ONE_NO: Final = timedelta(seconds=30)
MOST_SELDOM: Final = timedelta(hours=1)
LIMITS: Final[dict[Limit, Wait]] = {
    "minute": Wait.MINUTE,
    "day": Wait.DAY,
    "at_once": Wait.AT_ONCE,
    "user": Wait.USER,
    "token": Wait.TOKEN,
}
INTERNAL_ERROR: Final = 500
INVALID_VALUE: Final = 2
"""Said of an entry that Zoho no longer has, and of much else."""
# Zoho's codes that tell which field of ours is meant.
FIELDS_BY_CODE: Final = {
    4: "reference",
    1001: "reference",
    3032: "tax_rate",
    5015: "total",
    9004: "currency",
    13009: "category",
    71510: "tax_rate",
    71512: "tax_rate",
}


@dataclass(frozen=True)
class Words:
    """What an error said, for the attempt."""

    error: str = ""
    code: str = ""
    message: str = ""

    @classmethod
    def of(cls, error: ZohoError) -> "Words":
        numbers = [error.status, error.code]
        code = "/".join(str(number) for number in numbers if number is not None)
        message = "" if error.is_silent else error.message
        return cls(type(error).__name__, code, message)


@dataclass(frozen=True)
class Done:
    """It is in Zoho. `found`: it had arrived although nobody had said so.

    `answer` is what is worth keeping; `contact` the row of a contact step.
    """

    zoho_id: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    found: bool = False
    verified: bool = False
    contact: Contact | None = None
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waits:
    """Nothing was accepted; it goes on by itself."""

    wait: Wait
    until: datetime
    words: Words = Words()


@dataclass(frozen=True)
class Lost:
    """It was sent, and nobody knows whether it arrived."""

    words: Words = Words()


@dataclass(frozen=True)
class Refused:
    """Zoho said no. `sentence` is ours, `field` names what mends it; a `reason` sends
    the item back to review with it."""

    problem: Problem
    sentence: str = ""
    field: str = ""
    reason: Why | None = None
    words: Words = Words()

    @property
    def text(self) -> str:
        return self.sentence or str(self.problem.sentence)

    @property
    def code(self) -> str:
        """`rejected:category` where the field is another than the problem's own."""
        own = not self.field or self.field == self.problem.field
        return self.problem.code if own else f"{self.problem.code}:{self.field}"


Outcome = Done | Waits | Lost | Refused


# Errors


def rejected(step: Step, error: ZohoRejected) -> Refused:
    words = Words.of(error)
    gone = isinstance(error, ZohoMissing) and error.is_gone
    if step.kind == Step.Kind.DOCUMENT:
        problem = Problem.RECORD_GONE if gone else Problem.DOCUMENT_REFUSED
        return Refused(problem, words=words)
    if step.kind == Step.Kind.SENT:
        problem = Problem.INVOICE_GONE if gone else Problem.NOT_SENT
        return Refused(problem, words=words)
    if gone:
        return Refused(Problem.ENTRY_GONE, reason=Reason.ENTRY_GONE, words=words)
    if error.code == INVALID_VALUE:
        return Refused(Problem.BAD_VALUE, words=words)
    field = FIELDS_BY_CODE.get(error.code or 0, "")
    return Refused(Problem.REJECTED, field=field, words=words)


def may_mean_contact(error: ZohoRejected) -> bool:
    """Whether Zoho may have said so of the supplier or customer of a record."""
    is_gone = isinstance(error, ZohoMissing) and error.is_gone
    return is_gone or error.code == INVALID_VALUE


def outcome_of(connection: Connection, step: Step, error: ZohoError) -> Outcome:
    """What an error means for a step that Zoho has certainly not taken."""
    if waits := _waits(connection, step, error):
        return waits
    if isinstance(error, ZohoForbidden):
        return Refused(Problem.FORBIDDEN, words=Words.of(error))
    logger.error("Zoho's answer fits nothing we know.", exc_info=error)
    return Refused(Problem.UNEXPECTED, words=Words.of(error))


def _waits(connection: Connection, step: Step, error: ZohoError) -> Waits | None:
    """The wait that an error asks for, if waiting helps."""
    words = Words.of(error)
    match error:
        case ZohoRateLimited():
            until = _limit_ends(connection, error)
            return Waits(LIMITS[error.limit], until, words)
        case ZohoUnavailable():
            gap = max(error.retry_after or 0, _gap(step, is_away=True))
            return Waits(Wait.UNAVAILABLE, soon(timedelta(seconds=gap)), words)
        case ZohoOrganisationRefused():
            return Waits(Wait.CONNECTION, soon(FOREVER), words)
        case ZohoUnauthorized():
            return Waits(Wait.CONNECTION, soon(FOREVER), words)
        case ZohoForbidden() if not has_scope_for(connection, error):
            return Waits(Wait.SCOPE, soon(FOREVER), words)
        case ZohoMisconfigured():
            return Waits(Wait.CONFIGURATION, soon(timedelta(minutes=10)), words)
        case _:
            return None


def not_begun(connection: Connection, step: Step, error: ZohoError) -> Waits:
    """What keeps this step from being sent would keep any other."""
    return _waits(connection, step, error) or unclear(connection, step, error)


def unclear(connection: Connection, step: Step, error: ZohoError) -> Waits:
    """A look into Zoho that failed: whatever the cause, it is looked again. What Zoho
    cannot say of this record says nothing of others."""
    waits = _waits(connection, step, error)
    if waits is not None and waits.wait != Wait.UNAVAILABLE:
        return waits
    if isinstance(error, ZohoForbidden):
        return Waits(Wait.RIGHT, soon(_gap_without_right(step)), Words.of(error))
    if waits is None:
        logger.error("Zoho could not be asked about %s.", step, exc_info=error)
    is_away = waits is not None and error.status != INTERNAL_ERROR
    asked = getattr(error, "retry_after", None) or 0.0
    wait = Wait.UNAVAILABLE if is_away else Wait.UNCLEAR
    gap = max(asked, _gap(step, is_away=is_away), _gap_between_looks(step, wait))
    return Waits(wait, soon(timedelta(seconds=gap)), Words.of(error))


def _gap_without_right(step: Step) -> timedelta:
    """One no may be a hiccup; who hears it again waits until somebody acts."""
    is_first = step.publication.waiting_reason != Wait.RIGHT.code
    return ONE_NO if is_first else FOREVER


def later(step: Step, wait: Wait, words: Words) -> Waits:
    """Asked again after a while, which grows with every try."""
    return Waits(wait, soon(timedelta(seconds=_gap(step))), words)


def may_lag(step: Step) -> bool:
    """Whether a list may still come to show what Zoho says that it has."""
    lags = vain_tries(step).filter(outcome=PublishAttempt.Outcome.WAITING)
    return lags.count() < MOST_LAGS


def _limit_ends(connection: Connection, error: ZohoRateLimited) -> datetime:
    """The moment itself: what waits for it is taken in turns."""
    if error.retry_after is not None:
        return soon(timedelta(seconds=error.retry_after))
    return day_ends(connection)


def _gap(step: Step, *, is_away: bool = False) -> float:
    """Seconds; they grow with every try in a row that had to wait. Where Zoho is away
    others wait with this one: then they grow only with those at which it was away."""
    tries = vain_tries(step).order_by("-pk").values_list("outcome", "error")
    in_a_row = takewhile(
        lambda each: (
            each[0] == PublishAttempt.Outcome.WAITING
            and (not is_away or each[1] == ZohoUnavailable.__name__)
        ),
        tries,
    )
    times = min(len(list(in_a_row)) + step.look_ups, 10)
    return float(min(LONGEST_GAP, FIRST_GAP * 2**times)) * _dice(0.8, 1.2)


def vain_tries(step: Step) -> QuerySet[PublishAttempt]:
    """Those before this one, without what a limit has ended: that says itself when it
    is over."""
    before = step.attempts.exclude(outcome=PublishAttempt.Outcome.OPEN)
    return before.exclude(error=ZohoRateLimited.__name__)


def _gap_between_looks(step: Step, wait: Wait) -> float:
    """Seconds: as long again as it has been looked for in vain. One hiccup says nothing,
    however long it has waited for something else."""
    since = _looked_for_since(step, wait)
    if since is None or step.publication.waiting_reason not in LOOKED_IN_VAIN:
        return 0.0
    in_vain = timezone.now() - since
    return min(LONGEST_GAP, in_vain.total_seconds()) * _dice(0.8, 1.0)


def _looked_for_since(step: Step, wait: Wait) -> datetime | None:
    """What was never sent may be looked for as well: another's record, before a document
    goes there. Where Zoho is away, all that is to be sent waits with what is not in
    doubt, and so not for long."""
    if wait == Wait.UNAVAILABLE and step.state != Step.State.UNCERTAIN:
        return None
    if step.sent_at is None:
        return step.publication.requested_at
    return step.sent_at + uncertain_time()


def _dice(least: float, most: float) -> float:
    return least + (most - least) * (secrets.randbelow(1000) / 1000)


def soon(gap: timedelta) -> datetime:
    return timezone.now() + gap


def uncertain_time() -> timedelta:
    """How long a request whose answer was lost may still be at work inside Zoho."""
    return timedelta(seconds=settings.ZOHO_UNCERTAIN_SECONDS)


def time_to_look(step: Step) -> timedelta:
    """What Zoho breaks off each time would spend the organisation's day: from the third
    answer on that is lost, it rests twice as long as before."""
    before = step.attempts.filter(outcome=PublishAttempt.Outcome.NO_ANSWER).count()
    longer = min(uncertain_time() * (1 << min(max(0, before - 1), 10)), MOST_SELDOM)
    return max(uncertain_time(), longer)


def time_to_begin() -> timedelta:
    """How long after its attempt was opened a request may still leave."""
    return min(LATEST_START, uncertain_time() / 4)
