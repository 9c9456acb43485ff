"""What workers do for publishing: short tasks, each in one business, all repeatable."""

from datetime import timedelta
from typing import Final

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connections.models import Connection, ConnectionEvent
from dext_sync.businesses.access import business_task
from dext_sync.businesses.models import Business
from dext_sync.businesses.tenancy import rows_across
from dext_sync.celery import enqueue, remind, remind_in
from publishing import (
    automatic,
    coding,
    digest,
    engine,
    leases,
    pausing,
    restoring,
    results,
    suppliers,
    turns,
    verification,
)
from publishing.models import Item, Publication

MOST_DUE: Final = 50
VERIFY_AFTER: Final = timedelta(seconds=10)
"""Documents are verified together; so long the first waits for company."""
REVIEWED_AT_ONCE: Final = 200


@business_task()
def publish(business_id: int, publication_id: int) -> None:
    """Somebody waits for this one: it goes before all that takes turns."""
    rest = turns.go_on(publication_id)
    if rest is not None:
        remind_in(rest, take_turn, business_id, 1)


@business_task()
def publish_due(business_id: int) -> None:
    """Let workers take turns at this business, as many as may call Zoho at once."""
    for lane in range(settings.ZOHO_CALLS_AT_ONCE):
        remind(take_turn, business_id, lane + 1)


@business_task()
def take_turn(business_id: int, lane: int) -> None:
    rest = turns.take(business_id)
    if rest is not None:
        remind_in(rest, take_turn, business_id, lane)


@shared_task
def sweep_publications() -> None:
    """Whatever the broker lost, what waited, and what a dead worker left behind."""
    for business_id, lane in rows_across("turns_due", settings.ZOHO_CALLS_AT_ONCE):
        remind(take_turn, business_id, lane)


@shared_task
def sweep_verifications() -> None:
    before = timezone.now() - VERIFY_AFTER
    for business_id, connection_id in rows_across("verifications_due", before):
        remind(verify_documents, business_id, connection_id)


@business_task()
def verify_documents(business_id: int, connection_id: int) -> None:
    """Ask Zoho once about the documents of many items."""
    connection = Connection.unscoped.get(pk=connection_id)
    verification.verify(connection)


@shared_task
def sweep_connection_events() -> None:
    for business_id, event_id in rows_across("connection_events_open", MOST_DUE):
        remind(heed_event, business_id, event_id)


@business_task()
def heed_event(business_id: int, event_id: int) -> None:
    """What a connection's news mean for what is to be published."""
    event = ConnectionEvent.unscoped.get(pk=event_id)
    match ConnectionEvent.Kind(event.kind):
        case ConnectionEvent.Kind.MENDED | ConnectionEvent.Kind.ORGANISATION:
            suppliers.release_creations_elsewhere(event.connection)
            _go_on(business_id)
            pausing.decide_again(Item.unscoped.filter(business=business_id))
        case ConnectionEvent.Kind.DISCONNECTED:
            _withdraw(event)
        case ConnectionEvent.Kind.SETTINGS:
            pausing.decide_again(Item.unscoped.filter(business=business_id))
        case ConnectionEvent.Kind.BROKEN:
            _wait_for_reconnecting(event)
        case ConnectionEvent.Kind.CONNECTED | ConnectionEvent.Kind.REFRESHED:
            pass
    with transaction.atomic():
        ask_for_review(business_id)
        events = ConnectionEvent.unscoped.filter(pk=event_id)
        events.update(heeded_at=timezone.now())


def _go_on(business_id: int) -> None:
    """What waited for the connection is due at once; so is what has met a limit: that
    may have been of another organisation, or of another Zoho user."""
    waited = [wait.code for wait in results.OVER_WITH_NEWS]
    waiting = Publication.unscoped.filter(finished_at=None, waiting_reason__in=waited)
    leases.make_due(waiting)
    enqueue(publish_due, business_id)


def _wait_for_reconnecting(event: ConnectionEvent) -> None:
    """What rests until a limit is over would go on saying so; now it is looked at, and
    waits for the connection. Zoho is not asked."""
    if event.connection.is_working:
        return
    resting = Publication.unscoped.filter(
        connection=event.connection,
        finished_at=None,
        state=Publication.State.WAITING,
        waiting_reason__in=turns.SHARED,
    )
    leases.make_due(resting)
    enqueue(publish_due, event.business_id)


def _withdraw(event: ConnectionEvent) -> None:
    """Nothing goes to an organisation that was disconnected; what is unsure waits.

    The news may come late: what was begun since then, or after connecting again, stays.
    """
    if event.connection.state != Connection.State.DISCONNECTED:
        return
    for publication in Publication.unscoped.filter(
        connection=event.connection, finished_at=None, requested_at__lt=event.at
    ):
        engine.withdraw(publication.pk)


@shared_task
def sweep_decisions() -> None:
    """Items that have changed, rested, and may go into the books by themselves."""
    for business_id, _same in rows_across("businesses_to_decide_about", MOST_DUE):
        remind(decide_automatically, business_id)


@business_task()
def decide_automatically(business_id: int) -> None:
    decided = automatic.decide_due(Business.objects.get(pk=business_id))
    if decided:
        enqueue(publish_due, business_id)
    if decided == automatic.MOST_AT_ONCE:
        remind(decide_automatically, business_id)


@shared_task
def sweep_failures() -> None:
    before = timezone.now() - digest.SETTLES
    for business_id, _same in rows_across("failures_to_tell", before):
        remind(tell_failures, business_id)


@business_task()
def tell_failures(business_id: int) -> None:
    """One mail about what could not be published, and not another one soon."""
    digest.tell(Business.objects.get(pk=business_id))


@shared_task
def sweep_restores() -> None:
    for business_id, check_id in rows_across("restore_checks_to_make", MOST_DUE):
        remind(ask_after_restore, business_id, check_id)


@business_task()
def ask_after_restore(business_id: int, check_id: int) -> None:
    """Ask Zoho for what the database forgot; what has waited for that goes on."""
    restoring.ask(check_id)
    enqueue(publish_due, business_id)


@shared_task
def sweep_reviews() -> None:
    """Businesses of which something has changed that their items stand on."""
    for business_id, _same in rows_across("businesses_to_review", MOST_DUE):
        remind(review_items, business_id)


def ask_for_review(business_id: int) -> None:
    """What is lost on the way to a worker, the sweep finds until the last item is
    done."""
    business = Business.objects.get(pk=business_id)
    business.ask_for_review()
    business.save(update_fields=["review_due_at", "reviewed_up_to"])
    enqueue(review_items, business_id)


@business_task()
def review_items(business_id: int) -> None:
    """Say again of each open item what it lacks: a few hundred, then the next ones."""
    business = Business.objects.get(pk=business_id)
    if business.review_due_at is None:
        return
    done = business.reviewed_up_to
    if done == 0:
        coding.match_suppliers(business)
    open_items = coding.open_items(business).filter(pk__gt=done).order_by("pk")
    items: list[Item] = list(open_items[:REVIEWED_AT_ONCE])
    coding.review_all(items)
    _settle_review(business, items)


def _settle_review(business: Business, items: list[Item]) -> None:
    """Unless it was asked for once more, or another worker is further."""
    mine = Business.objects.filter(
        pk=business.pk,
        review_due_at=business.review_due_at,
        reviewed_up_to=business.reviewed_up_to,
    )
    if len(items) < REVIEWED_AT_ONCE:
        mine.update(review_due_at=None, reviewed_up_to=0)
        return
    mine.update(reviewed_up_to=items[-1].pk)
    remind(review_items, business.pk)
