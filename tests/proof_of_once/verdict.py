"""What came of it, counted in Zoho's own records and in its log of calls."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import inf
from typing import Any

from django.utils import timezone

from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication, PublishAttempt, Step
from publishing.recovery import LOOK_UPS
from tests.proof_of_once.things import KNOWN, Things
from tests.publishing.zoho import Zoho

Record = dict[str, Any]

WORKERS = 4
SPOILT = ("answer_lost", "error_500_after")
OK = 200
TOO_MANY = 429
AT_ONCE = 0.5
"""Seconds in which a worker does with an answer what is to be done."""
TABLES = {"bills": "bill_id", "expenses": "expense_id", "invoices": "invoice_id"}


@dataclass
class History:
    """What was done to them."""

    seed: int
    seconds: float = 0
    began_at: float = field(default_factory=time.time)
    killed_at: list[float] = field(default_factory=list)
    emptied_at: list[float] = field(default_factory=list)
    restarted_at: list[float] = field(default_factory=list)

    def deaths(self) -> "Deaths":
        """Who is killed does one thing at that moment; Postgres stops all of them. An
        emptied Redis keeps nobody from writing down what he has heard."""
        return Deaths([*self.killed_at, *self.restarted_at * WORKERS])


@dataclass
class Deaths:
    """Each may have cut one look short, and no other one."""

    unspent: list[float]

    def cut_short(self, moment: float) -> bool:
        """Whether there is one more that came just after that."""
        found = next((at for at in self.unspent if 0 <= at - moment < AT_ONCE), None)
        if found is not None:
            self.unspent.remove(found)
        return found is not None


@dataclass
class Verdict:
    history: History
    items: int
    calls: int
    spoilt: int
    uncertain: int
    look_ups: int
    unfinished: list[str]
    doubles: list[str]
    lost: list[str]
    false_failures: list[str]
    touched: list[str]
    open_attempts: list[str]
    superfluous_look_ups: list[str]
    over_the_limit: list[str]
    complaints: list[str]

    @property
    def holds(self) -> bool:
        return not any(self.findings().values())

    def findings(self) -> dict[str, list[str]]:
        """What there must be none of."""
        return {
            "unfinished": self.unfinished,
            "doubles": self.doubles,
            "lost": self.lost,
            "false failures": self.false_failures,
            "touched": self.touched,
            "open attempts": self.open_attempts,
            "superfluous look-ups": self.superfluous_look_ups,
            "over Zoho's limits": self.over_the_limit,
            "deadlocks and tasks that raised": self.complaints,
        }

    def report(self) -> dict[str, object]:
        return {
            "items": self.items,
            "kills": len(self.history.killed_at),
            "Redis emptied": len(self.history.emptied_at),
            "Postgres restarted": len(self.history.restarted_at),
            **self.findings(),
        }

    def summary(self) -> str:
        history = self.history
        deaths = (
            f"{len(history.killed_at)} kills, Redis emptied {len(history.emptied_at)} "
            f"times, Postgres restarted {len(history.restarted_at)} times"
        )
        looks = f"{self.uncertain} uncertain, {self.look_ups} look-ups answered"
        told = [
            f"seed {history.seed}: {self.items} items in {history.seconds:.1f} s",
            deaths,
            f"{self.calls} calls, {self.spoilt} answers spoilt; {looks}",
        ]
        for name, found in self.findings().items():
            told.append(f"{name}: {len(found)}")
            told += [f"  {each}" for each in found]
        return "\n".join(told) + "\n"


def judge(
    zoho: Zoho,
    things: Things,
    before: Record,
    history: History,
    complaints: Iterable[str] = (),
) -> Verdict:
    """complaints: what the logs say that nobody meant to happen."""
    with acting_in(things.business.pk):
        evidence = Evidence.gathered(zoho, things, before)
        looks = list(_looks(evidence, history.deaths()))
        return Verdict(
            history=history,
            items=len(evidence.items),
            calls=len(evidence.calls),
            spoilt=sum(call["fault"] in SPOILT for call in evidence.calls),
            uncertain=sum(look.uncertain for look in looks),
            look_ups=sum(len(look.answered_at) for look in looks),
            unfinished=[_where_it_stands(each) for each in _unfinished()],
            doubles=[*_doubles(evidence), *_double_contacts(zoho, things)],
            lost=list(_lost(evidence)),
            false_failures=list(_false_failures(evidence)),
            touched=list(_touched(evidence)),
            open_attempts=[str(each) for each in _open_attempts()],
            superfluous_look_ups=list(_superfluous(looks, history)),
            over_the_limit=list(_over_the_limit(evidence)),
            complaints=list(complaints),
        )


@dataclass
class Evidence:
    """`records` are those in Zoho by our mark."""

    things: Things
    items: list[Item]
    publications: dict[str, Publication]
    records: dict[str, list[Record]]
    strangers: list[Record]
    before: Record
    after: Record
    calls: list[Record]

    @classmethod
    def gathered(cls, zoho: Zoho, things: Things, before: Record) -> "Evidence":
        after = zoho.standin.state(zoho.organisation.name)
        publications = {
            each.mark: each
            for each in Publication.unscoped.select_related("item__document")
        }
        records: dict[str, list[Record]] = {mark: [] for mark in publications}
        strangers = []
        for record in _new(before, after):
            mark = _mark(record)
            if mark in publications:
                records[mark].append(record)
            else:
                strangers.append(record)
        items = list(Item.unscoped.select_related("document", "supplier"))
        calls = list(zoho.standin.calls)
        return cls(
            things, items, publications, records, strangers, before, after, calls
        )

    def of(self, item: Item) -> list[Record]:
        marks = [m for m, each in self.publications.items() if each.item_id == item.pk]
        return [record for mark in marks for record in self.records[mark]]


def _new(before: Record, after: Record) -> Iterator[Record]:
    for table in TABLES:
        for number, record in after[table].items():
            if number not in before[table]:
                yield record


def _mark(record: Record) -> str:
    if "expense_id" in record:
        return str(record["description"]).rpartition(" · ")[2]
    return str(record["reference_number"])


def _unfinished() -> Iterable[Publication]:
    return Publication.unscoped.filter(finished_at=None)


def _where_it_stands(publication: Publication) -> str:
    """What it waits for, how long still, and all that was tried."""
    now = timezone.now()
    due, leased = (
        "never" if at is None else f"{(at - now).total_seconds():+.1f} s"
        for at in (publication.due_at, publication.leased_until)
    )
    steps = ", ".join(
        f"{step.kind} {step.state} (looked {step.look_ups} times: "
        + " ".join(f"{each.outcome} {each.code}" for each in step.attempts.all())
        + ")"
        for step in publication.steps.all()
    )
    return (
        f"{publication}: {publication.state} for {publication.waiting_reason}, due "
        f"{due}, leased {leased}; {steps}"
    )


# Once


def _doubles(evidence: Evidence) -> Iterator[str]:
    for item in evidence.items:
        if len(found := evidence.of(item)) > 1:
            yield f"{item}: {len(found)} records"
        for record in found:
            if len(record["documents"]) > 1:
                yield f"{item}: {len(record['documents'])} documents"
    for record in evidence.strangers:
        yield f"without a mark of ours: {_id(record)}"


def _double_contacts(zoho: Zoho, things: Things) -> Iterator[str]:
    for name in things.new_names:
        if (found := len(zoho.contacts(name))) > 1:
            yield f"{name}: {found} contacts"


def _id(record: Record) -> str:
    """Expenses and bills name invoices too, but not the other way round."""
    return next(str(record[name]) for name in TABLES.values() if name in record)


def _is_invoice(record: Record) -> bool:
    return not {"bill_id", "expense_id"} & record.keys()


# Lost


def _lost(evidence: Evidence) -> Iterator[str]:
    for item in evidence.items:
        found = evidence.of(item)
        if item.pk == evidence.things.twin:
            continue
        if not found:
            yield f"{item} ({item.status}): no record"
        for record in found:
            yield from _differences(evidence, item, record)


def _differences(evidence: Evidence, item: Item, record: Record) -> Iterator[str]:
    if Decimal(record["total"]) != item.total:
        yield f"{item}: {record['total']} instead of {item.total}"
    if record["date"] != str(item.date):
        yield f"{item}: {record['date']} instead of {item.date}"
    name = record["customer_name" if _is_invoice(record) else "vendor_name"]
    if name != str(item.supplier):
        yield f"{item}: {name} instead of {item.supplier}"
    if _is_invoice(record) and (record["status"] != "draft") != item.mark_as_sent:
        yield f"{item}: {record['status']}"
    kept = [
        evidence.after["documents"][each["document_id"]] for each in record["documents"]
    ]
    if not kept:
        yield f"{item}: no document"
    for document in kept:
        if item.document is None or document["sha256"] != item.document.sha256:
            yield f"{item}: another document"


# False failures


def _false_failures(evidence: Evidence) -> Iterator[str]:
    for item in evidence.items:
        twin = item.pk == evidence.things.twin
        expected = Item.Status.FAILED if twin else Item.Status.PUBLISHED
        if item.status != expected:
            tried = item.publications.order_by("pk").last()
            problem = tried.problem if tried else "never pressed"
            yield f"{item} of {item.supplier} is {item.status}: {problem}"
        if item.document_missing:
            yield f"{item}: its document is said to be missing"


# What is somebody else's


def _touched(evidence: Evidence) -> Iterator[str]:
    for table in TABLES:
        for number, record in evidence.before[table].items():
            if evidence.after[table].get(number) != record:
                yield f"{table} {number}"
    if evidence.things.typed not in evidence.before["bills"]:
        yield "The bill that a person has typed was not there to begin with."
    acme = [
        c for c in evidence.after["contacts"].values() if c["contact_name"] == KNOWN
    ]
    if len(acme) != 1:
        yield f"{KNOWN}: {len(acme)} contacts"


def _open_attempts() -> Iterable[PublishAttempt]:
    """Also those that were ended without saying how."""
    still = PublishAttempt.unscoped.filter(ended_at=None)
    unsaid = PublishAttempt.unscoped.filter(outcome=PublishAttempt.Outcome.OPEN)
    return still | unsaid


# Look-ups


@dataclass(frozen=True)
class Looks:
    """At one step: how often nobody knew what had become of it, and Zoho's answers.
    `left`: what another step has left of its own may go to this one."""

    of: str
    uncertain: int
    answered_at: list[float]
    left: int = 0

    @property
    def most(self) -> int:
        return LOOK_UPS * self.uncertain + self.left

    def heard(self, deaths: Deaths) -> list[float]:
        """Who was killed while he looked heard nothing, though Zoho has answered."""
        heard = list(self.answered_at)
        for at in self.answered_at:
            if len(heard) > self.most and deaths.cut_short(at):
                heard.remove(at)
        return heard


def _looks(evidence: Evidence, deaths: Deaths) -> Iterator[Looks]:
    """A step that was never uncertain is looked for just as little."""
    uncertain = _uncertain()
    for mark, publication in evidence.publications.items():
        times = uncertain[publication.pk, Step.Kind.RECORD.value]
        looks = Looks(mark, times, _asked(evidence, publication))
        yield looks
        left = _left_to_read(publication, looks.most - len(looks.heard(deaths)))
        later = (Step.Kind.DOCUMENT.value, Step.Kind.SENT.value)
        times = sum(uncertain[publication.pk, kind] for kind in later)
        for record in evidence.records[mark]:
            asked = _asked_for(evidence.calls, _id(record))
            yield Looks(f"record of {mark}", times, asked, left)


def _left_to_read(publication: Publication, unused: int) -> int:
    """A sale that the first look has found in a list may be read instead of a second
    look, since lists tell no tax."""
    if publication.kind != Publication.Kind.INVOICE:
        return 0
    found = publication.attempts.filter(
        step__kind=Step.Kind.RECORD, outcome=PublishAttempt.Outcome.FOUND
    )
    return max(0, min(unused, found.count()))


def _uncertain() -> Counter[tuple[int, str]]:
    known = PublishAttempt.Outcome
    attempts = PublishAttempt.unscoped.filter(
        outcome__in=(known.NO_ANSWER, known.FOUND)
    )
    return Counter(attempts.values_list("publication_id", "step__kind"))


def _asked(evidence: Evidence, publication: Publication) -> list[float]:
    """When Zoho has said what it has under the mark."""
    searched = [
        call["at"]
        for call in evidence.calls
        if call["status"] == OK and publication.mark in _words(call)
    ]
    if publication.kind != Publication.Kind.EXPENSE:
        return searched
    ends = [*searched, inf][1:]
    return [
        at
        for at, end in zip(searched, ends, strict=True)
        if _is_whole(evidence, publication, at, end)
    ]


def _is_whole(
    evidence: Evidence, publication: Publication, began: float, end: float
) -> bool:
    """Where the search finds no expense, those of its day are read: a look that could
    not go on to them, for a spoilt answer or the budget, has not been one."""
    if any(_made_at(each) <= began for each in evidence.records[publication.mark]):
        return True
    day = publication.claim["date"]
    return any(
        began <= call["at"] < end
        for call in evidence.calls
        if call["status"] == OK and call["queries"].get("date") == day
    )


def _made_at(record: Record) -> float:
    return datetime.fromisoformat(record["created_time"]).timestamp()


def _words(call: Record) -> tuple[str | None, ...]:
    queries = call["queries"]
    return queries.get("search_text"), queries.get("reference_number")


def _asked_for(calls: list[Record], number: str) -> list[float]:
    return [
        call["at"]
        for call in calls
        if call["method"] == "GET"
        and call["status"] == OK
        and call["path"].endswith(f"/{number}")
    ]


def _superfluous(looks: list[Looks], history: History) -> Iterator[str]:
    deaths = history.deaths()
    for look in looks:
        heard = look.heard(deaths)
        if len(heard) > look.most:
            times = ", ".join(f"{at - history.began_at:.2f}" for at in heard)
            yield f"{look.of}: at {times} s, for {look.uncertain} uncertain answers"


# Limits


def _over_the_limit(evidence: Evidence) -> Iterator[str]:
    for call in evidence.calls:
        if call["status"] == TOO_MANY:
            yield f"{call['method']} {call['path']}: {call['code']}"
