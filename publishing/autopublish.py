"""Whether an item goes into the books by itself: values in, a decision out.

Exceptions by type veto everything; then the rule of the payment method speaks, then that
of the supplier or customer, then the setting for all items.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _


class Says(StrEnum):
    ALWAYS = "always"
    NEVER = "never"


class Speaker(StrEnum):
    """Who can say it, from the highest to the lowest."""

    METHOD = "method"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Word:
    """What one of them says, and since when; `name` is what people know it by."""

    speaker: Speaker
    says: Says
    since: dt.datetime
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class AutoFacts:
    """Everything that decides whether an item goes by itself.

    `reasons` are sentences for what it lacks, `type_name` what people call its type, and
    `pause_reason` why nothing of `party_name` goes by itself now.
    """

    submitted_at: dt.datetime
    type_name: str = ""
    type_excepted: bool = False
    method: Word | None = None
    party: Word | None = None
    account: Word | None = None
    was_cleared: bool = False
    ready: bool = True
    failed: bool = False
    reasons: Sequence[str] = ()
    default_tax_only: bool = False
    paused: bool = False
    party_name: str = ""
    pause_reason: str = ""
    connected: bool = True


class Ground(StrEnum):
    """Why an item of which somebody has spoken stays."""

    EXCEPTED = "excepted"
    NEVER = "never"
    OLDER = "older"
    CLEARED = "cleared"
    NOT_CONNECTED = "not_connected"
    FAILED = "failed"
    NOT_READY = "not_ready"
    PAUSED = "paused"
    DEFAULT_TAX = "default_tax"


@dataclass(frozen=True)
class GoesByItself:
    word: Word


@dataclass(frozen=True)
class Stays:
    ground: Ground
    word: Word


Decision = GoesByItself | Stays


def decide(facts: AutoFacts) -> Decision | None:
    """None: nobody has said anything about items like this one."""
    word = spoken(facts)
    if word is None:
        return None
    ground = _hindrance(facts, word)
    return Stays(ground, word) if ground else GoesByItself(word)


def spoken(facts: AutoFacts) -> Word | None:
    """The highest word there is."""
    return facts.method or facts.party or facts.account


def _hindrance(facts: AutoFacts, word: Word) -> Ground | None:
    """The first of what keeps it: what was decided goes before what can be mended."""
    hindrances = (
        (Ground.EXCEPTED, facts.type_excepted),
        (Ground.NEVER, word.says is Says.NEVER),
        (Ground.OLDER, facts.submitted_at < word.since),
        (Ground.CLEARED, facts.was_cleared),
        (Ground.NOT_CONNECTED, not facts.connected),
        (Ground.FAILED, facts.failed),
        (Ground.NOT_READY, not facts.ready),
        (Ground.PAUSED, facts.paused),
        (Ground.DEFAULT_TAX, facts.default_tax_only),
    )
    return next((ground for ground, holds in hindrances if holds), None)


# In words


def sentence(decision: Decision, facts: AutoFacts) -> str:
    """“Auto-published: supplier rule Always for Acme Ltd.”"""
    match decision:
        case GoesByItself(word):
            return _("Auto-published: %(rule)s.") % {"rule": words_of(word)}
        case Stays():
            return _("Not auto-published: %(why)s") % {"why": why(decision, facts)}


def words_of(word: Word) -> str:
    says = _("Always") if word.says is Says.ALWAYS else _("Never")
    match word.speaker:
        case Speaker.METHOD:
            pattern = _("payment method rule “{says}” for {name}")
        case Speaker.SUPPLIER:
            pattern = _("supplier rule “{says}” for {name}")
        case Speaker.CUSTOMER:
            pattern = _("customer rule “{says}” for {name}")
        case _:
            pattern = _("the setting “Auto-publish all items”")
    return pattern.format(says=says, name=word.name)


def why(stays: Stays, facts: AutoFacts) -> str:
    word = stays.word
    match stays.ground:
        case Ground.EXCEPTED:
            return _("%(type)s are excepted.") % {"type": facts.type_name}
        case Ground.NEVER:
            return f"{words_of(word)}."
        case Ground.OLDER:
            return _("it was submitted before %(rule)s was set.") % {
                "rule": words_of(word)
            }
        case Ground.CLEARED:
            return _("it was in Zoho Books before; a person publishes it again.")
        case Ground.NOT_CONNECTED:
            return _("the connection to Zoho Books does not work.")
        case Ground.FAILED:
            return _("publishing failed; a person must mend it.")
        case Ground.NOT_READY:
            return " ".join(facts.reasons)
        case Ground.PAUSED:
            return _("paused for %(name)s after a failure: %(reason)s") % {
                "name": facts.party_name,
                "reason": facts.pause_reason,
            }
        case Ground.DEFAULT_TAX:
            return _(
                "only the default tax speaks for its rate: choose the rate, or publish it."
            )
