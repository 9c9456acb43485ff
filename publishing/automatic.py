"""Items that go into the books by themselves: each is decided about once it has rested,
and what was decided is told in its history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.errors import DeadlockDetected

from connections.models import Connection
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business
from publishing import coding, holding, one_by_one, requesting
from publishing.autopublish import (
    AutoFacts,
    Decision,
    GoesByItself,
    Ground,
    Says,
    Speaker,
    Stays,
    Word,
    decide,
    sentence,
    words_of,
)
from publishing.facts import connection_for, connection_of
from publishing.models import (
    AutoDecision,
    Item,
    MethodRule,
    Publication,
    Supplier,
    SupplierRule,
)
from publishing.models.rules import Rule
from publishing.rules import Origin

MOST_AT_ONCE: Final = 100
PAUSE_LASTS: Final = timedelta(minutes=10)
FAILURE_RESTS: Final = timedelta(hours=1)
"""One whose decision raised is decided about again after that."""


def decide_due(business: Business) -> int:
    """Decide about items that have rested; how many, of at most MOST_AT_ONCE."""
    due = Item.unscoped.filter(business=business, auto_due_at__lte=timezone.now())
    if not anybody_speaks(business, connection_of(business)):
        with transaction.atomic():
            still_due = Item.unscoped.filter(pk__in=holding.in_order(due))
            still_due.update(auto_due_at=None)
        return 0
    numbers = due.order_by("auto_due_at", "pk").values_list("pk", flat=True)
    chosen = list(numbers[:MOST_AT_ONCE])
    passed_over = [number for number in chosen if not _is_decided(business, number)]
    for number in passed_over:
        # What was away for a moment is there again.
        if not _is_decided(business, number):
            _postpone(number)
    return len(chosen)


def _is_decided(business: Business, item_id: int) -> bool:
    return one_by_one.managed(
        partial(_decide, item_id), business_id=business.pk, item_id=item_id
    )


def _decide(item_id: int) -> None:
    """Who waited in a circle with others, and was broken off for it, stays due."""
    try:
        decide_about(item_id)
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected):
            raise


def _postpone(item_id: int) -> None:
    """It raises, so that it is out of the way; a change of it brings it back at once."""
    later = timezone.now() + FAILURE_RESTS
    still_due = Item.unscoped.filter(pk=item_id, auto_due_at__lte=timezone.now())
    still_due.update(auto_due_at=later)


def anybody_speaks(business: Business, connection: Connection | None) -> bool:
    if connection is not None and connection.auto_publishes_all:
        return True
    spoken = {"business": business, "auto_publish__gt": ""}
    return (
        SupplierRule.unscoped.filter(**spoken).exists()
        or MethodRule.unscoped.filter(**spoken).exists()
    )


def decide_about(item_id: int) -> Publication | None:
    """What is begun is the engine's; hand it to `tasks.publish_due` after the commit."""
    with coding.held(item_id) as item:
        if item.auto_due_at is None or item.auto_due_at > timezone.now():
            return None  # Another worker was here, or a person has just changed it.
        Item.unscoped.filter(pk=item.pk).update(auto_due_at=None)
        if not item.takes_changes:
            return None
        # As it is now: an exception may have been made since the last one.
        facts = facts_now(item, connection_for(item))
        decision = decide(facts)
        if decision is None:
            _forget(item)
            return None
        return _act(item, decision, facts)


def _act(item: Item, decision: Decision, facts: AutoFacts) -> Publication | None:
    said = sentence(decision, facts)
    match decision:
        case Stays(ground):
            _tell(item, said, ground=ground)
            if ground is Ground.PAUSED:
                _ask_again_later(item)
            return None
        case GoesByItself():
            begun = requesting.request(
                item, by=None, priority=Publication.Priority.AUTOMATIC
            )
            if isinstance(begun, requesting.Held):
                _act(item, *_held(decision, facts, begun))
                return None
            _tell(item, said, ground="")
            return begun.publication


def _ask_again_later(item: Item) -> None:
    """Whoever ends the pause rings for it; this finds what that bell has missed."""
    later = timezone.now() + PAUSE_LASTS
    Item.unscoped.filter(pk=item.pk).update(auto_due_at=later)


def _held(
    decision: GoesByItself, facts: AutoFacts, held: requesting.Held
) -> tuple[Stays, AutoFacts]:
    """Something has changed since it was found to be ready."""
    reasons = tuple(str(reason.sentence) for reason in held.reasons)
    return Stays(Ground.NOT_READY, decision.word), replace(facts, reasons=reasons)


