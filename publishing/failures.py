"""Failures as they are stored: the one that an item still has, and causes of many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from connections.models import Connection, ListEntry, RefreshRun, TaxExemption
from publishing import causes, periods
from publishing.causes import Failure, Present
from publishing.models import Item, Publication, PublishAttempt, Step
from publishing.outcomes import Refused
from publishing.problems import PROBLEM_BY_CODE, Problem

SENDABLE: Final = (Item.Status.READY, Item.Status.FAILED)
MOST_GROUPED: Final = 1000
RELATED: Final = (
    "item__category",
    "item__project",
    "item__location",
    "item__customer",
    "item__tax_rate",
    "item__tax_exemption",
    "item__supplier__contact",
    "item__payment_method__account",
)
"""What is looked at of the last publication of a group."""
BY_CONNECTION: Final = "connection"
"""In place of a cause: everything that failed for the connection's sake."""
UNNAMED: Final = "unnamed"
"""In place of a cause that was never written down: its items have an address as well."""


@dataclass(frozen=True)
class Group:
    """Items that failed of one cause; `last` is the newest publication among them."""

    cause: str
    count: int
    last: Publication

    @property
    def problem(self) -> Problem | None:
        return PROBLEM_BY_CODE.get(self.cause.partition(".")[0])

    @property
    def field(self) -> str:
        return field_of(self.last)

    @property
    def sentence(self) -> str:
        """Of a single item in its own words; what many share otherwise."""
        if self.count == 1 or self.problem is None:
            return self.last.problem
        return str(self.problem.sentence)

    @property
    def entry(self) -> ListEntry | None:
        """The one that is chosen in all of them and that mends it."""
        if self.field == "supplier":
            supplier = self.last.item.supplier
            return supplier.contact if supplier else None
        return chosen_entries(self.last.item).get(self.field)

    @property
    def zoho_words(self) -> str:
        return zoho_words(self.last)


# What one item's failure hangs on


def cause_of(publication: Publication, outcome: Refused) -> str:
    field = outcome.field or outcome.problem.field
    entry = chosen_entries(publication.item).get(field)
    zoho_code = outcome.words.code.rpartition("/")[2]
    return causes.cause_of(
        outcome.problem.code,
        field,
        entry=_word_for(entry) if entry else None,
        zoho_code=zoho_code,
    )


def _word_for(entry: ListEntry) -> str:
    """A tax rate and a tax exemption of one number are chosen in the same field."""
    return f"exemption{entry.pk}" if isinstance(entry, TaxExemption) else str(entry.pk)


def last_failed(item: Item) -> Publication | None:
    """The last try to publish it, if that has failed."""
    last = max(item.tries, key=lambda each: each.pk, default=None)
    failed = last is not None and last.state == Publication.State.FAILED
    return last if failed else None


def stands(
    item: Item,
    publication: Publication,
    connection: Connection,
    would_send: Mapping[str, Any],
) -> bool:
    """Whether what made this publication fail is as it was."""
    if publication.finished_at is None:
        return False
    failure = Failure(
        problem=publication.problem_code.partition(":")[0],
        field=field_of(publication),
        at=publication.finished_at,
        sent=_sent(publication),
    )
    present = Present(
        would_send=would_send,
        entries_changed_at=_entries_changed_at(item),
        connected_at=connection.connected_at,
        refreshed_at=_refreshed_at(connection),
    )
    return causes.stands(failure, present)


def explain(item: Item, connection: Connection | None) -> None:
    """Zoho has no number that we know for the refusal of a locked day: once a refresh has
    read the lock, what was refused for no known reason has failed for that."""
    failed = last_failed(item)
    if failed is None or connection is None:
        return
    if failed.problem_code != Problem.REJECTED.code:
        return
    if periods.is_closed_in_zoho(failed, connection):
        failed.problem_code = Problem.LOCKED.code
        failed.save(update_fields=["problem_code"])


def field_of(publication: Publication) -> str:
    """`rejected:category` names the field beside the problem."""
    code, _colon, field = publication.problem_code.partition(":")
    problem = PROBLEM_BY_CODE.get(code)
    return field or (problem.field if problem else "")


