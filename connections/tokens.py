"""Access tokens: one for all processes, renewed a little early by one of them.

Zoho gives ten access tokens in ten minutes and kills the oldest of ten live ones even
while it is in use, so nobody but the holder of a grant's lease asks for a new one.
"""

import logging
import time
from datetime import timedelta
from typing import Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from connections import registration
from connections.models import Grant
from connections.zoho.errors import (
    ZohoError,
    ZohoMisconfigured,
    ZohoRateLimited,
    ZohoUnauthorized,
    ZohoUnavailable,
)
from connections.zoho.types import Token

logger = logging.getLogger(__name__)

EARLY: Final = timedelta(minutes=3)
"""Or the last quarter of a shorter life: ten renewals in ten minutes are all."""
USABLE: Final = timedelta(seconds=15)
LEASE: Final = timedelta(seconds=45)
BRAND_NEW: Final = timedelta(seconds=60)
LONGEST_WAIT: Final = 40.0
"""Seconds that a loser of the lease waits for the winner's token."""
SHORTEST_COOL_DOWN: Final = 15.0
LONGEST_COOL_DOWN: Final = 600.0


def access_token(grant: Grant, refused: str | None = None) -> str:
    """A token to use now; `refused` is the one that Zoho has just turned down.

    Raises ZohoUnauthorized if the grant is dead, ZohoUnavailable (ZohoRateLimited) if
    Zoho gives no token now, ZohoMisconfigured if it does not know our client.
    """
    deadline = time.monotonic() + LONGEST_WAIT
    is_dead = False
    while time.monotonic() < deadline:
        fresh = Grant.objects.filter(pk=grant.pk).first()
        if fresh is None or fresh.died_at:
            raise ZohoUnauthorized("The permission at Zoho is gone.")
        if _lasts(fresh, _early(fresh)) and fresh.access_token != refused:
            return fresh.access_token
        is_new = fresh.access_token == refused and _is_brand_new(fresh)
        is_dead = is_dead or (is_new and _is_dead(fresh))
        if refused and is_new and not is_dead:
            return refused
        if token := _renewed(fresh, refused):
            return token
        time.sleep(0.1)
    raise ZohoUnavailable("Another process is still asking Zoho for a token.")


def _lasts(grant: Grant, least: timedelta) -> bool:
    ends = grant.access_expires_at
    return bool(grant.access_token and ends and ends > timezone.now() + least)


def _early(grant: Grant) -> timedelta:
    given, ends = grant.refreshed_at, grant.access_expires_at
    return min(EARLY, (ends - given) / 4) if given and ends else EARLY


def _is_brand_new(grant: Grant) -> bool:
    """Zoho refuses what it has only just given: a right is missing, not a token.

    Another one would be refused as well, and Zoho gives ten in ten minutes.
    """
    given = grant.refreshed_at
    return given is not None and given > timezone.now() - BRAND_NEW


def _is_dead(grant: Grant) -> bool:
    """Zoho's sign-in, which once said whose it is, no longer knows the token. Such a
    question costs neither a call to Zoho Books nor a token."""
    if not grant.zuid:
        return False
    try:
        return registration.oauth(grant.region).user(grant.access_token) is None
    except ZohoError:
        return False


def _renewed(grant: Grant, refused: str | None) -> str | None:
    """A new token if this process may ask for one; else whatever still serves."""
    still = _lasts(grant, USABLE) and grant.access_token != refused
    now = timezone.now()
    if grant.cool_down_until and grant.cool_down_until > now:
        if still:
            return grant.access_token
        wait = (grant.cool_down_until - now).total_seconds()
        raise ZohoRateLimited(
            "Zoho gives no token for a while.", limit="token", retry_after=wait
        )
    if _take_lease(grant):
        return _refreshed(grant, still=still)
    return grant.access_token if still else None


def _refreshed(grant: Grant, *, still: bool) -> str:
    """The new token; where Zoho gives none now, the one that still serves."""
    try:
        return _refresh(grant)
    except ZohoUnauthorized:
        raise
    except ZohoError:
        if not still:
            raise
    return grant.access_token


def _take_lease(grant: Grant) -> bool:
    """Win only if nobody holds it, and nobody has renewed since we looked."""
    now = timezone.now()
    free = Q(refreshing_until=None) | Q(refreshing_until__lt=now)
    seen = Grant.objects.filter(
        free,
        pk=grant.pk,
        died_at=None,
        access_expires_at=grant.access_expires_at,
        renewed_at=grant.renewed_at,
    )
    return bool(seen.update(refreshing_until=now + LEASE))


def _refresh(grant: Grant) -> str:
    try:
        token = registration.oauth(grant.region).refresh(grant.refresh_token)
    except ZohoUnauthorized:
        _bury(grant)
        raise
    except ZohoError as error:
        _cool_down(grant, error)
        raise
    except BaseException:
        _held(grant).update(refreshing_until=None)
        raise
    _keep(grant, token)
    return token.access_token


def _held(grant: Grant) -> QuerySet[Grant]:
    return Grant.objects.filter(pk=grant.pk, renewed_at=grant.renewed_at)


def _keep(grant: Grant, token: Token) -> None:
    now = timezone.now()
    grant.access_token = token.access_token
    grant.access_expires_at = now + timedelta(seconds=token.expires_in)
    _held(grant).update(
        access_token=token.access_token,
        access_expires_at=grant.access_expires_at,
        refreshing_until=None,
        cool_down_until=None,
        failures=0,
        renewed_at=now,
        refreshed_at=now,
    )


def _bury(grant: Grant) -> None:
    """Only `invalid_code` on a refresh means that the permission is gone."""
    logger.warning("Grant %s is dead.", grant.pk)
    _held(grant).update(died_at=timezone.now(), refreshing_until=None, access_token="")


def _cool_down(grant: Grant, error: ZohoError) -> None:
    wait = min(LONGEST_COOL_DOWN, SHORTEST_COOL_DOWN * 2 ** min(grant.failures, 8))
    if isinstance(error, ZohoUnavailable) and error.retry_after:
        wait = max(wait, error.retry_after)
    if isinstance(error, ZohoMisconfigured):
        logger.error("Zoho does not accept our client: %s", error.message)
    _held(grant).update(
        refreshing_until=None,
        cool_down_until=timezone.now() + timedelta(seconds=wait),
        failures=F("failures") + 1,
    )


def revoke(region: str, refresh_token: str) -> None:
    """Give a permission back at Zoho; best effort, our copy is forgotten already."""
    try:
        registration.oauth(region).revoke(refresh_token)
    except (ZohoError, KeyError):
        logger.info("Zoho did not confirm a revocation in %s.", region)
