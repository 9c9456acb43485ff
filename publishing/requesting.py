"""Beginning to publish an item: decide, claim, and write down everything that will be sent.

Nothing is sent here; `engine.advance` is what a worker does with it.
"""

from dataclasses import dataclass

from django.db import transaction

from connections.models import Connection
from dext_sync.businesses import audit
from dext_sync.businesses.models import User
from publishing import coding, keeping, marks, payloads, sending
from publishing.decision import Facts, Hold, Publish, decide
from publishing.facts import connection_for, facts_of
from publishing.models import Item, Publication, Step
from publishing.reasons import Reason, Why


@dataclass(frozen=True)
class Requested:
    """It is on its way: hand `publication` to `tasks.publish` after the commit."""

    publication: Publication


@dataclass(frozen=True)
class Held:
    """Nothing was begun, for these reasons (none: it is not the time for it)."""

    reasons: tuple[Why, ...]


class Changed(Exception):
    """Nothing was begun: the item is no longer what the person has seen."""


def request(
    item: Item,
    *,
    by: User | None,
    priority: Publication.Priority = Publication.Priority.PERSON,
    seen: Item | None = None,
) -> Requested | Held:
    """Begin to publish, once: a second click finds what the first has begun.

    seen: the item as it was shown, where that matters. Raises Changed.
    """
    with coding.held(item.pk) as fresh:
        if begun := fresh.open_publication:
            return Requested(begun)
        if fresh.status not in (Item.Status.READY, Item.Status.FAILED):
            return Held(tuple(fresh.open_reasons))
        if seen is not None and values_of(fresh) != values_of(seen):
            raise Changed
        return _decided(fresh, by, priority)


def values_of(item: Item) -> list[str]:
    """All that people change of it; of another row its number, so nothing is asked."""
    names = (*coding.FIELDS_OF[item.workspace], "tax_exemption")
    fields = [Item._meta.get_field(name) for name in names]  # noqa: SLF001
    return [str(getattr(item, getattr(each, "attname", each.name))) for each in fields]


def _decided(
    item: Item, by: User | None, priority: Publication.Priority
) -> Requested | Held:
    connection = connection_for(item)
    facts = facts_of(item, connection, suspected=coding.is_suspected(item))
    decision = decide(facts)
    match decision:
        case Hold(reasons):
            item.status = Item.Status.TO_REVIEW
            item.reasons = [reason.code for reason in reasons]
            item.save(update_fields=["status", "reasons"])
            said = " ".join(str(reason.sentence) for reason in reasons)
            audit.record(
                item.business, "publication.held", actor=by, subject=item, reason=said
            )
            return Held(reasons)
        case Publish(kind) if connection is not None:
            publication = _new_publication(item, connection, kind, by, priority)
            _claim(publication, facts, decision)
            return Requested(publication)
        case Publish():
            return Held((Reason.NO_CONNECTION,))


def _new_publication(
    item: Item,
    connection: Connection,
    kind: str,
    by: User | None,
    priority: Publication.Priority,
) -> Publication:
    """Not saved yet."""
    return Publication(
        business=item.business,
        item=item,
        kind=kind,
        mark=marks.next_mark(item),
        priority=priority,
        requested_by=by,
        connection=connection,
        region=connection.region,
        organisation_id=connection.organisation_id,
    )


def _claim(publication: Publication, facts: Facts, decision: Publish) -> None:
    """Write down what will be sent, and take the item for it."""
    item = publication.item
    claim = payloads.claim(
        facts, decision, mark=publication.mark, supplier_id=item.supplier_id or 0
    )
    begin(publication, claim)
    if publication.requested_by is not None:
        audit.record(
            item.business,
            "publication.requested",
            actor=publication.requested_by,
            subject=item,
        )


def begin(publication: Publication, claim: payloads.Claim) -> None:
    """Write both down with all steps, and take the item for them."""
    item = publication.item
    publication.claim = claim.as_json()
    publication.save()
    _lay_out_steps(publication, claim, has_document=item.document_id is not None)
    item.status = Item.Status.PUBLISHING
    item.save(update_fields=["status"])


def _lay_out_steps(
    publication: Publication, claim: payloads.Claim, *, has_document: bool
) -> None:
    lacks_contact = claim.supplier_id and not claim.contact_id
    kinds = [Step.Kind.CONTACT] if lacks_contact else []
    kinds.append(Step.Kind.RECORD)
    if has_document:
        kinds.append(Step.Kind.DOCUMENT)
    if claim.mark_as_sent:
        kinds.append(Step.Kind.SENT)
    Step.unscoped.bulk_create(
        Step(
            business_id=publication.business_id,
            publication=publication,
            kind=kind,
            position=position,
            region=publication.region,
            organisation_id=publication.organisation_id,
        )
        for position, kind in enumerate(kinds)
    )


def attach_again(item: Item, *, by: User) -> Requested | Held:
    """Send the missing document once more; the record itself stays as it is."""
    with transaction.atomic():
        fresh = coding.locked(item.pk)
        publication = fresh.publications.filter(cleared_at=None).last()
        if (
            publication is None
            or not fresh.document_missing
            or fresh.status != Item.Status.PUBLISHED
        ):
            return Held(())
        if not sending.record_id(publication):
            return Held(())  # A person saw it there, and we do not know its id.
        if publication.finished_at is None:
            return Requested(publication)  # A worker may be about to end with it.
        step = publication.steps.filter(kind=Step.Kind.DOCUMENT).first()
        if step is not None and keeping.reopen(step):
            audit.record(
                fresh.business, "publication.attach_requested", actor=by, subject=fresh
            )
        return Requested(publication)