def _sent(publication: Publication) -> Mapping[str, Any]:
    """The claim; its contact may have been created on the way."""
    claim: dict[str, Any] = publication.claim
    if claim.get("contact_id"):
        return claim
    created = publication.steps.filter(kind=Step.Kind.CONTACT, state=Step.State.DONE)
    step = created.first()
    if step is None:
        return claim
    contact_id = step.zoho_id or step.answer.get("contact_id", "")
    return {**claim, "contact_id": contact_id}


def _entries_changed_at(item: Item) -> dict[str, datetime]:
    changed = {field: each.changed_at for field, each in chosen_entries(item).items()}
    contact = item.supplier.contact if item.supplier else None
    return {**changed, "supplier": contact.changed_at} if contact else changed


def chosen_entries(item: Item) -> dict[str, ListEntry]:
    """Per field the entry of Zoho's lists that is chosen there, but for the supplier:
    that is a row of the business's own."""
    method = item.payment_method
    chosen: dict[str, ListEntry | None] = {
        "category": item.category,
        "project": item.project,
        "location": item.location,
        "customer": item.customer,
        "tax_rate": item.tax,
        "payment_method": method.account if method else None,
    }
    return {field: entry for field, entry in chosen.items() if entry is not None}


def _refreshed_at(connection: Connection) -> datetime | None:
    """When the last refresh began that has seen what left Zoho: one that reads of a long
    list what is new counts the rest, and reads all of it where the count differs."""
    seen = RefreshRun.unscoped.filter(
        connection=connection, problem="", finished_at__isnull=False
    )
    return seen.order_by("requested_at").values_list("requested_at", flat=True).last()


# Many items


def with_cause(items: QuerySet[Item]) -> QuerySet[Any]:
    """With the `cause` and the `last_id` of the last try."""
    tries = Publication.unscoped.filter(item=OuterRef("pk")).order_by("-pk")
    return items.annotate(
        cause=Coalesce(
            NullIf(Subquery(tries.values("cause")[:1]), Value("")), Value(UNNAMED)
        ),
        last_id=Subquery(tries.values("pk")[:1]),
    )


def failed_because(items: QuerySet[Item], cause: str) -> QuerySet[Item]:
    """Those whose last try failed of exactly this cause."""
    if cause == BY_CONNECTION:
        return failed_by_connection(items)
    failed = with_cause(items.filter(status=Item.Status.FAILED))
    return failed.filter(cause=cause)


def failed_by_connection(items: QuerySet[Item]) -> QuerySet[Item]:
    """Also those that are ready again, because the connection has been mended."""
    tries = Publication.unscoped.filter(item=OuterRef("pk")).order_by("-pk")
    unsent = items.filter(status__in=SENDABLE, archived_at=None)
    return unsent.annotate(
        last_problem=Subquery(tries.values("problem_code")[:1]),
        last_state=Subquery(tries.values("state")[:1]),
    ).filter(
        last_problem__in=causes.OF_THE_CONNECTION,
        last_state=Publication.State.FAILED,
    )


def grouped(items: QuerySet[Item]) -> list[Group]:
    """Each cause once, the most frequent first, of so many as a person can heed. Two
    queries, and a few for words."""
    failed = items.filter(status=Item.Status.FAILED)
    newest = failed.order_by("-created_at", "-pk").values("pk")[:MOST_GROUPED]
    caused = with_cause(failed.filter(pk__in=newest).order_by())
    counted = caused.values("cause").annotate(count=Count("pk"), last=Max("last_id"))
    found = {row["last"]: row for row in counted if row["last"] is not None}
    last_tries = Publication.unscoped.filter(pk__in=found).select_related(*RELATED)
    groups = [
        Group(found[each.pk]["cause"], found[each.pk]["count"], each)
        for each in last_tries.prefetch_related("attempts")
    ]
    return sorted(groups, key=lambda group: (-group.count, group.cause))


def zoho_words(publication: Publication) -> str:
    """What Zoho said when it refused."""
    refused = [
        each
        for each in publication.attempts.all()
        if each.outcome == PublishAttempt.Outcome.REFUSED
    ]
    return max(refused, key=lambda each: each.pk).message if refused else ""