def _tell(item: Item, said: str, *, ground: str) -> None:
    """In the history as well, unless the same was said last."""
    before = AutoDecision.unscoped.filter(item=item).first()
    if before is not None and ground and before.sentence == said:
        return
    AutoDecision.unscoped.update_or_create(
        item=item,
        defaults={
            "business_id": item.business_id,
            "goes": not ground,
            "ground": ground,
            "sentence": said,
            "decided_at": timezone.now(),
        },
    )
    action = "auto.held" if ground else "auto.published"
    audit.record(item.business, action, subject=item, sentence=said)


def _forget(item: Item) -> None:
    """Whoever spoke of it says nothing any more."""
    AutoDecision.unscoped.filter(item=item, goes=False).delete()


def expectation(item: Item, connection: Connection | None) -> str:
    """For whoever looks at an item while it rests: that it goes, and which rule says so.
    Empty where it stays."""
    if item.auto_due_at is None or item.status != Item.Status.READY:
        return ""
    match decide(facts_now(item, connection)):
        case GoesByItself(word):
            return _("It goes to Zoho Books by itself in a moment: %(rule)s.") % {
                "rule": words_of(word)
            }
        case _stays:
            return ""


# The item as values


def facts_now(item: Item, connection: Connection | None) -> AutoFacts:
    methods = MethodRule.unscoped.filter(method=item.payment_method)
    if not item.paid:
        methods = methods.none()
    parties = SupplierRule.unscoped.filter(supplier=item.supplier)
    return facts_of(
        item,
        connection,
        method=method_word(item, {rule.method_id: rule for rule in methods}),
        party=party_word(item.supplier, {rule.supplier_id: rule for rule in parties}),
    )


def facts_of(
    item: Item,
    connection: Connection | None,
    *,
    method: Word | None,
    party: Word | None,
) -> AutoFacts:
    return AutoFacts(
        submitted_at=item.created_at,
        type_name=str(type_of(item).label),
        type_excepted=is_excepted(item, connection),
        method=method,
        party=party,
        account=account_word(connection),
        was_cleared=any(each.cleared_at for each in item.tries),
        ready=item.status == Item.Status.READY,
        failed=item.status == Item.Status.FAILED,
        reasons=tuple(str(reason.sentence) for reason in item.open_reasons),
        default_tax_only=has_default_tax_only(item),
        paused=item.supplier is not None and item.supplier.paused_at is not None,
        party_name=str(item.supplier or ""),
        pause_reason=item.supplier.pause_reason if item.supplier else "",
        connected=connection is not None and connection.is_working,
    )


def type_of(item: Item) -> Connection.DocumentType:
    if item.workspace == Item.Workspace.SALES:
        return Connection.DocumentType.SALES_INVOICE
    return Connection.DocumentType(item.kind)


def is_excepted(item: Item, connection: Connection | None) -> bool:
    return connection is not None and type_of(item) in connection.auto_exceptions


def has_default_tax_only(item: Item) -> bool:
    origin = item.sources.get("tax_rate", {}).get("from")
    return item.tax_rate_id is not None and origin == Origin.DEFAULT


def method_word(item: Item, rules: Mapping[int, MethodRule]) -> Word | None:
    """Of what was paid with it."""
    if not item.paid or item.payment_method is None:
        return None
    rule = rules.get(item.payment_method.pk)
    return _word(rule, Speaker.METHOD, str(item.payment_method))


def party_word(
    party: Supplier | None, rules: Mapping[int, SupplierRule]
) -> Word | None:
    if party is None:
        return None
    sells = party.side == Supplier.Side.CUSTOMER
    speaker = Speaker.CUSTOMER if sells else Speaker.SUPPLIER
    return _word(rules.get(party.pk), speaker, str(party))


def _word(rule: Rule | None, speaker: Speaker, name: str) -> Word | None:
    if rule is None or not rule.auto_publish:
        return None
    since = rule.auto_publish_since or rule.changed_at
    return Word(speaker, Says(rule.auto_publish), since, name)


def account_word(connection: Connection | None) -> Word | None:
    if connection is None or not connection.auto_publishes_all:
        return None
    since = connection.auto_publishes_since or timezone.now()
    return Word(Speaker.ACCOUNT, Says.ALWAYS, since)
