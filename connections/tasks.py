"""Background work on connections: refreshes, tokens kept alive, consents cleared up."""

from datetime import timedelta
from typing import Final

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connections import books, consents, ending, leaving, lists, tokens, wizard
from connections.models import Connection, Consent, Grant
from connections.zoho.errors import ZohoError
from dext_sync.businesses.access import business_task
from dext_sync.businesses.tenancy import rows_across
from dext_sync.celery import remind, remind_in

MOST_AT_ONCE: Final = 50
TURN: Final = timedelta(seconds=5)
"""So long a worker reads the lists of one business before it looks for other work."""
LONGEST_REST: Final = timedelta(seconds=65)
"""What rests longer is found by the sweep."""
CONSENT_LIFE: Final = timedelta(minutes=45)
"""Abandoned consents are revoked within the hour."""
TOKEN_REST: Final = timedelta(hours=3)
"""A permission that nobody has used for so long is tried, before a publish finds out."""


@business_task()
def refresh_lists(business_id: int, connection_id: int) -> None:
    """Go on with the open refresh; begin the daily one if it is due."""
    connection = Connection.unscoped.select_related("business").get(
        pk=connection_id, business_id=business_id
    )
    run = connection.refreshes.filter(finished_at=None).first()
    if run is None and _is_due(connection):
        run = lists.start(connection, by=None)
    if run is not None:
        rest = lists.refresh(run.pk, turn=TURN)
        if rest is not None and rest < LONGEST_REST:
            remind_in(rest, refresh_lists, business_id, connection_id)


def _is_due(connection: Connection) -> bool:
    due_at = connection.refresh_due_at
    return connection.is_working and due_at is not None and due_at <= timezone.now()


@shared_task
def sweep_refreshes() -> None:
    """Refreshes that are due, paused long enough, or left by a killed worker."""
    for business_id, connection_id in rows_across("refreshes_due", MOST_AT_ONCE):
        remind(refresh_lists, business_id, connection_id)


@shared_task
def sweep_consents() -> None:
    before = timezone.now() - CONSENT_LIFE
    for business_id, consent_id in rows_across("consents_to_end", before):
        remind(end_consent, business_id, consent_id)


@business_task()
def end_consent(business_id: int, consent_id: int) -> None:
    """A trip to Zoho that was never finished: its permission is given back."""
    consent = Consent.unscoped.filter(
        pk=consent_id, business_id=business_id, ended_at=None
    ).first()
    if consent is not None:
        consents.end_consent(consent)


@shared_task
def sweep_dead_grants() -> None:
    """A permission that died, or lives again, concerns all who share it: found through
    one business, told to the others here."""
    for business_id, connection_id in rows_across("connections_of_dead_grants", 500):
        remind(tell_broken, business_id, connection_id)
    for business_id, connection_id in rows_across("connections_to_mend", 500):
        remind(mend_connection, business_id, connection_id)


@business_task()
def tell_broken(business_id: int, connection_id: int) -> None:
    connection = Connection.unscoped.select_related("grant", "business").get(
        pk=connection_id, business_id=business_id
    )
    if connection.grant is not None and connection.grant.died_at:
        books.permission_gone(connection)


@business_task()
def mend_connection(business_id: int, connection_id: int) -> None:
    """Another business of the same Zoho user has renewed the permission they share."""
    connection = Connection.unscoped.select_related("business").get(
        pk=connection_id, business_id=business_id
    )
    wizard.mend(connection)


@shared_task
def sweep_leavers() -> None:
    """Connections whose giver has left, has come back, or left two weeks ago."""
    for business_id, connection_id in rows_across("connections_to_mind", 500):
        remind(mind_leaver, business_id, connection_id)


@business_task()
def mind_leaver(business_id: int, connection_id: int) -> None:
    connection = Connection.unscoped.select_related("business").get(
        pk=connection_id, business_id=business_id
    )
    leaving.mind(connection)


@shared_task
def keep_grants_alive() -> None:
    """Find a dead permission before the next publish does."""
    rested = timezone.now() - TOKEN_REST
    cool = Q(cool_down_until=None) | Q(cool_down_until__lt=timezone.now())
    idle = Grant.objects.filter(cool, died_at=None, renewed_at__lt=rested)
    for pk in idle.order_by("renewed_at").values_list("pk", flat=True)[:MOST_AT_ONCE]:
        remind(try_grant, pk)


@shared_task
def try_grant(grant_id: int) -> None:
    grant = Grant.objects.filter(pk=grant_id).first()
    if grant is None:
        return
    if not consents.users_of(grant.pk):
        _give_back(grant)
        return
    try:
        tokens.access_token(grant)
    except ZohoError:
        return  # A dead grant is marked so, and swept; the rest passes.


def _give_back(grant: Grant) -> None:
    """Left over where a take-over was not finished."""
    with transaction.atomic():
        ending.let_go(grant.pk)
